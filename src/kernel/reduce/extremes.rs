//! Smallest and largest of leaves.
//!
//! Owns the order of values: floats are compared as integers of the same width whose order is theirs,
//! with -0 below +0. NaN lies outside both infinities in that order, so the extremes tell whether one
//! was seen. Both extremes are always taken: the second costs less than reading the elements.

use super::fold::{Accumulate, Rows};
use super::items::Real;
use super::tree::Partial;
use crate::array::Bool;
use crate::kernel::simd::vectorized;
use half::{bf16, f16};
use std::fmt::Debug;
use std::marker::PhantomData;

/// The extremes of elements; with `SKIP` of all but NaN.
#[derive(Clone, Copy, Debug)]
pub struct Extremes<T, const SKIP: bool>(PhantomData<T>);

impl<T, const SKIP: bool> Extremes<T, SKIP> {
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// The smallest and the largest key; the other way around where there was none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extreme<K> {
    pub low: K,
    pub high: K,
}

/// An integer with the order of some values.
pub trait Key: Ord + Copy + Debug + Send + Sync + 'static {
    const MIN: Self;
    const MAX: Self;
}

/// An element that can be compared.
pub trait ExtremeItem: Real {
    type Key: Key;
    fn key(self) -> Self::Key;
    fn from_key(key: Self::Key) -> Self;
    /// The smallest and the largest of finished extremes: NaN where one was seen or nothing was.
    fn bounds(extreme: &Extreme<Self::Key>) -> (Self, Self);
}

macro_rules! keys {
    ($($K:ty),*) => { $(
        impl Key for $K {
            const MIN: $K = <$K>::MIN;
            const MAX: $K = <$K>::MAX;
        }
    )* };
}
keys!(u8, u16, u32, u64, i8, i16, i32, i64);

macro_rules! integer_items {
    ($($T:ty => $K:ty, $x:ident => $key:expr, $k:ident => $value:expr;)*) => { $(
        impl ExtremeItem for $T {
            type Key = $K;

            #[inline(always)]
            fn key(self) -> $K {
                let $x = self;
                $key
            }

            fn from_key($k: $K) -> $T {
                $value
            }

            fn bounds(extreme: &Extreme<$K>) -> ($T, $T) {
                (Self::from_key(extreme.low), Self::from_key(extreme.high))
            }
        }
    )* };
}
integer_items! {
    Bool => u8, x => u8::from(x.get()), k => Bool::from(k != 0);
    u8 => u8, x => x, k => k;
    u16 => u16, x => x, k => k;
    u32 => u32, x => x, k => k;
    u64 => u64, x => x, k => k;
    i8 => i8, x => x, k => k;
    i16 => i16, x => x, k => k;
    i32 => i32, x => x, k => k;
    i64 => i64, x => x, k => k;
}

macro_rules! float_items {
    ($($T:ty => $K:ty, $bits:ty;)*) => { $(
        impl ExtremeItem for $T {
            type Key = $K;

            #[inline(always)]
            fn key(self) -> $K {
                // Negative numbers have all bits but the sign turned over.
                let bits = self.to_bits() as $K;
                bits ^ ((bits >> (<$K>::BITS - 1)) & <$K>::MAX)
            }

            fn from_key(key: $K) -> $T {
                <$T>::from_bits((key ^ ((key >> (<$K>::BITS - 1)) & <$K>::MAX)) as $bits)
            }

            fn bounds(extreme: &Extreme<$K>) -> ($T, $T) {
                let outside = extreme.low < <$T>::NEG_INFINITY.key() || extreme.high > <$T>::INFINITY.key();
                if outside || extreme.low > extreme.high {
                    (<$T>::NAN, <$T>::NAN)
                } else {
                    (Self::from_key(extreme.low), Self::from_key(extreme.high))
                }
            }
        }
    )* };
}
float_items! {
    f16 => i16, u16;
    bf16 => i16, u16;
    f32 => i32, u32;
    f64 => i64, u64;
}

impl<K: Key> Extreme<K> {
    /// Takes another key in; `out` leaves it out.
    #[inline(always)]
    pub fn with(self, key: K, out: bool) -> Extreme<K> {
        // Chosen one by one: pairs do not become vectors.
        let low = if out { K::MAX } else { key };
        let high = if out { K::MIN } else { key };
        Extreme { low: self.low.min(low), high: self.high.max(high) }
    }
}

impl<K: Key> Partial for Extreme<K> {
    const EMPTY: Extreme<K> = Extreme { low: K::MAX, high: K::MIN };

    fn merge(left: &mut [Extreme<K>], right: &[Extreme<K>]) {
        #[inline(always)]
        fn merge<K: Key>(left: &mut [Extreme<K>], right: &[Extreme<K>]) {
            for (a, b) in left.iter_mut().zip(right) {
                *a = Extreme { low: a.low.min(b.low), high: a.high.max(b.high) };
            }
        }
        vectorized(
            #[inline(always)]
            || merge(left, right),
        );
    }
}

/// Whether an element is left out.
#[inline(always)]
fn left_out<T: Real, const SKIP: bool>(x: T) -> bool {
    SKIP && x.is_nan()
}

impl<T: ExtremeItem, const SKIP: bool> Accumulate for Extremes<T, SKIP> {
    type Item = T;
    type Partial = Extreme<T::Key>;

    #[inline(always)]
    fn line(&self, x: &[T]) -> Extreme<T::Key> {
        let mut extreme = Extreme::EMPTY;
        for x in x {
            extreme = extreme.with(x.key(), left_out::<T, SKIP>(*x));
        }
        extreme
    }

    #[inline(always)]
    fn rows<const W: usize>(&self, rows: &Rows<T>, out: &mut [Extreme<T::Key>]) {
        let (mut low, mut high) = ([T::Key::MAX; W], [T::Key::MIN; W]);
        let (low, high) = (&mut low[..out.len()], &mut high[..out.len()]);
        for row in rows.iter() {
            for ((low, high), x) in low.iter_mut().zip(high.iter_mut()).zip(row) {
                let e = Extreme { low: *low, high: *high }.with(x.key(), left_out::<T, SKIP>(*x));
                (*low, *high) = (e.low, e.high);
            }
        }
        for (i, o) in out.iter_mut().enumerate() {
            *o = Extreme { low: low[i], high: high[i] };
        }
    }
}
