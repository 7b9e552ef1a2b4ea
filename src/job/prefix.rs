//! Whether an input is what it was with something added at its end.
//!
//! Owns what a record keeps of an input's data beside the file as a whole: what array it is, and a fingerprint of its
//! bytes, without the header, which changes when an array grows. Refuses to judge what follows for an output.
//!
//! The fingerprint sees the first and the last MiB of the data and some pages between, at places that follow from its
//! length: a change elsewhere that leaves the length as it is goes unseen, as in [`super::InputRecord`].

use crate::storage::{Stored, slowest_axis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes at either end of the data that are looked at.
const END_BYTES: u64 = 1 << 20;
/// Pages between, and their size.
const PAGES: u64 = 64;
const PAGE_BYTES: u64 = 4096;

/// The data of an input that lies in one file as it is, when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    pub dtype: String,
    pub shape: Vec<u64>,
    /// `C` or `F`.
    pub order: String,
    /// `little` or `big`.
    pub endian: String,
    /// SHA-256 of the first and last MiB of the data and of 64 pages between, in hexadecimal.
    pub fingerprint: String,
}

/// How an input compares with its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// Its data is the same.
    Same,
    /// It has more along its slowest axis, where it had `extent`.
    Grown { axis: usize, extent: u64 },
    /// It is something else; why.
    Other(String),
}

impl DataRecord {
    /// Looks at the data of an open input; `None` where it does not lie in one file as it is.
    pub(super) fn of(stored: &Stored) -> io::Result<Option<DataRecord>> {
        let (facts, files) = (stored.facts(), stored.files());
        let ([file], None) = (files.as_slice(), &facts.decoded) else { return Ok(None) };
        let fingerprint = fingerprint(file, facts.offset, facts.spec.bytes().unwrap_or(0))?;
        Ok(Some(DataRecord {
            dtype: facts.spec.dtype.name().to_string(),
            shape: facts.spec.shape.clone(),
            order: format!("{:?}", facts.spec.order),
            endian: facts.endian.name().to_string(),
            fingerprint,
        }))
    }

    /// What became of the data: whether what was there is still the beginning of what is there.
    pub(super) fn growth(&self, stored: &Stored) -> io::Result<Growth> {
        let (facts, files) = (stored.facts(), stored.files());
        let other = |why: &str| Ok(Growth::Other(why.to_string()));
        let [file] = files.as_slice() else { return other("it does not lie in one file") };
        let lies = (facts.spec.dtype.name(), format!("{:?}", facts.spec.order), facts.endian.name());
        if facts.decoded.is_some() || lies != (self.dtype.as_str(), self.order.clone(), self.endian.as_str()) {
            return other("its elements lie otherwise than they did");
        }
        let (then, now) = (&self.shape, &facts.spec.shape);
        let Some(axis) = slowest_axis(&facts).filter(|_| then.len() == now.len()) else {
            return other(&format!("its shape was {then:?} and is {now:?}"));
        };
        if (0..now.len()).any(|a| a != axis && then[a] != now[a]) {
            return other(&format!("its shape was {then:?} and is {now:?}; only axis {axis}, the slowest, may grow"));
        }
        if now[axis] < then[axis] {
            return other(&format!(
                "it is shorter than it was: {} along axis {axis} instead of {}",
                now[axis], then[axis]
            ));
        }
        let bytes = facts.spec.bytes().unwrap_or(0) / now[axis].max(1) * then[axis];
        if fingerprint(file, facts.offset, bytes)? != self.fingerprint {
            return other("what was there has changed, not only grown");
        }
        Ok(match now[axis] > then[axis] {
            true => Growth::Grown { axis, extent: then[axis] },
            false => Growth::Same,
        })
    }
}

/// See [`DataRecord::fingerprint`].
fn fingerprint(path: &Path, offset: u64, bytes: u64) -> io::Result<String> {
    let file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0u8; 64 << 10];
    let mut take = |from: u64, count: u64| -> io::Result<()> {
        let (mut at, end) = (from, (from + count).min(bytes));
        while at < end {
            let n = buffer.len().min((end - at) as usize);
            file.read_exact_at(&mut buffer[..n], offset + at)?;
            digest.update(&buffer[..n]);
            at += n as u64;
        }
        Ok(())
    };
    take(0, END_BYTES)?;
    let last = bytes.saturating_sub(END_BYTES).max(END_BYTES);
    for page in 1..=PAGES {
        // Of short data the ends are all there is.
        let at = (u128::from(bytes) * u128::from(page) / u128::from(PAGES + 1)) as u64;
        if at >= END_BYTES && at + PAGE_BYTES <= last {
            take(at, PAGE_BYTES)?;
        }
    }
    if bytes > END_BYTES {
        take(last, END_BYTES)?;
    }
    Ok(digest.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
