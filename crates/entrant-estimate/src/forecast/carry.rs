//! What is left over in the next market, drawn from how it changed before.

use std::ops::Range;

use entrant_numeric::random::Stream;

use super::{Chain, Left};

/// Changes that were seen in markets before the one that is predicted.
///
/// A product that stays keeps what it had, plus a change that all products of a market share, plus
/// one of its own. Shared changes are those of an earlier pair of markets, up as likely as down:
/// the forecast is centred at no change, and as wide as changes were. Changes of its own are those
/// of products of about its size, where sizes are given: what moves the demand for a cheap product
/// moves that for a dear one otherwise. A new product stands to the others as an earlier new product
/// did when it was new: one of its firm's where there are enough of them, else one of about its size.
#[derive(Debug, Clone, PartialEq)]
pub struct Carry {
    /// Mean change of the products that stay (pairs of markets).
    pub common: Vec<Left>,
    /// What changes of single products add to that, with the size of the product before, in order
    /// of it.
    pub own: Vec<(f64, Left)>,
    /// New products against the mean of those that stayed, with their size and firm, in order of it.
    pub fresh: Vec<(f64, u32, Left)>,
    /// Whether no new product had been seen before, and `fresh` are all products against the mean
    /// of their market.
    pub fresh_from_all: bool,
}

/// New products of a firm from which its next ones are drawn; of all firms where it had fewer.
const ENOUGH: usize = 10;
/// Products nearest in size of which one is drawn, and the part of all that they are at least.
const NEAREST: usize = 30;
const PART: usize = 5;

impl Carry {
    /// Changes in the first `markets` markets of the chain. Rows whose numbers are not finite are
    /// left out.
    ///
    /// `left` and `size` have one entry for each row of the table; sizes that are all the same, such
    /// as zeros, make all products alike.
    pub fn new(chain: &Chain, markets: usize, left: &[Left], size: &[f64]) -> Self {
        let mut carry = Carry {
            common: Vec::new(),
            own: Vec::new(),
            fresh: Vec::new(),
            fresh_from_all: false,
        };
        for t in 1..markets {
            carry.add(chain, t, left, size);
        }
        carry.fresh_from_all = carry.fresh.is_empty();
        for market in chain.rows[..markets]
            .iter()
            .filter(|_| carry.fresh_from_all)
        {
            let known: Vec<usize> = market
                .iter()
                .copied()
                .filter(|r| is_known(&left[*r]))
                .collect();
            let mean = mean(known.iter().map(|r| left[*r]));
            let of = |r: &usize| (size[*r], chain.firm[*r], minus(left[*r], mean));
            carry.fresh.extend(known.iter().map(of));
        }
        carry.own.sort_by(|a, b| a.0.total_cmp(&b.0));
        carry.fresh.sort_by(|a, b| a.0.total_cmp(&b.0));
        carry
    }

    fn add(&mut self, chain: &Chain, t: usize, left: &[Left], size: &[f64]) {
        let stayed: Vec<(usize, usize)> = chain
            .incumbents(t)
            .filter(|(r, b)| is_known(&left[*r]) && is_known(&left[*b]))
            .collect();
        if stayed.is_empty() {
            return;
        }
        let change = |(r, b): &(usize, usize)| minus(left[*r], left[*b]);
        let common = mean(stayed.iter().map(change));
        self.common.push(common);
        let own = |s: &(usize, usize)| (size[s.1], minus(change(s), common));
        self.own.extend(stayed.iter().map(own));
        let level = mean(stayed.iter().map(|(r, _)| left[*r]));
        let new = chain.entries(t).filter(|r| is_known(&left[*r]));
        self.fresh
            .extend(new.map(|r| (size[r], chain.firm[r], minus(left[r], level))));
    }

    /// What is left over of each product of market `t`, from what was left in market `t - 1`
    /// (products, in the order of the chain).
    ///
    /// # Panics
    /// If `t` is the first market.
    pub fn draw(
        &self,
        chain: &Chain,
        t: usize,
        (left, size): (&[Left], &[f64]),
        stream: &mut Stream,
    ) -> Vec<Left> {
        let kept = |row: &usize| chain.before[*row].map(|b| left[b]).filter(is_known);
        let rows = &chain.rows[t];
        let staying = rows.iter().filter_map(kept).count();
        let level = if staying > 0 {
            mean(rows.iter().filter_map(kept))
        } else {
            let last = chain.rows[t - 1].iter().map(|r| left[*r]);
            mean(last.filter(is_known))
        };
        let shared = self.shared(stream);
        let one = |row: &usize| match (kept(row), chain.before[*row]) {
            (Some(was), Some(b)) => {
                let all = self.own.len();
                let near = nearest(all, |k| self.own[k].0, size[b]);
                let pool: Vec<Left> = self.own[near].iter().map(|o| o.1).collect();
                plus(plus(was, shared), pick(&pool, stream))
            }
            _ => plus(
                plus(level, shared),
                self.new_product(chain.firm[*row], size[*row], stream),
            ),
        };
        rows.iter().map(one).collect()
    }

    fn shared(&self, stream: &mut Stream) -> Left {
        let change = pick(&self.common, stream);
        if stream.uniform() < 0.5 {
            change
        } else {
            change.map(|c| -c)
        }
    }

    fn new_product(&self, firm: u32, size: f64, stream: &mut Stream) -> Left {
        let of_firm: Vec<Left> = self
            .fresh
            .iter()
            .filter(|(_, f, _)| *f == firm)
            .map(|(_, _, v)| *v)
            .collect();
        if of_firm.len() >= ENOUGH {
            return pick(&of_firm, stream);
        }
        let near = nearest(self.fresh.len(), |k| self.fresh[k].0, size);
        let all: Vec<Left> = self.fresh[near].iter().map(|(_, _, v)| *v).collect();
        pick(&all, stream)
    }
}

/// The run of sorted sizes that are nearest to one; all where they are few or none is larger than
/// another.
fn nearest(count: usize, of: impl Fn(usize) -> f64, size: f64) -> Range<usize> {
    let wanted = NEAREST.max(count / PART);
    if count <= wanted || !size.is_finite() || of(0) >= of(count - 1) {
        return 0..count;
    }
    let mut run = 0..count;
    while run.len() > wanted {
        if size - of(run.start) > of(run.end - 1) - size {
            run.start += 1;
        } else {
            run.end -= 1;
        }
    }
    run
}

fn is_known(left: &Left) -> bool {
    left.iter().all(|v| v.is_finite())
}

fn plus(a: Left, b: Left) -> Left {
    [a[0] + b[0], a[1] + b[1]]
}

fn minus(a: Left, b: Left) -> Left {
    [a[0] - b[0], a[1] - b[1]]
}

fn mean(values: impl Iterator<Item = Left>) -> Left {
    let (sum, n) = values.fold(([0.0; 2], 0.0), |(sum, n), v| (plus(sum, v), n + 1.0));
    if n > 0.0 {
        sum.map(|s| s / n)
    } else {
        [0.0; 2]
    }
}

/// One of them, each as likely; zeros where there are none.
fn pick(all: &[Left], stream: &mut Stream) -> Left {
    let k = stream.below(all.len() as u64);
    let k = usize::try_from(k).unwrap_or(0);
    all.get(k).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two products that stay over three markets, and one that is new in each.
    fn three_markets() -> (Chain, Vec<Left>) {
        let names = ["a", "b", "a", "b", "c", "a", "b", "d"].map(String::from);
        let rows = vec![vec![0, 1], vec![2, 3, 4], vec![5, 6, 7]];
        let left = [1.0, 2.0, 1.5, 2.1, 5.0, f64::NAN, f64::NAN, f64::NAN];
        let left = left.iter().map(|v| [*v, 10.0 * v]).collect();
        (Chain::new(rows, &names, vec![0; 8]), left)
    }

    #[test]
    fn changes_are_split_into_shared_and_own() {
        let (chain, left) = three_markets();
        let carry = Carry::new(&chain, 2, &left, &[0.0; 8]);
        let near = |a: Left, b: Left| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-13;
        // a moves by .5, b by .1: .3 together, and .2 up and down; c is 5 - 1.8 above them.
        assert!(carry.common.len() == 1 && near(carry.common[0], [0.3, 3.0]));
        assert!(near(carry.own[0].1, [0.2, 2.0]) && near(carry.own[1].1, [-0.2, -2.0]));
        assert!(carry.fresh.len() == 1 && near(carry.fresh[0].2, [3.2, 32.0]));
        assert!(!carry.fresh_from_all);
    }

    #[test]
    fn a_draw_keeps_what_was_and_adds_one_change() {
        let (chain, left) = three_markets();
        let carry = Carry::new(&chain, 2, &left, &[0.0; 8]);
        for d in 0..64 {
            let drawn = carry.draw(
                &chain,
                2,
                (&left, &[0.0; 8]),
                &mut Stream::new(1, "carry", d),
            );
            // d is 3.2 above the mean of a and b before, and moves with the shared change.
            let shared = drawn[2][0] - 1.8 - 3.2;
            assert!((shared.abs() - 0.3).abs() < 1e-13);
            for (now, was) in drawn.iter().zip([1.5, 2.1]) {
                assert!(((now[0] - was - shared).abs() - 0.2).abs() < 1e-13);
                assert!((now[1] - 10.0 * now[0]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn without_earlier_changes_everything_stays() {
        let (chain, left) = three_markets();
        let carry = Carry::new(&chain, 1, &left, &[0.0; 8]);
        assert!(carry.fresh_from_all && carry.own.is_empty());
        let drawn = carry.draw(
            &chain,
            1,
            (&left, &[0.0; 8]),
            &mut Stream::new(1, "carry", 0),
        );
        assert_eq!(drawn[..2], [[1.0, 10.0], [2.0, 20.0]]);
    }

    #[test]
    fn changes_are_those_of_products_of_about_the_same_size() {
        let sizes: Vec<f64> = (0..100).map(f64::from).collect();
        let run = |size: f64| super::nearest(sizes.len(), |k| sizes[k], size);
        assert_eq!(run(-5.0), 0..30);
        // 65 is 14.8 away, 35 is 15.2.
        assert_eq!(run(50.2), 36..66);
        assert_eq!(run(400.0), 70..100);
        assert_eq!(run(f64::NAN), 0..100);
        assert_eq!(super::nearest(100, |_| 1.0, 1.0), 0..100);
        assert_eq!(super::nearest(20, |k| sizes[k], 1.0), 0..20);
    }
}
