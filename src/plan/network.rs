//! The graph at the grain of stages: which arrays each stage reads and writes.
//!
//! Owns the lowering of steps (with one variant chosen for each) to nodes and arrays. Refuses to
//! know tiles and memory.

use super::problem::{ArrayRef, Problem, StageId};
use crate::array::{ArraySpec, IoWay};
use crate::kernel::{Sink, Source};
use std::collections::HashMap;

/// Where an array lives while a plan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A stored input.
    Input(usize),
    /// Only in tiles: made where it is needed, never kept.
    Fused,
    /// In the file of this output.
    Output(usize),
    /// Whole in memory (means, tables, chunk sums), counted in the budget.
    Memory,
    /// In a temporary file.
    Spill,
}

/// One array: an input, or what a stage writes.
#[derive(Clone, Debug)]
pub struct PlanArray {
    /// `raw`, `blur`, or `clean.temp0` for what passes between the stages of a step.
    pub name: String,
    pub spec: ArraySpec,
    pub place: Place,
    /// The node and the index of its write; `None` for inputs.
    pub producer: Option<(usize, usize)>,
    /// Outputs that are filled from it.
    pub outputs: Vec<usize>,
    /// How its bytes travel, where it lies in a file: how they are read best, which a pass may have reasons against
    /// ([`Pass::direct`](super::Pass::direct)), and how they are written.
    pub read_by: IoWay,
    pub written_by: IoWay,
    /// Threads that write it past the page cache while tiles are computed.
    pub writers: u64,
}

impl PlanArray {
    fn new(name: String, spec: ArraySpec, place: Place, producer: Option<(usize, usize)>) -> PlanArray {
        let (read_by, written_by) = (IoWay::Mapped, IoWay::Mapped);
        PlanArray { name, spec, place, producer, outputs: vec![], read_by, written_by, writers: 0 }
    }

    /// Files that it is written to.
    pub fn files(&self) -> u64 {
        self.outputs.len().max(1) as u64
    }
}

/// One stage with its arrays.
#[derive(Clone, Debug)]
pub struct Node {
    pub id: StageId,
    /// Array of each read, in the order of the contract.
    pub reads: Vec<usize>,
    /// Array of each write, in the order of the contract.
    pub writes: Vec<usize>,
}

/// Arrays and nodes, nodes in an order in which each comes after what it reads.
#[derive(Clone, Debug)]
pub struct Network {
    pub arrays: Vec<PlanArray>,
    pub nodes: Vec<Node>,
}

impl Network {
    /// Lowers a problem, with `choice[step]` naming the variant of each step.
    pub fn lower(problem: &Problem, choice: &[usize]) -> Network {
        let mut arrays: Vec<PlanArray> = Vec::new();
        for (i, input) in problem.inputs.iter().enumerate() {
            let (name, spec) = (input.name.clone(), input.facts.spec.clone());
            arrays.push(PlanArray::new(name, spec, Place::Input(i), None));
        }
        let mut made: HashMap<ArrayRef, usize> = (0..problem.inputs.len()).map(|i| (ArrayRef::Input(i), i)).collect();
        let mut nodes = Vec::new();
        for (s, step) in problem.steps.iter().enumerate() {
            let mut temps: HashMap<usize, usize> = HashMap::new();
            for (k, stage) in step.variants[choice[s]].stages.iter().enumerate() {
                let find = |source: &Source| match *source {
                    Source::Input(i) => made[&step.inputs[i]],
                    Source::Temp(t) => temps[&t],
                };
                let reads = stage.contract.reads.iter().map(|r| find(&r.source)).collect();
                let mut writes = Vec::new();
                for (w, write) in stage.contract.writes.iter().enumerate() {
                    let id = arrays.len();
                    let name = match write.sink {
                        Sink::Output(0) | Sink::AtMost(0) => step.name.clone(),
                        Sink::Output(o) | Sink::AtMost(o) => format!("{}.{o}", step.name),
                        Sink::Temp(t) | Sink::Kept(t) => format!("{}.temp{t}", step.name),
                    };
                    match write.sink {
                        Sink::Output(output) | Sink::AtMost(output) => {
                            made.insert(ArrayRef::Step { step: s, output }, id)
                        }
                        Sink::Temp(t) | Sink::Kept(t) => temps.insert(t, id),
                    };
                    let producer = Some((nodes.len(), w));
                    arrays.push(PlanArray::new(name, write.spec.clone(), Place::Fused, producer));
                    writes.push(id);
                }
                nodes.push(Node { id: StageId { step: s, variant: choice[s], stage: k }, reads, writes });
            }
        }
        for (o, output) in problem.outputs.iter().enumerate() {
            let array = &mut arrays[made[&output.from]];
            array.outputs.push(o);
            if array.place == Place::Fused {
                array.place = Place::Output(o);
            }
        }
        Network { arrays, nodes }
    }

    /// The nodes that read an array.
    pub fn readers(&self, array: usize) -> impl Iterator<Item = usize> + '_ {
        self.nodes.iter().enumerate().filter(move |(_, n)| n.reads.contains(&array)).map(|(i, _)| i)
    }
}
