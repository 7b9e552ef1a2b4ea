//! Rounds in which all contestants take turns, and what comes of them.
//!
//! Owns the order of measurements and the median. Refuses to know what is measured.

use super::MachineError;
use crate::engine::Cancel;
use serde::Serialize;
use std::time::{Duration, Instant};

/// What one turn moved and took.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Bytes read and bytes written.
    pub moved: u64,
    pub elapsed: Duration,
}

type Measure<'a> = Box<dyn Fn() -> Result<Turn, MachineError> + 'a>;

/// One thing to measure.
pub struct Contestant<'a> {
    name: &'static str,
    measure: Measure<'a>,
}

impl<'a> Contestant<'a> {
    pub fn new(name: &'static str, measure: impl Fn() -> Result<Turn, MachineError> + 'a) -> Contestant<'a> {
        Contestant { name, measure: Box::new(measure) }
    }
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: &'static str,
    /// Median of the rounds, in bytes per second.
    #[serde(rename = "bytes_per_second")]
    pub rate: f64,
    /// The slowest and the fastest round.
    pub slowest: f64,
    pub fastest: f64,
    /// Bytes moved in a round.
    pub moved_bytes: u64,
    /// Median time of a round.
    pub seconds: f64,
    /// The share of `limit` that was reached, where there is a limit.
    pub share: Option<f64>,
    /// What bounds it.
    pub limit: Option<&'static str>,
}

/// How long to go on.
pub struct Rounds {
    pub most: usize,
    pub least: usize,
    /// No round begins after this, warming up included, once the least number is done.
    pub limit: Duration,
    pub cancel: Cancel,
}

impl Rounds {
    /// One round to warm up, which does not count, then rounds; and how many there were.
    pub fn run(&self, all: &mut [Contestant], tell: &dyn Fn(&str, f64)) -> Result<(Vec<Row>, usize), MachineError> {
        let mut turns: Vec<Vec<Turn>> = all.iter().map(|_| Vec::new()).collect();
        let (started, mut done) = (Instant::now(), 0);
        let steps = ((self.most + 1) * all.len()).max(1) as f64;
        for round in 0..=self.most {
            if round > self.least && started.elapsed() > self.limit {
                break;
            }
            for (i, contestant) in all.iter().enumerate() {
                self.cancel.check()?;
                tell(contestant.name, (round * all.len() + i) as f64 / steps);
                let turn = (contestant.measure)()?;
                if round > 0 {
                    turns[i].push(turn);
                }
            }
            done = round;
        }
        Ok((all.iter().zip(turns).map(|(c, t)| row(c.name, t)).collect(), done))
    }
}

fn row(name: &'static str, mut turns: Vec<Turn>) -> Row {
    turns.sort_by_key(|t| t.elapsed);
    let seconds = |t: &Turn| t.elapsed.as_secs_f64().max(1e-9);
    let rate = |t: Option<&Turn>| t.map_or(0.0, |t| t.moved as f64 / seconds(t));
    // Of an even number of turns, the middle between the two middle ones.
    let middle = [turns.len().saturating_sub(1) / 2, turns.len() / 2].map(|i| turns.get(i).map_or(0.0, seconds));
    let median = (middle[0] + middle[1]) / 2.0;
    let moved = turns.first().map_or(0, |t| t.moved);
    Row {
        name,
        rate: if median > 0.0 { moved as f64 / median } else { 0.0 },
        slowest: rate(turns.last()),
        fastest: rate(turns.first()),
        moved_bytes: moved,
        seconds: median,
        share: None,
        limit: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn all_take_turns_and_the_median_counts() {
        let order = RefCell::new(String::new());
        let turn = |name: char, millis: &'static [u64]| {
            let (order, calls) = (&order, RefCell::new(0));
            move || {
                order.borrow_mut().push(name);
                let call = calls.replace_with(|n| *n + 1);
                Ok(Turn { moved: 1000, elapsed: Duration::from_millis(millis[call]) })
            }
        };
        let mut all =
            [Contestant::new("a", turn('a', &[900, 1, 100, 10])), Contestant::new("b", turn('b', &[900, 20, 20, 20]))];
        let rounds = Rounds { most: 3, least: 1, limit: Duration::from_secs(60), cancel: Cancel::default() };
        let (rows, done) = rounds.run(&mut all, &|_, _| {}).expect("measured");
        assert_eq!((order.borrow().as_str(), done), ("abababab", 3));
        assert_eq!(rows[0].seconds, 0.01, "the median, and not the first round");
        assert_eq!((rows[0].slowest, rows[0].fastest), (1e4, 1e6));
        assert_eq!(rows[1].rate, 5e4);
    }

    #[test]
    fn time_is_limited_and_a_cancel_is_heard() {
        let slow = || Ok(Turn { moved: 1, elapsed: Duration::from_millis(1) });
        let limit = Duration::ZERO;
        let rounds = Rounds { most: 9, least: 2, limit, cancel: Cancel::default() };
        let (_, done) = rounds.run(&mut [Contestant::new("a", slow)], &|_, _| {}).expect("measured");
        assert_eq!(done, 2);
        rounds.cancel.cancel();
        assert!(rounds.run(&mut [Contestant::new("a", slow)], &|_, _| {}).is_err());
    }
}
