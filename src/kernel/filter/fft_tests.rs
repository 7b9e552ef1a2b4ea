//! Transforms against products by definition.

use super::*;

/// The product by definition, with the other sign for what comes round the end of the first axis.
fn slow(x: &[f64], w: &[f64], extents: &[usize], lanes: usize) -> Vec<f64> {
    let mut dims = extents.to_vec();
    dims[0] *= 2;
    let strides: Vec<usize> = (0..dims.len()).map(|a| dims[a + 1..].iter().product()).collect();
    let mut out = vec![0.0; x.len()];
    for (i, w) in w.iter().enumerate().filter(|(_, w)| **w != 0.0) {
        for j in 0..x.len() / lanes {
            let (mut at, mut sign) = (0, 1.0);
            for (a, n) in dims.iter().enumerate() {
                let k = i / strides[a] % n + j / strides[a] % n;
                sign = if a == 0 && k >= *n { -1.0 } else { sign };
                at += k % n * strides[a];
            }
            (0..lanes).for_each(|l| out[at * lanes + l] += sign * w * x[j * lanes + l]);
        }
    }
    out
}

#[test]
fn products_of_boxes() {
    let boxes: [&[usize]; 12] = [
        &[1],
        &[2],
        &[4],
        &[8],
        &[64],
        &[2, 4],
        &[1, 8],
        &[8, 16],
        &[2, 4, 8],
        &[1 << 14],
        &[2, 1 << 14],
        &[1 << 14, 2],
    ];
    for extents in boxes {
        let transform = Transform::new(extents);
        let n = transform.elements();
        let mut noise = 1u64;
        let mut next = || {
            noise = noise.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (noise >> 40) as f64 / (1u64 << 24) as f64 - 0.5
        };
        for lanes in [1, 3, 16] {
            let mut spare = vec![f64::NAN; spare_elements(extents) as usize];
            let mut weights = vec![0.0; 2 * n];
            (0..5.min(2 * n)).for_each(|i| weights[(i * 7919 + 3) % (2 * n)] = next());
            let x: Vec<f64> = (0..2 * n * lanes).map(|_| next()).collect();
            let want = slow(&x, &weights, extents, lanes);
            let mut spectrum: Vec<f64> = weights.iter().map(|w| w / n as f64).collect();
            transform.forward(&mut Planes::of(&mut spectrum, n), &mut spare);
            let mut got = x.clone();
            let mut planes = Planes::of(&mut got, n * lanes);
            transform.product((&spectrum[..n], &spectrum[n..]), lanes, &mut planes, &mut spare);
            let worst = got.iter().zip(&want).map(|(g, w)| (g - w).abs()).fold(0.0, f64::max);
            assert!(worst < 2e-15, "{extents:?} with {lanes} lanes is {worst:e} away");
        }
    }
}

#[test]
fn roots_are_exact_where_they_can_be() {
    assert_eq!([root(0, 1), root(1, 4), root(2, 4), root(3, 4)], [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]);
    for k in 0..64u64 {
        let ((c, s), angle) = (root(k, 64), std::f64::consts::TAU * k as f64 / 64.0);
        assert!((c - angle.cos()).abs() < 1e-15 && (s - angle.sin()).abs() < 1e-15, "{k}");
        assert!((c * c + s * s - 1.0).abs() < 5e-16, "{k}");
    }
}

#[test]
fn tables_keep_to_their_bound() {
    for extents in [&[LINE_MAX][..], &[1 << 18], &[512, 1024], &[1 << 14, 4], &[1]] {
        let transform = Transform::new(extents);
        let of = |s: &Step| {
            let between = s.between.as_ref().map_or(0, |b| b.low.len() + b.high.len());
            8 * s.line.factors.len() + 16 * (s.turns.len() + between) + size_of::<Step>()
        };
        let bytes: usize = transform.steps.iter().map(of).sum();
        assert!(bytes as u64 <= table_bytes(extents), "{extents:?}: {bytes} of {}", table_bytes(extents));
    }
}
