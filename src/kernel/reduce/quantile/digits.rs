//! Quantiles digit by digit: each sweep counts one digit of the keys, among those that begin like the
//! elements that are sought.
//!
//! Owns the stages and the table that passes between them. Counting whole numbers is exact, so no
//! order of tiles and joins shows.
//!
//! Where a sample came first (`bracket`) and led to the ranks, these stages read nothing: they hand on what was found.
//!
//! The table has a row for each kept cell: how many numbers it has, then for each rank that is
//! sought, in ascending order, the digits that are known and the rank among the elements that share
//! them. Where a row has fewer ranks, the rest is [`NONE`].

use super::super::counters::Counters;
use super::super::fold::misused;
use super::super::labels::Labels;
use super::super::runs::{Run, Runs};
use super::bracket;
use super::keys::{Word, bits, nan, value};
use super::lines::put_value;
use super::{Bound, table_spec};
use crate::array::{Region, View, ViewMut};
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, Contract, Fold, KernelError, Order, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize,
    Work, Write,
};
use std::marker::PhantomData;

/// Keys that are counted at a time: they stay in the first-level cache.
const CHUNK: usize = 1024;

/// Digits that no key has: they are fewer than all.
const NONE: u64 = u64::MAX;

/// Known digits of a cell that are compared one after the other; more are searched.
const COMPARED_MAX: usize = 24;

/// One stage for each digit; `widths` are the bits of the digits, highest first. `bracketed` where a sample came first.
pub fn digit_stages(bound: &Bound, widths: &[u32], bracketed: bool) -> Vec<Stage> {
    let total: u32 = widths.iter().sum();
    let mut below = total;
    let stage = |(i, width): (usize, &u32)| {
        below -= width;
        let digit = Digit { first: i == 0, last: i + 1 == widths.len(), width: *width, below };
        let first = if bracketed { bracket::FOUND + 1 } else { 0 };
        digit_stage(bound, digit, first + i, bracketed)
    };
    widths.iter().enumerate().map(stage).collect()
}

/// One digit of the keys.
#[derive(Clone, Copy, Debug)]
struct Digit {
    first: bool,
    last: bool,
    width: u32,
    /// Bits of the digits after it.
    below: u32,
}

fn digit_stage(bound: &Bound, digit: Digit, number: usize, bracketed: bool) -> Stage {
    let columns = 1 + 2 * bound.quantiles.ranks_max();
    let (table, access) = table_spec(bound, columns as u64);
    let mut reads = vec![Read { source: Source::Input(0), access: Access::point(bound.spec.rank()) }];
    if let Some((_, access)) = &bound.labels {
        reads.push(Read { source: Source::Input(1), access: access.clone() });
    }
    if !digit.first {
        reads.push(Read { source: Source::Temp(number - 1), access: access.clone() });
    }
    if bracketed {
        reads.push(bracket::found_read());
    }
    let write = Write { sink: Sink::Temp(number), spec: table, access };
    let slots = if digit.first { 1 } else { bound.quantiles.ranks_max() };
    // NaN are counted beside the digits.
    let counters = (slots << digit.width) + usize::from(digit.first);
    let (counted, fixed) = Counters::bytes(counters as u64, bound.elements());
    let rows = if digit.first { 0 } else { columns * 8 + slots * 8 };
    let wide = bits(bound.spec.dtype) > 32;
    let contract = Contract {
        domain: bound.spec.shape.clone(),
        anchor: vec![1; bound.spec.rank()],
        order: Order::Fold { axes: bound.grid.folded.clone() },
        reads,
        writes: vec![if digit.last { bound.output.clone() } else { write }],
        state: StateSize {
            fixed: fixed + 512 + bound.quantiles.ranks_max() as u64 * 64,
            per_cell: (counted + rows as u64).saturating_mul(bound.groups() as u64),
            ..StateSize::default()
        },
        scratch: ScratchSize {
            fixed: CHUNK as u64 * (3 * if wide { 8 } else { 4 } + if bound.labels.is_some() { 8 } else { 0 }) + 256,
            ..ScratchSize::default()
        },
    };
    let work: Box<dyn Fold> = if wide {
        Box::new(Count::<u64> { bound: bound.clone(), digit, columns, slots, counters, bracketed, key: PhantomData })
    } else {
        Box::new(Count::<u32> { bound: bound.clone(), digit, columns, slots, counters, bracketed, key: PhantomData })
    };
    Stage { contract, work: Work::Fold(work) }
}

#[derive(Debug)]
struct Count<K> {
    bound: Bound,
    digit: Digit,
    /// Of the table.
    columns: usize,
    /// Known digits of a cell, at most.
    slots: usize,
    /// Counters of a cell: one table for each of its known digits.
    counters: usize,
    /// Whether the last read is what was found between brackets.
    bracketed: bool,
    key: PhantomData<K>,
}

/// What was counted of some cells.
struct Counted<K> {
    cells: usize,
    counters: Counters,
    /// Rows of the table, copied because `finish` sees no inputs; empty before the first tile.
    rows: Vec<u64>,
    /// The known digits of each cell, ascending, each once, then [`NONE`].
    known: Vec<K>,
    /// What was found without any tile: the number of numbers and the key of each rank.
    found: Option<Vec<u64>>,
}

/// Room for one chunk of keys: they, how many known digits lie below each, and whether one is its own.
struct Room<'s, K> {
    keys: &'s mut [K],
    below: &'s mut [K],
    own: &'s mut [K],
}

impl<K: Word> Count<K> {
    /// Counts the highest digit.
    #[inline(always)]
    fn first(&self, run: Run, keys: &[K], counts: &mut [u32]) {
        let (below, size) = (self.digit.below, 1usize << self.digit.width);
        let nan = nan(self.bound.spec.dtype).map(K::narrow);
        let digit = |key: K| key.above(below).wide() as usize & (size - 1);
        if run.period > 1 {
            for period in keys.chunks(run.period) {
                for (i, key) in period.iter().enumerate() {
                    let own = &mut counts[(run.cell + i) * self.counters..][..size + 1];
                    own[digit(*key)] += 1;
                    own[size] += u32::from(Some(*key) == nan);
                }
            }
            return;
        }
        let own = &mut counts[run.cell * self.counters..][..size + 1];
        if let Some(nan) = nan {
            own[size] += keys.iter().map(|k| u32::from(*k == nan)).sum::<u32>();
        }
        let own = &mut own[..size];
        keys.iter().for_each(|key| own[digit(*key)] += 1);
    }

    /// Counts the digit of keys that begin with known digits of their cell, which are searched.
    fn searched(&self, run: Run, keys: &[K], known: &[K], counts: &mut [u32]) {
        let (Digit { width, below, .. }, size) = (self.digit, 1usize << self.digit.width);
        let (len, step) = if run.period == 1 { (run.len, 0) } else { (run.period, 1) };
        for period in keys.chunks(len) {
            for (i, key) in period.iter().enumerate() {
                let cell = run.cell + i * step;
                let known = &known[cell * self.slots..][..self.slots];
                let begins = key.above(below + width);
                let slot = known.partition_point(|k| *k < begins);
                if known.get(slot) == Some(&begins) {
                    let digit = key.above(below).wide() as usize & (size - 1);
                    counts[cell * self.counters + (slot << width) + digit] += 1;
                }
            }
        }
    }

    /// The same for one cell with few known digits. Most keys begin like none of them, and groups of
    /// such keys are passed over after all were compared at once.
    #[inline(always)]
    fn compared(&self, run: Run, room: &mut Room<K>, known: &[K], counts: &mut [u32]) {
        const GROUP: usize = 16;
        let (Digit { width, below, .. }, size) = (self.digit, 1usize << self.digit.width);
        let keys = &room.keys[..run.len];
        let (lower, equal) = (&mut room.below[..run.len], &mut room.own[..run.len]);
        lower.fill(K::zeroed());
        equal.fill(K::zeroed());
        for k in known {
            for ((lower, equal), key) in lower.iter_mut().zip(equal.iter_mut()).zip(keys) {
                let begins = key.above(below + width);
                *lower = lower.plus(begins > *k);
                *equal = equal.plus(begins == *k);
            }
        }
        let own = &mut counts[run.cell * self.counters..][..self.counters];
        let groups = keys.chunks(GROUP).zip(lower.chunks(GROUP)).zip(equal.chunks(GROUP));
        for ((keys, lower), equal) in groups {
            if equal.iter().fold(0, |any, e| any | e.wide()) == 0 {
                continue;
            }
            for ((key, lower), _) in keys.iter().zip(lower).zip(equal).filter(|(_, equal)| equal.wide() != 0) {
                let digit = key.above(below).wide() as usize & (size - 1);
                own[((lower.wide() as usize) << width) + digit] += 1;
            }
        }
    }

    /// Copies the rows of the table for the cells of a tile, and lists the known digits.
    fn copy_rows(&self, table: &View, counted: &mut Counted<K>) {
        counted.rows.reserve_exact(counted.cells * self.columns);
        table.rows::<u64>().for_each(|row| counted.rows.extend_from_slice(row));
        counted.known = vec![K::narrow(NONE); counted.cells * self.slots];
        for (row, known) in counted.rows.chunks(self.columns).zip(counted.known.chunks_mut(self.slots)) {
            let mut n = 0;
            for begins in row[1..].iter().step_by(2).filter(|b| **b != NONE).map(|b| K::narrow(*b)) {
                if n == 0 || known[n - 1] != begins {
                    known[n] = begins;
                    n += 1;
                }
            }
        }
    }

    fn count(&self, core: &Region, view: &View, counted: &mut Counted<K>, room: &mut Room<K>) {
        let Counted { counters, known, .. } = counted;
        let (dtype, bytes) = (view.dtype(), view.bytes());
        let runs = Runs::new(core, &self.bound.grid.kept, view.strides());
        runs.each(CHUNK, |run| {
            K::read(dtype, &bytes[run.at * dtype.size()..][..run.len * dtype.size()], &mut room.keys[..run.len]);
            let counts = counters.raise(run.len);
            if self.digit.first {
                return self.first(run, &room.keys[..run.len], counts);
            }
            let own = &known[run.cell * self.slots..][..self.slots];
            let own = &own[..own.iter().take(COMPARED_MAX + 1).take_while(|k| **k != K::narrow(NONE)).count()];
            if run.period > 1 || own.len() > COMPARED_MAX {
                return self.searched(run, &room.keys[..run.len], known, counts);
            }
            vectorized(
                #[inline(always)]
                || self.compared(run, room, own, counts),
            );
        });
    }

    /// Counts the digit of elements in the group that their label says; whether each label has one.
    fn labelled(
        &self,
        core: &Region,
        views: [&View; 2],
        room: (&mut [K], &mut [i64]),
        counted: &mut Counted<K>,
    ) -> bool {
        let (Counted { counters, known, .. }, [view, labels], (keys, own)) = (counted, views, room);
        let (dtype, bytes, groups) = (view.dtype(), view.bytes(), self.bound.groups());
        let (Digit { width, below, first, .. }, size) = (self.digit, 1usize << self.digit.width);
        let nan = nan(dtype).map(K::narrow);
        let mut fits = true;
        Labels::each(&self.bound.grid, core, view, labels, own, |piece| {
            let keys = &mut keys[..piece.len];
            K::read(dtype, &bytes[piece.at * dtype.size()..][..piece.len * dtype.size()], keys);
            let counts = counters.raise(piece.len);
            for (i, key) in keys.iter().enumerate() {
                let label = piece.label(i);
                if label < 0 || label >= groups as i64 {
                    fits &= label < 0;
                    continue;
                }
                let slot = piece.cell(i) * groups + label as usize;
                let own = &mut counts[slot * self.counters..][..self.counters];
                let digit = key.above(below).wide() as usize & (size - 1);
                if first {
                    own[digit] += 1;
                    own[size] += u32::from(Some(*key) == nan);
                    continue;
                }
                let begins = key.above(below + width);
                let known = &known[slot * self.slots..][..self.slots];
                let place = known.partition_point(|k| *k < begins);
                if known.get(place) == Some(&begins) {
                    own[(place << width) + digit] += 1;
                }
            }
        });
        fits
    }

    /// Writes what was found before: the results, or for a later stage nothing that is still sought.
    fn hand_on(&self, found: &[u64], output: &mut ViewMut) {
        if !self.digit.last {
            return output.data::<u64>().fill(NONE);
        }
        let (n, keys, mut ranks) = (found[0], &found[1..], Vec::new());
        self.bound.quantiles.ranks(n, &mut ranks);
        let value = |i: usize| keys.get(i).map_or(f64::NAN, |key| value(self.bound.spec.dtype, *key));
        self.bound.quantiles.values(n, &ranks, value, |i, value| put_value(output, i, value));
    }

    /// The numbers that a cell, or a group of one, has quantiles of.
    fn numbers(&self, counters: &Counters, cell: usize) -> u64 {
        let (at, size) = (cell * self.counters, 1usize << self.digit.width);
        let nan = counters.get(at + size);
        match self.bound.labels {
            None => self.bound.numbers(nan),
            Some(_) => self.bound.numbers_of((at..at + size).map(|i| counters.get(i)).sum(), nan),
        }
    }

    /// Finds the next digit of every rank of a cell; `sought` has its known digits and the rank among the elements
    /// that share them.
    fn narrow(&self, counters: &Counters, cell: usize, sought: &mut [(u64, u64)]) -> Result<(), KernelError> {
        let (width, size) = (self.digit.width, 1usize << self.digit.width);
        let (mut slot, mut before, mut digit, mut passed) = (0, None, 0, 0);
        for (begins, rank) in sought {
            if before != Some(*begins) {
                slot += usize::from(before.is_some());
                (before, digit, passed) = (Some(*begins), 0, 0);
            }
            loop {
                if digit == size {
                    return Err(KernelError::new("the data changed between two sweeps"));
                }
                let here = counters.get(cell * self.counters + (slot << width) + digit);
                if *rank < passed + here {
                    break;
                }
                (passed, digit) = (passed + here, digit + 1);
            }
            (*begins, *rank) = (*begins << width | digit as u64, *rank - passed);
        }
        Ok(())
    }
}

impl<K: Word> Fold for Count<K> {
    fn start(&self, kept: &Region) -> State {
        let cells = self.bound.grid.cells(kept) * self.bound.groups();
        let counters = Counters::new(cells * self.counters);
        Box::new(Counted::<K> { cells, counters, rows: Vec::new(), known: Vec::new(), found: None })
    }

    fn settled(&self, _: &Region, inputs: &[View]) -> Result<Option<State>, KernelError> {
        let found = inputs.last().filter(|_| self.bracketed).and_then(bracket::found);
        let state = |found| -> State {
            let counters = Counters::new(0);
            Box::new(Counted::<K> { cells: 0, counters, rows: Vec::new(), known: Vec::new(), found: Some(found) })
        };
        Ok(found.map(state))
    }

    fn stands_by(&self) -> bool {
        self.bracketed
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(counted), Some(view)) = (state.downcast_mut::<Counted<K>>(), inputs.first()) else {
            return Err(misused());
        };
        if counted.cells != self.bound.grid.cells(core) * self.bound.groups() {
            return Err(misused());
        }
        // Other ends of the pass may need its tiles all the same.
        if counted.found.is_none() {
            counted.found = inputs.last().filter(|_| self.bracketed).and_then(bracket::found);
        }
        if counted.found.is_some() {
            return Ok(());
        }
        let before = usize::from(self.bound.labels.is_some());
        if let (Some(table), true) = (inputs.get(1 + before), !self.digit.first && counted.rows.is_empty()) {
            self.copy_rows(table, counted);
        }
        let (keys, below, own) = (scratch.take(CHUNK)?, scratch.take(CHUNK)?, scratch.take(CHUNK)?);
        if let (Some((labels, _)), Some(own)) = (&self.bound.labels, inputs.get(1)) {
            let fits = self.labelled(core, [view, own], (keys, scratch.take(CHUNK)?), counted);
            return if fits { Ok(()) } else { Err(labels.stray(own)) };
        }
        self.count(core, view, counted, &mut Room { keys, below, own });
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Counted<K>>(), right.downcast::<Counted<K>>()) else {
            return Err(misused());
        };
        let right = *right;
        left.counters.join(right.counters);
        left.found = left.found.take().or(right.found);
        if left.rows.is_empty() {
            left.rows = right.rows;
        }
        Ok(())
    }

    fn finish(&self, kept: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(counted), [output]) = (state.downcast::<Counted<K>>(), outputs) else { return Err(misused()) };
        let (bound, groups) = (&self.bound, self.bound.groups());
        let cells = bound.grid.cells(kept) * groups;
        if let Some(found) = &counted.found {
            self.hand_on(found, output);
            return Ok(());
        }
        let (mut ranks, mut sought) = (Vec::new(), Vec::<(u64, u64)>::new());
        for cell in 0..cells {
            sought.clear();
            // Without tiles there is no row, and nothing to find.
            let row = counted.rows.get(cell * self.columns..(cell + 1) * self.columns).unwrap_or(&[0]);
            let n = match self.digit.first {
                true => self.numbers(&counted.counters, cell),
                false => row[0],
            };
            bound.quantiles.ranks(n, &mut ranks);
            match self.digit.first {
                true => sought.extend(ranks.iter().map(|rank| (0, *rank))),
                false => sought.extend(row[1..].chunks_exact(2).take(ranks.len()).map(|pair| (pair[0], pair[1]))),
            }
            self.narrow(&counted.counters, cell, &mut sought)?;
            if self.digit.last {
                let found = |i: usize| sought.get(i).map_or(f64::NAN, |(key, _)| value(bound.spec.dtype, *key));
                // Groups stand in front of the cells, as quantiles do.
                let at = |i: usize| (i * groups + cell % groups) * (cells / groups) + cell / groups;
                bound.quantiles.values(n, &ranks, found, |i, value| put_value(output, at(i), value));
                continue;
            }
            let row = &mut output.data::<u64>()[cell * self.columns..][..self.columns];
            row.fill(NONE);
            row[0] = n;
            for (pair, (begins, rank)) in row[1..].chunks_exact_mut(2).zip(&sought) {
                (pair[0], pair[1]) = (*begins, *rank);
            }
        }
        Ok(())
    }
}
