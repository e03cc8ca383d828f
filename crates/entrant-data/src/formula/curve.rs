//! A combination of columns of a design as a function of one of the numbers that they use.

use super::design::Design;
use super::expression::{Jet, Op, push_binary, push_unary};

/// A function of one number, with two derivatives: a sum of products of arithmetic in which all
/// other numbers are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    parts: Vec<Part>,
}

/// `scale` times an expression whose only column is the number.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    scale: f64,
    ops: Vec<Op>,
}

/// Memory of evaluations, used again by the next one.
#[derive(Debug, Clone, Default)]
pub struct Stack(Vec<Jet>);

impl Curve {
    /// The number itself times `slope`.
    pub fn line(slope: f64) -> Self {
        let ops = vec![Op::Column(0)];
        Curve {
            parts: vec![Part { scale: slope, ops }],
        }
    }

    /// Whether it is zero everywhere.
    pub fn is_zero(&self) -> bool {
        self.parts.iter().all(|p| p.scale == 0.0)
    }

    /// Adds `scale` times another function.
    pub fn add(&mut self, scale: f64, other: &Curve) {
        self.parts.extend(other.parts.iter().map(|p| Part {
            scale: scale * p.scale,
            ops: p.ops.clone(),
        }));
    }

    /// Value, first and second derivative at `x`; not finite where the function is not, such as the
    /// logarithm of a negative number.
    pub fn at(&self, x: f64, stack: &mut Stack) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for part in &self.parts {
            let jet = part.run(x, &mut stack.0);
            for (s, v) in sum.iter_mut().zip([jet.value, jet.first, jet.second]) {
                *s += part.scale * v;
            }
        }
        sum
    }
}

impl Part {
    fn run(&self, x: f64, stack: &mut Vec<Jet>) -> Jet {
        stack.clear();
        for op in &self.ops {
            match op {
                Op::Column(_) => stack.push(Jet::moving(x)),
                Op::Number(c) => stack.push(Jet::still(*c)),
                Op::Negate | Op::Log | Op::Exp => {
                    if let Some(top) = stack.pop() {
                        stack.push(top.unary(*op));
                    }
                }
                _ => {
                    if let (Some(above), Some(below)) = (stack.pop(), stack.pop()) {
                        stack.push(below.binary(*op, above));
                    }
                }
            }
        }
        stack.pop().unwrap_or(Jet::still(0.0))
    }
}

impl Design {
    /// The columns of one row that use the number `name`, each times its coefficient (columns), as a
    /// function of that number; everything else that the row's columns use stays as it is. Zero where no
    /// column uses it.
    ///
    /// # Panics
    /// If there is no such row, or fewer coefficients than columns.
    pub fn curve(&self, row: usize, name: &str, coefficients: &[f64]) -> Curve {
        let Some(place) = self.plan.place(name) else {
            return Curve::default();
        };
        let uses = self.plan.blocks.iter().filter(|b| b.uses.contains(&place));
        let part = |block: &super::plan::Block| {
            let column = block.column(&self.cells.levels, row)?;
            let mut ops = Vec::new();
            for (k, program) in block.numeric.iter().enumerate() {
                self.known(&self.plan.programs[*program].1, row, place, &mut ops);
                if k > 0 {
                    push_binary(&mut ops, Op::Multiply);
                }
            }
            let scale = coefficients[column];
            (scale != 0.0).then_some(Part { scale, ops })
        };
        Curve {
            parts: uses.filter_map(part).collect(),
        }
    }

    /// Appends an expression in which only the number at `place` is left open.
    fn known(&self, ops: &[Op], row: usize, place: usize, out: &mut Vec<Op>) {
        // Numbers are folded within this expression only: what stands before it is another factor.
        let mut own = Vec::with_capacity(ops.len());
        for op in ops {
            match *op {
                Op::Column(name) if name == place => own.push(Op::Column(0)),
                Op::Column(name) => own.push(Op::Number(self.cells.numbers[name][row])),
                Op::Number(c) => own.push(Op::Number(c)),
                Op::Negate | Op::Log | Op::Exp => push_unary(&mut own, *op),
                _ => push_binary(&mut own, *op),
            }
        }
        out.extend(own);
    }
}
