//! `savgol`: a polynomial through the neighbours of each element, fitted by least squares.
//!
//! Owns the fit (orthogonal polynomials over the places of a window, and their derivatives), the windows of a tile and the ends
//! of the axis. Refuses to know how lines lie in memory (see `lanes`).

use super::lanes::{Group, Reader, Writer, for_each_group};
use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, one_real};
use super::sliding::{ROWS, lanes};
use crate::array::{ArraySpec, EdgeMode, Region, View, ViewMut};
use crate::kernel::filter::check_cval;
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params, Read,
    Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "savgol",
    family: Family::Window,
    summary: "polynomials fitted to sliding windows along one axis (Savitzky-Golay)",
    doc: "The result at i is the value at i of the polynomial of degree polyorder that fits the window_length elements \
          around i best, or its derivative, as scipy.signal.savgol_filter. With mode = \"interp\" the results of half a \
          window at each end are those of the polynomial through the first or last whole window; the other modes make up \
          values beyond the ends. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool \
          give f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Computed in f64, rounded \
          once. NaN and infinities spoil the results whose windows they are in. One pass; its time grows with the window, \
          and a tile reads a window less one element beyond each side, half of that where mode is not \"interp\".",
    params: &[
        ParamInfo {
            name: "window_length",
            kind: Kind::Int { min: 1, max: LENGTH_MAX },
            default: None,
            doc: "elements of a window, an odd number; with mode = \"interp\" at most those along the axis",
        },
        ParamInfo {
            name: "polyorder",
            kind: Kind::Int { min: 0, max: ORDER_MAX },
            default: None,
            doc: "degree of the polynomials, less than window_length",
        },
        ParamInfo {
            name: "deriv",
            kind: Kind::Int { min: 0, max: ORDER_MAX },
            default: Some("0"),
            doc: "which derivative of the polynomials is taken; 0: their values",
        },
        ParamInfo {
            name: "delta",
            kind: Kind::Float { min: f64::MIN_POSITIVE, max: f64::MAX },
            default: Some("1.0"),
            doc: "distance between elements, for derivatives: they are divided by delta to the power of deriv",
        },
        ParamInfo {
            name: "mode",
            kind: Kind::Choice(&["interp", "mirror", "constant", "nearest", "wrap"]),
            default: Some("\"interp\""),
            doc: "what the ends of the axis do",
        },
        ParamInfo {
            name: "cval",
            kind: Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY },
            default: Some("0.0"),
            doc: "the value beyond the ends where mode = \"constant\"; a value of the array's dtype",
        },
        AXES,
    ],
    example: "[[step]]\nkernel = \"savgol\"\nwindow_length = 5\npolyorder = 2\naxes = \"y\"",
    parse: |params| Ok(Box::new(Savgol::new(params)?)),
};

const LENGTH_MAX: i64 = 10_001;
const ORDER_MAX: i64 = 30;

#[derive(Debug)]
struct Savgol {
    params: Params,
    length: usize,
    degree: usize,
}

impl Savgol {
    fn new(params: &Params) -> Result<Savgol, BindError> {
        let number = |name: &str| params.int(name).unwrap_or(0).unsigned_abs() as usize;
        let (length, degree) = (number("window_length"), number("polyorder"));
        if length.is_multiple_of(2) {
            let message = format!("window_length = {length} is even: a window has one element in its middle");
            let help = format!("give {} or {}", length.saturating_sub(1), length + 1);
            return Err(BindError::param("window_length", message).help(help));
        }
        if degree >= length {
            let message = format!("polyorder = {degree} is not below window_length = {length}");
            return Err(BindError::param("polyorder", message).help("give a longer window, or a lower degree"));
        }
        Ok(Savgol { params: params.clone(), length, degree })
    }
}

impl Kernel for Savgol {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(INFO.name, &self.params, inputs)?;
        let (rank, length) = (input.rank(), self.length as u64);
        let mode = self.params.text("mode").unwrap_or("interp");
        let interpolates = mode == "interp";
        if interpolates && length > input.shape[axis] {
            let message =
                format!("window_length = {length} is more than the {} elements along the axis", input.shape[axis]);
            let help = "give a shorter window, or another mode: with \"interp\" a whole window is fitted at each end";
            return Err(BindError::param("window_length", message).help(help));
        }
        let reach = if interpolates { length - 1 } else { length / 2 } as i64;
        let mut halo = vec![(0, 0); rank];
        halo[axis] = (reach, reach);
        let cval = self.params.float("cval").unwrap_or(0.0);
        let access = match mode {
            "mirror" => Access::window(&halo).filled(EdgeMode::Mirror, 0.0),
            "constant" => {
                check_cval(cval, input.dtype)?;
                Access::window(&halo).filled(EdgeMode::Constant, cval)
            }
            "nearest" => Access::window(&halo).filled(EdgeMode::Nearest, 0.0),
            "wrap" => Access::window(&halo).filled(EdgeMode::Wrap, 0.0),
            _ => Access::window(&halo),
        };
        let output = input.as_dtype(input.dtype.real());
        let fit = Fit {
            length: self.length,
            degree: self.degree,
            deriv: self.params.int("deriv").unwrap_or(0).unsigned_abs() as usize,
            delta: self.params.float("delta").unwrap_or(1.0),
        };
        // Values, results, the coefficients, and what a polynomial of an end is made of.
        let rows = 2 * ROWS as u64 + length + self.degree as u64 + 1;
        let tables = fit.basis_numbers() as u64;
        let contract = Contract {
            domain: input.shape.clone(),
            anchor: vec![1; rank],
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access }],
            writes: vec![Write { sink: Sink::Output(0), spec: output, access: Access::point(rank) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: 8 * (LANES as u64 * rows + length + tables), ..ScratchSize::default() },
        };
        let work = Fitting { axis, fit, extent: interpolates.then_some(input.shape[axis] as i64) };
        Ok(vec![Variant { name: "windows", stages: vec![Stage { contract, work: Work::Map(Box::new(work)) }] }])
    }
}

/// Which polynomials are fitted, and what is taken of them.
#[derive(Clone, Debug)]
struct Fit {
    length: usize,
    degree: usize,
    deriv: usize,
    delta: f64,
}

impl Fit {
    /// Numbers that [`Fit::basis`] fills.
    fn basis_numbers(&self) -> usize {
        (self.deriv.min(self.degree) + 1) * (self.degree + 1) * self.length
    }

    /// Orthonormal polynomials over the places of a window, and their derivatives: one row of places for each degree, and
    /// all of them for each derivative. Each is the one before it times the place, made orthogonal to all before it, twice,
    /// so that rounding does not add up (Brubeck, Nakatsukasa, Trefethen 2021).
    fn basis(&self, table: &mut [f64]) {
        let (n, rows) = (self.length, self.degree + 1);
        let middle = (n / 2) as f64;
        let place = |j: usize| (j as f64 - middle) / middle.max(1.0);
        let row = |derivative: usize, degree: usize| (derivative * rows + degree) * n;
        table.fill(0.0);
        table[..n].fill(1.0 / (n as f64).sqrt());
        for degree in 1..rows {
            for d in 0..table.len() / (rows * n) {
                for j in 0..n {
                    let lower = if d > 0 { d as f64 * table[row(d - 1, degree - 1) + j] } else { 0.0 };
                    table[row(d, degree) + j] = place(j) * table[row(d, degree - 1) + j] + lower;
                }
            }
            for before in (0..degree).chain(0..degree) {
                let product: f64 = (0..n).map(|j| table[row(0, before) + j] * table[row(0, degree) + j]).sum();
                self.combine(table, |d| (row(d, degree), row(d, before)), |x, y| x - product * y);
            }
            let size = (0..n).map(|j| table[row(0, degree) + j].powi(2)).sum::<f64>().sqrt();
            self.combine(table, |d| (row(d, degree), row(d, degree)), |x, _| x / size);
        }
    }

    /// Changes rows of all derivatives: the first of two by what the second has.
    fn combine(&self, table: &mut [f64], rows: impl Fn(usize) -> (usize, usize), f: impl Fn(f64, f64) -> f64) {
        for d in 0..=self.deriv.min(self.degree) {
            let (to, from) = rows(d);
            for j in 0..self.length {
                table[to + j] = f(table[to + j], table[from + j]);
            }
        }
    }

    /// What the polynomial of a degree adds at a place of the window, for a table of [`Fit::basis`].
    fn value(&self, table: &[f64], degree: usize, at: usize) -> f64 {
        if self.deriv > self.degree {
            return 0.0;
        }
        // Places of the table are counted in halves of a window.
        let unit = ((self.length / 2).max(1) as f64 * self.delta).powi(self.deriv as i32);
        table[(self.deriv * (self.degree + 1) + degree) * self.length + at] / unit
    }
}

/// Fits in windows along an axis.
#[derive(Debug)]
struct Fitting {
    axis: usize,
    fit: Fit,
    /// Extent of the axis where whole windows are fitted at its ends.
    extent: Option<i64>,
}

impl Fitting {
    /// The results at `at ..` that lie near an end, of the first or last window.
    fn ends(
        &self,
        (reader, group, lines): (&Reader, &Group, &[usize; LANES]),
        table: &[f64],
        (at, results): (&[i64; LANES], &mut [Lanes]),
        (rows, sums): (&mut [Lanes], &mut [Lanes]),
    ) {
        let Some(extent) = self.extent else { return };
        let (n, half) = (self.fit.length, (self.fit.length / 2) as i64);
        for (first, from, to) in [(0, 0, half), (extent - n as i64, extent - half, extent)] {
            let count = results.len() as i64;
            let near = |k: usize| {
                let inside = |i: i64| (i - at[k]).clamp(0, count) as usize;
                inside(from)..inside(to)
            };
            if (0..group.lanes).all(|k| near(k).is_empty()) {
                continue;
            }
            reader.load(group, lines, &[first; LANES], &mut rows[..n]);
            for (degree, sums) in sums.iter_mut().enumerate() {
                dot(&table[degree * n..][..n], &rows[..n], sums);
            }
            for k in 0..group.lanes {
                for r in near(k) {
                    let place = (at[k] + r as i64 - first) as usize;
                    let add = |sum: f64, (degree, x): (usize, &Lanes)| {
                        sum + f64::from_bits(x[k]) * self.fit.value(table, degree, place)
                    };
                    results[r][k] = sums.iter().enumerate().fold(0.0, add).to_bits();
                }
            }
        }
    }
}

/// The sum of the products of coefficients and rows.
fn dot(coefficients: &[f64], rows: &[Lanes], sum: &mut Lanes) {
    #[inline(always)]
    fn add(coefficients: &[f64], rows: &[Lanes]) -> [f64; LANES] {
        let mut sum = [0.0; LANES];
        for (c, row) in coefficients.iter().zip(rows) {
            for k in 0..LANES {
                sum[k] += c * f64::from_bits(row[k]);
            }
        }
        sum
    }
    *sum = vectorized(
        #[inline(always)]
        || add(coefficients, rows),
    )
    .map(f64::to_bits);
}

impl Map for Fitting {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        if core.is_empty() {
            return Ok(());
        }
        let (dims, n, half) = (core.shape(), self.fit.length, (self.fit.length / 2) as i64);
        let rows = lanes(scratch, ROWS + n as i64)?;
        let results = lanes(scratch, ROWS)?;
        let sums = lanes(scratch, self.fit.degree as i64 + 1)?;
        let coefficients = scratch.take::<f64>(n)?;
        let table = scratch.take::<f64>(self.fit.basis_numbers())?;
        self.fit.basis(table);
        for (j, c) in coefficients.iter_mut().enumerate() {
            let add = |sum: f64, degree: usize| sum + table[degree * n + j] * self.fit.value(table, degree, n / 2);
            *c = (0..=self.fit.degree).fold(0.0, add);
        }
        let reader = Reader::new(&inputs[0], self.axis, Words::Real, 0);
        let mut writer = Writer::new(&mut outputs[0], self.axis, Words::Real);
        let (start, end) = (core.start[self.axis] as i64, core.end[self.axis] as i64);
        let (first, last) = (start / ROWS, (end - 1) / ROWS);
        for_each_group(&dims, self.axis, (first, last + 1 - first, 1), |group| {
            let (lines, out_lines) = (reader.lines(group, &dims, self.axis), writer.lines(group, &dims));
            for block in 0..group.blocks {
                let at = group.first.map(|f| (f + block) * ROWS);
                reader.load(group, &lines, &at.map(|i| i - half), &mut rows[..ROWS as usize + n - 1]);
                for (t, result) in results.iter_mut().enumerate() {
                    dot(coefficients, &rows[t..t + n], result);
                }
                self.ends((&reader, group, &lines), table, (&at, results), (&mut *rows, &mut *sums));
                writer.store(group, &out_lines, &at, results);
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Value;
    use crate::kernel::trial::{Array, run};

    fn bind(given: &[(&str, Value)], spec: &ArraySpec) -> Result<Vec<Variant>, BindError> {
        let given: Vec<(String, Value)> = given.iter().map(|(n, v)| ((*n).to_string(), v.clone())).collect();
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(spec))
    }

    /// A polynomial of the degree that is fitted is itself, ends and derivatives included.
    #[test]
    fn polynomials_are_themselves() {
        for n in [7u64, 40, 150] {
            for (length, degree) in [(1, 0), (3, 1), (5, 2), (7, 6), (7, 3)] {
                for deriv in 0..4 {
                    // The derivative of 1 + x + x^2 / 2 + … in tenths.
                    let term = |x: f64, k: i32| x.powi(k) / (1..=k).map(f64::from).product::<f64>();
                    let value = |i: u64, d: i32| {
                        let x = (i as f64 - n as f64 / 2.0) / n as f64;
                        (0..=degree - d).map(|k| term(x, k)).sum::<f64>() / (n as f64 * 0.1).powi(d)
                    };
                    let line: Vec<f64> = (0..n).map(|i| value(i, 0)).collect();
                    let input = Array::from(&[n], &line);
                    let given = [
                        ("window_length", Value::Int(length)),
                        ("polyorder", Value::Int(i64::from(degree))),
                        ("deriv", Value::Int(i64::from(deriv))),
                        ("delta", Value::Float(0.1)),
                    ];
                    let way = bind(&given, &input.spec).unwrap().remove(0);
                    for tile in [1, 13, 1000] {
                        let got = run(&way, std::slice::from_ref(&input), &[tile]).unwrap().remove(0);
                        for (i, got) in got.data::<f64>().iter().enumerate() {
                            let want = value(i as u64, deriv);
                            let room = 1e-12 * 10f64.powi(2 * deriv);
                            assert!((got - want).abs() < room, "{n} {length} {degree} {deriv} at {i}: {got} {want}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn windows_that_cannot_be_are_refused_by_their_parameter() {
        let spec = ArraySpec::new(crate::array::DType::F32, &[5]);
        let refuse = |length, degree, param: &str, why: &str| {
            let given = [("window_length", Value::Int(length)), ("polyorder", Value::Int(degree))];
            let error = bind(&given, &spec).unwrap_err();
            assert!(error.param.as_deref() == Some(param) && error.message.contains(why), "{error}");
        };
        refuse(4, 1, "window_length", "window_length = 4 is even");
        refuse(5, 5, "polyorder", "polyorder = 5 is not below window_length = 5");
        refuse(7, 2, "window_length", "more than the 5 elements along the axis");
    }

    #[test]
    fn bases_stay_orthonormal() {
        for (length, degree) in [(31, 30), (101, 30), (5, 4), (1, 0)] {
            let fit = Fit { length, degree, deriv: 1, delta: 1.0 };
            let mut table = vec![0.0; fit.basis_numbers()];
            fit.basis(&mut table);
            for a in 0..=degree {
                for b in 0..=a {
                    let product: f64 = (0..length).map(|j| table[a * length + j] * table[b * length + j]).sum();
                    assert!((product - f64::from(u8::from(a == b))).abs() < 1e-12, "{length} {a} {b}");
                }
            }
        }
    }
}
