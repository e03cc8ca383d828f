//! Numbers by consumer and choice.

/// Numbers by consumer and choice, or by consumer, first choice and second choice, of one market.
///
/// Choices are the products in the order of the problem and the outside good behind them; pairs
/// stand row by row, first choice by first choice. Where every row is a multiple of one row, only
/// that row and the multiples are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Multiple of each consumer; empty when rows differ.
    by_consumer: Vec<f64>,
    /// One row, or all of them (consumers x cells).
    values: Vec<f64>,
    cells: usize,
}

/// Largest difference from a multiple, in units of rounding, at which rows count as multiples.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

impl Table {
    /// The product of a number of each consumer and a number of each cell.
    pub fn outer(by_consumer: Vec<f64>, by_cell: Vec<f64>) -> Self {
        Table {
            cells: by_cell.len(),
            by_consumer,
            values: by_cell,
        }
    }

    /// One number everywhere.
    pub fn constant(consumers: usize, cells: usize, value: f64) -> Self {
        Table::outer(vec![value; consumers], vec![1.0; cells])
    }

    /// Any numbers (consumers x cells, row-major); kept as a product where they are one, to rounding.
    pub fn new(consumers: usize, values: Vec<f64>) -> Self {
        let cells = values.len() / consumers.max(1);
        factors(&values, cells).map_or(
            Table {
                by_consumer: Vec::new(),
                values,
                cells,
            },
            |(by_consumer, by_cell)| Table::outer(by_consumer, by_cell),
        )
    }

    /// Number of cells in a row.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Number of consumers.
    pub fn consumers(&self) -> usize {
        if self.is_outer() {
            self.by_consumer.len()
        } else {
            self.values.len() / self.cells.max(1)
        }
    }

    /// Whether every row is a multiple of one row.
    pub fn is_outer(&self) -> bool {
        !self.by_consumer.is_empty()
    }

    /// The multiple and the row of a consumer: their product is what stands there.
    pub(super) fn row(&self, i: usize) -> (f64, &[f64]) {
        if self.is_outer() {
            return (self.by_consumer[i], &self.values);
        }
        (1.0, &self.values[i * self.cells..(i + 1) * self.cells])
    }

    /// One number.
    pub fn at(&self, i: usize, cell: usize) -> f64 {
        let (by, row) = self.row(i);
        by * row[cell]
    }

    /// All numbers, whatever they are kept as.
    pub(super) fn is_sound(&self, sound: impl Fn(f64) -> bool) -> bool {
        let all = self.by_consumer.iter().chain(&self.values);
        all.copied().all(f64::is_finite)
            && (0..self.consumers()).all(|i| (0..self.cells).all(|c| sound(self.at(i, c))))
    }

    /// Products of numbers of the same consumers and cells.
    pub(super) fn times(&self, other: &Table) -> Table {
        if self.is_outer() && other.is_outer() {
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect();
            return Table::outer(
                product(&self.by_consumer, &other.by_consumer),
                product(&self.values, &other.values),
            );
        }
        let mut values = Vec::with_capacity(self.consumers() * self.cells);
        for i in 0..self.consumers() {
            let ((a, x), (b, y)) = (self.row(i), other.row(i));
            values.extend(x.iter().zip(y).map(|(x, y)| (a * x) * (b * y)));
        }
        Table {
            by_consumer: Vec::new(),
            values,
            cells: self.cells,
        }
    }

    /// The same with zeros in some cells.
    pub(super) fn without(mut self, gone: impl Fn(usize) -> bool) -> Table {
        let cells = self.cells.max(1);
        for (at, v) in self.values.iter_mut().enumerate() {
            if gone(at % cells) {
                *v = 0.0;
            }
        }
        self
    }

    /// Whether a cell is zero for every consumer.
    pub(super) fn vanishes(&self, cell: usize) -> bool {
        self.values[cell..]
            .iter()
            .step_by(self.cells.max(1))
            .all(|v| *v == 0.0)
    }
}

/// Numbers as a product of a column and a row.
fn factors(values: &[f64], cells: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    if cells == 0 || values.is_empty() {
        return None;
    }
    let largest = |best: usize, (k, v): (usize, &f64)| {
        if v.abs() > values[best].abs() {
            k
        } else {
            best
        }
    };
    let at = values.iter().enumerate().fold(0, largest);
    let (row, column) = (at / cells, at % cells);
    let by_cell = values[row * cells..(row + 1) * cells].to_vec();
    let pivot = by_cell[column];
    if pivot == 0.0 || !pivot.is_finite() {
        let consumers = values.len() / cells;
        let nothing = values.iter().all(|v| *v == 0.0);
        return nothing.then(|| (vec![0.0; consumers], by_cell));
    }
    let by_consumer: Vec<f64> = values[column..]
        .iter()
        .step_by(cells)
        .map(|v| v / pivot)
        .collect();
    let alike = |(row, by): (&[f64], &f64)| {
        let each = row.iter().zip(&by_cell);
        each.into_iter()
            .all(|(v, b)| (v - by * b).abs() <= ROUNDING * v.abs())
    };
    let fits = values.chunks_exact(cells).zip(&by_consumer).all(alike);
    fits.then_some((by_consumer, by_cell))
}
