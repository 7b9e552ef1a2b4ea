//! What the planner should know of the places of files.
//!
//! Owns when it is worth asking: a small job asks next to nothing. Refuses to choose a way.

use super::{Target, folder_of, folder_of_targets};
use crate::array::{IoChoice, Region};
use crate::plan::{Problem, Volume};
use crate::storage::{Stored, refuses_direct, volume_of};
use std::path::Path;
use std::sync::Arc;

/// Below this share of the page cache (as a divisor) files fit it, whatever else a plan keeps in temporary ones.
const LARGE_SHARE: u64 = 4;

/// Notes where inputs and outputs lie, and which share of the inputs is in the page cache, where a plan may follow from it.
pub fn look(problem: &mut Problem, inputs: &[Arc<Stored>], targets: &[Target]) {
    let arrays = problem.inputs.iter().map(|i| &i.facts.spec).chain(problem.outputs.iter().map(|o| &o.spec));
    let bytes = arrays.map(|spec| spec.bytes().unwrap_or(u64::MAX)).fold(0, u64::saturating_add);
    let is_large = bytes > problem.limits.cache_bytes / LARGE_SHARE;
    let choice = problem.limits.io;
    // Whether a file is read and written past the page cache is known only by trying.
    let tries = choice == IoChoice::Direct || (choice == IoChoice::Auto && is_large);
    for (input, stored) in problem.inputs.iter_mut().zip(inputs) {
        if tries {
            input.volume = Volume { refuses_direct: stored.refuses_direct(), ..Volume::default() };
        }
        if is_large && input.resident.is_none() {
            input.resident = stored.residency(&Region::full(&stored.spec().shape));
        }
    }
    if problem.outputs.iter().any(|o| !o.in_memory) || is_large {
        problem.limits.spill_volume = of_folder(&folder_of_targets(targets), tries);
    }
    for (output, target) in problem.outputs.iter_mut().zip(targets) {
        output.volume = match &target.path {
            Some(path) => of_folder(folder_of(path), tries),
            None => problem.limits.spill_volume.clone(),
        };
    }
}

/// A folder in which files are to be made.
fn of_folder(folder: &Path, tries: bool) -> Volume {
    let found = volume_of(folder);
    let refuses_direct = match found.has_disk {
        false => Some(format!("{} has no disk", found.name)),
        true if tries => refuses_direct(folder),
        true => None,
    };
    Volume { name: found.name, unmappable: !found.maps, refuses_direct }
}
