//! Forward differentiation, so that test problems are written once.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::optimize::Evaluation;

/// Largest number of unknowns in the test problems.
const UNKNOWNS: usize = 12;

/// A value with its derivatives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dual {
    pub value: f64,
    slope: [f64; UNKNOWNS],
}

impl From<f64> for Dual {
    fn from(value: f64) -> Dual {
        Dual {
            value,
            slope: [0.0; UNKNOWNS],
        }
    }
}

impl Dual {
    fn chain(self, value: f64, derivative: f64) -> Dual {
        Dual {
            value,
            slope: self
                .slope
                .map(|s| if s == 0.0 { 0.0 } else { s * derivative }),
        }
    }

    pub fn exp(self) -> Dual {
        let e = self.value.exp();
        self.chain(e, e)
    }

    pub fn ln(self) -> Dual {
        self.chain(self.value.ln(), 1.0 / self.value)
    }

    pub fn atan(self) -> Dual {
        self.chain(self.value.atan(), 1.0 / (1.0 + self.value * self.value))
    }

    pub fn sin(self) -> Dual {
        self.chain(self.value.sin(), self.value.cos())
    }

    pub fn cos(self) -> Dual {
        self.chain(self.value.cos(), -self.value.sin())
    }

    pub fn powf(self, power: f64) -> Dual {
        let slope = power * self.value.powf(power - 1.0);
        self.chain(self.value.powf(power), slope)
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        self.chain(-self.value, -1.0)
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(self, other: Dual) -> Dual {
        Dual {
            value: self.value + other.value,
            slope: std::array::from_fn(|i| self.slope[i] + other.slope[i]),
        }
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        self + -other
    }
}

impl Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        let value = self.value * other.value;
        let (left, right) = (self.chain(value, other.value), other.chain(0.0, self.value));
        left + right
    }
}

impl Div for Dual {
    type Output = Dual;
    fn div(self, other: Dual) -> Dual {
        let inverse = 1.0 / other.value;
        self * other.chain(inverse, -inverse * inverse)
    }
}

impl Add<f64> for Dual {
    type Output = Dual;
    fn add(self, other: f64) -> Dual {
        self.chain(self.value + other, 1.0)
    }
}

impl Sub<f64> for Dual {
    type Output = Dual;
    fn sub(self, other: f64) -> Dual {
        self + -other
    }
}

impl Mul<f64> for Dual {
    type Output = Dual;
    fn mul(self, other: f64) -> Dual {
        self.chain(self.value * other, other)
    }
}

impl Div<f64> for Dual {
    type Output = Dual;
    fn div(self, other: f64) -> Dual {
        self * (1.0 / other)
    }
}

/// The point as values that know they are the unknowns.
pub(super) fn unknowns(x: &[f64]) -> Vec<Dual> {
    let unknown = |(i, value): (usize, &f64)| Dual {
        value: *value,
        slope: std::array::from_fn(|k| f64::from(u8::from(i == k))),
    };
    x.iter().enumerate().map(unknown).collect()
}

/// Residuals with their derivatives by `n` unknowns.
pub(super) fn evaluation(residuals: &[Dual], n: usize) -> Evaluation {
    Evaluation {
        residual: residuals.iter().map(|r| r.value).collect(),
        jacobian: residuals
            .iter()
            .flat_map(|r| r.slope[..n].to_vec())
            .collect(),
    }
}
