//! The tile shape of a pass.
//!
//! A tile starts at one anchor and grows, each time along the axis that lowers the bytes moved per
//! element most (long runs first, then small halos), until it is large enough or memory ends.

use super::buffers::{Piece, Use, pieces};
use super::cost::{RUN_SECONDS, SEEK_SECONDS, TILE_SECONDS, WRITTEN_SEEK_SECONDS, inputs_stay, rates, writes_join};
use super::measure::{Cost, grid, measure};
use super::network::Network;
use super::passes::{Pass, ordered_axes};
use super::problem::Problem;
use crate::array::Shape;
use crate::kernel::Work;

/// Bytes a tile should move: enough to hide its fixed cost, little enough to stay in cache.
const MOVED_TARGET: u64 = 2 << 20;
/// What doubling a tile must gain, and what several doublings must.
const GAIN_LEAST: f64 = 0.001;
const GAIN_BEYOND: f64 = 0.10;
/// A domain that touches less as a whole is one tile: more would not be worth a second thread.
const SMALL_BYTES: u64 = MOVED_TARGET / 16;

/// A tile shape with its cost.
#[derive(Clone, Debug)]
pub struct Tiling {
    pub tile: Shape,
    /// Axes from the outermost to the innermost in which tiles are visited.
    pub order: Vec<usize>,
    pub pieces: Vec<Piece>,
    pub cost: Cost,
    /// The cost of one element of the domain, in bytes moved.
    pub value: f64,
}

/// Chooses a tile for `pass` that needs at most `room` bytes with `threads` workers and `ahead` tiles brought in before them. The error is
/// the smallest tile there is, with what it needs.
pub fn choose(
    problem: &Problem,
    network: &Network,
    pass: &Pass,
    (threads, ahead): (u64, u64),
    room: u64,
) -> Result<Tiling, Box<Tiling>> {
    let pieces = pieces(problem, network, pass);
    let prices = Prices::new(problem, network, pass, threads);
    let natural: Vec<usize> = (0..pass.domain.len()).collect();
    let mut best: Option<Tiling> = None;
    let mut smallest: Option<Tiling> = None;
    for order in orders(problem, network, pass, natural) {
        let at = |tile: &[u64], thorough| measure(problem, network, pass, &pieces, tile, &order, thorough);
        let fits = |cost: &Cost| cost.total(threads, ahead) <= room;
        let tile = match &problem.limits.tile {
            Some(forced) => rounded(forced, pass),
            None => whole(pass, &pieces, &at, &fits).unwrap_or_else(|| grow(pass, &prices, &at, &fits, threads)),
        };
        let cost = at(&tile, true);
        let value = prices.score(&cost, &tile, pass);
        let found = Tiling { cost, tile, order: order.clone(), pieces: pieces.clone(), value };
        let keep = if fits(&found.cost) { &mut best } else { &mut smallest };
        let value = |t: &Tiling| t.value;
        let need = |t: &Tiling| t.cost.total(threads, ahead);
        let better = keep
            .as_ref()
            .is_none_or(|b| if fits(&found.cost) { value(&found) < value(b) * 0.98 } else { need(&found) < need(b) });
        if better {
            *keep = Some(found);
        }
    }
    match (best, smallest) {
        (Some(best), _) => Ok(best),
        (None, Some(smallest)) => Err(Box::new(smallest)),
        // There is always the natural order.
        (None, None) => unreachable!("no visiting order was tried"),
    }
}

/// Visiting orders worth trying: the natural one, and for each fold or carry the one that finishes
/// a group of kept cells before it begins the next.
fn orders(problem: &Problem, network: &Network, pass: &Pass, natural: Vec<usize>) -> Vec<Vec<usize>> {
    let mut orders = vec![natural.clone()];
    for entry in pass.nodes.iter().filter(|p| p.terminal) {
        let along = ordered_axes(&problem.contract(network.nodes[entry.node].id).order);
        let mut order: Vec<usize> = natural.iter().copied().filter(|a| !along.contains(a)).collect();
        order.extend(natural.iter().filter(|a| along.contains(a)));
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

/// What tiles of a pass are weighed by, in bytes that could have been moved meanwhile.
struct Prices<'a> {
    /// A separate run, what it waits for the disk where it is read and where it is written, and a tile whatever its size.
    run: f64,
    read_seek: f64,
    written_seek: f64,
    tile: f64,
    /// Each stage's work, and what a unit of its effort costs.
    stages: Vec<(&'a Work, f64)>,
    /// Work of an element of the domain that no tile shape saves.
    least: f64,
    /// Whether something is read here and there.
    scattered: bool,
}

impl<'a> Prices<'a> {
    fn new(problem: &'a Problem, network: &Network, pass: &Pass, threads: u64) -> Prices<'a> {
        let rates = rates(problem);
        let read = if inputs_stay(problem, &rates) { rates.mapped_read } else { rates.cold_read };
        let read_seek = if inputs_stay(problem, &rates) { 0.0 } else { SEEK_SECONDS * read };
        let written_seek = if writes_join(problem) { 0.0 } else { WRITTEN_SEEK_SECONDS * read };
        let workers = rates.threads as f64 / threads.min(rates.threads as u64).max(1) as f64;
        let all = |domain: &[u64]| domain.iter().map(|n| *n as f64).product::<f64>();
        let (mut stages, mut least, mut scattered) = (Vec::new(), 0.0, false);
        for entry in &pass.nodes {
            let id = network.nodes[entry.node].id;
            let (ns, _) = rates.stage_ns(problem.steps[id.step].kernel, 1.0);
            let (stage, unit) = (problem.stage(id), ns * 1e-9 * workers * read);
            let domain = &stage.contract.domain;
            scattered |= stage.contract.reads.iter().any(|r| r.access.is_scattered());
            least += unit * stage.work.effort(domain) * all(domain) / all(&pass.domain).max(1.0);
            stages.push((&stage.work, unit));
        }
        Prices { run: RUN_SECONDS * read, read_seek, written_seek, tile: TILE_SECONDS * read, stages, least, scattered }
    }

    /// The cost of one element of the domain: what is moved for it, and what is computed more than once.
    fn score(&self, cost: &Cost, tile: &[u64], pass: &Pass) -> f64 {
        let core: f64 = tile.iter().zip(&pass.domain).map(|(t, n)| *t.min(n) as f64).product();
        // A state is cleared, filled and joined once for each tile.
        let state = 2.0 * cost.tile_state as f64;
        let of = |((work, unit), shape): (&(&Work, f64), &Shape)| {
            unit * work.effort(shape) * shape.iter().map(|n| *n as f64).product::<f64>()
        };
        let computed: f64 = self.stages.iter().zip(&cost.boxes).map(of).sum();
        let again = (computed - self.least * core).max(0.0);
        let written = cost.written_runs as f64;
        let waits = (cost.runs as f64 - written) * self.read_seek + written * self.written_seek;
        (cost.moved as f64 + again + state + cost.runs as f64 * self.run + waits + self.tile) / core.max(1.0)
    }
}

fn rounded(tile: &[u64], pass: &Pass) -> Shape {
    let whole = |i: usize| pass.domain[i].max(1);
    (0..pass.domain.len())
        .map(|i| {
            let (t, a) = (tile.get(i).copied().unwrap_or(u64::MAX).max(1), pass.anchor[i].max(1));
            t.div_ceil(a).saturating_mul(a).min(whole(i))
        })
        .collect()
}

/// The whole domain as one tile, where it touches little: growing would end there, after many looks. What a tile
/// moves leaves out arrays that it reads as a whole, so these are counted where they are mapped or loaded.
fn whole(
    pass: &Pass,
    pieces: &[Piece],
    at: &dyn Fn(&[u64], bool) -> Cost,
    fits: &dyn Fn(&Cost) -> bool,
) -> Option<Shape> {
    let whole: Shape = pass.domain.iter().map(|n| (*n).max(1)).collect();
    let cost = at(&whole, true);
    let loaded = pieces.iter().filter(|p| matches!(p.what, Use::Load { .. })).map(|p| cost.slots[p.slot]);
    let touched =
        cost.moved + cost.mapped_read + cost.visited + cost.mapped_whole + cost.mapped_write + loaded.sum::<u64>();
    (touched < SMALL_BYTES && fits(&cost)).then_some(whole)
}

fn grow(
    pass: &Pass,
    prices: &Prices,
    at: &dyn Fn(&[u64], bool) -> Cost,
    fits: &dyn Fn(&Cost) -> bool,
    threads: u64,
) -> Shape {
    let mut tile: Shape = pass.anchor.iter().zip(&pass.domain).map(|(a, n)| (*a).clamp(1, (*n).max(1))).collect();
    let mut cost = at(&tile, false);
    loop {
        let now = prices.score(&cost, &tile, pass);
        let mut best: Option<(f64, Shape, Cost)> = None;
        for axis in (0..tile.len()).rev() {
            if tile[axis] >= pass.domain[axis] {
                continue;
            }
            let mut next = tile.clone();
            next[axis] = (tile[axis] * 2).min(pass.domain[axis]);
            let grown = at(&next, false);
            let value = prices.score(&grown, &next, pass);
            // The thorough look decides, but it is dear; ask it only where the quick one agrees.
            if fits(&grown) && best.as_ref().is_none_or(|b| value < b.0) && fits(&at(&next, true)) {
                best = Some((value, next, grown));
            }
        }
        let Some((value, next, grown)) = best else { return tile };
        let (value, next, grown) = match prices.scattered && value > now * (1.0 - GAIN_LEAST) {
            true => beyond(pass, prices, at, fits, &tile, now).unwrap_or((value, next, grown)),
            false => (value, next, grown),
        };
        let tiles: u64 = grid(&pass.domain, &next).iter().product();
        let gain = 1.0 - value / now;
        let enough = cost.moved >= MOVED_TARGET && gain < 0.10;
        // Half the cost of an element is worth half the workers.
        let too_few = tiles < 4 * threads && cost.moved >= MOVED_TARGET / 16 && gain < 0.5;
        if gain <= GAIN_LEAST || enough || too_few {
            return tile;
        }
        (tile, cost) = (next, grown);
    }
}

/// Where doubling gains nothing, more may: of an array that is read here and there each index is a run of its own, until there are more
/// of them than places.
fn beyond(
    pass: &Pass,
    prices: &Prices,
    at: &dyn Fn(&[u64], bool) -> Cost,
    fits: &dyn Fn(&Cost) -> bool,
    tile: &[u64],
    now: f64,
) -> Option<(f64, Shape, Cost)> {
    for axis in (0..tile.len()).rev() {
        let mut next = tile.to_vec();
        while next[axis] < pass.domain[axis] {
            next[axis] = (next[axis] * 2).min(pass.domain[axis]);
            let grown = at(&next, true);
            let value = prices.score(&grown, &next, pass);
            if !fits(&grown) {
                break;
            }
            if value < now * (1.0 - GAIN_BEYOND) {
                return Some((value, next, grown));
            }
        }
    }
    None
}
