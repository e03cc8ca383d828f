//! Prices: of a size that can be computed with, not all the same, and none far from the rest.

use entrant_data::table::Table;
use entrant_data::{Finding, InputError};

use super::cells::numbers;
use crate::field::Field;
use crate::numbers::written;
use crate::problems::Problems;

/// Largest price whose square is a number with room to spare.
const LARGEST: f64 = 1e150;
/// A price is odd from this many times the median on, and when it is as much smaller.
const FAR: f64 = 1e6;

/// Checks the price column.
pub(crate) fn check(table: &Table, name: &str, may_be_negative: bool, problems: &mut Problems) {
    let Some(field) = Field::find(table, name) else {
        return;
    };
    let prices = numbers(table, name);
    for (row, price) in prices.iter().enumerate() {
        if let Some((message, hint)) = odd(*price, may_be_negative) {
            problems.push(field.mistake(row, &message).hint(hint));
        }
    }
    if let Some(first) = prices.first()
        && prices.iter().all(|p| p.to_bits() == first.to_bits())
    {
        problems.push(constant(table, name, *first));
    }
}

fn odd(price: f64, may_be_negative: bool) -> Option<(String, &'static str)> {
    let shown = || written(price);
    if price <= 0.0 && !may_be_negative {
        let hint = "say `negative_prices = true` under `[data]` if the product is subsidised";
        Some((format!("is {}, must be above 0", shown()), hint))
    } else if price.abs() > LARGEST {
        let message = format!("is {}, too large: its square is no number", shown());
        Some((message, "give prices in a larger unit of currency"))
    } else {
        None
    }
}

fn constant(table: &Table, name: &str, price: f64) -> InputError {
    let shown = written(price);
    let message = format!("`{name}` is {shown} in every row: alpha is not identified");
    InputError::at(format!("column {name}"), message)
        .in_file(table.file.clone(), Some(1))
        .value(shown)
        .hint("an effect of prices can be told only where prices differ")
}

/// An error when some price is a million times the median, a warning when one is a millionth of
/// it, or that none is.
pub(crate) fn finding(table: &Table, name: &str, markets: usize) -> Finding {
    let odd = far(table, name).or_else(|| near_nothing(table, name));
    odd.unwrap_or_else(|| {
        let message = format!(
            "{} products in {markets} market(s), no price more than {} times the median",
            table.rows(),
            written(FAR),
        );
        Finding::ok("prices", message)
    })
}

fn far(table: &Table, name: &str) -> Option<Finding> {
    let sizes: Vec<f64> = numbers(table, name).iter().map(|p| p.abs()).collect();
    let median = median(&sizes)?;
    let is_far = |size: &f64| median > 0.0 && *size > FAR * median;
    let count = sizes.iter().filter(|s| is_far(s)).count();
    let row = sizes.iter().position(is_far)?;
    let message = format!(
        "`{name}` is {} in line {} of `{}`, {} times the median of {}; {count} of {} prices are more than {} times the median",
        written(sizes[row]),
        table.lines[row],
        table.file,
        written((sizes[row] / median).round()),
        written(median),
        sizes.len(),
        written(FAR),
    );
    let advice = "check the unit of these prices: one such price decides the whole estimate";
    Some(Finding::error("prices", message, advice))
}

fn near_nothing(table: &Table, name: &str) -> Option<Finding> {
    let sizes: Vec<f64> = numbers(table, name).iter().map(|p| p.abs()).collect();
    let median = median(&sizes)?;
    let row = sizes.iter().position(|size| FAR * size < median)?;
    let message = format!(
        "`{name}` is {} in line {} of `{}`, next to nothing beside the median of {}",
        written(sizes[row]),
        table.lines[row],
        table.file,
        written(median),
    );
    let advice = "check the unit of this price, and whether it stands for one that is not known";
    Some(Finding::warning("prices", message, advice))
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    let middle = values.len().checked_sub(1)? / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

#[cfg(test)]
mod tests {
    use entrant_data::table::Column;

    use super::*;

    fn table(prices: &[f64]) -> Table {
        Table {
            file: "t.csv".into(),
            names: vec!["p".into()],
            columns: vec![Column::Numbers(prices.to_vec())],
            lines: (2..prices.len() + 2).collect(),
        }
    }

    #[test]
    fn only_prices_far_from_the_median_are_odd() {
        assert!(far(&table(&[1.0, 2.0, 3.0, 1e6]), "p").is_none());
        let found = far(&table(&[1.0, 1e8, 3.0, -4.0]), "p").expect("far");
        assert!(found.message.contains("100000000"), "{}", found.message);
        assert!(found.message.contains("line 3"), "{}", found.message);
        assert!(far(&table(&[]), "p").is_none());
        assert!(near_nothing(&table(&[1.0, 2.0, 3.0, 3e-6]), "p").is_none());
        let found = near_nothing(&table(&[1.0, 1e-9, 3.0, 4.0]), "p").expect("near nothing");
        assert!(found.message.contains("line 3"), "{}", found.message);
    }
}
