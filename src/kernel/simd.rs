//! Run-time choice of the instruction set: the one place of SIMD `unsafe` outside storage.
//!
//! Kernels are written once, in plain Rust over fixed virtual lanes, and compiled for several
//! instruction sets; the widest that the machine has runs. Bits do not depend on it: Rust never
//! contracts or reorders floating point, so the same operations happen in every version.

use std::sync::OnceLock;

/// The instruction sets that code is compiled for, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Baseline,
    Avx2,
}

/// The level in use: the widest the machine has, or a narrower one named by `TILEWISE_SIMD`
/// (`baseline`, `avx2`), which tests use to show that results do not depend on it.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let narrow = std::env::var("TILEWISE_SIMD").is_ok_and(|v| v == "baseline");
        if narrow { Level::Baseline } else { detect() }
    })
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    if is_x86_feature_detected!("avx2") { Level::Avx2 } else { Level::Baseline }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Level {
    Level::Baseline
}

/// Runs `f` compiled for the instruction set in use. What is not inlined stays baseline code, the
/// closure itself too, and a long one is not inlined unless it says so:
/// `vectorized(#[inline(always)] || work(data))`, where `work` is `#[inline(always)]` as well.
#[inline(always)]
pub fn vectorized<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found this feature on this processor.
        Level::Avx2 => return unsafe { avx2(f) },
        Level::Baseline => {}
    }
    f()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}
