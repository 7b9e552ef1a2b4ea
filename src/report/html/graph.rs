//! The pipeline as a picture: inputs, steps and outputs with what flows between them.
//!
//! Owns what a node says and how it is drawn as SVG. Refuses to know where nodes stand: `layers` does.

use super::layers::Layout;
use crate::array::ArraySpec;
use crate::plan::{ArrayRef, Plan, Problem};
use maud::{Markup, html};

/// The width of a page and of a phone, and of boxes at least and at most.
const PAGE: f64 = 958.0;
const PHONE: f64 = 354.0;
const NODE_WIDTH: (f64, f64) = (166.0, 232.0);
const NODE_HEIGHT: f64 = 66.0;
/// Between a box's edge and its text.
const PADDING: f64 = 12.0;
/// Room for edges between layers, and between nodes of one layer.
const BETWEEN: f64 = 32.0;
const BESIDE: f64 = 18.0;
/// Layers that fit side by side on a page; deeper graphs run downwards.
const ACROSS_MAX: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Input,
    Step,
    Output,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    name: String,
    /// Kernel and parameters, or the path.
    detail: String,
    array: String,
    /// The passes in which a step runs, counted from 1.
    passes: Vec<usize>,
}

/// What is drawn.
#[derive(Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<(usize, usize)>,
    layout: Layout,
    tagged: bool,
}

impl Graph {
    pub fn of(problem: &Problem, plan: &Plan) -> Graph {
        let number = |array: ArrayRef| match array {
            ArrayRef::Input(i) => i,
            ArrayRef::Step { step, .. } => problem.inputs.len() + step,
        };
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for input in &problem.inputs {
            let (name, detail, array) = (input.name.clone(), input.path.clone(), show_spec(&input.facts.spec));
            nodes.push(Node { kind: Kind::Input, name, detail, array, passes: vec![] });
        }
        for (s, step) in problem.steps.iter().enumerate() {
            for input in &step.inputs {
                let edge = (number(*input), nodes.len());
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
            let in_pass =
                |p: &usize| plan.passes[*p].pass.nodes.iter().any(|entry| plan.network.nodes[entry.node].id.step == s);
            let passes = (0..plan.passes.len()).filter(in_pass).map(|p| p + 1).collect();
            let detail = detail(&step.name, step.kernel, &step.params);
            let (name, array) = (step.name.clone(), step_spec(plan, s, &step.name).map_or(String::new(), show_spec));
            nodes.push(Node { kind: Kind::Step, name, detail, array, passes });
        }
        for output in &problem.outputs {
            edges.push((number(output.from), nodes.len()));
            let (name, detail, array) = (output.name.clone(), output.path.clone(), show_spec(&output.spec));
            let detail = show_path(&detail).to_string();
            nodes.push(Node { kind: Kind::Output, name, detail, array, passes: vec![] });
        }
        let layout = Layout::new(nodes.len(), &edges);
        Graph { nodes, edges, layout, tagged: plan.passes.len() > 1 }
    }

    /// The picture: side by side where that fits a page, downwards where not and on a phone.
    pub fn draw(&self) -> Markup {
        let (layers, beside) = (self.layout.layers.max(1) as f64, self.layout.width.max(1.0));
        let across = self.layout.layers <= ACROSS_MAX;
        let room = if across { (PAGE + BETWEEN) / layers - BETWEEN } else { (PAGE + BESIDE) / beside - BESIDE };
        let width = |room: f64| room.clamp(NODE_WIDTH.0, NODE_WIDTH.1).floor();
        let page = Drawing { graph: self, across, width: width(room) };
        let phone = Drawing { graph: self, across: false, width: width((PHONE + BESIDE) / beside - BESIDE) };
        html! {
            div.scroll.wide { (page.svg()) }
            div.scroll.narrow.only { (phone.svg()) }
        }
    }
}

/// A graph on paper of some width.
struct Drawing<'a> {
    graph: &'a Graph,
    /// Layers are columns, not rows.
    across: bool,
    /// Of a box, in pixels.
    width: f64,
}

impl Drawing<'_> {
    fn svg(&self) -> Markup {
        let Graph { nodes, edges, layout, .. } = self.graph;
        let steps = (layout.layers.max(1) - 1) as f64;
        let (width, height) = if self.across {
            (steps * (self.width + BETWEEN) + self.width, layout.width * (NODE_HEIGHT + BESIDE) - BESIDE)
        } else {
            (layout.width * (self.width + BESIDE) - BESIDE, steps * (NODE_HEIGHT + BETWEEN) + NODE_HEIGHT)
        };
        let (width, height) = (width.max(self.width) + 2.0, height.max(NODE_HEIGHT) + 2.0);
        let view = format!("-1 -1 {width:.0} {height:.0}");
        let label = format!("The pipeline as a graph of {} nodes", nodes.len());
        html! {
            svg.graph viewBox=(view) width=(format!("{width:.0}")) height=(format!("{height:.0}"))
                role="img" aria-label=(label) {
                @for i in 0..edges.len() { path.edge d=(self.curve(i)) {} }
                @for i in 0..nodes.len() { (self.node(i)) }
            }
        }
    }

    /// The upper left corner of a node.
    fn corner(&self, layer: usize, place: f64) -> (f64, f64) {
        let beside = if self.across { NODE_HEIGHT } else { self.width } + BESIDE;
        let between = if self.across { self.width } else { NODE_HEIGHT } + BETWEEN;
        let (along, beside) = (layer as f64 * between, (place - 0.5) * beside);
        if self.across { (along, beside) } else { (beside, along) }
    }

    /// An edge from the end of one node to the start of another, past those between.
    fn curve(&self, edge: usize) -> String {
        let layout = &self.graph.layout;
        let (from, to) = self.graph.edges[edge];
        let ends = |layer: usize, place: f64| {
            let (x, y) = self.corner(layer, place);
            let (into, out) = if self.across {
                ((x, y + NODE_HEIGHT / 2.0), (x + self.width, y + NODE_HEIGHT / 2.0))
            } else {
                ((x + self.width / 2.0, y), (x + self.width / 2.0, y + NODE_HEIGHT))
            };
            (into, out)
        };
        let first = layout.layer[from];
        let mut at = ends(first, layout.place[from]).1;
        let mut d = format!("M{:.1} {:.1}", at.0, at.1);
        let mut bend = |at: (f64, f64), to: (f64, f64)| {
            let (one, two) = if self.across {
                let middle = (at.0 + to.0) / 2.0;
                ((middle, at.1), (middle, to.1))
            } else {
                let middle = (at.1 + to.1) / 2.0;
                ((at.0, middle), (to.0, middle))
            };
            d += &format!("C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", one.0, one.1, two.0, two.1, to.0, to.1);
        };
        for (i, lane) in layout.lanes[edge].iter().enumerate() {
            let (into, out) = ends(first + 1 + i, *lane);
            bend(at, into);
            bend(into, out);
            at = out;
        }
        bend(at, ends(layout.layer[to], layout.place[to]).0);
        d
    }

    fn node(&self, index: usize) -> Markup {
        let (node, layout) = (&self.graph.nodes[index], &self.graph.layout);
        let (x, y) = self.corner(layout.layer[index], layout.place[index]);
        let class = match node.kind {
            Kind::Input => "node input",
            Kind::Step => "node step",
            Kind::Output => "node output",
        };
        let tag = if self.graph.tagged { show_passes(&node.passes) } else { String::new() };
        let tag_width = if tag.is_empty() { 0.0 } else { text_width(&tag, 10.0) + 12.0 };
        let room = self.width - 2.0 * PADDING;
        // Bold letters are wider.
        let name = fit(&node.name, 13.5 * 1.1, room - tag_width);
        let title = format!("{}\n{}\n{}", node.name, node.detail, node.array);
        let tag_x = self.width - PADDING / 1.5 - tag_width;
        let at = |v: f64| format!("{v:.1}");
        html! {
            // A picture of its own, so that nothing ever shows outside its box.
            svg class=(class) x=(at(x)) y=(at(y)) width=(at(self.width)) height=(at(NODE_HEIGHT)) {
                title { (title) }
                rect.box x="0.75" y="0.75" width=(at(self.width - 1.5)) height=(at(NODE_HEIGHT - 1.5)) rx="7" {}
                @if node.kind != Kind::Step { rect.band x="0.75" y="14" width="3" height=(at(NODE_HEIGHT - 28.0)) rx="1.5" {} }
                text.name x=(at(PADDING)) y="22" { (name) }
                text.detail x=(at(PADDING)) y="39.5" { (fit(&node.detail, 11.5, room)) }
                text.array x=(at(PADDING)) y="55" { (fit(&node.array, 11.0, room)) }
                @if !tag.is_empty() {
                    rect.tag x=(at(tag_x)) y="9" width=(at(tag_width)) height="16" rx="8" {}
                    text.tagged x=(at(tag_x + tag_width / 2.0)) y="20.5" { (tag) }
                }
            }
        }
    }
}

/// The array that a step gives, as the plan has it.
fn step_spec<'a>(plan: &'a Plan, step: usize, name: &str) -> Option<&'a ArraySpec> {
    let network = &plan.network;
    let writes = network.nodes.iter().filter(|n| n.id.step == step).flat_map(|n| &n.writes);
    writes.map(|&a| &network.arrays[a]).find(|a| a.name == name).map(|a| &a.spec)
}

/// `gaussian, sigma = 2.0`; of an expression, the expression; of a step named as its kernel, the parameters.
fn detail(name: &str, kernel: &str, params: &str) -> String {
    let expression = params.strip_prefix("expr = \"").and_then(|p| p.strip_suffix('"'));
    match (kernel, expression) {
        ("expr", Some(text)) => text.replace("\\\"", "\""),
        _ if name == kernel && !params.is_empty() => params.to_string(),
        _ if params.is_empty() => kernel.to_string(),
        _ => format!("{kernel}, {params}"),
    }
}

/// The path of an output, which may have none.
pub fn show_path(path: &str) -> &str {
    if path == "-" { "no file, printed" } else { path }
}

/// `f32 512 × 1024 × 1024 tyx`
pub fn show_spec(spec: &ArraySpec) -> String {
    let shape = show_shape(&spec.shape);
    let axes = spec.axis_names().map_or(String::new(), |n| format!(" {n}"));
    format!("{} {shape}{axes}", spec.dtype)
}

/// `512 × 1024`
pub fn show_shape(shape: &[u64]) -> String {
    if shape.is_empty() {
        return "scalar".to_string();
    }
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ")
}

/// `pass 1`, `pass 1, 2`, `pass 1–4`
fn show_passes(passes: &[usize]) -> String {
    match passes {
        [] => String::new(),
        [one] => format!("pass {one}"),
        [one, two] => format!("pass {one}, {two}"),
        [first, .., last] if last - first + 1 == passes.len() => format!("pass {first}–{last}"),
        many => format!("{} passes", many.len()),
    }
}

/// Pixels of a text in a wide sans serif font of a size: an estimate on the large side.
fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| char_width(c) * size).sum()
}

fn char_width(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | '(' | ')' | '[' | ']' => {
            0.41
        }
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        'A'..='Z' => 0.74,
        c if (c as u32) < 0x2E80 => 0.63,
        _ => 1.05,
    }
}

/// A text that fits a width, shortened with an ellipsis where it must be.
fn fit(text: &str, size: f64, room: f64) -> String {
    // Line breaks and the like have no place in a picture.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text_width(&text, size) <= room {
        return text;
    }
    let mut used = char_width('…') * size;
    let fits = |c: &char| {
        used += char_width(*c) * size;
        used <= room
    };
    let short: String = text.chars().take_while(fits).collect();
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_boxes() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        for text in ["W".repeat(300), "a very long parameter = \"value\", and more of it".into(), "中文名字".repeat(20)]
        {
            let short = fit(&text, 12.0, 100.0);
            assert!(short.ends_with('…') && text_width(&short, 12.0) <= 100.0, "{short}");
        }
        assert_eq!(fit("a\nb", 12.0, 100.0), "a b");
    }

    #[test]
    fn what_a_step_says() {
        assert_eq!(detail("blur", "gaussian", "sigma = 2.0"), "gaussian, sigma = 2.0");
        assert_eq!(detail("gaussian", "gaussian", "sigma = 2.0"), "sigma = 2.0");
        assert_eq!(detail("mean", "mean", ""), "mean");
        assert_eq!(detail("flat", "expr", "expr = \"(raw - dark) / 2\""), "(raw - dark) / 2");
        assert_eq!(show_passes(&[1, 2, 3]), "pass 1–3");
        assert_eq!(show_passes(&[1, 3, 4]), "3 passes");
    }
}
