//! Random streams that do not depend on threads: one stream per name and draw.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::vector::{exp, ln};

/// A stream of random numbers of its own for a seed, a name and a draw.
///
/// Adding an input, a market or a thread moves no other stream.
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// The stream of `name` in draw `draw` under `seed`.
    pub fn new(seed: u64, name: &str, draw: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ fnv1a(name.as_bytes()));
        rng.set_stream(draw);
        Stream { rng }
    }

    /// Uniform on the open interval (0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        ((self.rng.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// One of `0..n`, each exactly as likely (Lemire 2019); 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let unfair = n.wrapping_neg().checked_rem(n).unwrap_or(0);
        loop {
            let wide = u128::from(self.bits()) * u128::from(n);
            let low = u64::try_from(wide & u128::from(u64::MAX)).unwrap_or(0);
            if low >= unfair {
                return u64::try_from(wide >> 64).unwrap_or(0);
            }
        }
    }

    /// The numbers `0..n` in random order (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            let other = self.below(last as u64 + 1);
            order.swap(last, usize::try_from(other).unwrap_or(last));
        }
        order
    }

    /// Standard normal, by inversion.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Standard Gumbel (extreme value type 1), the shock of a logit.
    pub fn gumbel(&mut self) -> f64 {
        -ln(-ln(self.uniform()))
    }

    /// Gamma with this shape and scale one (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // Boost: G(a) = G(a + 1) U^(1/a).
            let u = self.uniform();
            return self.gamma(shape + 1.0) * exp(ln(u) / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && ln(self.uniform()) < 0.5 * x * x + d - d * v + d * ln(v) {
                return d * v;
            }
        }
    }

    /// Dirichlet with these positive parameters.
    pub fn dirichlet(&mut self, parameters: &[f64]) -> Vec<f64> {
        let g: Vec<f64> = parameters
            .iter()
            .map(|a| self.gamma(*a).max(1e-300))
            .collect();
        let total: f64 = g.iter().sum();
        g.iter().map(|x| x / total).collect()
    }
}

/// FNV-1a hash, 64 bits.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Quantile of the standard normal for `p` in (0, 1): Wichura 1988, algorithm AS 241 (PPND16),
/// about 1e-16 relative.
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE_NUMERATOR, &CENTRE_DENOMINATOR);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-ln(tail)).sqrt();
    let value = if r <= 5.0 {
        ratio(r - 1.6, &MIDDLE_NUMERATOR, &MIDDLE_DENOMINATOR)
    } else {
        ratio(r - 5.0, &TAIL_NUMERATOR, &TAIL_DENOMINATOR)
    };
    if q < 0.0 { -value } else { value }
}

fn ratio(r: f64, numerator: &[f64; 8], denominator: &[f64; 8]) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |acc, c| acc * r + c);
    horner(numerator) / horner(denominator)
}

const CENTRE_NUMERATOR: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_DENOMINATOR: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE_NUMERATOR: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const TAIL_NUMERATOR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const TAIL_DENOMINATOR: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_7e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantile_matches_published_values() {
        // R: qnorm(c(0.975, 0.25, 1e-10, 0.9))
        for (p, z) in [
            (0.975, 1.959_963_984_540_054),
            (0.25, -0.674_489_750_196_081_7),
            (1e-10, -6.361_340_902_404_056),
            (0.9, 1.281_551_565_544_600_4),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14, "p = {p}");
        }
    }

    #[test]
    fn streams_are_reproducible_and_apart() {
        let first = Stream::new(1, "a", 0).uniform();
        assert!(first.to_bits() == Stream::new(1, "a", 0).uniform().to_bits());
        assert!(first.to_bits() != Stream::new(1, "a", 1).uniform().to_bits());
        assert!(first.to_bits() != Stream::new(1, "b", 0).uniform().to_bits());
    }

    #[test]
    fn permutations_are_all_as_likely() {
        let mut s = Stream::new(3, "permutation", 0);
        let mut counts = [0.0; 27];
        for _ in 0..60_000 {
            let p = s.permutation(3);
            counts[p[0] * 9 + p[1] * 3 + p[2]] += 1.0;
        }
        let seen: Vec<f64> = counts.into_iter().filter(|c| *c > 0.0).collect();
        // Each is binomial with mean 10,000 and standard deviation 91; four and a half of them.
        assert!(seen.len() == 6 && seen.iter().all(|c| (c - 10_000.0).abs() < 411.0));
        assert!(s.permutation(0).is_empty() && s.below(0) == 0 && s.below(1) == 0);
        let large = 3 << 62;
        let low = (0..20_000).filter(|_| s.below(large) < 1 << 62).count();
        assert!((low as f64 - 20_000.0 / 3.0).abs() < 300.0, "{low}");
    }

    #[test]
    fn moments_of_gamma_and_dirichlet() {
        let mut s = Stream::new(7, "gamma", 0);
        for shape in [0.4, 2.5] {
            let draws: Vec<f64> = (0..40_000).map(|_| s.gamma(shape)).collect();
            let mean = draws.iter().sum::<f64>() / 40_000.0;
            // Standard error of the mean is sqrt(shape / n); four of them.
            assert!(
                (mean - shape).abs() < 4.0 * (shape / 40_000.0).sqrt(),
                "shape {shape}: mean {mean}"
            );
        }
        let p = s.dirichlet(&[2.0, 3.0, 5.0]);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-14 && p.iter().all(|x| *x > 0.0));
    }
}
