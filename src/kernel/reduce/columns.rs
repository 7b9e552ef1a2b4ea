//! `cov` and `corr`: how the columns of a table move together.
//!
//! Owns the parameters, the leaves (rows at absolute multiples) and their joining. The arithmetic is that of
//! `var`: each leaf around its own mean, leaves added one after the other in the order of the rows.

use super::bind::{DDOF, real_input};
use super::fold::misused;
use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::dd::Dd;
use crate::kernel::simd::vectorized;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Fold, Kernel, KernelError, KernelInfo, Order, ParamInfo, Read,
    Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};

/// Rows of a leaf: enough that joining costs little beside the products.
const ROWS: usize = 64;

/// The table entry of `cov`.
pub const COV: KernelInfo = KernelInfo {
    name: "cov",
    family: Family::Reduce,
    summary: "covariance of the columns of a 2-D array",
    doc: "Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.cov(rowvar=False, ddof=ddof): the mean \
          of products of deviations from the means of columns, with the count less `ddof` as divisor; NaN where that is \
          not above 0. A single column gives shape (1, 1). A column with NaN or an infinity has NaN with every other. \
          Rows are taken in leaves of 64 around their own means, whose sums are added in twice the digits, so that data \
          far from 0 lose nothing. One sweep, c²/2 multiplications for each row of c columns; a state of 8 c² bytes, so \
          that 10,000 columns need some GiB and smaller budgets refuse them.",
    params: &[ParamInfo { default: Some("1"), ..DDOF }],
    example: "[[step]]\nkernel = \"cov\"",
    parse: |params| Ok(Box::new(Columns { ddof: Some(params.int("ddof").unwrap_or(1) as f64) })),
};

/// The table entry of `corr`.
pub const CORR: KernelInfo = KernelInfo {
    name: "corr",
    family: Family::Reduce,
    summary: "correlation of the columns of a 2-D array",
    doc: "Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.corrcoef(rowvar=False): Pearson's \
          coefficients, the covariance divided by both standard deviations, from -1 to 1, and exactly 1 of a column \
          with itself. NaN for constant columns and for those with NaN or an infinity. A single column gives shape \
          (1, 1). Computed as `cov`, at its cost: one sweep, and a state of 8 c² bytes for c columns.",
    params: &[],
    example: "[[step]]\nkernel = \"corr\"",
    parse: |_| Ok(Box::new(Columns { ddof: None })),
};

/// Covariance with this `ddof`, or correlation.
#[derive(Debug)]
struct Columns {
    ddof: Option<f64>,
}

impl Kernel for Columns {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let name = if self.ddof.is_some() { "cov" } else { "corr" };
        let spec = real_input(name, inputs)?;
        let &[rows, columns] = spec.shape.as_slice() else {
            let message = format!("\"{name}\" takes a table of rows and columns, this array has {} axes", spec.rank());
            return Err(BindError::new(message).help("reshape it to (samples, variables) first"));
        };
        let pairs = columns.saturating_mul(columns.saturating_add(1)) / 2;
        let result = ArraySpec::new(DType::F64, &[columns, columns]);
        let scratch = (ROWS as u64 + 2).saturating_mul(columns).saturating_mul(8);
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![(ROWS as u64).min(rows.max(1)), columns.max(1)],
            order: Order::Fold { axes: vec![0, 1] },
            reads: vec![Read { source: Source::Input(0), access: Access::point(2) }],
            writes: vec![Write {
                sink: Sink::Output(0),
                spec: result,
                access: Access { axes: vec![AxisMap::All, AxisMap::All], ..Access::point(0) },
            }],
            state: StateSize {
                // The sums, and the leaf in work.
                fixed: pairs.saturating_mul(24).saturating_add(columns.saturating_mul(32)).saturating_add(1024),
                per_anchor: pairs.saturating_mul(8).saturating_add(columns.saturating_mul(16)).saturating_add(128),
                ..StateSize::default()
            },
            scratch: ScratchSize { fixed: scratch, ..ScratchSize::default() },
        };
        let work = Work::Fold(Box::new(Products { columns: columns as usize, ddof: self.ddof }));
        Ok(vec![Variant { name: "fold", stages: vec![Stage { contract, work }] }])
    }
}

#[derive(Debug)]
struct Products {
    columns: usize,
    ddof: Option<f64>,
}

/// Some rows: means of columns, and the sums of products of deviations from them, for each column with itself
/// and those before it.
struct Leaf {
    number: u64,
    rows: f64,
    means: Vec<Dd>,
    products: Vec<f64>,
}

/// All rows from the first one on.
struct Total {
    rows: f64,
    means: Vec<Dd>,
    products: Vec<Dd>,
}

/// The leaves that are here: those from the first one on, added in their order, and others, which wait until what
/// lies before them arrives.
#[derive(Default)]
struct Parts {
    total: Option<Total>,
    next: u64,
    waiting: Vec<Leaf>,
}

impl Total {
    /// Adds the rows that follow (Chan, Golub, LeVeque).
    fn add(&mut self, leaf: &Leaf) {
        let rows = self.rows + leaf.rows;
        let apart: Vec<f64> =
            self.means.iter().zip(&leaf.means).map(|(a, b)| (*b + Dd { hi: -a.hi, lo: -a.lo }).to_f64()).collect();
        let (share, weight) = (leaf.rows / rows, self.rows * (leaf.rows / rows));
        let mut at = 0;
        for (i, one) in apart.iter().enumerate() {
            let (sums, new) = (&mut self.products[at..][..=i], &leaf.products[at..][..=i]);
            let scaled = one * weight;
            vectorized(
                #[inline(always)]
                || {
                    for ((sum, new), other) in sums.iter_mut().zip(new).zip(&apart) {
                        *sum = sum.add_f64(*new).add_f64(scaled * other);
                    }
                },
            );
            at += i + 1;
        }
        self.means.iter_mut().zip(&apart).for_each(|(mean, d)| *mean = mean.add_f64(d * share));
        self.rows = rows;
    }
}

impl Parts {
    fn push(&mut self, leaf: Leaf) {
        self.waiting.push(leaf);
        while let Some(at) = self.waiting.iter().position(|l| l.number == self.next) {
            let leaf = self.waiting.swap_remove(at);
            match &mut self.total {
                Some(total) => total.add(&leaf),
                None => {
                    let products = leaf.products.iter().map(|p| Dd::new(*p)).collect();
                    self.total = Some(Total { rows: leaf.rows, means: leaf.means, products });
                }
            }
            self.next += 1;
        }
    }
}

impl Products {
    /// The sums of some rows, which lie in `rows` one behind the other and are spoiled.
    fn leaf(&self, number: u64, rows: &mut [f64], first: &mut [f64], rest: &mut [f64]) -> Leaf {
        let columns = self.columns;
        let n = (rows.len() / columns) as f64;
        let mut products = vec![0.0; columns * (columns + 1) / 2];
        vectorized(
            #[inline(always)]
            || {
                let add = |sums: &mut [f64], rows: &[f64]| {
                    sums.fill(0.0);
                    for row in rows.chunks_exact(columns) {
                        sums.iter_mut().zip(row).for_each(|(s, x)| *s += x);
                    }
                };
                add(first, rows);
                first.iter_mut().for_each(|s| *s /= n);
                for row in rows.chunks_exact_mut(columns) {
                    row.iter_mut().zip(first.iter()).for_each(|(x, mean)| *x -= mean);
                }
                // What the rounded mean left over.
                add(rest, rows);
                let mut at = 0;
                for i in 0..columns {
                    let sums = &mut products[at..][..=i];
                    at += i + 1;
                    products_of_column(rows, columns, i, sums);
                    let share = rest[i] / n;
                    sums.iter_mut().zip(rest.iter()).for_each(|(s, r)| *s -= share * r);
                }
            },
        );
        let means = first.iter().zip(rest.iter()).map(|(m, r)| Dd::new(*m).add_f64(r / n)).collect();
        Leaf { number, rows: n, means, products }
    }
}

/// Adds the products of column `i` with itself and all before it, four rows at a time.
#[inline(always)]
fn products_of_column(rows: &[f64], columns: usize, i: usize, sums: &mut [f64]) {
    let mut fours = rows.chunks_exact(4 * columns);
    for four in fours.by_ref() {
        let row = |r: usize| &four[r * columns..][..=i];
        let (a, b, c, d) = (row(0), row(1), row(2), row(3));
        for ((((s, a0), b0), c0), d0) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *s += (a[i] * a0 + b[i] * b0) + (c[i] * c0 + d[i] * d0);
        }
    }
    for row in fours.remainder().chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(s, x)| *s += row[i] * x);
    }
}

impl Fold for Products {
    fn start(&self, _: &Region) -> State {
        Box::new(Parts::default())
    }

    fn fold(
        &self,
        core: &Region,
        inputs: &[View],
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let (Some(parts), [view]) = (state.downcast_mut::<Parts>(), inputs) else { return Err(misused()) };
        if core.is_empty() {
            return Ok(());
        }
        let whole = core.extent(1) == self.columns as u64 && core.start[0].is_multiple_of(ROWS as u64);
        if !whole {
            return Err(KernelError::new("a tile of a table does not keep to the anchor"));
        }
        let room: &mut [f64] = scratch.take(ROWS * self.columns)?;
        let (first, rest) = (scratch.take(self.columns)?, scratch.take(self.columns)?);
        for start in (core.start[0]..core.end[0]).step_by(ROWS) {
            let n = (core.end[0] - start).min(ROWS as u64) as usize;
            let rows = &mut room[..n * self.columns];
            for (r, row) in rows.chunks_exact_mut(self.columns).enumerate() {
                view.row_f64(((start - core.start[0]) as usize + r) * view.strides()[0], row);
            }
            parts.push(self.leaf(start / ROWS as u64, rows, first, rest));
        }
        Ok(())
    }

    fn join(&self, left: &mut State, right: State) -> Result<(), KernelError> {
        let (Some(left), Ok(right)) = (left.downcast_mut::<Parts>(), right.downcast::<Parts>()) else {
            return Err(misused());
        };
        let mut right = *right;
        if right.total.is_some() {
            // Only one of them has the first leaf.
            std::mem::swap(left, &mut right);
        }
        right.waiting.into_iter().for_each(|leaf| left.push(leaf));
        Ok(())
    }

    fn finish(&self, _: &Region, state: State, outputs: &mut [ViewMut]) -> Result<(), KernelError> {
        let (Ok(parts), [output]) = (state.downcast::<Parts>(), outputs) else { return Err(misused()) };
        if !parts.waiting.is_empty() {
            return Err(KernelError::new("a tile of the fold is missing"));
        }
        let (columns, out) = (self.columns, output.data::<f64>());
        let Some(total) = parts.total else {
            out.fill(f64::NAN);
            return Ok(());
        };
        let start = |i: usize| i * (i + 1) / 2;
        let sum = |i: usize, j: usize| total.products[start(i) + j].to_f64();
        let root = |i: usize| sum(i, i).sqrt();
        let divisor = self.ddof.map(|ddof| total.rows - ddof);
        for i in 0..columns {
            for j in 0..=i {
                let value = match divisor {
                    Some(n) if n > 0.0 => sum(i, j) / n,
                    Some(_) => f64::NAN,
                    // Of a column with itself: 1, or NaN where it is constant.
                    None if i == j => (sum(i, i) / sum(i, i)).clamp(-1.0, 1.0),
                    None => (sum(i, j) / root(i) / root(j)).clamp(-1.0, 1.0),
                };
                let value = if value.is_nan() { f64::NAN } else { value };
                (out[i * columns + j], out[j * columns + i]) = (value, value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Params;
    use crate::kernel::trial::{Array, run};

    fn of(info: &KernelInfo, table: &Array, tile: &[u64]) -> Vec<f64> {
        let kernel = (info.parse)(&Params::check(info.params, &[]).unwrap()).unwrap();
        let variants = kernel.bind(std::slice::from_ref(&table.spec)).unwrap();
        run(&variants[0], std::slice::from_ref(table), tile).unwrap()[0].data::<f64>().to_vec()
    }

    #[test]
    fn far_from_zero_and_drifting_columns_keep_their_digits() {
        // x, 2 x + 1e12 and a column that drifts far from its first element.
        let n = 1000;
        let x = |i: usize| (i * 7919 % 1000) as f64;
        let rows: Vec<f64> = (0..n).flat_map(|i| [x(i), 2.0 * x(i) + 1e12, i as f64 * 1e6]).collect();
        let table = Array::from(&[n as u64, 3], &rows);
        let got = of(&COV, &table, &[64, 3]);
        // The variance of a permutation of 0..1000 is n (n + 1) / 12.
        let var = 1000.0 * 1001.0 / 12.0;
        for (at, want) in [(0, var), (1, 2.0 * var), (4, 4.0 * var), (8, var * 1e12)] {
            assert!((got[at] / want - 1.0).abs() < 1e-14, "{at}: {} {want}", got[at]);
        }
        assert_eq!(got[1].to_bits(), got[3].to_bits());
        let corr = of(&CORR, &table, &[128, 3]);
        assert_eq!((corr[0], corr[4]), (1.0, 1.0));
        assert!((corr[1] - 1.0).abs() < 1e-15);
    }

    #[test]
    fn tiles_never_show() {
        let rows: Vec<f64> = (0..700 * 5).map(|i| ((i * 7919 % 10_007) as f64).sqrt() - 40.0).collect();
        let table = Array::from(&[700, 5], &rows);
        let bits = |tile: u64| of(&COV, &table, &[tile, 5]).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(64), bits(1 << 20));
        assert_eq!(bits(192), bits(1 << 20));
    }

    #[test]
    fn nothing_to_divide_by_is_nan() {
        assert!(of(&COV, &Array::from(&[1, 2], &[1.0, 2.0]), &[9, 9]).iter().all(|x| x.is_nan()));
        assert!(of(&COV, &Array::from(&[0, 2], &[0.0f64; 0]), &[9, 9]).iter().all(|x| x.is_nan()));
        let corr = of(&CORR, &Array::from(&[3, 2], &[1.0, 5.0, 2.0, 5.0, 4.0, 5.0]), &[9, 9]);
        assert!(corr[0] == 1.0 && corr[1..].iter().all(|x| x.is_nan()), "{corr:?}");
    }
}
