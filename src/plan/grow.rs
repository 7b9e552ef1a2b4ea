//! What an older result still says when an array has grown at its end.
//!
//! Owns the question how much of each output stays as it was, to the bit: forward through the steps, by the accesses of
//! their stages alone, bound on the arrays as they were and as they are. Refuses to know files, and what is to be run
//! (`extend`). What it does not know for sure it takes for changed.
//!
//! All ways of a step give the same bits, so that one way by which a result stays is proof enough, whichever was run.

use super::problem::{ArrayRef, Problem};
use crate::array::{ArraySpec, Edge, EdgeMode};
use crate::kernel::{Access, AxisMap, Contract, Order, Read, Sink, Source, Stage, Variant, Work, Write};
use std::collections::HashMap;

/// How much of an array is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of it, and it has no more.
    Whole,
    /// The indices below `extent` along `axis`.
    Upto { axis: usize, extent: u64 },
    /// Nothing that anyone can be sure of.
    Nothing(Blame),
}

/// Which step is the reason that nothing stays, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    pub step: String,
    pub why: String,
}

/// An array, and what stayed of it.
#[derive(Clone, Debug)]
struct Known {
    kept: Kept,
    new: ArraySpec,
}

impl Problem {
    /// What stays of each output. `inputs` says what stayed of each input; `before` has the variants of each step, bound on
    /// the inputs as they were.
    pub fn kept(&self, before: &[&[Variant]], inputs: &[Kept]) -> Vec<Kept> {
        let mut known: HashMap<ArrayRef, Known> = HashMap::new();
        for (i, (input, kept)) in self.inputs.iter().zip(inputs).enumerate() {
            known.insert(ArrayRef::Input(i), Known { kept: kept.clone(), new: input.facts.spec.clone() });
        }
        for (s, step) in self.steps.iter().enumerate() {
            let taken: Vec<Known> = step.inputs.iter().filter_map(|r| known.get(r).cloned()).collect();
            let changed = |why: &str| Kept::Nothing(Blame { step: step.name.clone(), why: why.to_string() });
            let mut best: Vec<(usize, Known)> = Vec::new();
            for new in &step.variants {
                let alike = |old: &&Variant| old.name == new.name && old.stages.len() == new.stages.len();
                let Some(old) = before.get(s).and_then(|all| all.iter().find(alike)) else { continue };
                let found = variant(&step.name, old, new, &taken);
                if best.is_empty() || worth(&found) > worth(&best) {
                    best = found;
                }
            }
            if best.is_empty() {
                // No way serves both lengths; what it gives is there all the same, for whoever takes it.
                for write in step.variants.iter().take(1).flat_map(|v| &v.stages).flat_map(|s| &s.contract.writes) {
                    if let Some(output) = write.sink.output() {
                        let kept = changed("it is done another way for an array of this length");
                        best.push((output, Known { kept, new: write.spec.clone() }));
                    }
                }
            }
            known.extend(best.into_iter().map(|(output, k)| (ArrayRef::Step { step: s, output }, k)));
        }
        let of = |from: &ArrayRef| known.get(from).map(|k| k.kept.clone());
        let unknown = || Kept::Nothing(Blame { step: String::new(), why: "nothing makes it".into() });
        self.outputs.iter().map(|o| of(&o.from).unwrap_or_else(unknown)).collect()
    }
}

/// How good it is to know so much: arrays of which something stays, then how much.
fn worth(found: &[(usize, Known)]) -> (usize, u64) {
    let some = found.iter().filter(|(_, k)| !matches!(k.kept, Kept::Nothing(_))).count();
    let much = |k: &Known| match k.kept {
        Kept::Whole => u64::MAX,
        Kept::Upto { extent, .. } => extent,
        Kept::Nothing(_) => 0,
    };
    (some, found.iter().map(|(_, k)| much(k)).fold(0, u64::saturating_add))
}

/// What stays of the outputs of a step by one of its ways.
fn variant(step: &str, old: &Variant, new: &Variant, taken: &[Known]) -> Vec<(usize, Known)> {
    let mut temps: HashMap<usize, Known> = HashMap::new();
    let mut outputs = Vec::new();
    for (old, new) in old.stages.iter().zip(&new.stages) {
        let find = |r: &Read| match r.source {
            Source::Input(i) => taken.get(i).cloned(),
            Source::Temp(t) => temps.get(&t).cloned(),
        };
        let reads: Option<Vec<Known>> = new.contract.reads.iter().map(find).collect();
        let limit = match reads {
            Some(reads) => stage(old, new, &reads),
            None => Err(Why::Here("what it reads is not known".into())),
        };
        for (w, write) in new.contract.writes.iter().enumerate() {
            let was = old.contract.writes.get(w);
            let kept = match (&limit, was) {
                (Ok(limit), Some(was)) => written(limit, was, write),
                (Ok(_), None) => Err(Why::Here(OTHER.into())),
                (Err(why), _) => Err(why.clone()),
            };
            let kept = kept.unwrap_or_else(|why| match why {
                Why::Before(blame) => Kept::Nothing(blame),
                Why::Here(why) => Kept::Nothing(Blame { step: step.to_string(), why }),
            });
            let known = Known { kept, new: write.spec.clone() };
            match write.sink {
                Sink::Output(o) | Sink::AtMost(o) => outputs.push((o, known)),
                Sink::Temp(t) | Sink::Kept(t) => drop(temps.insert(t, known)),
            }
        }
    }
    outputs
}

/// Why nothing stays: for a reason of this stage, or of what it reads.
#[derive(Clone, Debug)]
enum Why {
    Here(String),
    Before(Blame),
}

const OTHER: &str = "it reads and writes otherwise now that the array has another length";

fn here<T>(why: impl Into<String>) -> Result<T, Why> {
    Err(Why::Here(why.into()))
}

/// The part of a domain of which everything stays: all of it, or what lies below an index along one axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Limit(Option<(usize, u64)>);

impl Limit {
    /// Only what lies below `extent` along `axis` as well.
    fn at(&mut self, axis: usize, extent: u64) -> Result<(), Why> {
        match &mut self.0 {
            None => self.0 = Some((axis, extent)),
            Some((a, have)) if *a == axis => *have = extent.min(*have),
            Some(_) => return here("the array has grown along more than one of its axes"),
        }
        Ok(())
    }
}

/// The part of its domain on which a stage gives what it gave.
fn stage(old: &Stage, new: &Stage, reads: &[Known]) -> Result<Limit, Why> {
    let (was, is) = (&old.contract, &new.contract);
    let sources = |c: &Contract| c.reads.iter().map(|r| r.source).collect::<Vec<_>>();
    if was.order != is.order || was.domain.len() != is.domain.len() || sources(was) != sources(is) {
        return here(OTHER);
    }
    let mut limit = Limit::default();
    for (axis, (then, now)) in was.domain.iter().zip(&is.domain).enumerate() {
        match now.cmp(then) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => limit.at(axis, *then)?,
            std::cmp::Ordering::Less => return here("it works over fewer elements now"),
        }
    }
    for ((then, now), known) in was.reads.iter().zip(&is.reads).zip(reads) {
        read(&mut limit, then, now, known)?;
    }
    // Anchors may follow from extents; then boxes, and the order of what is added up in them, differ.
    let boxes = || match was.anchor == is.anchor {
        true => Ok(()),
        false => here("it works in boxes that depend on the length of the array"),
    };
    let Limit(Some((axis, extent))) = limit else { return boxes().map(|()| limit) };
    let (then, now) = (was.domain[axis], is.domain[axis]);
    if then == now && extent >= now {
        return boxes().map(|()| Limit::default());
    }
    let extent = extent.min(then).min(now);
    let label = axis_label(is, axis, reads);
    match &is.order {
        Order::Fold { axes } if axes.contains(&axis) => {
            return here(format!("it takes together all that lies along {label}, which has grown"));
        }
        Order::Carry { axis: a, reverse: false } if *a == axis => {
            return here(format!("it carries a state along {label} from the beginning, which nobody kept"));
        }
        Order::Carry { axis: a, reverse: true } if *a == axis => {
            return here(format!("it begins at the end of {label}, which is another one now"));
        }
        _ => {}
    }
    boxes()?;
    if matches!(&new.work, Work::Map(map) if !map.keeps_when_grown(axis)) {
        return here(format!("its elements are numbered anew when the array grows along {label}"));
    }
    // All of a box may follow from any of it.
    let whole = extent / is.anchor[axis].max(1) * is.anchor[axis].max(1);
    Ok(Limit(Some((axis, whole))))
}

/// `t` or `axis 0`
fn named(spec: &ArraySpec, axis: usize) -> String {
    match spec.axes.get(axis).copied().flatten() {
        Some(letter) => letter.to_string(),
        None => format!("axis {axis}"),
    }
}

/// The same of the array that goes along with an axis of a domain.
fn axis_label(contract: &Contract, axis: usize, reads: &[Known]) -> String {
    let follows =
        |m: &AxisMap| matches!(m, AxisMap::Follow { axis: a, .. } | AxisMap::Fine { axis: a, .. } if *a == axis);
    let of = |access: &Access, spec: &ArraySpec| Some(named(spec, access.axes.iter().position(follows)?));
    let written = contract.writes.iter().find_map(|w| of(&w.access, &w.spec));
    let read = || contract.reads.iter().zip(reads).find_map(|(r, known)| of(&r.access, &known.new));
    written.or_else(read).unwrap_or_else(|| format!("axis {axis}"))
}

/// Lowers the limit by what one read needs.
fn read(limit: &mut Limit, was: &Read, is: &Read, known: &Known) -> Result<(), Why> {
    if was.access.edge != is.access.edge || was.access.axes.len() != is.access.axes.len() {
        return here(OTHER);
    }
    let grown = match &known.kept {
        Kept::Nothing(blame) => return Err(Why::Before(blame.clone())),
        Kept::Whole => None,
        Kept::Upto { axis, extent } => Some((*axis, *extent)),
    };
    for (a, (then, now)) in was.access.axes.iter().zip(&is.access.axes).enumerate() {
        if let (AxisMap::Part { axis, offset: before }, AxisMap::Part { axis: same, offset: after }) = (then, now)
            && axis == same
        {
            // Where it begins elsewhere, so does all that comes after.
            match grown.filter(|g| g.0 == a) {
                _ if before != after => limit.at(*axis, *before.min(after))?,
                Some((_, extent)) => limit.at(*axis, before + extent)?,
                None => {}
            }
            continue;
        }
        if then != now {
            return here(OTHER);
        }
        if let Some((_, extent)) = grown.filter(|g| g.0 == a)
            && let Some((axis, below)) = along(now, &is.access, extent, &named(&known.new, a))?
        {
            limit.at(axis, below)?;
        }
    }
    Ok(())
}

/// The domain indices along an axis that need only the first `extent` indices of an array: those below what is given;
/// `None` where all do.
fn along(map: &AxisMap, access: &Access, extent: u64, label: &str) -> Result<Option<(usize, u64)>, Why> {
    let below = |reach: i64| (extent as i64).saturating_sub(reach).max(0) as u64;
    let halo = match *map {
        AxisMap::Follow { before, after, .. } | AxisMap::Blocks { before, after, .. } => (before, after),
        AxisMap::Coarse { factor, before, after, .. } => {
            ((before + factor as i64 - 1) / factor as i64, (after + factor as i64 - 1) / factor as i64)
        }
        _ => (0, 0),
    };
    if let (Edge::Fill { mode, .. }, (before, after)) = (access.edge, halo)
        && (before != 0 || after != 0)
    {
        let folds_back = matches!(mode, EdgeMode::Reflect | EdgeMode::Mirror) && before >= extent as i64;
        if mode == EdgeMode::Wrap || folds_back {
            return here(format!("what it puts before the beginning of {label} comes from the end, which has moved"));
        }
    }
    Ok(match *map {
        AxisMap::Follow { axis, after, .. } => Some((axis, below(after))),
        AxisMap::Fine { axis, factor } => Some((axis, extent / factor.max(1))),
        AxisMap::Blocks { axis, factor, after, .. } => Some((axis, below(after) / factor.max(1))),
        AxisMap::Coarse { axis, factor, after, .. } => {
            Some((axis, (extent.saturating_mul(factor) as i64).saturating_sub(after).max(0) as u64))
        }
        AxisMap::Strided { axis, first, step } if step > 0 => {
            Some((axis, extent.saturating_sub(first).div_ceil(step as u64)))
        }
        // It goes down from where it begins.
        AxisMap::Strided { first, .. } if first < extent => None,
        AxisMap::Strided { .. } => return here(format!("it begins at what is new along {label}")),
        AxisMap::Fixed { first, count } if first.saturating_add(count) <= extent => None,
        AxisMap::Fixed { .. } => return here(format!("it reads what is new along {label} for every element")),
        AxisMap::Part { axis, offset } => Some((axis, offset + extent)),
        AxisMap::Scattered { .. } => return here(format!("it reads anywhere along {label}, which has grown")),
        AxisMap::Ragged { .. } => return here(format!("it goes along {label} by a table that has grown")),
        AxisMap::All => return here(format!("it needs all that lies along {label}, which has grown")),
    })
}

/// What stays of an array of which a stage writes what it wrote on a part of its domain.
fn written(limit: &Limit, was: &Write, is: &Write) -> Result<Kept, Why> {
    if matches!(is.sink, Sink::AtMost(_)) {
        return here("how long its result is shows only when all is read");
    }
    let alike = was.spec.dtype == is.spec.dtype && was.spec.axes == is.spec.axes && was.spec.order == is.spec.order;
    if was.sink != is.sink || was.access != is.access || !alike || was.spec.rank() != is.spec.rank() {
        return here(OTHER);
    }
    let Some((axis, extent)) = limit.0 else {
        return if was.spec.shape == is.spec.shape { Ok(Kept::Whole) } else { here(OTHER) };
    };
    let mut found = None;
    for (a, map) in is.access.axes.iter().enumerate() {
        let stays = match *map {
            AxisMap::Follow { axis: d, before: 0, after: 0 } if d == axis => extent,
            AxisMap::Fine { axis: d, factor } if d == axis => extent.saturating_mul(factor),
            AxisMap::Coarse { axis: d, factor, before: 0, after: 0 } if d == axis => extent / factor.max(1),
            AxisMap::Ragged { .. } | AxisMap::Blocks { .. } | AxisMap::Scattered { .. } => return here(OTHER),
            _ if was.spec.shape[a] == is.spec.shape[a] => continue,
            _ => return here(OTHER),
        };
        if found.replace((a, stays.min(was.spec.shape[a]).min(is.spec.shape[a]))).is_some() {
            return here(OTHER);
        }
    }
    match found {
        Some((a, n)) if n == was.spec.shape[a] && n == is.spec.shape[a] => Ok(Kept::Whole),
        Some((a, 0)) => {
            let label = named(&is.spec, a);
            here(format!("each of its results needs something that is new, also the first ones along {label}"))
        }
        Some((axis, extent)) => Ok(Kept::Upto { axis, extent }),
        None => here(OTHER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{DType, Region, View, ViewMut};
    use crate::kernel::{KernelError, Map, Scratch, ScratchSize, StateSize};

    #[derive(Debug)]
    struct Idle;

    impl Map for Idle {
        fn map(&self, _: &Region, _: &[View], _: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
            Ok(())
        }
    }

    /// A stage over `n` rows that reads so many after its own, in boxes of `anchor`.
    fn window(n: u64, after: i64, anchor: u64) -> Stage {
        let access = Access { axes: vec![AxisMap::Follow { axis: 0, before: 0, after }], edge: Edge::Clip };
        let spec = ArraySpec::new(DType::F32, &[n]);
        let contract = Contract {
            domain: vec![n],
            anchor: vec![anchor],
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access }],
            writes: vec![Write { sink: Sink::Output(0), spec, access: Access::point(1) }],
            state: StateSize::default(),
            scratch: ScratchSize::default(),
        };
        Stage { contract, work: Work::Map(Box::new(Idle)) }
    }

    fn kept(old: Stage, new: Stage, kept: Kept) -> Kept {
        let spec = ArraySpec::new(DType::F32, &new.contract.domain);
        let variant = |stage| Variant { name: "one", stages: vec![stage] };
        let found = super::variant("s", &variant(old), &variant(new), &[Known { kept, new: spec }]);
        found[0].1.kept.clone()
    }

    #[test]
    fn what_is_ahead_and_what_is_in_the_same_box_is_taken_away() {
        let upto = |extent| Kept::Upto { axis: 0, extent };
        let stays = |after, anchor| kept(window(50, after, anchor), window(60, after, anchor), upto(50));
        assert_eq!([stays(0, 1), stays(3, 1), stays(3, 8), stays(-4, 1)], [upto(50), upto(47), upto(40), upto(50)]);
        assert!(matches!(stays(50, 1), Kept::Nothing(_)) && matches!(stays(0, 64), Kept::Nothing(_)));
        assert_eq!(kept(window(50, 3, 1), window(50, 3, 1), Kept::Whole), Kept::Whole);
        for other in [window(60, 2, 1), window(60, 3, 4)] {
            assert!(matches!(kept(window(50, 3, 1), other, upto(50)), Kept::Nothing(b) if b.step == "s"));
        }
        let blame = Blame { step: "before".into(), why: "it is another one".into() };
        assert_eq!(kept(window(50, 0, 1), window(60, 0, 1), Kept::Nothing(blame.clone())), Kept::Nothing(blame));
    }
}
