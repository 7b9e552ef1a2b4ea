//! A histogram drawn with block characters.
//!
//! Owns which part of the range is worth looking at: far outliers would squeeze everything else into
//! one bar, so they are told in words. Refuses to know how elements were counted.

use super::number::{align, show_number};
use super::show_count;

/// Characters of the longest bar.
const BAR: usize = 40;

/// Counts in narrow bins, and the edges of these, one more.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
    /// Whether the elements are whole numbers.
    pub whole: bool,
}

/// What is counted together at least: from `low` to `high`, inclusive for whole numbers.
#[derive(Clone, Copy)]
struct Slot {
    low: f64,
    high: f64,
    count: u64,
}

impl Histogram {
    /// Fewer, wider bins: edges and counts. `bins` divides the number of narrow ones.
    pub fn coarse(&self, bins: usize) -> (Vec<f64>, Vec<u64>) {
        let each = (self.counts.len() / bins.max(1)).max(1);
        let edges = self.edges.iter().step_by(each).copied().collect();
        (edges, self.counts.chunks(each).map(|c| c.iter().sum()).collect())
    }

    /// At most about `bins` bars, one on each line, and a line about what they leave out.
    pub fn text(&self, bins: usize) -> String {
        let slots = self.slots();
        let total: u64 = slots.iter().map(|s| s.count).sum();
        if total == 0 {
            return "no values to draw\n".into();
        }
        let (from, to) = self.body(&slots, total, bins);
        let each = (to - from).div_ceil(bins).max(1);
        let groups: Vec<Slot> = slots[from..to].chunks(each).map(joined).collect();
        let most = groups.iter().map(|g| g.count).max().unwrap_or(0);
        let labels = match self.spells(&groups) {
            true => groups.iter().map(|g| self.label(g, each)).collect(),
            false => edges_text(&groups),
        };
        let labels = align(&labels);
        let counts = align(&groups.iter().map(|g| show_count(g.count)).collect::<Vec<_>>());
        let mut out = String::new();
        for ((label, group), count) in labels.iter().zip(&groups).zip(&counts) {
            out.push_str(&format!("  {label} {:<BAR$} {count}\n", bar(group.count, most)));
        }
        if let Some(last) = labels.get(groups.len()) {
            out.push_str(&format!("  {last}\n"));
        }
        out + &self.left_out(&slots, from, to, each, bins)
    }

    /// Whether bars stand for whole numbers, which are named, not bounded.
    fn spells(&self, groups: &[Slot]) -> bool {
        self.whole && groups.iter().all(|g| g.low.fract() == 0.0 && g.high.fract() == 0.0)
    }

    /// One slot for each whole number where there are few, else for each bin.
    fn slots(&self) -> Vec<Slot> {
        let (Some(first), Some(last)) = (self.edges.first(), self.edges.last()) else { return vec![] };
        let (low, high) = (first.ceil(), last.floor());
        let bin = |i: usize| Slot { low: self.edges[i], high: self.edges[i + 1], count: self.counts[i] };
        if !self.whole || high - low >= self.counts.len() as f64 {
            return (0..self.counts.len()).map(bin).collect();
        }
        let mut slots: Vec<Slot> =
            (0..=(high - low) as u64).map(|i| Slot { low: low + i as f64, high: low + i as f64, count: 0 }).collect();
        for (i, count) in self.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            // A bin that is narrower than 1 holds one whole number at most.
            let value = self.edges[i].ceil().min(high);
            slots[(value - low).max(0.0) as usize].count += count;
        }
        slots
    }

    /// The slots that are drawn: all, unless nearly all elements lie in less than a quarter of them.
    fn body(&self, slots: &[Slot], total: u64, bins: usize) -> (usize, usize) {
        let tail = total / 200;
        let beyond_tail = || {
            let mut passed = 0;
            move |slot: &Slot| {
                passed += slot.count;
                passed > tail
            }
        };
        let low = slots.iter().position(beyond_tail()).unwrap_or(0);
        let high = slots.iter().rposition(beyond_tail()).unwrap_or(0);
        let width = high + 1 - low.min(high);
        if width * 4 > slots.len() || slots.len() <= bins {
            return (0, slots.len());
        }
        let margin = (width / 20).max(1);
        let each = (width + 2 * margin).div_ceil(bins);
        // Whole bars, so that the last is as wide as the others.
        let shown = ((width + 2 * margin).div_ceil(each) * each).min(slots.len());
        let from = low.saturating_sub(margin).min(slots.len() - shown);
        (from, from + shown)
    }

    fn label(&self, group: &Slot, each: usize) -> String {
        if each == 1 { whole(group.low) } else { format!("{} – {}", whole(group.low), whole(group.high)) }
    }

    /// How many elements no bar shows, and whether the bars are too few.
    fn left_out(&self, slots: &[Slot], from: usize, to: usize, each: usize, bins: usize) -> String {
        let show = |x: f64| if self.whole { whole(x.round()) } else { show_number(x) };
        let count = |part: &[Slot]| part.iter().map(|s| s.count).sum::<u64>();
        let (below, above) = (count(&slots[..from]), count(&slots[to..]));
        let mut parts = Vec::new();
        if below > 0 {
            parts.push(format!("{} below, down to {}", show_count(below), show(self.edges[0])));
        }
        if above > 0 {
            let last = self.edges.last().copied().unwrap_or(0.0);
            parts.push(format!("{} above, up to {}", show_count(above), show(last)));
        }
        let mut out = String::new();
        if !parts.is_empty() {
            out.push_str(&format!("  not drawn: {}\n", parts.join("; ")));
        }
        if each == 1 && to - from < bins / 2 && to - from < slots.len() && !self.whole {
            out.push_str("  outliers squeeze the rest into few bars: --range LOW,HIGH looks closer\n");
        }
        out
    }
}

fn joined(slots: &[Slot]) -> Slot {
    let ends = (slots.first().map_or(0.0, |s| s.low), slots.last().map_or(0.0, |s| s.high));
    Slot { low: ends.0, high: ends.1, count: slots.iter().map(|s| s.count).sum() }
}

fn whole(x: f64) -> String {
    if x.abs() < 1e15 { format!("{}", x as i64) } else { show_number(x) }
}

/// The left edges of bars, and the right one of the last, with as many digits as tell them apart.
fn edges_text(groups: &[Slot]) -> Vec<String> {
    let last = groups.last().map(|g| g.high);
    let edges: Vec<f64> = groups.iter().map(|g| g.low).chain(last).collect();
    let step = groups.first().map_or(1.0, |g| g.high - g.low).abs();
    let largest = edges.iter().fold(0.0f64, |m, e| m.max(e.abs()));
    if !(1e-5..1e9).contains(&largest) || step <= 0.0 || step < largest * 1e-9 {
        return edges.iter().map(|e| show_number(*e)).collect();
    }
    let decimals = (1.0 - step.log10()).ceil().clamp(0.0, 12.0) as usize;
    let text = |e: &f64| {
        let text = format!("{e:.decimals$}");
        // No negative zero.
        if text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) { text.replace('-', "") } else { text }
    };
    edges.iter().map(text).collect()
}

/// A bar in eighths of a character; what is there shows.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if count == 0 || most == 0 {
        return String::new();
    }
    let eighths = ((count as f64 / most as f64 * (BAR * 8) as f64).round() as usize).max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], fine: usize, whole: bool) -> Histogram {
        let (low, high) =
            (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(f64::MIN, f64::max));
        let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
        let edges: Vec<f64> = (0..=fine).map(|i| low + (high - low) * i as f64 / fine as f64).collect();
        let mut counts = vec![0; fine];
        for x in values {
            let bin = edges.iter().rposition(|e| e <= x).unwrap_or(0).min(fine - 1);
            counts[bin] += 1;
        }
        Histogram { edges, counts, whole }
    }

    #[test]
    fn whole_numbers_have_bars_of_their_own() {
        let text = of(&[0.0, 0.0, 1.0, 3.0], 64, true).text(20);
        let starts = ["  0 ████", "  1 ████", "  2      ", "  3 ████"];
        assert!(text.lines().zip(starts).all(|(line, start)| line.starts_with(start)), "{text}");
        assert!(text.lines().count() == 4 && text.lines().next().unwrap().ends_with(" 2"), "{text}");
        let many: Vec<f64> = (0..100).map(f64::from).collect();
        let text = of(&many, 1000, true).text(10);
        assert!(text.contains("90 – 99") && text.lines().count() == 10, "{text}");
        assert!(of(&[7.0, 7.0], 64, true).text(10).starts_with("  7 "), "one value");
    }

    #[test]
    fn outliers_are_told_not_drawn() {
        let mut values: Vec<f64> = (0..10_000).map(|i| f64::from(i) / 10_000.0).collect();
        values.push(1000.0);
        let text = of(&values, 32_760, false).text(20);
        assert!(text.contains("1 above, up to 1000"), "{text}");
        assert!(text.lines().count() > 8, "{text}");
        values.push(1e9);
        let text = of(&values, 32_760, false).text(20);
        assert!(text.contains("--range"), "{text}");
        let even = of(&values[..10_000], 32_760, false);
        let text = even.text(20);
        assert!(!text.contains("not drawn") && text.lines().count() == 21, "{text}");
        let (edges, counts) = even.coarse(20);
        assert!(edges.len() == 21 && counts.iter().all(|c| (498..503).contains(c)), "{counts:?}");
    }

    #[test]
    fn bars_have_eighths() {
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(320, 320).chars().count(), BAR);
        assert_eq!(bar(12, 320), "█▌");
    }
}
