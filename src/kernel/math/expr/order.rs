//! In which order the parts of an expression are computed: the one that holds fewer values at once,
//! since each takes working memory. Knows neither dtypes nor bytes.

use super::ast::{Ast, Id, Node};

/// The nodes, each after what it is made of: as they were written, or the larger part of each first.
/// `a * x + (b * x + (c * x + …))` holds one value for each parenthesis as written, and two the
/// other way; a hundred names that are defined first and added up last are held as long as they wait.
pub fn order(ast: &Ast) -> Vec<Id> {
    let written: Vec<Id> = (0..ast.nodes.len()).collect();
    let larger = larger_first(ast);
    if held(ast, &larger) < held(ast, &written) { larger } else { written }
}

/// What a node is made of, each part once.
fn parts(ast: &Ast, id: Id) -> Vec<Id> {
    let Node::Apply(_, args) = &ast.nodes[id] else { return Vec::new() };
    let mut parts: Vec<Id> = Vec::with_capacity(args.len());
    args.iter().for_each(|a| {
        if !parts.contains(a) {
            parts.push(*a);
        }
    });
    parts
}

/// Arrays and constants lie where they are.
fn is_held(ast: &Ast, id: Id) -> bool {
    matches!(ast.nodes[id], Node::Apply(..))
}

/// How many values an order holds at once.
fn held(ast: &Ast, order: &[Id]) -> usize {
    let mut uses = vec![0usize; ast.nodes.len()];
    order.iter().for_each(|id| parts(ast, *id).into_iter().for_each(|a| uses[a] += 1));
    let (mut now, mut most) = (0, 0);
    for id in order {
        now += usize::from(is_held(ast, *id));
        most = most.max(now);
        for a in parts(ast, *id) {
            uses[a] -= 1;
            now -= usize::from(uses[a] == 0 && is_held(ast, a));
        }
    }
    most
}

/// Depth first from the whole, the part that needs most values first (Sethi and Ullman's order of a
/// tree; of shared parts it is a guess).
fn larger_first(ast: &Ast) -> Vec<Id> {
    let mut need: Vec<usize> = Vec::with_capacity(ast.nodes.len());
    let sorted = |id: Id, need: &[usize]| {
        let mut parts = parts(ast, id);
        parts.sort_by_key(|a| std::cmp::Reverse(need[*a]));
        parts
    };
    for id in 0..ast.nodes.len() {
        let (mut kept, mut most) = (0, 0);
        for a in sorted(id, &need) {
            most = most.max(need[a] + kept);
            kept += usize::from(is_held(ast, a));
        }
        need.push(if is_held(ast, id) { most.max(kept + 1) } else { 0 });
    }
    let mut order = Vec::with_capacity(ast.nodes.len());
    let mut known = vec![false; ast.nodes.len()];
    // A node waits below its parts until they are done.
    let mut stack = vec![(ast.root, false)];
    while let Some((id, ready)) = stack.pop() {
        if ready {
            order.push(id);
        } else if !std::mem::replace(&mut known[id], true) {
            stack.push((id, true));
            stack.extend(sorted(id, &need).into_iter().rev().map(|a| (a, false)));
        }
    }
    order
}
