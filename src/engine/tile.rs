//! One tile on one worker: read, compute, write.

use super::EngineError;
use super::home::Reader;
use super::memory::Block;
use super::pass::Shared;
use crate::array::{Edge, Region, View, ViewMut, contiguous_strides, copy_with_border, row_starts};
use crate::kernel::{AxisMap, Scratch, State, Work};
use crate::plan::buffers::{Use, contiguous, extents, grown, writes_in_place};
use crate::plan::{Place, Walk, ordered_axes, walk};
use crate::storage::Stored;
use std::collections::HashMap;
use std::ops::Range;

/// Bytes a tile moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    pub read: u64,
    pub written: u64,
}

/// A worker with its working memory, which is as large as the plan says and is kept between tiles.
pub struct Worker<'s, 'a> {
    shared: &'s Shared<'a>,
    slots: Vec<Block>,
    slot_of: HashMap<Use, usize>,
    /// Boxes that were loaded for this tile, by array: stages that read the same one look there first.
    loaded: HashMap<usize, (Use, Region)>,
    /// Where it is, for the message if it fails.
    at: (usize, Region),
}

/// A view's source: which block, or the home of the array.
struct Inputs {
    loads: HashMap<usize, Block>,
    pads: HashMap<usize, (Block, Vec<(i64, i64)>)>,
}

impl<'s, 'a> Worker<'s, 'a> {
    pub fn new(shared: &'s Shared<'a>) -> Worker<'s, 'a> {
        let tiling = &shared.setting.planned.tiling;
        let slots = tiling.cost.slots.iter().map(|_| Block::default()).collect();
        let slot_of = tiling.pieces.iter().map(|p| (p.what, p.slot)).collect();
        Worker { shared, slots, slot_of, loaded: HashMap::new(), at: (0, Region::default()) }
    }

    /// The error for a kernel that panicked.
    pub fn defect(&self, message: &str) -> EngineError {
        let setting = &self.shared.setting;
        let id = setting.plan.network.nodes[setting.planned.pass.nodes[self.at.0].node].id;
        let step = &setting.problem.steps[id.step];
        let tile = format!("tile {:?}", self.at.1);
        EngineError::Defect { step: step.name.clone(), kernel: step.kernel, tile, message: message.to_string() }
    }

    /// Runs the n-th tile through the pass.
    pub fn run(&mut self, tile: u64) -> Result<Moved, EngineError> {
        let shared = self.shared;
        shared.joiner.admit(tile, &|| shared.stopped())?;
        let setting = &shared.setting;
        let index = shared.tiles.index(tile);
        let core = shared.tiles.core(&index);
        let needs = walk(setting.problem, &setting.plan.network, &setting.planned.pass, &core);
        let mut moved = Moved::default();
        let mut states: HashMap<usize, State> = HashMap::new();
        self.loaded.clear();
        for node in 0..setting.planned.pass.nodes.len() {
            self.at = (node, needs.domains[node].clone());
            if !needs.domains[node].is_empty() || needs.domains[node].rank() == 0 {
                self.run_node(node, &needs, &index, &core, &mut states, &mut moved)?;
            }
        }
        let folded = shared.joiner.nodes().filter_map(|n| states.remove(&n)).collect();
        shared.joiner.deliver(setting, &shared.tiles, tile, folded)?;
        self.drop_behind(&needs);
        Ok(moved)
    }

    fn run_node(
        &mut self,
        node: usize,
        needs: &Walk,
        index: &[u64],
        core: &Region,
        states: &mut HashMap<usize, State>,
        moved: &mut Moved,
    ) -> Result<(), EngineError> {
        let shared = self.shared;
        let setting = &shared.setting;
        let (network, pass) = (&setting.plan.network, &setting.planned.pass);
        let entry = &network.nodes[pass.nodes[node].node];
        let stage = setting.problem.stage(entry.id);
        let contract = &stage.contract;
        let domain = &needs.domains[node];
        let inputs = self.gather(node, needs, index, moved)?;
        let mut scratch_block = self.take(Use::Scratch { node });
        let scratch_bytes =
            contract.scratch.bytes(domain.elements(), grown(setting.problem, network, pass, needs, node)) as usize;
        scratch_block.grow(scratch_bytes);
        let is_fold = matches!(stage.work, Work::Fold(_));
        let mut targets: Vec<Target> = Vec::new();
        for (w, &array) in entry.writes.iter().enumerate().filter(|_| !is_fold) {
            targets.push(self.target(node, w, array, needs)?);
        }
        {
            let views: Vec<View> = (0..entry.reads.len()).map(|r| self.view(node, r, needs, &inputs)).collect();
            let mut outs: Vec<ViewMut> = Vec::new();
            for (w, target) in targets.iter_mut().enumerate() {
                let (dtype, region) = (contract.writes[w].spec.dtype, &needs.writes[node][w]);
                outs.push(ViewMut::new(dtype, target.bytes(region, dtype.size()), region.clone()));
            }
            let fail = |e| setting.kernel_error(node, e);
            let mut scratch = Scratch::new(scratch_block.all_mut());
            match &stage.work {
                Work::Map(map) => {
                    let visited = self.visit(node, needs, || map.visits(domain))?;
                    map.map(domain, &views, &mut outs, &mut scratch).map_err(fail)?;
                    visited.leave(!self.shared.setting.plan.io.fits);
                }
                Work::Fold(fold) => {
                    let (_, kept) = shared.tiles.group(index, &ordered_axes(&contract.order));
                    let mut state = fold.start(&kept);
                    fold.fold(domain, &views, &mut state, &mut scratch).map_err(fail)?;
                    states.insert(node, state);
                }
                Work::Scan(scan) => {
                    let axes = ordered_axes(&contract.order);
                    let survey = scan.survey(domain, &views, &mut scratch).map_err(fail)?;
                    let (key, lines) = shared.tiles.group(index, &axes);
                    let (at, tiles) = (shared.tiles.turn(index, axes[0]), shared.tiles.along(axes[0]));
                    let advance = |carry: &State| scan.advance(carry, &survey).map_err(fail);
                    let stopped = || shared.stopped();
                    let carry = shared.carries[&node].pass(key, at, tiles, || scan.start(&lines), advance, &stopped)?;
                    let mut scratch = Scratch::new(scratch_block.all_mut());
                    let visited = self.visit(node, needs, || scan.visits(&carry, &survey))?;
                    scan.apply(domain, &views, &carry, &survey, &mut outs, &mut scratch).map_err(fail)?;
                    visited.leave(!self.shared.setting.plan.io.fits);
                }
            }
        }
        for (w, target) in targets.into_iter().enumerate() {
            self.settle(node, w, target, needs, core, moved)?;
        }
        self.put(Use::Scratch { node }, scratch_block);
        self.put_inputs(node, inputs);
        Ok(())
    }

    /// Brings in what a stage is about to read here and there. Fault by fault, each page would be waited for.
    fn visit(&self, node: usize, needs: &Walk, told: impl Fn() -> Vec<Range<u64>>) -> Result<Visited<'s>, EngineError> {
        let setting = &self.shared.setting;
        let entry = &setting.plan.network.nodes[setting.planned.pass.nodes[node].node];
        let mut visited = Visited::default();
        for (r, read) in setting.problem.contract(entry.id).reads.iter().enumerate() {
            let Some(axis) = read.access.axes.iter().position(|m| matches!(m, AxisMap::Scattered { .. })) else {
                continue;
            };
            let Some((_, stored)) = self.file(entry.reads[r]) else { continue };
            let part = |range: Range<u64>| {
                let mut part = needs.reads[node][r].clone();
                (part.start[axis], part.end[axis]) = (range.start, range.end);
                part
            };
            let parts: Vec<Region> = told().into_iter().map(part).collect();
            stored.populate_all(&parts)?;
            visited.parts.push((stored, parts));
        }
        Ok(visited)
    }

    fn take(&mut self, what: Use) -> Block {
        self.slot_of.get(&what).map_or_else(Block::default, |&slot| std::mem::take(&mut self.slots[slot]))
    }

    fn put(&mut self, what: Use, block: Block) {
        if let Some(&slot) = self.slot_of.get(&what) {
            self.slots[slot] = block;
        }
    }

    fn put_inputs(&mut self, node: usize, inputs: Inputs) {
        for (read, block) in inputs.loads {
            self.put(Use::Load { node, read }, block);
        }
        for (read, (block, _)) in inputs.pads {
            self.put(Use::Pad { node, read }, block);
        }
    }

    /// Decodes what cannot be read in place and fills borders.
    fn gather(&mut self, node: usize, needs: &Walk, index: &[u64], moved: &mut Moved) -> Result<Inputs, EngineError> {
        let setting = &self.shared.setting;
        let network = &setting.plan.network;
        let pass_node = &setting.planned.pass.nodes[node];
        let entry = &network.nodes[pass_node.node];
        let contract = setting.problem.contract(entry.id);
        let mut inputs = Inputs { loads: HashMap::new(), pads: HashMap::new() };
        for (read, &array) in entry.reads.iter().enumerate() {
            let (region, spec) = (&needs.reads[node][read], &network.arrays[array].spec);
            let bytes = region.elements() as usize * spec.dtype.size();
            if !pass_node.fused_reads[read] {
                let access = &contract.reads[read].access;
                if access.is_scattered() {
                    let touched: u64 = access.touched(&needs.domains[node], region).iter().product();
                    moved.read += touched * spec.dtype.size() as u64;
                } else if self.shared.reads_first(node, read, index) {
                    moved.read += bytes as u64;
                }
                if let (true, Some((reader, stored))) =
                    (self.slot_of.contains_key(&Use::Load { node, read }), self.file(array))
                {
                    let mut block = self.take(Use::Load { node, read });
                    if !self.copy_loaded(node, array, region, &inputs, block.bytes_mut(bytes)) {
                        reader.read(region, block.bytes_mut(bytes))?;
                        if stored.is_decoded() {
                            self.loaded.insert(array, (Use::Load { node, read }, region.clone()));
                        }
                    }
                    inputs.loads.insert(read, block);
                }
            }
            let access = &contract.reads[read].access;
            let span = access.span(&needs.domains[node], &spec.shape);
            let outside = span.iter().zip(&spec.shape).any(|((lo, hi), n)| *lo < 0 || *hi > *n as i64);
            if matches!(access.edge, Edge::Fill { .. }) && outside {
                let mut block = self.take(Use::Pad { node, read });
                let elements: i64 = span.iter().map(|(lo, hi)| hi - lo).product();
                let near = self.view(node, read, needs, &inputs);
                copy_with_border(
                    &near,
                    &spec.shape,
                    &span,
                    access.edge,
                    block.bytes_mut(elements as usize * spec.dtype.size()),
                );
                inputs.pads.insert(read, (block, span));
            }
        }
        Ok(inputs)
    }

    /// Copies a box out of one that was decoded for this tile before, if there is one around it: parsing
    /// or decoding again would cost much more.
    fn copy_loaded(&self, node: usize, array: usize, region: &Region, inputs: &Inputs, to: &mut [u8]) -> bool {
        let Some((what, have)) = self.loaded.get(&array).filter(|(_, have)| have.contains(region)) else {
            return false;
        };
        let size = self.shared.setting.plan.network.arrays[array].spec.dtype.size();
        let block = match what {
            // Of this very stage: it is in use, and not in its slot.
            Use::Load { node: n, read } if *n == node => inputs.loads.get(read),
            _ => self.slot_of.get(what).map(|slot| &self.slots[*slot]),
        };
        let Some(block) = block else { return false };
        copy_box(block.bytes(have.elements() as usize * size), have, region, size, to);
        true
    }

    /// The reader of an array that lies in a file.
    fn file(&self, array: usize) -> Option<(&'s Reader<'a>, &'s Stored)> {
        let reader = self.reader(array)?;
        Some((reader, reader.stored()?))
    }

    fn reader(&self, array: usize) -> Option<&'s Reader<'a>> {
        self.shared.readers.get(&array)
    }

    /// The view a kernel gets for one read.
    fn view<'v>(&'v self, node: usize, read: usize, needs: &Walk, inputs: &'v Inputs) -> View<'v> {
        let setting = &self.shared.setting;
        let (network, pass) = (&setting.plan.network, &setting.planned.pass);
        let array = network.nodes[pass.nodes[node].node].reads[read];
        let dtype = network.arrays[array].spec.dtype;
        let region = &needs.reads[node][read];
        let bytes = |region: &Region| region.elements() as usize * dtype.size();
        if let Some((block, span)) = inputs.pads.get(&read) {
            let shape: Vec<u64> = span.iter().map(|(lo, hi)| (hi - lo) as u64).collect();
            let start: Vec<i64> = span.iter().map(|s| s.0).collect();
            let n = shape.iter().product::<u64>() as usize * dtype.size();
            return View::new(dtype, block.bytes(n), &shape, &contiguous_strides(&shape), &start);
        }
        if let Some(block) = inputs.loads.get(&read) {
            return View::dense(dtype, block.bytes(bytes(region)), region);
        }
        if pass.nodes[node].fused_reads[read]
            && let Some((maker, write)) = self.maker(array)
        {
            let made = &needs.writes[maker][write];
            let block = &self.slots[self.slot_of[&Use::Write { node: maker, write }]];
            let start: Vec<i64> = region.start.iter().map(|s| *s as i64).collect();
            return View::dense(dtype, block.bytes(bytes(made)), made).sub(&start, &region.shape());
        }
        // What is neither loaded nor fused can be read in place, or is empty.
        self.reader(array).and_then(|r| r.view(region)).unwrap_or_else(|| View::dense(dtype, &[], region))
    }

    /// The position in the pass, and the write, that make a fused array.
    fn maker(&self, array: usize) -> Option<(usize, usize)> {
        let setting = &self.shared.setting;
        let (producer, write) = setting.plan.network.arrays[array].producer?;
        let position = setting.planned.pass.nodes.iter().position(|p| p.node == producer)?;
        Some((position, write))
    }

    /// Where a stage writes: straight into the file where that can be, else into working memory.
    fn target(&mut self, node: usize, write: usize, array: usize, needs: &Walk) -> Result<Target<'s>, EngineError> {
        let shared: &'s Shared<'a> = self.shared;
        let setting = &shared.setting;
        let (network, pass) = (&setting.plan.network, &setting.planned.pass);
        let region = &needs.writes[node][write];
        if writes_in_place(setting.problem, network, pass, node, array)
            && contiguous(network, array, region)
            && let Some(output) = setting.homes.arrays[array].output()
            && let Some(tile) = output.tile(region)?
        {
            return Ok(Target::Direct(tile));
        }
        debug_assert!(extents(setting.problem, network, pass, needs, Use::Write { node, write }).is_some());
        let mut block = self.take(Use::Write { node, write });
        block.grow(region.elements() as usize * network.arrays[array].spec.dtype.size());
        Ok(Target::Buffer(block))
    }

    /// Brings what was made to its home, and keeps what later stages of the tile read.
    fn settle(
        &mut self,
        node: usize,
        write: usize,
        target: Target,
        needs: &Walk,
        core: &Region,
        moved: &mut Moved,
    ) -> Result<(), EngineError> {
        let setting = &self.shared.setting;
        let network = &setting.plan.network;
        let pass_node = &setting.planned.pass.nodes[node];
        let array = network.nodes[pass_node.node].writes[write];
        let spec = &network.arrays[array].spec;
        let kept = pass_node.terminal && network.arrays[array].place != Place::Fused;
        let made = &needs.writes[node][write];
        match target {
            Target::Direct(tile) => {
                moved.written += tile.len() as u64;
                setting.count(array, &tile);
            }
            Target::Buffer(block) => {
                if kept {
                    let access = &setting.problem.contract(network.nodes[pass_node.node].id).writes[write].access;
                    let own = access.region(core, &spec.shape);
                    let bytes = own.elements() as usize * spec.dtype.size();
                    moved.written += bytes as u64;
                    let all = block.bytes(made.elements() as usize * spec.dtype.size());
                    if own == *made {
                        setting.store(array, &own, all)?;
                    } else {
                        // More was made than this tile owns, for a window of a later stage.
                        let mut dense = self.take(Use::Store { node, write });
                        copy_box(all, made, &own, spec.dtype.size(), dense.bytes_mut(bytes));
                        setting.store(array, &own, dense.bytes(bytes))?;
                        self.put(Use::Store { node, write }, dense);
                    }
                }
                self.put(Use::Write { node, write }, block);
            }
        }
        Ok(())
    }

    /// Lets go of pages that this tile was the last to need: its own box, not its halo.
    fn drop_behind(&self, needs: &Walk) {
        let setting = &self.shared.setting;
        let (network, pass) = (&setting.plan.network, &setting.planned.pass);
        for (i, entry) in pass.nodes.iter().enumerate() {
            let node = &network.nodes[entry.node];
            for (r, array) in node.reads.iter().enumerate().filter(|(r, _)| !entry.fused_reads[*r]) {
                let region = &needs.reads[i][r];
                // What every tile reads stays, and what may be read anywhere.
                let access = &setting.problem.contract(node.id).reads[r].access;
                if !access.is_scattered()
                    && !setting.is_whole(*array, region)
                    && let Some(reader) = self.reader(*array)
                {
                    reader.drop_behind(region, !setting.plan.io.fits);
                }
            }
            for (w, &array) in node.writes.iter().enumerate().filter(|_| entry.terminal) {
                if let Some(output) = setting.homes.arrays[array].output() {
                    output.drop_behind(&needs.writes[i][w]);
                }
            }
        }
    }
}

/// What a stage read here and there.
#[derive(Default)]
struct Visited<'s> {
    parts: Vec<(&'s Stored, Vec<Region>)>,
}

impl Visited<'_> {
    /// Takes its pages out of this process; with `forget`, out of the page cache too, but for the last of each visit, which
    /// often holds the beginning of the next. Where memory is short the system reads nothing ahead into a cache that is full of
    /// what was used.
    fn leave(self, forget: bool) {
        for (stored, part) in self.parts.iter().flat_map(|(stored, parts)| parts.iter().map(move |part| (stored, part)))
        {
            if forget { stored.forget_before_end(part) } else { stored.drop_behind(part) }
        }
    }
}

/// Where a stage writes.
enum Target<'s> {
    Direct(crate::storage::TileMut<'s>),
    Buffer(Block),
}

impl Target<'_> {
    fn bytes(&mut self, region: &Region, size: usize) -> &mut [u8] {
        match self {
            Target::Direct(tile) => tile,
            Target::Buffer(block) => block.bytes_mut(region.elements() as usize * size),
        }
    }
}

/// Copies `part` out of the dense box `whole`.
fn copy_box(from: &[u8], whole: &Region, part: &Region, size: usize, to: &mut [u8]) {
    let (strides, shape) = (contiguous_strides(&whole.shape()), part.shape());
    let base: usize = (0..part.rank()).map(|a| (part.start[a] - whole.start[a]) as usize * strides[a]).sum();
    let row = shape.last().map_or(1, |n| *n as usize) * size;
    for (i, at) in row_starts(&shape, &strides).enumerate() {
        to[i * row..][..row].copy_from_slice(&from[(base + at) * size..][..row]);
    }
}
