//! Carries: what scans hand from tile to tile along an axis, in order.

use super::EngineError;
use crate::kernel::State;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The carries of one scan: one for each group of lines whose tiles are on their way.
#[derive(Default)]
pub struct Carries {
    groups: Mutex<HashMap<Vec<u64>, Group>>,
    moved: Condvar,
}

/// The carry after `done` tiles of a group; taken while a tile turns it into the next.
struct Group {
    done: u64,
    carry: State,
}

impl Carries {
    /// Waits for the turn of tile `index` (in the order in which they are visited) of a group of `tiles`, and hands back the carry before
    /// it. `start` makes the first carry, `advance` the one after this tile. Tiles are dispatched in
    /// order, so the one waited for is always being worked on; `stopped` ends the wait when it fails.
    pub fn pass(
        &self,
        group: Vec<u64>,
        index: u64,
        tiles: u64,
        start: impl FnOnce() -> State,
        advance: impl FnOnce(&State) -> Result<State, EngineError>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<State, EngineError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if index == 0 {
            groups.insert(group.clone(), Group { done: 0, carry: start() });
        }
        loop {
            if let Some(turn) = groups.get_mut(&group).filter(|g| g.done == index) {
                let next = advance(&turn.carry)?;
                let before = std::mem::replace(&mut turn.carry, next);
                turn.done += 1;
                if turn.done == tiles {
                    groups.remove(&group);
                }
                self.moved.notify_all();
                return Ok(before);
            }
            if stopped() {
                return Err(EngineError::Cancelled);
            }
            let wait = self.moved.wait_timeout(groups, Duration::from_millis(20));
            groups = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
