//! `standardize`: each channel less its mean, divided by its standard deviation, found or given.
//!
//! Owns the parameters. The arithmetic is that of `zscore`.

use super::fit::{self, FIT};
use super::rescale::{Statistics, rescale_stage, statistics_spec};
use super::zscore::Standardise;
use crate::array::{ArraySpec, DType};
use crate::kernel::reduce::{
    DDOF, MeanStd, Moments, SKIPNA, complex, fold_stage, real_input, reduced_write, with_skip,
};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Sink, Value, Variant};
use crate::with_real_type;

const PARAMS: &[ParamInfo] = &[
    ParamInfo {
        name: "channel",
        kind: Kind::Axes,
        default: Some(""),
        doc: "the axis whose every index has statistics of its own; unset: c where it is named",
    },
    ParamInfo {
        name: "mean",
        kind: Kind::Floats { min: f64::MIN, max: f64::MAX },
        default: Some(""),
        doc: "the mean of each channel, or one for all; unset: found in the data",
    },
    ParamInfo {
        name: "std",
        kind: Kind::Floats { min: f64::MIN_POSITIVE, max: f64::MAX },
        default: Some(""),
        doc: "the standard deviation of each channel, or one for all; unset: found in the data",
    },
    ParamInfo {
        name: "scale",
        kind: Kind::Float { min: f64::MIN_POSITIVE, max: f64::MAX },
        default: Some("1"),
        doc: "what is 1 where mean and std are given: 255 for 8-bit pictures and statistics of 0…1",
    },
    DDOF,
    SKIPNA,
    FIT,
];

/// The table entry of `standardize`.
pub const STANDARDIZE: KernelInfo = KernelInfo {
    name: "standardize",
    family: Family::Normalize,
    summary: "each channel less its mean, divided by its standard deviation",
    doc: "Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. \
          With `mean` and `std` as torchvision's Normalize: (x / scale - mean) / std, computed in f64 as \
          (x - mean·scale) / (std·scale); one sweep. Without them as scikit-learn's StandardScaler, with the channel \
          as feature: the statistics over all other axes, found in a sweep of their own; a constant channel is NaN \
          there (scikit-learn divides it by 1), as is one that holds NaN or an infinity; with `skipna` NaN alone \
          stays NaN. With `fit` the statistics are those of another array, over the same axes of it.",
    params: PARAMS,
    example: "[[step]]\nkernel = \"standardize\"\nchannel = \"x\"",
    parse: |params| Ok(Box::new(Standardize(params.clone()))),
};

#[derive(Debug)]
struct Standardize(Params);

impl Standardize {
    fn channel(&self, spec: &ArraySpec) -> Result<usize, BindError> {
        match self.0.axes_of("channel", spec)?.as_deref() {
            Some([axis]) => Ok(*axis),
            Some(axes) => {
                Err(BindError::param("channel", format!("channels lie along one axis, {} are named", axes.len())))
            }
            None => spec.axis_named('c').ok_or_else(|| {
                BindError::param("channel", "which axis has statistics of its own for each index?")
                    .help("say channel = … in the step, or name the axes of the input (axes = \"nyxc\")")
            }),
        }
    }

    /// Means and standard deviations as given, in units of the data, or none.
    fn known(&self, channels: u64) -> Result<Option<Vec<(f64, f64)>>, BindError> {
        let (means, stds) = match (self.each("mean", channels)?, self.each("std", channels)?) {
            (Some(means), Some(stds)) => (means, stds),
            (None, None) => {
                return match self.0.get("scale") {
                    None => Ok(None),
                    Some(_) => {
                        Err(BindError::param("scale", "scale is for means and standard deviations that are given")
                            .help("give mean and std, or leave scale out: it changes nothing then"))
                    }
                };
            }
            (means, _) => {
                let (have, lacks) = if means.is_some() { ("mean", "std") } else { ("std", "mean") };
                return Err(BindError::param(have, format!("{have} is given and {lacks} is not"))
                    .help("give both, or none to have them found in the data"));
            }
        };
        if let Some(name) = ["ddof", "skipna", "fit"].into_iter().find(|n| self.0.get(n).is_some()) {
            return Err(BindError::param(name, format!("{name} has no meaning where mean and std are given")));
        }
        let scale = self.0.float("scale").unwrap_or(1.0);
        Ok(Some(means.into_iter().zip(stds).map(|(m, s)| (m * scale, s * scale)).collect()))
    }

    /// One number for each channel.
    fn each(&self, name: &str, channels: u64) -> Result<Option<Vec<f64>>, BindError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let n = if let Value::List(list) = value { list.len() as u64 } else { channels };
        if n != channels {
            let message = format!("{name} has {n} entries, there are {channels} channels");
            return Err(BindError::param(name, message).help("give one number for all channels, or one for each"));
        }
        self.0.floats(name, n as usize)
    }
}

impl Kernel for Standardize {
    fn input_names(&self) -> Vec<String> {
        fit::names(&self.0)
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let axes = |spec: &ArraySpec| {
            let channel = self.channel(spec)?;
            Ok((0..spec.rank()).filter(|a| *a != channel).collect())
        };
        fit::variants("standardize", inputs, axes, |inputs| self.bind_one(inputs))
    }
}

impl Standardize {
    fn bind_one(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let spec = real_input("standardize", inputs)?;
        let axis = self.channel(spec)?;
        if let Some(pairs) = self.known(spec.shape[axis])? {
            let stage = with_real_type!(
                spec.dtype,
                T => rescale_stage::<T, f64, _>(spec, Statistics::Known { axis, pairs }, Standardise),
                else return Err(complex("standardize", spec.dtype))
            );
            return Ok(vec![Variant { name: "one sweep", stages: vec![stage] }]);
        }
        let axes: Vec<usize> = (0..spec.rank()).filter(|a| *a != axis).collect();
        let finish = MeanStd { ddof: self.0.float("ddof").unwrap_or(0.0) };
        let temp = |i| reduced_write(spec, &axes, true, DType::F64, Sink::Temp(i));
        let writes = vec![temp(0), temp(1)];
        let statistics = statistics_spec(spec, &axes, DType::F64);
        let skip = self.0.bool("skipna", false);
        let stages = with_skip!(spec.dtype, skip, T, SKIP => vec![
            fold_stage(spec, &axes, Moments::<T, SKIP>::new(), finish, writes),
            rescale_stage::<T, f64, _>(spec, Statistics::Found { spec: &statistics, first: 0 }, Standardise),
        ], else return Err(complex("standardize", spec.dtype)));
        Ok(vec![Variant { name: "fold, then write", stages }])
    }
}
