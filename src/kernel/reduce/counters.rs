//! Counters that are half as large as what they can count to.
//!
//! Owns the arithmetic: four bytes for each counter, and a list of those that passed 2^31, which stays
//! short because each entry stands for as many elements. Refuses to know what is counted.

/// One unit of the list.
const CARRY: u32 = 1 << 31;

/// How often each of a number of things was seen. Exact, so that the order of joins never shows.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Each below [`CARRY`] after [`Counters::settle`].
    counts: Vec<u32>,
    /// The counter of every unit that was taken out of `counts`.
    carries: Vec<u64>,
    /// No entry of `counts` is larger.
    bound: u64,
}

impl Counters {
    /// `n` counters at 0.
    pub fn new(n: usize) -> Counters {
        Counters { counts: vec![0; n], carries: Vec::new(), bound: 0 }
    }

    /// Upper bound of the memory of `n` counters that see `elements` elements in all, in bytes.
    pub fn bytes(n: u64, elements: u64) -> (u64, u64) {
        // A growing list has up to twice the room it needs, and the old one while it is copied.
        (n * 4, 128 + elements / u64::from(CARRY) * 8 * 3)
    }

    /// The counters, to be raised by one for each of at most `elements` elements.
    pub fn raise(&mut self, elements: usize) -> &mut [u32] {
        self.bound += elements as u64;
        if self.bound > u64::from(u32::MAX) {
            self.settle();
            self.bound += elements as u64;
        }
        &mut self.counts
    }

    /// Adds what others counted.
    pub fn join(&mut self, mut other: Counters) {
        if self.bound + other.bound > u64::from(u32::MAX) {
            self.settle();
            other.settle();
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.carries.append(&mut other.carries);
        self.bound += other.bound;
    }

    /// What counter `i` stands at.
    pub fn get(&self, i: usize) -> u64 {
        let carried = self.carries.iter().filter(|c| **c == i as u64).count() as u64;
        u64::from(self.counts[i]) + carried * u64::from(CARRY)
    }

    fn settle(&mut self) {
        for (i, count) in self.counts.iter_mut().enumerate().filter(|(_, c)| **c >= CARRY) {
            *count -= CARRY;
            self.carries.push(i as u64);
        }
        self.bound = u64::from(CARRY) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_pass_32_bits() {
        let mut whole = Counters::new(3);
        let mut want = [0u64; 3];
        for round in 0..7u64 {
            let mut part = Counters::new(3);
            for i in [0, 2] {
                let n = 0xFFFF_FFF0 - round as u32 * (i as u32 + 1);
                part.raise(n as usize / 2)[i] += n / 2;
                want[i] += u64::from(n / 2);
            }
            whole.join(part);
            whole.raise(5)[1] += 5;
            want[1] += 5;
        }
        assert!(want[0] > 1 << 33);
        assert_eq!([0, 1, 2].map(|i| whole.get(i)), want);
        let mut other = Counters::new(3);
        other.raise(1)[2] += 1;
        other.join(whole);
        assert_eq!(other.get(2), want[2] + 1);
    }
}
