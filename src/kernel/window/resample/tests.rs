//! The table of rows, and durations.

use super::super::clock::{Clock, duration};
use super::buckets::{Origin, look};
use crate::array::{ArraySpec, DType, Region};
use crate::kernel::{Sight, SightError};

struct Times(Vec<i64>);

impl Sight for Times {
    fn read(&self, _: usize, region: &Region, out: &mut [u8]) -> Result<(), SightError> {
        let own = &self.0[region.start[0] as usize..region.end[0] as usize];
        out.copy_from_slice(bytemuck::cast_slice(own));
        Ok(())
    }
}

#[test]
fn the_table_doubles_its_groups_when_it_is_full() {
    // One row for each of 300,000 buckets but those from 1000 to 250,000, which have none.
    let times: Vec<i64> = (0..300_000).filter(|i| !(1000..250_000).contains(i)).map(|i| i * 10 + 3).collect();
    let n = times.len() as u64;
    let clock = Clock { dtype: DType::I64, unit: 1 };
    let spec = ArraySpec::new(DType::I64, &[n]);
    let seen = look((clock, 10, Origin::Epoch), &spec, &Times(times.clone()), 0).unwrap();
    assert_eq!((seen.buckets, seen.begin, seen.rows_max, seen.gaps), (300_000, 0, 1, false));
    assert_eq!(seen.rows.group, 8);
    for lo in (0..300_000u64).step_by(8 * 777) {
        let hi = (lo + 8 * 777).min(300_000);
        let (start, end) = seen.rows.of(lo, hi);
        let own = |t: &i64| (lo..hi).contains(&((*t / 10) as u64));
        assert_eq!(end - start, times.iter().filter(|t| own(t)).count() as u64, "{lo}..{hi}");
        assert!(start == end || own(&times[start as usize]));
    }
}

#[test]
fn durations() {
    const MINUTE: i64 = 60_000_000_000;
    for (text, nanos) in [
        ("90s", 90_000_000_000),
        ("1h 30m", 90 * MINUTE),
        ("10min", 10 * MINUTE),
        ("1d", 1440 * MINUTE),
        ("2w", 20_160 * MINUTE),
        ("1.5", 1500),
    ] {
        assert_eq!(duration("every", text, 1000).unwrap(), nanos, "{text}");
    }
    for text in ["", "1 month", "soon", "0s", "-3s", "nan", "1e300"] {
        assert_eq!(duration("every", text, 1000).unwrap_err().param.as_deref(), Some("every"), "{text}");
    }
}
