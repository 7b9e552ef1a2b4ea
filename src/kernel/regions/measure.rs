//! What is found of each region, in one sweep.
//!
//! Owns the sums, all of which are exact, so that no order of tiles shows, and the values that come of them. Refuses to know
//! parameters.

use crate::array::{DType, Region, View, ViewMut, read_f64, row_starts};
use crate::kernel::exact::{ADDS_MAX, Wide, settle};
use crate::kernel::{Fold, KernelError, Scratch, State};
use crate::with_real_type;

/// Elements that are worked on at a time.
pub(super) const CHUNK: usize = 4096;

/// A property of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Label,
    Area,
    Centroid,
    Box,
    Sum,
    Mean,
    Min,
    Max,
    Weighted,
}

/// The properties of these names.
pub(super) fn properties(names: &[String]) -> Vec<Property> {
    let one = |name: &String| match name.as_str() {
        "label" => Property::Label,
        "area" => Property::Area,
        "centroid" => Property::Centroid,
        "bbox" => Property::Box,
        "intensity_sum" => Property::Sum,
        "intensity_mean" => Property::Mean,
        "intensity_min" => Property::Min,
        "intensity_max" => Property::Max,
        _ => Property::Weighted,
    };
    names.iter().map(one).collect()
}

/// What is measured of which labels, along which axes.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    labels: u64,
    /// Whether the table has a row for each of these; else up to the largest that occurs.
    known: bool,
    kept: Vec<usize>,
    worked: Vec<usize>,
    intensity: Option<(DType, Wide)>,
    /// Where intensities weigh indices.
    weighted: Option<Wide>,
    pub properties: Vec<Property>,
}

/// What was found, for each label of each kept cell. Lists are empty where nothing asks for them.
struct Found {
    kept: Region,
    area: Vec<u64>,
    /// Sums of indices, for each axis.
    sums: Vec<u128>,
    /// First indices along each axis, then one past the last.
    bounds: Vec<u64>,
    intensity: Vec<i64>,
    /// Sums of indices weighted by intensity, for each axis.
    weighted: Vec<i64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// What was no number: NaN, infinity, -infinity.
    odd: Vec<u64>,
    /// Additions since digits were carried.
    additions: u64,
}

const NAN: u64 = 1;
const ABOVE: u64 = 2;
const BELOW: u64 = 4;

/// Elements of one label that follow each other along the last axis.
struct Run<'a> {
    /// The place of the label and cell in lists.
    slot: usize,
    /// Where it begins, along the axes worked over.
    at: &'a [u64],
    len: u64,
    /// Whether the last of these axes is the one along which it runs.
    along: bool,
}

impl Measure {
    /// Of labels 1 to `labels`; axes are ascending.
    pub fn new(
        labels: u64,
        known: bool,
        (kept, worked): (&[usize], &[usize]),
        intensity: Option<DType>,
        properties: Vec<Property>,
    ) -> Measure {
        let weighted = intensity.filter(|_| properties.contains(&Property::Weighted)).map(Wide::weighted);
        let intensity = intensity.map(|d| (d, Wide::of(d)));
        Measure { labels, known, kept: kept.to_vec(), worked: worked.to_vec(), intensity, weighted, properties }
    }

    /// Columns that a property takes.
    pub fn columns(&self, property: Property) -> usize {
        match property {
            Property::Centroid | Property::Weighted => self.worked.len(),
            Property::Box => 2 * self.worked.len(),
            _ => 1,
        }
    }

    /// Bytes of the lists for one label of one cell.
    pub fn bytes_of_label(&self) -> u64 {
        let rank = self.worked.len();
        let weighted = self.weighted.map_or(0, |wide| wide.digits * rank);
        let words = 1 + 4 * rank + self.intensity.map_or(0, |(_, wide)| wide.digits + 3) + weighted;
        words as u64 * 8
    }

    fn found(&self, kept: &Region) -> Found {
        let (rank, cells) = (self.worked.len(), self.kept.iter().map(|a| kept.extent(*a)).product::<u64>());
        let n = (self.labels * cells) as usize;
        let some = if self.intensity.is_some() { n } else { 0 };
        let digits = self.intensity.map_or(0, |(_, wide)| wide.digits);
        let mut bounds = vec![u64::MAX; n * 2 * rank];
        bounds.chunks_mut((2 * rank).max(1)).for_each(|b| b[rank..].fill(0));
        Found {
            kept: kept.clone(),
            area: vec![0; n],
            sums: vec![0; n * rank],
            bounds,
            intensity: vec![0; n * digits],
            weighted: vec![0; n * rank * self.weighted.map_or(0, |wide| wide.digits)],
            low: vec![f64::INFINITY; some],
            high: vec![f64::NEG_INFINITY; some],
            odd: vec![0; some],
            additions: 0,
        }
    }

    fn add_run(&self, found: &mut Found, run: &Run) {
        let (i, rank) = (run.slot, self.worked.len());
        found.area[i] += run.len;
        let (low, high) = found.bounds[i * 2 * rank..][..2 * rank].split_at_mut(rank);
        for (a, start) in run.at.iter().enumerate() {
            let last = if run.along && a + 1 == rank { start + run.len - 1 } else { *start };
            // Indices along the row are start, start + 1 and so on to the last.
            found.sums[i * rank + a] += (u128::from(*start) + u128::from(last)) * u128::from(run.len) / 2;
            low[a] = low[a].min(*start);
            high[a] = high[a].max(last + 1);
        }
    }

    /// Carries digits where they could overflow with so many more additions.
    fn carry(&self, found: &mut Found, more: u64) {
        if found.additions + more > ADDS_MAX {
            for (sums, wide) in
                [(&mut found.intensity, self.intensity.map(|i| i.1)), (&mut found.weighted, self.weighted)]
            {
                let Some(wide) = wide else { continue };
                sums.chunks_mut(wide.digits).for_each(settle);
            }
            found.additions = 1;
        }
        found.additions += more;
    }

    /// Intensities of a run.
    fn add_intensities(&self, found: &mut Found, run: &Run, bytes: &[u8], values: &[f64]) {
        let (Some((dtype, wide)), i) = (self.intensity, run.slot) else { return };
        let sum = &mut found.intensity[i * wide.digits..][..wide.digits];
        let (mut low, mut high) = (found.low[i], found.high[i]);
        for x in values {
            // -0 and +0 are equal, and either would do: it is +0.
            (low, high) = (low.min(*x + 0.0), high.max(*x + 0.0));
        }
        (found.low[i], found.high[i]) = (low, high);
        match dtype {
            // What f64 would round is added in halves of 32 bits.
            DType::U64 | DType::I64 => {
                for word in bytemuck::cast_slice::<u8, u64>(bytes) {
                    sum[0] += (*word & 0xFFFF_FFFF) as i64;
                    sum[1] += if dtype == DType::U64 { (*word >> 32) as i64 } else { *word as i64 >> 32 };
                }
            }
            _ => {
                for x in values {
                    if x.is_finite() {
                        wide.add(sum, *x);
                    } else {
                        found.odd[i] |= if x.is_nan() {
                            NAN
                        } else if *x > 0.0 {
                            ABOVE
                        } else {
                            BELOW
                        };
                    }
                }
            }
        }
        self.add_weighted(found, run, bytes, values);
    }

    /// Intensities of a run times their indices.
    fn add_weighted(&self, found: &mut Found, run: &Run, bytes: &[u8], values: &[f64]) {
        let (Some(wide), Some((dtype, _)), rank) = (self.weighted, self.intensity, self.worked.len()) else { return };
        let words = match dtype {
            DType::U64 | DType::I64 => bytemuck::cast_slice::<u8, u64>(bytes),
            _ => &[],
        };
        for (a, start) in run.at.iter().enumerate() {
            let sum = &mut found.weighted[(run.slot * rank + a) * wide.digits..][..wide.digits];
            let step = u64::from(run.along && a + 1 == rank);
            for (k, x) in values.iter().enumerate() {
                let index = start + k as u64 * step;
                match words.get(k) {
                    Some(word) if dtype == DType::U64 => wide.add_product(sum, (*word, false), 0, index),
                    Some(word) => wide.add_product(sum, ((*word as i64).unsigned_abs(), (*word as i64) < 0), 0, index),
                    None if x.is_finite() => wide.add_times(sum, *x, index),
                    None => {}
                }
            }
        }
    }

    /// Writes one property of one label; gives the columns that it took.
    fn write(&self, found: &Found, property: Property, i: usize, row: &mut [f64]) -> usize {
        let (rank, area) = (self.worked.len(), found.area[i] as f64);
        let odd = found.odd.get(i).copied().unwrap_or(0);
        let sum = || match (self.intensity, odd) {
            (Some((_, wide)), 0) => wide.value(&found.intensity[i * wide.digits..][..wide.digits]),
            (_, ABOVE) => f64::INFINITY,
            (_, BELOW) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        let weighted = |a: usize| match self.weighted {
            Some(wide) if odd == 0 => {
                wide.value(&found.weighted[(i * rank + a) * wide.digits..][..wide.digits]) / sum()
            }
            _ => f64::NAN,
        };
        let or_nan = |x: f64| if odd & NAN != 0 { f64::NAN } else { x };
        let columns = self.columns(property);
        let row = &mut row[..columns];
        match property {
            Property::Label => row[0] = (i % self.labels as usize + 1) as f64,
            Property::Area => row[0] = area,
            _ if found.area[i] == 0 => row.fill(f64::NAN),
            Property::Centroid => {
                row.iter_mut().enumerate().for_each(|(a, x)| *x = found.sums[i * rank + a] as f64 / area);
            }
            Property::Box => row.iter_mut().zip(&found.bounds[i * 2 * rank..]).for_each(|(x, b)| *x = *b as f64),
            Property::Weighted => row.iter_mut().enumerate().for_each(|(a, x)| *x = weighted(a)),
            Property::Sum => row[0] = sum(),
            Property::Mean => row[0] = sum() / area,
            Property::Min => row[0] = or_nan(found.low[i]),
            Property::Max => row[0] = or_nan(found.high[i]),
        }
        // One NaN for all, whatever made it.
        row.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f64::NAN);
        columns
    }

    /// Adds a part of a row that begins at `at`.
    fn add_row(
        &self,
        found: &mut Found,
        at: &mut [u64],
        labels: &[i64],
        (bytes, values): (&[u8], &[f64]),
    ) -> Result<(), KernelError> {
        let (last, size) = (at.len().saturating_sub(1), self.intensity.map_or(0, |(dtype, _)| dtype.size()));
        let (along, from) = (!self.kept.contains(&last), at.last().copied().unwrap_or(0));
        let mut place = vec![0; self.worked.len()];
        let mut i = 0;
        while i < labels.len() {
            let label = labels[i];
            // Elements beside each other along a kept axis belong to different cells.
            let len = if along { labels[i..].iter().take_while(|l| **l == label).count() } else { 1 };
            if let Some(last) = at.last_mut() {
                *last = from + i as u64;
            }
            if label < 0 || label as u64 > self.labels {
                return Err(KernelError::at(self.stray(label), at.to_vec()));
            }
            if label > 0 {
                let cell = self.kept.iter().fold(0, |n, a| n * found.kept.extent(*a) + at[*a] - found.kept.start[*a]);
                place.iter_mut().zip(&self.worked).for_each(|(p, a)| *p = at[*a]);
                let slot = (cell * self.labels) as usize + label as usize - 1;
                let run = Run { slot, at: &place, len: len as u64, along };
                self.add_run(found, &run);
                if self.intensity.is_some() {
                    self.add_intensities(found, &run, &bytes[i * size..(i + len) * size], &values[i..i + len]);
                }
            }
            i += len;
        }
        if let Some(last) = at.last_mut() {
            *last = from;
        }
        Ok(())
    }

    fn stray(&self, label: i64) -> String {
        match self.known {
            _ if label < 0 => format!("the label {label} has no row: labels are 0 (background) or more"),
            true => format!("the label {label} has no row: labels = {} has rows for 1 to that", self.labels),
            false => format!("the label {label} has no row: there is room for labels_max = {}", self.labels),
        }
    }
}

/// Labels of a part of a row as i64; what does not fit there is no label anyway.
fn read_labels(dtype: DType, bytes: &[u8], out: &mut [i64]) {
    with_real_type!(dtype, T => {
        let from = bytemuck::cast_slice::<u8, T>(bytes);
        out.iter_mut().zip(from).for_each(|(o, x)| *o = Whole::whole(*x));
    }, else {});
}

trait Whole: Copy {
    fn whole(self) -> i64;
}

macro_rules! whole {
    ($($T:ty: $x:ident => $whole:expr),* $(,)?) => { $(impl Whole for $T {
        #[inline(always)]
        fn whole(self) -> i64 { let $x = self; $whole }
    })* };
}
whole! {
    crate::array::Bool: x => i64::from(x.get()), u8: x => i64::from(x), u16: x => i64::from(x), u32: x => i64::from(x),
    u64: x => i64::try_from(x).unwrap_or(i64::MAX), i8: x => i64::from(x), i16: x => i64::from(x),
    i32: x => i64::from(x), i64: x => x, half::f16: x => f32::from(x) as i64, half::bf16: x => f32::from(x) as i64,
    f32: x => x as i64, f64: x => x as i64,
}

fn misused() -> KernelError {
    KernelError::new("region_properties was called with views or a state that are not its own")
}

impl Fold for Measure {
    fn start(&self, kept: &Region) -> State {
        Box::new(self.found(kept))
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(found), Some(view)) = (state.downcast_mut::<Found>(), inputs.first()) else { return Err(misused()) };
        let labels: &mut [i64] = scratch.take(CHUNK)?;
        let values: &mut [f64] = scratch.take(if self.intensity.is_some() { CHUNK } else { 0 })?;
        let other = inputs.get(1).map(|v| (v, row_starts(v.shape(), v.strides())));
        let (other, mut others) = other.unzip();
        let width = view.shape().last().map_or(1, |n| *n as usize);
        let mut at = core.start.clone();
        let part = |v: &View, from: usize, n: usize| {
            let size = v.dtype().size();
            from * size..(from + n) * size
        };
        for from in row_starts(view.shape(), view.strides()) {
            let beside = others.as_mut().and_then(Iterator::next).unwrap_or(0);
            for start in (0..width).step_by(CHUNK) {
                let n = CHUNK.min(width - start);
                read_labels(view.dtype(), &view.bytes()[part(view, from + start, n)], &mut labels[..n]);
                let bytes = other.map_or(&[][..], |v| &v.bytes()[part(v, beside + start, n)]);
                if let Some(v) = other {
                    read_f64(v.dtype(), bytes, &mut values[..n]);
                    // A product reaches some digits twice.
                    self.carry(found, 2 * n as u64);
                }
                if let Some(last) = at.last_mut() {
                    *last = core.start[core.rank() - 1] + start as u64;
                }
                let some = if other.is_some() { n } else { 0 };
                self.add_row(found, &mut at, &labels[..n], (bytes, &values[..some]))?;
            }
            let rows = at.len().saturating_sub(1);
            if let Some(a) = (0..rows).rev().find(|&a| at[a] + 1 < core.end[a]) {
                at[a] += 1;
                at[a + 1..rows].copy_from_slice(&core.start[a + 1..rows]);
            }
        }
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Found>(), right.downcast::<Found>()) else {
            return Err(misused());
        };
        self.carry(left, right.additions);
        left.area.iter_mut().zip(right.area).for_each(|(l, r)| *l += r);
        left.sums.iter_mut().zip(right.sums).for_each(|(l, r)| *l += r);
        left.intensity.iter_mut().zip(right.intensity).for_each(|(l, r)| *l += r);
        left.weighted.iter_mut().zip(right.weighted).for_each(|(l, r)| *l += r);
        left.odd.iter_mut().zip(right.odd).for_each(|(l, r)| *l |= r);
        left.low.iter_mut().zip(right.low).for_each(|(l, r)| *l = l.min(r));
        left.high.iter_mut().zip(right.high).for_each(|(l, r)| *l = l.max(r));
        let rank = self.worked.len();
        let bounds = left.bounds.chunks_mut((2 * rank).max(1)).zip(right.bounds.chunks((2 * rank).max(1)));
        for (l, r) in bounds {
            for a in 0..rank {
                l[a] = l[a].min(r[a]);
                l[rank + a] = l[rank + a].max(r[rank + a]);
            }
        }
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(found), [output]) = (state.downcast::<Found>(), outputs) else { return Err(misused()) };
        let columns: usize = self.properties.iter().map(|p| self.columns(*p)).sum();
        let mut rows = found.area.len();
        if !self.known {
            rows = found.area.iter().rposition(|n| *n > 0).map_or(0, |i| i + 1);
            output.keep(rows as u64);
        }
        for (i, row) in output.data::<f64>().chunks_mut(columns.max(1)).take(rows).enumerate() {
            self.properties.iter().fold(0, |at, p| at + self.write(&found, *p, i, &mut row[at..]));
        }
        Ok(())
    }
}
