//! `region_properties`: what the regions of a label array measure, as a table.
//!
//! Owns the parameters, the columns and the rows of the table, and what it takes. Sums and their order are in `measure`.

use super::measure::{CHUNK, Measure, properties};
use crate::array::{ArraySpec, DType};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelInfo, Kind, Order, ParamInfo, Params, Read,
    ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// What there is to measure.
const WORDS: &[&str] = &[
    "label",
    "area",
    "centroid",
    "bbox",
    "intensity_sum",
    "intensity_mean",
    "intensity_min",
    "intensity_max",
    "centroid_weighted",
];
/// Labels there is room for where nothing is said.
const LABELS_MAX: u64 = 65_536;

/// The table entry of `region_properties`.
pub const REGION_PROPERTIES: KernelInfo = KernelInfo {
    name: "region_properties",
    family: Family::Regions,
    summary: "area, centroid, bounding box and intensities of each labelled region",
    doc: "Shape: (labels, columns), f64: a row for each label from 1 on, columns in the order of `properties`, as \
          skimage.measure.regionprops_table has them: label; area, the number of elements; centroid, the mean index \
          along each axis; bbox, the first index along each axis, then for each axis one past the last; and of the \
          elements of `intensity` that belong to the region intensity_sum, _mean, _min, _max and centroid_weighted, the \
          mean index weighted by intensity. Without `labels` there are rows up to the largest label; their number is then \
          known only after the run, so that no step can take the table. With `axes` each index of the other axes has a \
          table of its own, as for images that were labelled one by one: the shape is theirs, then (labels, columns), indices \
          are those along `axes`, and `labels` must be given. A label that does not occur has the area 0 and NaN elsewhere. \
          Labels are whole numbers of any integer dtype or bool, 0 is background; negative ones and those above `labels` \
          are an error that names the index. NaN intensities give NaN. Sums are exact and rounded once, whatever the dtypes. One \
          sweep; for each label 8 bytes, 32 for each axis, and with intensities 56 (integers, f16), 112 (f32) or 568 (f64), \
          for centroid_weighted as much again for each axis; in each tile that waits too.",
    params: &[
        ParamInfo {
            name: "labels",
            kind: Kind::Int { min: 1, max: 1 << 32 },
            default: Some(""),
            doc: "how many labels there are: the table has rows for 1 to this number; found from the labels where it is not \
                  given",
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
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some(""),
            doc: "axes to measure over, as numbers or letters; all where it is not given",
        },
        ParamInfo {
            name: "labels_max",
            kind: Kind::Int { min: 1, max: 1 << 32 },
            default: Some("65536"),
            doc: "the largest label there is room for where `labels` is not given; a larger one is an error",
        },
    ],
    example: "[[step]]\nkernel = \"expr\"\nexpr = \"x > 0.5\"\n[[step]]\nkernel = \"label\"\n[[step]]\nkernel = \
              \"region_properties\"\nlabels_max = 10000\nintensity = \"x\"\nproperties = [\"area\", \"intensity_mean\"]",
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
        let of_intensity = |p: &&String| p.starts_with("intensity") || *p == "centroid_weighted";
        if let (Some(word), true) = (properties.iter().find(of_intensity), names.is_empty()) {
            let error = BindError::param("properties", format!("{word} needs intensities"));
            return Err(error.help("name the array that holds them: intensity = …"));
        }
        Ok(Box::new(Properties { params: params.clone(), intensity: names.into_iter().next(), properties }))
    },
};

#[derive(Debug)]
struct Properties {
    params: Params,
    intensity: Option<String>,
    properties: Vec<String>,
}

/// The largest label of a dtype.
fn largest(dtype: DType) -> u64 {
    match dtype {
        DType::Bool => 1,
        DType::I8 => (1 << 7) - 1,
        DType::U8 => (1 << 8) - 1,
        DType::I16 => (1 << 15) - 1,
        DType::U16 => (1 << 16) - 1,
        _ => u64::MAX,
    }
}

impl Properties {
    /// The axes measured over, ascending.
    fn axes(&self, spec: &ArraySpec) -> Result<Vec<usize>, BindError> {
        let mut axes = self.params.axes(spec)?.unwrap_or_else(|| (0..spec.rank()).collect());
        axes.sort_unstable();
        if axes.is_empty() && spec.rank() > 0 {
            return Err(BindError::param("axes", "regions lie along one axis at least, none is named"));
        }
        Ok(axes)
    }

    /// How many labels there are at most, and whether that is how many there are.
    fn labels(&self, spec: &ArraySpec, several: bool) -> Result<(u64, bool), BindError> {
        match self.params.int("labels") {
            Some(labels) => Ok((labels.max(1) as u64, true)),
            // Each table would know its own largest label alone.
            None if several => {
                let message = "each index of the other axes has a table of its own: how many labels are there at most?";
                Err(BindError::param("labels", message).help("say labels = …"))
            }
            None => {
                let most = self.params.int("labels_max").map_or(LABELS_MAX, |n| n.max(1) as u64);
                Ok((most.min(largest(spec.dtype)), false))
            }
        }
    }
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
        let (rank, axes) = (spec.rank(), self.axes(spec)?);
        let kept: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).collect();
        let (labels, known) = self.labels(spec, !kept.is_empty())?;
        let dtype = inputs.get(1).map(|s| s.dtype);
        let measure = Measure::new(labels, known, (&kept, &axes), dtype, properties(&self.properties));
        let columns: usize = measure.properties.iter().map(|p| measure.columns(*p)).sum();
        let shape: Vec<u64> = kept.iter().map(|a| spec.shape[*a]).chain([labels, columns as u64]).collect();
        let follow = kept.iter().map(|a| AxisMap::Follow { axis: *a, before: 0, after: 0 });
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; rank],
            order: Order::Fold { axes },
            reads: (0..inputs.len()).map(|i| Read { source: Source::Input(i), access: Access::point(rank) }).collect(),
            writes: vec![Write {
                sink: if known { Sink::Output(0) } else { Sink::AtMost(0) },
                spec: ArraySpec::new(DType::F64, &shape),
                access: Access { axes: follow.chain([AxisMap::All, AxisMap::All]).collect(), ..Access::point(0) },
            }],
            state: StateSize {
                fixed: 1024,
                per_cell: labels.saturating_mul(measure.bytes_of_label()),
                ..StateSize::default()
            },
            scratch: ScratchSize { fixed: CHUNK as u64 * 16, ..ScratchSize::default() },
        };
        let work = Work::Fold(Box::new(measure));
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work }] }])
    }
}
