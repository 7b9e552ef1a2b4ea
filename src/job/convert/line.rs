//! Frames made by many workers, placed in order without gaps.
//!
//! Owns who waits for whom. A frame's place is known once all before it are made, since any of them
//! may turn out to be left out. A bounded number of finished frames waits meanwhile.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue of frames numbered from 0 on; each number is delivered once, and numbers are handed out
/// in order, so that the next one in turn is always on its way.
#[derive(Debug)]
pub struct Line {
    state: Mutex<State>,
    moved: Condvar,
    waiting_max: usize,
}

#[derive(Debug, Default)]
struct State {
    next: usize,
    /// Frames placed so far.
    placed: u64,
    /// Finished frames whose turn has not come, `None` for those that are left out.
    parked: BTreeMap<usize, Option<Vec<u8>>>,
    /// Frames that are parked, or were and are being written.
    held: usize,
    stopped: bool,
}

impl Line {
    pub fn new(waiting_max: usize) -> Line {
        Line { state: Mutex::default(), moved: Condvar::new(), waiting_max }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands in frame `number`. Where its turn has come, it and those that waited behind it are
    /// written, each with its place; else it is parked, after a wait where too many are.
    pub fn deliver<E>(
        &self,
        number: usize,
        frame: Option<Vec<u8>>,
        mut write: impl FnMut(u64, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut state = self.lock();
        while number != state.next && frame.is_some() && state.held >= self.waiting_max && !state.stopped {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return Ok(());
        }
        if number != state.next {
            state.held += usize::from(frame.is_some());
            state.parked.insert(number, frame);
            return Ok(());
        }
        let mut ready: Vec<Vec<u8>> = frame.into_iter().collect();
        state.next += 1;
        let own = ready.len();
        loop {
            let next = state.next;
            let Some(frame) = state.parked.remove(&next) else { break };
            ready.extend(frame);
            state.next += 1;
        }
        let (first, parked) = (state.placed, ready.len() - own);
        state.placed += ready.len() as u64;
        drop(state);
        self.moved.notify_all();
        let mut done = Ok(());
        for (place, frame) in (first..).zip(ready) {
            done = done.and_then(|()| write(place, frame));
        }
        self.lock().held -= parked;
        self.moved.notify_all();
        done
    }

    /// Lets everybody go.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[test]
    fn frames_are_placed_in_order_without_gaps_and_few_wait() {
        for (workers, waiting_max) in [(1, 0), (2, 0), (4, 3), (8, 1)] {
            let line = Line::new(waiting_max);
            let (numbers, placed, most) = (AtomicUsize::new(0), Mutex::new(Vec::new()), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(|| {
                        loop {
                            let number = numbers.fetch_add(1, SeqCst);
                            if number >= 300 {
                                break;
                            }
                            std::thread::sleep(std::time::Duration::from_micros((number as u64 * 7919) % 300));
                            let frame = (number % 5 != 3).then(|| vec![number as u8]);
                            let write = |place, frame: Vec<u8>| {
                                placed.lock().expect("no panic").push((place, frame[0]));
                                Ok::<(), ()>(())
                            };
                            line.deliver(number, frame, write).expect("no error");
                            most.fetch_max(line.lock().held, SeqCst);
                        }
                    });
                }
            });
            let mut placed = placed.into_inner().expect("no panic");
            placed.sort();
            let kept: Vec<u8> = (0..300).filter(|n| n % 5 != 3).map(|n| n as u8).collect();
            assert_eq!(placed, (0..).zip(kept).collect::<Vec<_>>());
            assert_eq!(line.lock().placed, 240);
            assert!(most.into_inner() <= waiting_max, "{workers} workers");
        }
    }

    #[test]
    fn a_stop_lets_those_who_wait_go() {
        let line = Line::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| line.deliver(1, Some(vec![]), |_, _| Err("never written")));
            line.stop();
        });
    }
}
