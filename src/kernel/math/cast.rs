//! `cast`: an array as another dtype. Owns its parameters; the loops are in `convert`.

use super::convert::{Overflow, convert};
use super::pointwise::{self, Rows};
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};

pub const INFO: KernelInfo = KernelInfo {
    name: "cast",
    family: Family::Math,
    summary: "the same values as another dtype",
    doc: "Any shape and dtype; the result has the shape and axis names of the input. Floats become integers by \
          rounding half to even (NumPy's astype cuts them off); values beyond the range take its nearest end, or are \
          an error with overflow = \"error\". Floats beyond the range of a narrower float become infinite, or an \
          error. NaN as an integer is always an error that names the place. Integers pass exactly. As bool: whether \
          the value differs from 0 (NaN does). Real to complex has no imaginary part; complex to real is refused. \
          One pass at the speed of memory.",
    params: &[
        ParamInfo { name: "dtype", kind: Kind::DType, default: None, doc: "dtype of the result" },
        ParamInfo {
            name: "overflow",
            kind: Kind::Choice(&["saturate", "error"]),
            default: Some("saturate"),
            doc: "what a value beyond the range becomes: its nearest end, or an error",
        },
    ],
    example: "kernel = \"cast\"\ndtype = \"u8\"",
    parse,
};

#[derive(Debug)]
struct Cast {
    dtype: DType,
    overflow: Overflow,
}

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let Some(dtype) = params.dtype("dtype") else {
        return Err(BindError::param("dtype", "cast needs a dtype"));
    };
    let overflow = if params.text("overflow") == Some("error") { Overflow::Error } else { Overflow::Saturate };
    Ok(Box::new(Cast { dtype, overflow }))
}

impl Kernel for Cast {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("cast takes one array, {} were given", inputs.len())));
        };
        let (from, to) = (input.dtype, self.dtype);
        if from.is_complex() && !to.is_complex() && to != DType::Bool {
            let message = format!("{from} cannot be cast to {to}: a complex number is not a real one");
            return Err(BindError::param("dtype", message).help("cast to c64 or c128"));
        }
        Ok(pointwise::variant(input, to, CastRows { from, to, overflow: self.overflow }))
    }
}

#[derive(Debug)]
struct CastRows {
    from: DType,
    to: DType,
    overflow: Overflow,
}

impl Rows for CastRows {
    fn run(&self, input: &[u8], output: &mut [u8]) -> Result<(), (usize, String)> {
        convert(self.from, input, self.to, output, self.overflow).map_err(|m| (m.at, m.message))
    }
}
