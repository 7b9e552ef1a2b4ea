//! Which rows belong to which bucket.
//!
//! Owns where the first bucket begins, and two tables that are made by looking at a column of time once, or follow from a
//! count: the rows of each group of buckets, and the buckets that have ended before each group of rows. Refuses to
//! know what is computed of a bucket's rows, and how time is stored (see `clock`).

use super::super::clock::{Clock, Pieces, backwards};
use super::stats::BLOCK;
use crate::array::{ArraySpec, View};
use crate::kernel::{AxisMap, BindError, KernelError, Runs, Sight};

/// Groups that a table has at most: its size does not follow from that of the data.
const GROUPS_MAX: u64 = 1 << 16;
/// More buckets than this are a mistake in `every`, or in a time.
const BUCKETS_MAX: i128 = 1 << 40;

const DAY: i128 = 86_400_000_000_000;

/// Where buckets are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Midnight (UTC) before the first time.
    StartOfDay,
    Epoch,
    /// The first time.
    First,
}

/// What was seen of a column of time.
#[derive(Clone, Debug)]
pub struct Seen {
    pub clock: Clock,
    /// Nanoseconds: where bucket 0 begins, and how long each is.
    pub begin: i64,
    pub every: i64,
    pub buckets: u64,
    /// The rows of each group of buckets.
    pub rows: Runs,
    /// The buckets that end in each group of rows; see [`Buckets::ends`].
    pub ends: Runs,
    /// Rows of the longest bucket, those without a time between them included.
    pub rows_max: u64,
    /// Whether there are rows without a time.
    pub gaps: bool,
}

impl Seen {
    /// The bucket of a time.
    pub fn bucket(&self, time: i64) -> u64 {
        ((i128::from(time) - i128::from(self.begin)).div_euclid(i128::from(self.every))) as u64
    }
}

/// The buckets of an axis: so many rows each, or by a time that was looked at.
#[derive(Clone, Debug)]
pub enum Buckets {
    Counted { count: u64, rows: u64 },
    Timed(Seen),
}

/// In place of a bucket where a row belongs to none.
pub const NO_BUCKET: u64 = u64::MAX;

impl Buckets {
    pub fn len(&self) -> u64 {
        match self {
            Buckets::Counted { count, rows } => rows.div_ceil(*count),
            Buckets::Timed(seen) => seen.buckets,
        }
    }

    /// Rows of the longest bucket.
    pub fn rows_max(&self) -> u64 {
        match self {
            Buckets::Counted { count, .. } => *count,
            Buckets::Timed(seen) => seen.rows_max,
        }
    }

    /// Whether there are rows that belong to no bucket.
    pub fn has_gaps(&self) -> bool {
        matches!(self, Buckets::Timed(seen) if seen.gaps)
    }

    /// How a stage over buckets reads rows, and the multiple of buckets that its tiles keep to.
    pub fn rows(&self, axis: usize) -> (AxisMap, u64) {
        match self {
            Buckets::Counted { count, .. } => (AxisMap::Fine { axis, factor: *count }, 1),
            Buckets::Timed(seen) => (AxisMap::Ragged { axis, runs: seen.rows.clone(), after: 0 }, seen.rows.group),
        }
    }

    /// The buckets that end in each group of rows. A bucket ends where a row of a later one comes, those without rows with
    /// the one before them, and the last ones with the last row. So the first that ends in a group is the one that is open where
    /// the group begins.
    pub fn ends(&self) -> Runs {
        match self {
            Buckets::Counted { count, rows } => {
                let group = group_of_rows(*rows);
                let open = |k: u64| (k * group).saturating_sub(1) / count;
                let starts = (0..rows.div_ceil(group)).map(open).chain([self.len()]).collect();
                Runs { starts, group }
            }
            Buckets::Timed(seen) => seen.ends.clone(),
        }
    }

    /// The bucket of each row from `first` on, [`NO_BUCKET`] for none. `time` is the column, or a part of it.
    pub fn of_rows(&self, first: u64, time: Option<&View>, out: &mut [u64]) {
        match (self, time) {
            (Buckets::Counted { count, .. }, _) => {
                let (mut bucket, mut left) = (first / count, count - first % count);
                for out in out {
                    *out = bucket;
                    left -= 1;
                    if left == 0 {
                        (bucket, left) = (bucket + 1, *count);
                    }
                }
            }
            (Buckets::Timed(seen), Some(time)) => {
                let size = seen.clock.dtype.size();
                let from = (first - time.start()[0].max(0) as u64) as usize;
                seen.clock.each(&time.bytes()[from * size..(from + out.len()) * size], |i, time| {
                    out[i] = time.map_or(NO_BUCKET, |time| seen.bucket(time));
                });
            }
            (Buckets::Timed(_), None) => out.fill(NO_BUCKET),
        }
    }
}

/// Rows of a group: whole blocks, twice as many until the table has room.
fn group_of_rows(rows: u64) -> u64 {
    let mut group = BLOCK;
    while rows.div_ceil(group) > GROUPS_MAX {
        group *= 2;
    }
    group
}

/// What is wrong where a row is in another bucket than the table says.
pub fn changed() -> KernelError {
    KernelError::new("the column of time has changed since it was looked at")
}

/// The tables while the column is looked at.
struct Table {
    every: i64,
    begin: i64,
    /// The first row of each bucket so far, of `group` buckets each.
    starts: Vec<u64>,
    group: u64,
    /// The latest bucket, and its first row.
    bucket: u64,
    first_row: u64,
    rows_max: u64,
    /// The bucket that is open where each group of rows begins.
    open: Vec<u64>,
    group_of_rows: u64,
}

impl Table {
    /// A row with a time, in order.
    fn add(&mut self, row: u64, time: i64) {
        let bucket = ((i128::from(time) - i128::from(self.begin)) / i128::from(self.every)) as u64;
        self.pass(row + 1);
        if bucket != self.bucket {
            (self.bucket, self.first_row) = (bucket, row);
        }
        self.rows_max = self.rows_max.max(row + 1 - self.first_row);
        // Twice as many buckets in a group each time the table is full.
        while bucket / self.group >= GROUPS_MAX {
            let mut kept = 0;
            self.starts.retain(|_| {
                kept += 1;
                kept % 2 == 1
            });
            self.group *= 2;
        }
        while self.starts.len() as u64 <= bucket / self.group {
            self.starts.push(row);
        }
    }

    /// Notes the open bucket for all groups that begin before a row.
    fn pass(&mut self, row: u64) {
        let groups = row.div_ceil(self.group_of_rows) as usize;
        self.open.resize(self.open.len().max(groups), self.bucket);
    }
}

/// Looks at a column of time once. Rows without a time belong to no bucket.
pub fn look(
    (clock, every, origin): (Clock, i64, Origin),
    spec: &ArraySpec,
    sight: &dyn Sight,
    input: usize,
) -> Result<Seen, BindError> {
    let (mut table, mut before, mut gaps): (Option<Table>, Option<(u64, i64)>, bool) = (None, None, false);
    let mut pieces = Pieces::new(clock, spec.shape[0], sight, input);
    while let Some((row, time)) = pieces.next()? {
        let Some(time) = time else {
            gaps = true;
            continue;
        };
        if let Some((earlier, was)) = before.filter(|(_, was)| time < *was) {
            return Err(backwards(clock, (earlier, was), (row, time)));
        }
        let table = table.get_or_insert_with(|| Table {
            every,
            begin: begin(time, every, origin),
            starts: vec![row],
            group: 1,
            bucket: 0,
            first_row: row,
            rows_max: 0,
            open: vec![],
            group_of_rows: group_of_rows(spec.shape[0]),
        });
        let buckets = (i128::from(time) - i128::from(table.begin)) / i128::from(every);
        if buckets >= BUCKETS_MAX {
            return Err(too_many(clock, buckets, (row, time)));
        }
        table.add(row, time);
        before = Some((row, time));
    }
    let Some(mut table) = table else {
        let rows = Runs { starts: vec![0].into(), group: 1 };
        let ends = Runs { starts: vec![0].into(), group: group_of_rows(spec.shape[0]) };
        return Ok(Seen { clock, begin: 0, every, buckets: 0, rows, ends, rows_max: 0, gaps });
    };
    table.pass(spec.shape[0]);
    table.open.push(table.bucket + 1);
    let ends = Runs { starts: table.open.into(), group: table.group_of_rows };
    let last = before.map_or(0, |(row, _)| row + 1);
    table.starts.push(last);
    let rows = Runs { starts: table.starts.into(), group: table.group };
    let (begin, buckets) = (table.begin, table.bucket + 1);
    Ok(Seen { clock, begin, every, buckets, rows, ends, rows_max: table.rows_max, gaps })
}

/// Where the bucket of the first time begins.
fn begin(first: i64, every: i64, origin: Origin) -> i64 {
    let (first, every) = (i128::from(first), i128::from(every));
    let from = match origin {
        Origin::StartOfDay => first.div_euclid(DAY) * DAY,
        Origin::Epoch => 0,
        Origin::First => first,
    };
    let begin = from + (first - from).div_euclid(every) * every;
    begin.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

fn too_many(clock: Clock, buckets: i128, (row, time): (u64, i64)) -> BindError {
    let message = format!("there would be {buckets} buckets up to {} at index {row}", clock.shown(time));
    BindError::param("every", message).help("a longer every, or look at that time, or at the unit")
}
