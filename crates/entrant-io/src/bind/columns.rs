//! Which column of the products table is what.

use entrant_data::InputError;
use entrant_data::spec::{ColumnSpec, Study};
use entrant_data::table::Table;

use crate::field::{Field, missing};
use crate::problems::Problems;

/// Where the shares come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    Units,
    Share,
    Mix,
}

impl Basis {
    /// Name of the column by default.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Basis::Units => "units",
            Basis::Share => "share",
            Basis::Mix => "mix",
        }
    }
}

/// The columns of the products table that the study uses.
#[derive(Debug)]
pub(crate) struct ProductColumns<'a> {
    pub(crate) table: &'a Table,
    pub(crate) market: Option<Field<'a>>,
    pub(crate) product: Field<'a>,
    pub(crate) firm: Field<'a>,
    pub(crate) brand: Option<Field<'a>>,
    pub(crate) price: Field<'a>,
    pub(crate) basis: Basis,
    pub(crate) amount: Field<'a>,
    pub(crate) segments: Option<Field<'a>>,
    pub(crate) aware: Option<Field<'a>>,
    pub(crate) mark: Option<Field<'a>>,
    pub(crate) source: Option<Field<'a>>,
    pub(crate) characteristics: Vec<Option<Field<'a>>>,
    pub(crate) labels: Vec<(&'a str, Option<Field<'a>>)>,
}

impl<'a> ProductColumns<'a> {
    /// Finds all columns; `None` when one is missing without which no row can be read.
    pub(crate) fn resolve(
        study: &'a Study,
        table: &'a Table,
        problems: &mut Problems,
    ) -> Option<Self> {
        let c = &study.data.columns;
        let default = ColumnSpec::default();
        let mut optional = |name: &'a str, own: &str| optional(table, name, own, problems);
        let market = optional(&c.market, &default.market);
        let brand = optional(&c.brand, &default.brand);
        let segments = optional(&c.segments, &default.segments);
        let aware = optional(&c.aware, &default.aware);
        let mark = optional(&c.mark, &default.mark);
        let source = optional(&c.source, &default.source);
        if market.is_none() && study.market.len() > 1 {
            problems.push(missing(table, &c.market));
        }
        let mut need = |name: &'a str| problems.keep(Field::need(table, name));
        let (product, firm, price) = (need(&c.product), need(&c.firm), need(&c.price));
        let names = study.data.characteristics.iter();
        let characteristics = names.map(|name| need(name)).collect();
        let labels = labels(study, table, problems);
        let amount = problems.keep(amount(c, table));
        let (basis, amount) = amount?;
        Some(ProductColumns {
            table,
            market,
            product: product?,
            firm: firm?,
            brand,
            price: price?,
            basis,
            amount,
            segments,
            aware,
            mark,
            source,
            characteristics,
            labels,
        })
    }
}

/// A column that may be missing, unless the study names it.
fn optional<'a>(
    table: &'a Table,
    name: &'a str,
    default: &str,
    problems: &mut Problems,
) -> Option<Field<'a>> {
    let field = Field::find(table, name);
    if field.is_none() && name != default {
        problems.push(missing(table, name));
    }
    field
}

/// Exactly one of units, share and mix: the one that the study names, or the one that is there.
fn amount<'a>(c: &'a ColumnSpec, table: &'a Table) -> Result<(Basis, Field<'a>), InputError> {
    let all = [
        (Basis::Units, c.units.as_str()),
        (Basis::Share, c.share.as_str()),
        (Basis::Mix, c.mix.as_str()),
    ];
    let named: Vec<_> = all.iter().filter(|(b, n)| b.word() != *n).collect();
    let there: Vec<_> = all
        .iter()
        .filter(|(_, n)| table.column(n).is_some())
        .collect();
    match (named.as_slice(), there.as_slice()) {
        ([(basis, name)], _) | (_, [(basis, name)]) => Ok((*basis, Field::need(table, name)?)),
        (_, []) => Err(missing(table, &c.units)
            .hint("give each product its `units`, its `share` of potential buyers, or its `mix` within its brand")),
        (_, several) => Err(several_amounts(table, several)),
    }
}

fn several_amounts(table: &Table, several: &[&(Basis, &str)]) -> InputError {
    let names: Vec<String> = several.iter().map(|(_, n)| format!("`{n}`")).collect();
    let message = format!(
        "there are columns {}, but only one may be there",
        names.join(" and ")
    );
    InputError::at("", message)
        .in_file(table.file.clone(), Some(1))
        .hint("keep the one that was observed, or rename it and name it in `[data.columns]`")
}

/// Columns whose text demand uses: nests and loyalty groups. A missing `brand` column is the
/// firm, here as everywhere.
fn labels<'a>(
    study: &'a Study,
    table: &'a Table,
    problems: &mut Problems,
) -> Vec<(&'a str, Option<Field<'a>>)> {
    let mut found = Vec::new();
    for name in label_columns(study) {
        let field = Field::find(table, name);
        if field.is_some() || name == study.data.columns.brand {
            found.push((name, field));
        } else {
            problems.push(missing(table, name));
        }
    }
    found
}

/// Names of the text columns that demand uses, each once.
pub(crate) fn label_columns(study: &Study) -> Vec<&str> {
    let nest = study.demand.nest.as_ref().map(|n| n.column.as_str());
    let loyalty = study.demand.loyalty.as_ref().map(|l| l.column.as_str());
    let nest = nest.filter(|n| *n != "all");
    let loyalty = loyalty.filter(|l| Some(*l) != nest);
    nest.into_iter().chain(loyalty).collect()
}
