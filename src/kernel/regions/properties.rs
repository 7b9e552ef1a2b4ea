//! `region_properties`: what the regions of a label array measure, as a table.
//!
//! Owns the properties and their sums, all of which are exact, so that no order of tiles shows.

use crate::array::{ArraySpec, DType, Region, View, ViewMut, read_f64, row_starts};
use crate::kernel::exact::{ADDS_MAX, Wide, settle};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Kind, Order, ParamInfo,
    Params, Read, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};
use crate::with_real_type;

/// Elements that are worked on at a time.
const CHUNK: usize = 4096;

/// What there is to measure.
const WORDS: &[&str] =
    &["label", "area", "centroid", "bbox", "intensity_sum", "intensity_mean", "intensity_min", "intensity_max"];

/// The table entry of `region_properties`.
pub const REGION_PROPERTIES: KernelInfo = KernelInfo {
    name: "region_properties",
    family: Family::Regions,
    summary: "area, centroid, bounding box and intensities of each labelled region",
    doc: "Shape: (labels, columns), f64: a row for each label from 1 on, columns in the order of `properties`, as \
          skimage.measure.regionprops_table has them: label; area, the number of elements; centroid, the mean index \
          along each axis; bbox, the first index along each axis, then for each axis one past the last; and of the \
          elements of `intensity` that belong to the region intensity_sum, _mean, _min and _max. A label that does not \
          occur has the area 0 and NaN elsewhere. Labels are whole numbers of any integer dtype or bool, 0 is background; \
          negative ones and those above `labels` are an error that names the index. NaN intensities give NaN. Sums are \
          exact and rounded once, whatever the dtypes. One sweep; for each label 8 bytes, 32 for each axis, and with \
          intensities 56 (integers, f16), 112 (f32) or 568 (f64), in each tile that waits too.",
    params: &[
        ParamInfo {
            name: "labels",
            kind: Kind::Int { min: 1, max: 1 << 32 },
            default: None,
            doc: "how many labels there are: the table has rows for 1 to this number",
        },
        ParamInfo {
            name: "intensity",
            kind: Kind::Arrays,
            default: Some(""),
            doc: "the name of an input or step of the shape of the labels, for the intensity properties",
        },
        ParamInfo {
            name: "properties",
            kind: Kind::Words(WORDS),
            default: Some("[\"label\", \"area\", \"centroid\", \"bbox\"]"),
            doc: "what the columns hold, in their order",
        },
    ],
    example: "[[step]]\nkernel = \"expr\"\nexpr = \"x > 0.5\"\n[[step]]\nkernel = \"label\"\n[[step]]\nkernel = \
              \"region_properties\"\nlabels = 10000\nintensity = \"x\"\nproperties = [\"area\", \"intensity_mean\"]",
    parse: |params: &Params| {
        let names = params.names("intensity");
        if names.len() > 1 {
            let message = format!("intensities are one array, {} were named", names.len());
            return Err(BindError::param("intensity", message));
        }
        let mut properties = params.names("properties");
        if properties.is_empty() {
            properties = WORDS[..4].iter().map(|w| w.to_string()).collect();
        }
        if let (Some(word), true) = (properties.iter().find(|p| p.starts_with("intensity")), names.is_empty()) {
            let error = BindError::param("properties", format!("{word} needs intensities"));
            return Err(error.help("name the array that holds them: intensity = …"));
        }
        let labels = params.int("labels").unwrap_or(1).max(1) as u64;
        Ok(Box::new(Properties { labels, intensity: names.into_iter().next(), properties }))
    },
};

#[derive(Debug)]
struct Properties {
    labels: u64,
    intensity: Option<String>,
    properties: Vec<String>,
}

impl Kernel for Properties {
    fn input_names(&self) -> Vec<String> {
        self.intensity.iter().fold(vec![String::new()], |mut names, name| {
            names.push(name.clone());
            names
        })
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = inputs.first().ok_or_else(|| BindError::new("region_properties takes an array of labels"))?;
        if spec.dtype.is_complex() || spec.dtype.is_float() {
            let message = format!("labels are whole numbers, this array is {}", spec.dtype);
            return Err(BindError::new(message).help("label the array first (kernel = \"label\"), or cast it"));
        }
        if spec.elements().is_none() {
            return Err(BindError::new(format!("the shape {:?} has more than 2^63 - 1 elements", spec.shape)));
        }
        if let Some(other) = inputs.get(1) {
            let refuse = |why: String| Err(BindError::param("intensity", why));
            if other.dtype.is_complex() {
                return refuse(format!("intensities are real numbers, this array is {}", other.dtype));
            }
            if other.shape != spec.shape {
                let (one, two) = (&other.shape, &spec.shape);
                return refuse(format!("the intensities have the shape {one:?}, the labels {two:?}"));
            }
        }
        let rank = spec.rank();
        let measure = Measure {
            labels: self.labels as usize,
            rank,
            intensity: inputs.get(1).map(|s| (s.dtype, Wide::of(s.dtype))),
            properties: self.properties.clone(),
        };
        let columns: usize = self.properties.iter().map(|p| measure.columns(p)).sum();
        let bytes = measure.words() as u64 * 8 + rank as u64 * 16;
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; rank],
            order: Order::Fold { axes: (0..rank).collect() },
            reads: (0..inputs.len()).map(|i| Read { source: Source::Input(i), access: Access::point(rank) }).collect(),
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: ArraySpec::new(DType::F64, &[self.labels, columns as u64]),
                access: Access { axes: vec![AxisMap::All; 2], ..Access::point(0) },
            }],
            state: StateSize { fixed: self.labels.saturating_mul(bytes) + 1024, ..StateSize::default() },
            scratch: ScratchSize { fixed: CHUNK as u64 * 16, ..ScratchSize::default() },
        };
        let work = Work::Fold(Box::new(measure));
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work }] }])
    }
}

fn misused() -> KernelError {
    KernelError::new("region_properties was called with views or a state that are not its own")
}

#[derive(Clone, Debug)]
struct Measure {
    labels: usize,
    rank: usize,
    intensity: Option<(DType, Wide)>,
    properties: Vec<String>,
}

/// What was found of each label. Lists are empty where nothing asks for them.
struct Found {
    area: Vec<u64>,
    /// Sums of indices, for each axis.
    sums: Vec<u128>,
    /// First indices along each axis, then one past the last.
    bounds: Vec<u64>,
    intensity: Vec<i64>,
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

/// A run of one label: where it begins, how long it is.
struct Run<'a> {
    label: usize,
    at: &'a [u64],
    len: u64,
}

impl Measure {
    fn columns(&self, property: &str) -> usize {
        match property {
            "centroid" => self.rank,
            "bbox" => 2 * self.rank,
            _ => 1,
        }
    }

    /// Words of 8 bytes that each label takes, but for sums of indices.
    fn words(&self) -> usize {
        1 + 2 * self.rank + self.intensity.map_or(0, |(_, wide)| wide.digits + 3)
    }

    fn found(&self) -> Found {
        let n = self.labels;
        let some = if self.intensity.is_some() { n } else { 0 };
        let digits = self.intensity.map_or(0, |(_, wide)| wide.digits);
        let mut bounds = vec![u64::MAX; n * 2 * self.rank];
        bounds.chunks_mut((2 * self.rank).max(1)).for_each(|b| b[self.rank..].fill(0));
        Found {
            area: vec![0; n],
            sums: vec![0; n * self.rank],
            bounds,
            intensity: vec![0; n * digits],
            low: vec![f64::INFINITY; some],
            high: vec![f64::NEG_INFINITY; some],
            odd: vec![0; some],
            additions: 0,
        }
    }

    fn add_run(&self, found: &mut Found, run: &Run) {
        let (i, rank) = (run.label - 1, self.rank);
        found.area[i] += run.len;
        let (low, high) = found.bounds[i * 2 * rank..][..2 * rank].split_at_mut(rank);
        for (a, start) in run.at.iter().enumerate() {
            let last = if a + 1 == rank { start + run.len - 1 } else { *start };
            // Indices along the row are start, start + 1 and so on to the last.
            found.sums[i * rank + a] += (u128::from(*start) + u128::from(last)) * u128::from(run.len) / 2;
            low[a] = low[a].min(*start);
            high[a] = high[a].max(last + 1);
        }
    }

    /// Carries digits where they could overflow with so many more additions.
    fn carry(&self, found: &mut Found, more: u64) {
        if let (Some((_, wide)), true) = (self.intensity, found.additions + more > ADDS_MAX) {
            found.intensity.chunks_mut(wide.digits).for_each(settle);
            found.additions = 1;
        }
        found.additions += more;
    }

    /// Intensities of a run.
    fn add_intensities(&self, found: &mut Found, label: usize, bytes: &[u8], values: &[f64]) {
        let (Some((dtype, wide)), i) = (self.intensity, label - 1) else { return };
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
    }

    /// Writes one property of one label; gives the columns that it took.
    fn write(&self, found: &Found, property: &str, i: usize, row: &mut [f64]) -> usize {
        let (rank, area) = (self.rank, found.area[i] as f64);
        let odd = found.odd.get(i).copied().unwrap_or(0);
        let sum = || match (self.intensity, odd) {
            (Some((_, wide)), 0) => wide.value(&found.intensity[i * wide.digits..][..wide.digits]),
            (_, ABOVE) => f64::INFINITY,
            (_, BELOW) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        let or_nan = |x: f64| if odd & NAN != 0 { f64::NAN } else { x };
        let columns = self.columns(property);
        let row = &mut row[..columns];
        match property {
            "label" => row[0] = (i + 1) as f64,
            "area" => row[0] = area,
            _ if found.area[i] == 0 => row.fill(f64::NAN),
            "centroid" => row.iter_mut().enumerate().for_each(|(a, x)| *x = found.sums[i * rank + a] as f64 / area),
            "bbox" => row.iter_mut().zip(&found.bounds[i * 2 * rank..]).for_each(|(x, b)| *x = *b as f64),
            "intensity_sum" => row[0] = sum(),
            "intensity_mean" => row[0] = sum() / area,
            "intensity_min" => row[0] = or_nan(found.low[i]),
            _ => row[0] = or_nan(found.high[i]),
        }
        columns
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

impl Fold for Measure {
    fn start(&self, _: &Region) -> State {
        Box::new(self.found())
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
                let size = other.map_or(0, |v| v.dtype().size());
                if let Some(v) = other {
                    read_f64(v.dtype(), bytes, &mut values[..n]);
                    self.carry(found, n as u64);
                }
                let mut i = 0;
                while i < n {
                    let label = labels[i];
                    let len = labels[i..n].iter().take_while(|l| **l == label).count();
                    if let Some(last) = at.last_mut() {
                        *last = core.start[self.rank - 1] + (start + i) as u64;
                    }
                    if label < 0 || label as u64 > self.labels as u64 {
                        let message =
                            format!("the label {label} has no row: labels = {} has rows for 1 to that", self.labels);
                        return Err(KernelError::at(message, at));
                    }
                    if label > 0 {
                        let label = label as usize;
                        self.add_run(found, &Run { label, at: &at, len: len as u64 });
                        if other.is_some() {
                            self.add_intensities(found, label, &bytes[i * size..(i + len) * size], &values[i..i + len]);
                        }
                    }
                    i += len;
                }
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
        left.odd.iter_mut().zip(right.odd).for_each(|(l, r)| *l |= r);
        left.low.iter_mut().zip(right.low).for_each(|(l, r)| *l = l.min(r));
        left.high.iter_mut().zip(right.high).for_each(|(l, r)| *l = l.max(r));
        let bounds = left.bounds.chunks_mut((2 * self.rank).max(1)).zip(right.bounds.chunks((2 * self.rank).max(1)));
        for (l, r) in bounds {
            for a in 0..self.rank {
                l[a] = l[a].min(r[a]);
                l[self.rank + a] = l[self.rank + a].max(r[self.rank + a]);
            }
        }
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(found), [output]) = (state.downcast::<Found>(), outputs) else { return Err(misused()) };
        let columns: usize = self.properties.iter().map(|p| self.columns(p)).sum();
        for (i, row) in output.data::<f64>().chunks_mut(columns.max(1)).enumerate() {
            self.properties.iter().fold(0, |at, p| at + self.write(&found, p, i, &mut row[at..]));
        }
        Ok(())
    }
}
