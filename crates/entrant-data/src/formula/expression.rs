//! Arithmetic of columns in postfix order, and its value with two derivatives.
//!
//! Every operation carries value, first and second derivative forward by its own rule (second-order
//! forward differentiation: Griewank and Walther 2008, "Evaluating Derivatives", chapter 13), for a
//! block of rows at a time. Nothing is differenced, and the cost grows with the length of the text.

use std::ops::Range;

/// Rows that are computed together.
pub(super) const BLOCK: usize = 256;

/// One step of a postfix expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op {
    /// Pushes a column, by its place among the names of the formula.
    Column(usize),
    /// Pushes a number.
    Number(f64),
    Negate,
    Log,
    Exp,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// Appends an operation of two operands; of two numbers it leaves their result.
pub(super) fn push_binary(ops: &mut Vec<Op>, op: Op) {
    let Some(&[Op::Number(a), Op::Number(b)]) = ops.last_chunk::<2>() else {
        ops.push(op);
        return;
    };
    ops.truncate(ops.len() - 2);
    ops.push(Op::Number(match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        _ => power(a, b),
    }));
}

/// Appends an operation of one operand; of a number it leaves its result.
pub(super) fn push_unary(ops: &mut Vec<Op>, op: Op) {
    let Some(&Op::Number(a)) = ops.last() else {
        ops.push(op);
        return;
    };
    ops.pop();
    ops.push(Op::Number(match op {
        Op::Negate => -a,
        Op::Log => a.ln(),
        _ => a.exp(),
    }));
}

/// `u^c`, exact where the exponent is common.
fn power(u: f64, c: f64) -> f64 {
    match c {
        2.0 => u * u,
        1.0 => u,
        -1.0 => 1.0 / u,
        0.5 => u.sqrt(),
        _ => u.powf(c),
    }
}

/// `a * b`, and 0 where either is, whatever the other: a rule's term that is absent stays absent.
fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

/// Value, first and second derivative of a block of rows.
#[derive(Debug, Clone)]
pub(super) struct Jets {
    pub value: [f64; BLOCK],
    pub first: [f64; BLOCK],
    pub second: [f64; BLOCK],
}

impl Jets {
    /// The same number in every row.
    pub fn constant(c: f64) -> Self {
        Jets {
            value: [c; BLOCK],
            first: [0.0; BLOCK],
            second: [0.0; BLOCK],
        }
    }

    fn at(&self, r: usize) -> Jet {
        Jet {
            value: self.value[r],
            first: self.first[r],
            second: self.second[r],
        }
    }

    fn set(&mut self, r: usize, jet: Jet) {
        self.value[r] = jet.value;
        self.first[r] = jet.first;
        self.second[r] = jet.second;
    }

    /// Multiplies by another block: values alone where `order` is 0.
    pub fn multiply(&mut self, other: &Jets, order: usize, rows: usize) {
        binary(Op::Multiply, self, other, order, rows);
    }

    /// Takes the values of another block, and its derivatives where `order` is above 0.
    pub fn copy(&mut self, other: &Jets, order: usize) {
        self.value = other.value;
        if order > 0 {
            self.first = other.first;
            self.second = other.second;
        }
    }

    /// Value or derivative, by its order.
    pub fn of_order(&self, order: usize) -> &[f64; BLOCK] {
        match order {
            0 => &self.value,
            1 => &self.first,
            _ => &self.second,
        }
    }
}

/// A number with two derivatives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jet {
    pub value: f64,
    pub first: f64,
    pub second: f64,
}

impl Jet {
    /// The number that moves.
    pub fn moving(value: f64) -> Self {
        Jet {
            value,
            first: 1.0,
            second: 0.0,
        }
    }

    /// A number that does not.
    pub fn still(value: f64) -> Self {
        Jet {
            value,
            first: 0.0,
            second: 0.0,
        }
    }

    /// An operation of one operand.
    pub fn unary(self, op: Op) -> Self {
        match op {
            Op::Negate => Jet {
                value: -self.value,
                first: -self.first,
                second: -self.second,
            },
            Op::Log => self.log(),
            _ => self.exp(),
        }
    }

    /// An operation of two operands.
    pub fn binary(self, op: Op, v: Self) -> Self {
        let (u, sign) = (self, if op == Op::Subtract { -1.0 } else { 1.0 });
        match op {
            Op::Add | Op::Subtract => Jet {
                value: u.value + sign * v.value,
                first: u.first + sign * v.first,
                second: u.second + sign * v.second,
            },
            Op::Multiply => u.multiply(v),
            Op::Divide => u.divide(v),
            _ => u.power(v),
        }
    }

    fn multiply(self, v: Jet) -> Jet {
        let u = self;
        Jet {
            value: u.value * v.value,
            first: u.first * v.value + u.value * v.first,
            second: u.second * v.value + 2.0 * u.first * v.first + u.value * v.second,
        }
    }

    fn divide(self, v: Jet) -> Jet {
        let value = self.value / v.value;
        let first = (self.first - value * v.first) / v.value;
        let second = (self.second - 2.0 * first * v.first - value * v.second) / v.value;
        Jet {
            value,
            first,
            second,
        }
    }

    fn log(self) -> Jet {
        let first = self.first / self.value;
        Jet {
            value: self.value.ln(),
            first,
            second: self.second / self.value - first * first,
        }
    }

    fn exp(self) -> Jet {
        let value = self.value.exp();
        Jet {
            value,
            first: times(value, self.first),
            second: times(value, self.second + self.first * self.first),
        }
    }

    fn power(self, c: Jet) -> Jet {
        if c.first == 0.0 && c.second == 0.0 {
            self.constant_power(c.value)
        } else {
            self.moving_power(c)
        }
    }

    /// `u^c` with an exponent that does not move.
    fn constant_power(self, c: f64) -> Jet {
        let slope = times(c, power(self.value, c - 1.0));
        let bend = times(c * (c - 1.0), power(self.value, c - 2.0));
        Jet {
            value: power(self.value, c),
            first: times(slope, self.first),
            second: times(bend, self.first * self.first) + times(slope, self.second),
        }
    }

    /// `u^w = exp(w log u)`, whose derivative needs `u > 0`.
    fn moving_power(self, w: Jet) -> Jet {
        let exponent = w.multiply(self.log());
        let value = power(self.value, w.value);
        Jet {
            value,
            first: times(value, exponent.first),
            second: times(value, exponent.second + exponent.first * exponent.first),
        }
    }
}

/// Evaluates expressions block by block, and keeps its memory in between.
#[derive(Debug, Default)]
pub(super) struct Machine {
    stack: Vec<Jets>,
}

impl Machine {
    /// Value of an expression at these rows, with derivatives with respect to column `moving` where
    /// `order` is above 0. `columns` are the numbers of each name; unused ones may be empty.
    pub fn run(
        &mut self,
        ops: &[Op],
        columns: &[Vec<f64>],
        rows: &Range<usize>,
        moving: Option<usize>,
        order: usize,
    ) -> &Jets {
        let mut top = 0;
        for &op in ops {
            match op {
                Op::Column(name) => {
                    let cells = &columns[name][rows.clone()];
                    self.load(top, cells, moving == Some(name));
                    top += 1;
                }
                Op::Number(c) => {
                    *self.slot(top) = Jets::constant(c);
                    top += 1;
                }
                Op::Negate | Op::Log | Op::Exp => {
                    unary(op, &mut self.stack[top - 1], order, rows.len());
                }
                _ => {
                    let (below, above) = self.stack.split_at_mut(top - 1);
                    binary(op, &mut below[top - 2], &above[0], order, rows.len());
                    top -= 1;
                }
            }
        }
        &self.stack[0]
    }

    fn slot(&mut self, at: usize) -> &mut Jets {
        if self.stack.len() == at {
            self.stack.push(Jets::constant(0.0));
        }
        &mut self.stack[at]
    }

    fn load(&mut self, at: usize, cells: &[f64], moves: bool) {
        let slot = self.slot(at);
        slot.value[..cells.len()].copy_from_slice(cells);
        slot.first.fill(f64::from(u8::from(moves)));
        slot.second.fill(0.0);
    }
}

fn unary(op: Op, a: &mut Jets, order: usize, rows: usize) {
    if op == Op::Negate {
        for plane in [&mut a.value, &mut a.first, &mut a.second] {
            plane[..rows].iter_mut().for_each(|x| *x = -*x);
        }
        return;
    }
    if order == 0 {
        let rule = if op == Op::Log { f64::ln } else { f64::exp };
        a.value[..rows].iter_mut().for_each(|x| *x = rule(*x));
        return;
    }
    for r in 0..rows {
        a.set(r, a.at(r).unary(op));
    }
}

fn binary(op: Op, a: &mut Jets, b: &Jets, order: usize, rows: usize) {
    if order == 0 {
        values(op, &mut a.value[..rows], &b.value[..rows]);
        return;
    }
    if op == Op::Add || op == Op::Subtract {
        values(op, &mut a.value[..rows], &b.value[..rows]);
        values(op, &mut a.first[..rows], &b.first[..rows]);
        values(op, &mut a.second[..rows], &b.second[..rows]);
        return;
    }
    for r in 0..rows {
        a.set(r, a.at(r).binary(op, b.at(r)));
    }
}

fn values(op: Op, a: &mut [f64], b: &[f64]) {
    let pairs = a.iter_mut().zip(b);
    match op {
        Op::Add => pairs.for_each(|(x, y)| *x += y),
        Op::Subtract => pairs.for_each(|(x, y)| *x -= y),
        Op::Multiply => pairs.for_each(|(x, y)| *x *= y),
        Op::Divide => pairs.for_each(|(x, y)| *x /= y),
        _ => pairs.for_each(|(x, y)| *x = power(*x, *y)),
    }
}
