//! Numbers that look random and follow from an index and a seed.
//!
//! Owns the one hash that `random` and `shuffle` use, so that any element can be computed by itself, in any order, on any
//! machine. Refuses to know what the numbers are for.

/// What successive states differ by: 2^64 divided by the golden ratio, odd.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Element `i` of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) begun
/// with this seed.
#[inline(always)]
pub fn splitmix(seed: u64, i: u64) -> u64 {
    let z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(STEP));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::splitmix;

    /// The first outputs for the seed 1234567, as published beside the reference implementation.
    #[test]
    fn is_the_published_sequence() {
        let first = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        assert_eq!(std::array::from_fn(|i| splitmix(1234567, i as u64)), first);
    }
}
