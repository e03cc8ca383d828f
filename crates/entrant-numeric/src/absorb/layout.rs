//! Rows sorted by the effect with the most levels, so that its groups are runs of rows.

/// Codes in the order in which sweeps read them.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Number of rows.
    pub rows: usize,
    /// Place, in the order given, of the effect that is eliminated: the one with most levels.
    pub main: usize,
    /// Row as given of each sorted row.
    pub order: Vec<u32>,
    /// Sorted rows of main level `g` are `starts[g]..starts[g + 1]`.
    pub starts: Vec<usize>,
    /// Effects but the main one, in the order given.
    pub others: Vec<Other>,
    /// Levels of the other effects of each sorted row, row-major, counted through all of them.
    pub links: Vec<u32>,
    /// Rows at each level of the other effects.
    pub counts: Vec<f64>,
}

/// An effect that is not eliminated.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// Place in the order given.
    pub position: usize,
    /// Its levels are `first..first + levels` of those counted through all other effects.
    pub first: usize,
    /// Number of levels.
    pub levels: usize,
}

impl Layout {
    /// Sorts rows; errors as [`super::Effects::new`].
    pub fn new(codes: &[Vec<u32>]) -> Result<Self, String> {
        let levels = levels(codes)?;
        let rows = codes[0].len();
        let main = (0..codes.len()).fold(0, |m, d| if levels[d] > levels[m] { d } else { m });
        let starts = starts(&codes[main], levels[main]);
        let places = places(&codes[main], &starts);
        let mut order = vec![0; rows];
        for (row, place) in (0..).zip(&places) {
            order[*place as usize] = row;
        }
        let others = others(&levels, main);
        let mut links = vec![0; rows * others.len()];
        let mut counts = vec![0.0; others.iter().map(|o| o.levels).sum()];
        for (o, other) in others.iter().enumerate() {
            let first = u32::try_from(other.first).map_err(|_| "too many levels".to_owned())?;
            for (place, code) in places.iter().zip(&codes[other.position]) {
                let link = first.saturating_add(*code);
                links[*place as usize * others.len() + o] = link;
                counts[link as usize] += 1.0;
            }
        }
        Ok(Layout {
            rows,
            main,
            order,
            starts,
            others,
            links,
            counts,
        })
    }

    /// Up to `K` columns from `first` on of a row-major matrix, in sorted order; zero beyond.
    pub fn gather<const K: usize>(&self, columns: &[f64], k: usize, first: usize) -> Vec<[f64; K]> {
        let width = K.min(k - first);
        let lane = |row: &u32| {
            let values = &columns[*row as usize * k + first..][..width];
            // Arrays are moved in registers, slices by calls.
            values.try_into().unwrap_or_else(|_| padded(values))
        };
        self.order.iter().map(lane).collect()
    }

    /// Writes sorted lanes back to where [`Layout::gather`] took them from.
    pub fn scatter<const K: usize>(
        &self,
        sorted: &[[f64; K]],
        columns: &mut [f64],
        k: usize,
        first: usize,
    ) {
        let width = K.min(k - first);
        for (row, lane) in self.order.iter().zip(sorted) {
            let values = &mut columns[*row as usize * k + first..][..width];
            match <&mut [f64; K]>::try_from(&mut *values) {
                Ok(all) => *all = *lane,
                Err(_) => values.copy_from_slice(&lane[..width]),
            }
        }
    }

    /// Number of main levels.
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// Sorted rows of each main level that has some, with the level.
    pub fn runs(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> + '_ {
        (0..self.groups())
            .map(|g| (g, self.starts[g]..self.starts[g + 1]))
            .filter(|(_, run)| !run.is_empty())
    }

    /// Levels of the other effects of a sorted row.
    pub fn links_of(&self, row: usize) -> &[u32] {
        let q = self.others.len();
        &self.links[row * q..(row + 1) * q]
    }
}

/// Fewer values than lanes, zero beyond.
fn padded<const K: usize>(values: &[f64]) -> [f64; K] {
    let mut lane = [0.0; K];
    lane[..values.len()].copy_from_slice(values);
    lane
}

/// Number of levels of each effect, after the checks.
fn levels(codes: &[Vec<u32>]) -> Result<Vec<usize>, String> {
    let rows = codes.first().map_or(0, Vec::len);
    if rows == 0 {
        return Err("there is no effect to absorb, or no row".into());
    }
    if rows >= 1 << 31 {
        return Err(format!("{rows} rows are too many; fewer than 2^31 fit"));
    }
    let mut levels = Vec::with_capacity(codes.len());
    for (d, codes) in codes.iter().enumerate() {
        if codes.len() != rows {
            return Err(format!(
                "effect {d} has {} codes and effect 0 has {rows}; give every row one of each",
                codes.len()
            ));
        }
        let largest = codes.iter().fold(0, |m, c| m.max(*c)) as usize;
        if largest > 16 * rows + 1024 {
            return Err(format!(
                "effect {d} has a code of {largest} in {rows} rows; number its levels 0, 1, 2, ..."
            ));
        }
        levels.push(largest + 1);
    }
    Ok(levels)
}

fn others(levels: &[usize], main: usize) -> Vec<Other> {
    let mut first = 0;
    let mut others = Vec::new();
    for (position, levels) in levels.iter().enumerate().filter(|(d, _)| *d != main) {
        others.push(Other {
            position,
            first,
            levels: *levels,
        });
        first += levels;
    }
    others
}

/// Where each level starts in a counting sort, and where the last one ends.
fn starts(codes: &[u32], levels: usize) -> Vec<usize> {
    let mut starts = vec![0; levels + 1];
    for c in codes {
        starts[*c as usize + 1] += 1;
    }
    for g in 0..levels {
        starts[g + 1] += starts[g];
    }
    starts
}

/// Place of each row in a stable counting sort.
fn places(codes: &[u32], starts: &[usize]) -> Vec<u32> {
    let mut next: Vec<u32> = starts
        .iter()
        .map(|s| u32::try_from(*s).unwrap_or(u32::MAX))
        .collect();
    let place = |c: &u32| {
        let next = &mut next[*c as usize];
        *next += 1;
        *next - 1
    };
    codes.iter().map(place).collect()
}
