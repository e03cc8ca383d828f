//! Which categories of an interaction get columns, so that no column repeats what others say.
//!
//! A term `a:b` of categories spans `1 + a' + b' + a':b'`, where `'` leaves out the first level. Parts
//! that an earlier term spans are dropped, and the rest is put together again: `1 + a'` is `a` with
//! all levels. The rule of Chambers and Hastie (1992), section 2.4.1, in the order of patsy 1.0.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::terms::Term;

/// Most categories in one interaction.
pub(super) const MOST_CROSSED: usize = 8;

/// A block of columns: factors of categories, each with whether all its levels have a column.
pub(super) type Coding = Vec<(usize, bool)>;

/// A part of a term: which of its categories are in it, and which of these with all levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    present: u16,
    full: u16,
}

impl Piece {
    /// Whether this is `other` times one category more, which lacks its first level.
    fn can_absorb(self, other: Piece) -> bool {
        let more = self.present & !other.present;
        other.present & !self.present == 0
            && more.is_power_of_two()
            && self.full & more == 0
            && self.full & other.present == other.full
    }

    /// `a' : rest + rest` is `a : rest`.
    fn absorb(self, other: Piece) -> Piece {
        Piece {
            present: self.present,
            full: self.full | (self.present & !other.present),
        }
    }
}

/// The blocks of each term, in the order of the terms. Terms share what they span if they have the
/// same numeric factors; there, lower degrees come first. `None` for a term of too many categories.
pub(super) fn code(terms: &[Term], is_category: &[bool]) -> Vec<Option<Vec<Coding>>> {
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_by_key(|&t| terms[t].len());
    let mut coded = vec![None; terms.len()];
    let mut used = BTreeSet::new();
    for t in order {
        coded[t] = code_term(&terms[t], is_category, &mut used);
    }
    coded
}

fn code_term(
    term: &[usize],
    is_category: &[bool],
    used: &mut BTreeSet<(Vec<usize>, Vec<usize>)>,
) -> Option<Vec<Coding>> {
    let (categories, mut numbers): (Vec<usize>, Vec<usize>) =
        term.iter().partition(|&&f| is_category[f]);
    if categories.len() > MOST_CROSSED {
        return None;
    }
    numbers.sort_unstable();
    let mut pieces = subsets(categories.len());
    pieces.retain(|piece| used.insert((numbers.clone(), chosen(&categories, piece.present))));
    while simplify_once(&mut pieces) {}
    Some(pieces.iter().map(|p| spelled(&categories, *p)).collect())
}

/// All subsets of so many categories: small ones first, then by the first place that differs.
fn subsets(count: usize) -> Vec<Piece> {
    let mut masks: Vec<u16> = (0..1u16 << count).collect();
    masks.sort_by_key(|m| (m.count_ones(), Reverse(m.reverse_bits())));
    let piece = |present| Piece { present, full: 0 };
    masks.into_iter().map(piece).collect()
}

fn chosen(categories: &[usize], present: u16) -> Vec<usize> {
    let mut key: Vec<usize> = picked(categories, present).collect();
    key.sort_unstable();
    key
}

fn picked(categories: &[usize], present: u16) -> impl Iterator<Item = usize> {
    let chosen = move |k: &usize| present >> k & 1 == 1;
    (0..categories.len()).filter(chosen).map(|k| categories[k])
}

fn spelled(categories: &[usize], piece: Piece) -> Coding {
    (0..categories.len())
        .filter(|k| piece.present >> k & 1 == 1)
        .map(|k| (categories[k], piece.full >> k & 1 == 1))
        .collect()
}

/// Puts the first two pieces together that can be; whether there were any.
fn simplify_once(pieces: &mut Vec<Piece>) -> bool {
    for short in 0..pieces.len() {
        for long in short + 1..pieces.len() {
            if pieces[long].can_absorb(pieces[short]) {
                pieces[long] = pieces[long].absorb(pieces[short]);
                pieces.remove(short);
                return true;
            }
        }
    }
    false
}
