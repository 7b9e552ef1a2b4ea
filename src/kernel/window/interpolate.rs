//! `interpolate`: gaps filled along the straight line between their neighbours, along one axis.
//!
//! Owns what lies in a gap and the two sweeps: the first notes the first value of each block, the second carries the
//! last value before a gap and looks the next one up. Refuses to know how lines lie in memory (see `lanes`).

use super::fill::{Last, Same};
use super::lanes::{Group, Writer, for_each_group, line_offsets};
use super::monoid::{LANES, Lanes, Words};
use super::scan::{AXES, BLOCK, Carried, Carry, Running, Totals, known, one_real};
use super::sliding::{ROWS, lanes};
use crate::array::{ArraySpec, DType, Edge, Region, View, ViewMut};
use crate::kernel::math::pointwise;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scan, Scratch, ScratchSize, Sink, Source, Stage, State, StateSize, Variant, Work, Write,
};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "interpolate",
    family: Family::Window,
    summary: "missing values filled on the line between their neighbours along one axis",
    doc: "A NaN becomes the value at its index of the straight line from the last element before it to the next one \
          after it that are not NaN, as in pandas' DataFrame.interpolate with method=\"linear\": elements stand at equal \
          distances. Before the first value of a line and after the last one, that value is repeated where \
          limit_direction leads there: \"forward\" fills no gap at the beginning, \"backward\" none at the end. With a \
          limit, at most so many in a row are filled, counted from the values before (forward), after (backward), or \
          from either (both). Computed in f64 and rounded to the dtype. Shape, dtype and axis names are kept; integers \
          and bool, which have no NaN, pass unchanged; complex is refused. Two sweeps; tiles of the second pass their \
          carry along the axis in order.",
    params: &[
        AXES,
        ParamInfo {
            name: "limit",
            kind: Kind::Int { min: 1, max: i64::MAX },
            default: Some(""),
            doc: "how many NaN in a row are filled from one value; unset: all",
        },
        ParamInfo {
            name: "limit_direction",
            kind: Kind::Choice(&["forward", "backward", "both"]),
            default: Some("\"forward\""),
            doc: "from which neighbour the limit counts, and at which end of a line a gap is filled",
        },
    ],
    example: "[[step]]\nkernel = \"interpolate\"\naxes = \"y\"",
    parse: |params| Ok(Box::new(Interpolate { params: params.clone() })),
};

#[derive(Debug)]
struct Interpolate {
    params: Params,
}

impl Kernel for Interpolate {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(INFO.name, &self.params, inputs)?;
        let direction = self.params.text("limit_direction").unwrap_or("forward");
        let rule = Rule {
            limit: self.params.int("limit").map_or(u64::MAX, i64::unsigned_abs),
            forward: direction != "backward",
            backward: direction != "forward",
        };
        Ok(bind(input, axis, BLOCK, rule))
    }
}

/// Which elements of a gap are filled.
#[derive(Clone, Copy, Debug)]
struct Rule {
    limit: u64,
    forward: bool,
    backward: bool,
}

impl Rule {
    /// The value at a place of a gap of `len` elements between two values, NaN where there is none.
    #[inline]
    fn value(&self, left: f64, right: f64, place: u64, len: u64) -> f64 {
        let (from_left, from_right) = (!left.is_nan(), !right.is_nan());
        let forward = self.forward && from_left && place < self.limit;
        let backward = self.backward && from_right && len - 1 - place < self.limit;
        match (from_left, from_right) {
            _ if !forward && !backward => f64::NAN,
            (true, true) => {
                // The arithmetic of numpy.interp, which pandas calls.
                let slope = (right - left) / (len + 1) as f64;
                let value = slope * (place + 1) as f64 + left;
                let value = if value.is_nan() { slope * -((len - place) as f64) + right } else { value };
                if value.is_nan() && left == right { left } else { value }
            }
            (true, false) => left,
            (false, _) => right,
        }
    }
}

fn bind(input: &ArraySpec, axis: usize, block: u64, rule: Rule) -> Vec<Variant> {
    if !input.dtype.is_float() {
        return pointwise::variant(input, input.dtype, Same);
    }
    let (rank, block) = (input.rank(), block.min(input.shape[axis]).max(1));
    let mut anchor = vec![1; rank];
    anchor[axis] = block;
    let running = |reverse| Running { axis, block: block as i64, reverse, carried: Last { limit: u64::MAX } };
    let mut shape = input.shape.clone();
    shape[axis] = shape[axis].div_ceil(block);
    shape.push(2);
    let table = |map: AxisMap| {
        let mut axes = Access::point(rank).axes;
        axes[axis] = map;
        axes.push(AxisMap::All);
        Access { axes, edge: Edge::Clip }
    };
    let read = || Read { source: Source::Input(0), access: Access::point(rank) };
    let coarse = AxisMap::Coarse { axis, factor: block, before: 0, after: 0 };
    let spec = ArraySpec::new(DType::U64, &shape);
    let heads = Contract {
        domain: input.shape.clone(),
        anchor: anchor.clone(),
        order: Order::Any,
        reads: vec![read()],
        writes: vec![Write { sink: Sink::Temp(0), spec, access: table(coarse) }],
        state: StateSize::default(),
        scratch: ScratchSize { fixed: 8 * LANES as u64 * ROWS as u64, per_core: 0, per_grown: 0 },
    };
    let between = Contract {
        domain: input.shape.clone(),
        anchor,
        order: Order::Carry { axis, reverse: false },
        reads: vec![read(), Read { source: Source::Temp(0), access: table(AxisMap::All) }],
        writes: vec![Write { sink: Sink::Output(0), spec: input.clone(), access: Access::point(rank) }],
        state: StateSize { fixed: 64, per_cell: 16, per_anchor: 16, ..StateSize::default() },
        scratch: ScratchSize { fixed: 8 * LANES as u64 * block.max(ROWS as u64), per_core: 0, per_grown: 0 },
    };
    let stages = vec![
        Stage { contract: heads, work: Work::Map(Box::new(Heads(running(true)))) },
        Stage { contract: between, work: Work::Scan(Box::new(Between { running: running(false), rule })) },
    ];
    vec![Variant { name: "two sweeps", stages }]
}

/// First sweep: the first value of each block, NaN where it has none, and how many NaN come before it.
#[derive(Debug)]
struct Heads(Running<Last, 2>);

impl Map for Heads {
    fn map(
        &self,
        core: &Region,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let count = self.0.blocks(core).1 as usize;
        let inner: u64 = (self.0.axis + 1..core.rank()).map(|a| core.extent(a)).product();
        let inner = inner as usize;
        let out = outputs[0].data::<u64>();
        self.0.each_total(core, &inputs[0], scratch, |line, nth, total| {
            let cell = ((line / inner * count + nth) * inner + line % inner) * 2;
            out[cell..cell + 2].copy_from_slice(&total);
        })
    }
}

/// Second sweep.
#[derive(Debug)]
struct Between {
    running: Running<Last, 2>,
    rule: Rule,
}

/// The first value at or after the beginning of a block, and its index; none where the line has no more.
#[derive(Clone, Copy)]
struct Next {
    at: i64,
    value: f64,
}

/// The blocks' first values, of all lines of a tile.
struct Table<'a> {
    heads: &'a [u64],
    stride: usize,
    blocks: i64,
    block: i64,
}

impl Table<'_> {
    /// Looks from a block on; `known` is what was found before, from an earlier one.
    fn next(&self, line: usize, block: i64, known: Option<Next>) -> Next {
        if let Some(next) = known.filter(|next| next.at >= block * self.block) {
            return next;
        }
        for b in block..self.blocks {
            let cell = line + b as usize * self.stride;
            let value = f64::from_bits(self.heads[cell]);
            if !value.is_nan() {
                return Next { at: b * self.block + self.heads[cell + 1] as i64, value };
            }
        }
        Next { at: i64::MAX, value: f64::NAN }
    }
}

impl Between {
    /// Fills the gaps of one lane of a block of `n` elements that begins at index `at`. `next` finds what comes after.
    fn fill(&self, rows: &mut [Lanes], (k, at): (usize, i64), carry: [u64; 2], next: impl FnOnce() -> Next) {
        let (mut left, mut gap) = (f64::from_bits(carry[0]), carry[1]);
        let missing = |row: &Lanes| f64::from_bits(row[k]).is_nan();
        let (mut t, n) = (0, rows.len());
        while t < n {
            if !missing(&rows[t]) {
                (left, gap) = (f64::from_bits(rows[t][k]), 0);
                t += 1;
                continue;
            }
            let end = t + rows[t..].iter().take_while(|row| missing(row)).count();
            if end == n {
                let next = next();
                // To the end of the line where nothing comes: no place there is filled from behind.
                let after = if next.value.is_nan() { 0 } else { (next.at - at) as u64 - n as u64 };
                return self.fill_gap(&mut rows[t..], k, (left, next.value), (gap, after));
            }
            let right = f64::from_bits(rows[end][k]);
            self.fill_gap(&mut rows[t..end], k, (left, right), (gap, 0));
            t = end;
        }
    }

    /// Fills a part of a gap, of which so many elements lie before and after.
    fn fill_gap(&self, rows: &mut [Lanes], k: usize, (left, right): (f64, f64), (before, after): (u64, u64)) {
        let len = before + rows.len() as u64 + after;
        for (place, row) in (before..).zip(rows) {
            row[k] = self.rule.value(left, right, place, len).to_bits();
        }
    }

    /// Fills the blocks of a group.
    fn group(
        &self,
        core: &Region,
        group: &Group,
        (carry, totals): (&Carry<2>, &Totals<2>),
        (view, table): (&View, &View),
        (writer, values): (&mut Writer, &mut [Lanes]),
    ) {
        let (running, axis) = (&self.running, self.running.axis);
        let (dims, (first, count)) = (core.shape(), running.blocks(core));
        let reader = running.reader(view);
        let (from, to) = (reader.lines(group, &dims, axis), writer.lines(group, &dims));
        let heads = line_offsets(group, &dims, axis, table.strides());
        let blocks = table.shape()[axis] as i64;
        let table = Table { heads: table.data(), stride: table.strides()[axis], blocks, block: running.block };
        let mut carries = running.before(core, group, carry, totals);
        let mut found: [Option<Next>; LANES] = [None; LANES];
        for block in 0..group.blocks {
            let at = group.first.map(|f| (f + block) * running.block);
            reader.load(group, &from, &at, values);
            for k in 0..group.lanes {
                let nth = group.first[k] - first + block;
                if nth >= count {
                    continue;
                }
                let n = running.block.min(core.end[axis] as i64 - at[k]) as usize;
                let next = || *found[k].insert(table.next(heads[k], group.first[k] + block + 1, found[k]));
                self.fill(&mut values[..n], (k, at[k]), carries[k], next);
                let total = totals.line(group.line[k], count as usize)[nth as usize];
                carries[k] = running.carried.join(carries[k], total);
            }
            writer.store(group, &to, &at, values);
        }
    }
}

impl Scan for Between {
    fn start(&self, lines: &Region) -> State {
        self.running.start(lines)
    }

    fn survey(&self, core: &Region, inputs: &[View], scratch: &mut Scratch) -> Result<State, KernelError> {
        self.running.survey(core, inputs, scratch)
    }

    fn advance(&self, carry: &State, survey: &State) -> Result<State, KernelError> {
        self.running.advance(carry, survey)
    }

    fn apply(
        &self,
        core: &Region,
        inputs: &[View],
        carry: &State,
        survey: &State,
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let states = (known::<Carry<2>>(carry)?, known::<Totals<2>>(survey)?);
        let (first, count) = self.running.blocks(core);
        let values = lanes(scratch, self.running.block)?;
        let mut writer = Writer::new(&mut outputs[0], self.running.axis, Words::Real);
        for_each_group(&core.shape(), self.running.axis, (first, count, 1), |group| {
            self.group(core, group, states, (&inputs[0], &inputs[1]), (&mut writer, &mut *values));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    const RULE: Rule = Rule { limit: u64::MAX, forward: true, backward: false };

    fn filled(values: &[f64], rule: Rule) -> Vec<f64> {
        let array = Array::from(&[values.len() as u64], values);
        let variants = bind(&array.spec, 0, 4, rule);
        let whole = run(&variants[0], std::slice::from_ref(&array), &[1000]).unwrap().remove(0);
        for tile in [1, 9, 16] {
            assert_eq!(run(&variants[0], std::slice::from_ref(&array), &[tile]).unwrap()[0].bytes(), whole.bytes());
        }
        whole.data().to_vec()
    }

    fn text(values: &[f64]) -> String {
        values.iter().map(|x| if x.is_nan() { "- ".to_string() } else { format!("{x} ") }).collect()
    }

    /// What pandas gives: a gap at either end, one inside a block and one over several.
    #[test]
    fn directions_and_limits_are_those_of_pandas() {
        let nan = f64::NAN;
        let mut line = vec![nan, nan, 1.0, nan, 3.0];
        line.extend([nan; 9]);
        line.extend([13.0, nan, nan]);
        let inside = "1 2 3 4 5 6 7 8 9 10 11 12 13 ";
        assert_eq!(text(&filled(&line, RULE)), format!("- - {inside}13 13 "));
        let backward = Rule { forward: false, backward: true, ..RULE };
        assert_eq!(text(&filled(&line, backward)), format!("1 1 {inside}- - "));
        let both = Rule { backward: true, ..RULE };
        assert_eq!(text(&filled(&line, both)), format!("1 1 {inside}13 13 "));
        let one = |rule| text(&filled(&line, Rule { limit: 1, ..rule }));
        assert_eq!(one(RULE), "- - 1 2 3 4 - - - - - - - - 13 13 - ");
        assert_eq!(one(backward), "- 1 1 2 3 - - - - - - - - 12 13 - - ");
        assert_eq!(one(both), "- 1 1 2 3 4 - - - - - - - 12 13 13 - ");
        let six = |rule| text(&filled(&line, Rule { limit: 6, ..rule }));
        assert_eq!(six(both), format!("1 1 {inside}13 13 "));
        assert_eq!(six(RULE), "- - 1 2 3 4 5 6 7 8 9 - - - 13 13 13 ");
    }

    #[test]
    fn a_line_of_nothing_and_an_infinity() {
        assert!(filled(&[f64::NAN; 30], Rule { backward: true, ..RULE }).iter().all(|x| x.is_nan()));
        let inf = f64::INFINITY;
        assert_eq!(filled(&[inf, f64::NAN, inf], RULE), [inf; 3]);
        assert_eq!(filled(&[1.0, f64::NAN, inf], RULE), [1.0, inf, inf]);
    }
}
