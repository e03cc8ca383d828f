//! Formulas of a study: their syntax, and the columns that they use.

use entrant_data::InputError;
use entrant_data::formula::Formula;
use entrant_data::spec::{BuiltInstruments, BuiltKind, EstimationStudy, PanelColumns};
use entrant_data::table::{Column, Table};

use super::cells::Cells;
use crate::problems::Problems;

/// A formula and where it stands.
#[derive(Debug)]
struct Used {
    path: String,
    text: String,
    formula: Formula,
    /// Columns that it must not use.
    banned: Vec<String>,
}

/// The formulas of a study that could be read.
#[derive(Debug, Default)]
pub(crate) struct Formulas {
    products: Vec<Used>,
    demographics: Option<Used>,
}

impl Formulas {
    /// Reads all formulas.
    pub(crate) fn parse(study: &EstimationStudy, problems: &mut Problems) -> Self {
        let columns = &study.data.columns;
        let demand = &study.estimate.demand;
        let share = vec![columns.share.clone()];
        let both = vec![columns.share.clone(), columns.price.clone()];
        let price = vec![columns.price.clone()];
        let mut read =
            |path: String, text: &str, banned: &[String]| one(path, text, banned, problems);
        let (mut products, mut mistakes) = (Vec::new(), Vec::new());
        products.extend(read(
            "estimate.demand.linear".into(),
            &demand.linear,
            &share,
        ));
        if let Some(random) = &demand.random {
            products.extend(read("estimate.demand.random".into(), random, &share));
        }
        if let Some(supply) = &study.estimate.supply {
            products.extend(read("estimate.supply.cost".into(), &supply.cost, &price));
        }
        for (path, b) in built(study) {
            let banned = if b.expected_price { &share } else { &both };
            products.extend(read(format!("{path}.of"), &b.of, banned));
            if b.interact && b.kind == BuiltKind::Sums {
                mistakes.push(interacted_sums(&path));
            }
        }
        let demographics = demand.demographics.as_deref();
        let demographics =
            demographics.and_then(|text| read("estimate.demand.demographics".into(), text, &[]));
        for mistake in mistakes {
            problems.push(mistake);
        }
        let whole = products.len();
        let formulas = Formulas {
            products,
            demographics,
        };
        if problems.is_empty() && whole > 0 {
            formulas.check_price(columns, problems);
        }
        formulas
    }
}

fn interacted_sums(path: &str) -> InputError {
    let message = "`interact` is of differences, and these are sums";
    InputError::at(format!("{path}.interact"), message)
        .value("true")
        .hint("leave it out, or ask for `local-differences` or `quadratic-differences`")
}

/// Built instruments, with their paths.
fn built(study: &EstimationStudy) -> Vec<(String, &BuiltInstruments)> {
    let demand = study.estimate.demand.built.as_slice();
    let supply = study.estimate.supply.as_ref();
    let supply = supply.map_or([].as_slice(), |s| s.built.as_slice());
    let both = [("demand", demand), ("supply", supply)];
    let listed = both.into_iter().flat_map(|(side, built)| {
        built
            .iter()
            .enumerate()
            .map(move |(i, b)| (format!("estimate.{side}.built[{i}]"), b))
    });
    listed.collect()
}

fn one(path: String, text: &str, banned: &[String], problems: &mut Problems) -> Option<Used> {
    match Formula::parse(text) {
        Ok(formula) => Some(Used {
            path,
            text: text.to_owned(),
            formula,
            banned: banned.to_vec(),
        }),
        Err(e) => {
            let mut mistake = InputError::at(path, e.message).value(text).hint(e.hint);
            mistake.span = Some((e.span.start, e.span.end));
            problems.push(mistake);
            None
        }
    }
}

impl Used {
    /// A mistake at the place of a column in the text.
    fn at(&self, column: &str, mut mistake: InputError) -> InputError {
        mistake.span = find_word(&self.text, column);
        mistake
    }
}

impl Formulas {
    /// Demand must depend on the price.
    fn check_price(&self, columns: &PanelColumns, problems: &mut Problems) {
        let of_demand = |u: &&Used| {
            ["estimate.demand.linear", "estimate.demand.random"].contains(&u.path.as_str())
        };
        let mut demand = self.products.iter().filter(of_demand);
        if !demand.any(|u| u.formula.columns().contains(&columns.price)) {
            let message = format!("the price, `{}`, is not in demand", columns.price);
            let hint = "put it into `linear`, `random` or both";
            problems.push(InputError::at("estimate.demand.linear", message).hint(hint));
        }
    }

    /// Number of columns that the formula at `path` gives on a table; `None` where it cannot be
    /// read off one row, because there are categories.
    pub(crate) fn width(&self, path: &str, table: &Table) -> Option<usize> {
        let mut all = self.products.iter().chain(&self.demographics);
        let used = all.find(|u| u.path == path)?;
        let first = |name: &String| match table.column(name)? {
            Column::Numbers(cells) => cells.first().map(|v| Column::Numbers(vec![*v])),
            Column::Text(_) => None,
        };
        let names = used.formula.columns();
        let columns: Option<Vec<Column>> = names.iter().map(first).collect();
        let row = Table {
            columns: columns.filter(|_| !used.text.contains("C("))?,
            lines: vec![1],
            file: String::new(),
            names,
        };
        used.formula.design(&row).ok().map(|d| d.columns())
    }

    /// Checks the columns that formulas use of the products table.
    pub(crate) fn check_products(&self, cells: &mut Cells<'_>) {
        for used in &self.products {
            check(used, &[], cells);
        }
    }

    /// Checks the columns that the formula of demographics uses of the consumers table, but for
    /// demographics that differ by product.
    pub(crate) fn check_consumers(&self, cells: &mut Cells<'_>) {
        if let Some(used) = &self.demographics {
            let differing = self.by_product(cells.table());
            check(used, &differing, cells);
        }
    }

    /// Demographics that stand in the table both once and by product.
    pub(crate) fn check_twice(&self, consumers: &Table, problems: &mut Problems) {
        if let Some(used) = &self.demographics {
            let both = |name: &String| {
                let first = consumers.column(&format!("{name}0"));
                first.is_some() && consumers.column(name).is_some()
            };
            for name in used.formula.columns().iter().filter(|n| both(n)) {
                let file = &consumers.file;
                let message =
                    format!("`{file}` has both `{name}` and `{name}0`: does it differ by product?");
                let mistake = InputError::at(&used.path, message).value(name);
                let mistake = mistake.hint("rename or leave out the columns that are not meant");
                problems.push(used.at(name, mistake));
            }
        }
    }

    /// Demographics that differ by product: names that are no column of the table, but with a
    /// number behind them are.
    pub(crate) fn by_product(&self, consumers: &Table) -> Vec<String> {
        let used = self.demographics.iter();
        let names = used.flat_map(|u| u.formula.columns());
        let differs = |name: &String| {
            consumers.column(name).is_none()
                && !super::cells::expand(consumers, &format!("{name}*")).is_empty()
        };
        names.filter(differs).collect()
    }
}

/// Checks the columns of a formula; `elsewhere` are checked by others.
fn check(used: &Used, elsewhere: &[String], cells: &mut Cells<'_>) {
    let columns = used.formula.columns();
    for column in columns.iter().filter(|c| !elsewhere.contains(c)) {
        if used.banned.contains(column) {
            let message = format!("`{column}` cannot be in this formula: it depends on demand");
            let mistake = InputError::at(&used.path, message).value(column);
            cells.push(used.at(column, mistake));
        } else if there(used, column, cells) {
            // Codes such as `007` are categories here, though they could be read as numbers.
            if used.text.contains(&format!("C({column})")) {
                cells.ids(column);
            } else {
                cells.numbers_or_ids(column);
            }
        }
    }
    for column in &used.formula.effect_columns() {
        if there(used, column, cells) {
            cells.ids(column);
        }
    }
}

fn there(used: &Used, column: &str, cells: &mut Cells<'_>) -> bool {
    let there = cells.table().column(column).is_some();
    if !there {
        let mistake = super::cells::unknown_column(cells.table(), &used.path, column);
        cells.push(used.at(column, mistake));
    }
    there
}

/// Where a name stands in a formula.
fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(word).find_map(|(at, _)| {
        let end = at + word.len();
        let before = text[..at].chars().next_back();
        let after = text[end..].chars().next();
        let whole = !before.is_some_and(part) && !after.is_some_and(part);
        whole.then_some((at, end))
    })
}

#[cfg(test)]
mod tests {
    use super::find_word;

    #[test]
    fn words_are_found_whole() {
        assert_eq!(find_word("xa + log(x) + x2", "x"), Some((9, 10)));
        assert_eq!(find_word("xa + x2", "x"), None);
        assert_eq!(find_word("x", "x"), Some((0, 1)));
    }
}
