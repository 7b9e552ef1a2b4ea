//! A stored array read past the page cache, for one pass.
//!
//! Owns which byte ranges a region needs of its window. Refuses to know who asks in which order.

use super::StorageError;
use super::layout;
use super::map::FileMap;
use super::source::{Stored, mapped_bytes};
use super::window::{Window, open_direct};
use crate::array::{Region, View};
use std::sync::{Mutex, PoisonError};

/// The same array as a [`Stored`], in memory of its own instead of the page cache. A region is loaded, looked at, and released,
/// as often as it was loaded.
#[derive(Debug)]
pub struct Direct<'a> {
    stored: &'a Stored,
    window: Window,
    /// Boxes that stay until the end.
    kept: Mutex<Vec<Region>>,
}

impl Stored {
    /// Why it cannot be read past the page cache, if it cannot: asked by opening it so.
    pub fn refuses_direct(&self) -> Option<String> {
        let map = match self.shared_map() {
            Ok(map) => map,
            Err(why) => return Some(why.to_string()),
        };
        open_direct(map.file(), false).err().map(|e| e.to_string())
    }

    fn shared_map(&self) -> Result<&FileMap, &'static str> {
        let map = self.map().filter(|_| !self.is_decoded()).ok_or("it is not a plain file")?;
        if map.is_shared() { Ok(map) } else { Err("its changes are in memory") }
    }

    /// Opens it to be read past the page cache. `Err` says why that cannot be: what is not a mapped file, or a file
    /// system that does not do it.
    pub fn direct(&self) -> Result<Direct<'_>, String> {
        let map = self.shared_map()?;
        let window = Window::new(map.file(), self.path(), mapped_bytes(&self.facts()));
        Ok(Direct { stored: self, window: window.map_err(|e| e.to_string())?, kept: Mutex::default() })
    }
}

impl Direct<'_> {
    /// What is shown.
    pub fn stored(&self) -> &Stored {
        self.stored
    }

    /// Brings a region into memory and keeps it there until it is released.
    pub fn load(&self, region: &Region) -> Result<(), StorageError> {
        self.stored.runs(region).iter().try_for_each(|run| self.window.load(run))
    }

    /// As [`Self::load`], of a region that is never released; asked again, it is there.
    pub fn load_once(&self, region: &Region) -> Result<(), StorageError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.contains(region) {
            self.load(region)?;
            kept.push(region.clone());
        }
        Ok(())
    }

    /// Gives a region back that was loaded.
    pub fn release(&self, region: &Region) {
        self.stored.runs(region).iter().for_each(|run| self.window.release(run));
    }

    /// Bytes that are in memory at the moment, in whole pages.
    pub fn held_bytes(&self) -> u64 {
        self.window.held_bytes()
    }

    /// As [`Stored::view`], of a region that is loaded.
    pub fn view(&self, region: &Region) -> Option<View<'_>> {
        self.stored.view_of(self.window.bytes(), region)
    }

    /// As [`Stored::read`], of a region that is loaded.
    pub fn read(&self, region: &Region, out: &mut [u8]) -> Result<(), StorageError> {
        self.stored.check_buffer(region, out)?;
        layout::decode(&self.stored.facts(), self.window.bytes(), region, out);
        Ok(())
    }
}
