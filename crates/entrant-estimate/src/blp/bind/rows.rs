//! Which rows form which market, in which order, under which firm and nest.

use std::ops::Range;

use entrant_data::InputError;
use entrant_data::spec::{ConductKind, ErrorStructure, EstimateSupply};

use super::{Source, codes, column, numbers};

/// Rows of the problem: markets next to each other, within a market by nest and firm.
#[derive(Debug)]
pub(in crate::blp) struct Rows {
    /// Row of the table behind each row.
    pub(in crate::blp) order: Vec<usize>,
    pub(super) share: Vec<f64>,
    pub(super) price: Vec<f64>,
    pub(in crate::blp) markets: Vec<MarketRows>,
    /// Labels of the nests; empty without.
    pub(super) nest_names: Vec<String>,
    /// Nest of each row; empty without nests.
    pub(super) nest: Vec<usize>,
    pub(super) clusters: Vec<Vec<u32>>,
    /// Firm of each row, over all markets; empty without firms.
    pub(super) firm: Vec<u32>,
}

/// One market.
#[derive(Debug)]
pub(in crate::blp) struct MarketRows {
    pub(super) id: String,
    pub(in crate::blp) rows: Range<usize>,
    pub(super) nests: Vec<Range<usize>>,
    pub(super) nest_group: Vec<usize>,
    pub(in crate::blp) firm: Vec<usize>,
    pub(super) firms: usize,
    pub(super) firm_names: Vec<String>,
    pub(super) conduct: Vec<f64>,
    pub(super) separate: bool,
}

impl Rows {
    pub(super) fn new(source: &Source<'_>) -> Result<Rows, Vec<InputError>> {
        let (table, columns) = (source.products, source.columns);
        if table.rows() == 0 {
            return Err(vec![InputError::at(
                "data.products",
                format!("`{}` has 0 rows", table.file),
            )]);
        }
        let one = |e: InputError| vec![e];
        let market = column(table, &columns.market, "data.columns.market").map_err(one)?;
        let (market, market_names) = codes(market);
        let share = numbers(table, &columns.share, "data.columns.share").map_err(one)?;
        let price = numbers(table, &columns.price, "data.columns.price").map_err(one)?;
        let nests = nests(source).map_err(one)?;
        let firms = firms(source).map_err(one)?;
        let mut order: Vec<usize> = (0..table.rows()).collect();
        let nest_of = |r: usize| nests.as_ref().map_or(0, |(codes, _)| codes[r]);
        let firm_of = |r: usize| firms.as_ref().map_or(0, |(codes, _)| codes[r]);
        order.sort_by_key(|r| (market[*r], nest_of(*r), firm_of(*r)));
        let pick = |v: &[f64]| order.iter().map(|r| v[*r]).collect::<Vec<f64>>();
        let clusters = clusters(source, &order).map_err(one)?;
        let mut rows = Rows {
            share: pick(share),
            price: pick(price),
            markets: Vec::new(),
            nest: nests.as_ref().map_or(Vec::new(), |(c, _)| {
                order.iter().map(|r| c[*r] as usize).collect()
            }),
            firm: firms
                .as_ref()
                .map_or(Vec::new(), |(c, _)| order.iter().map(|r| c[*r]).collect()),
            nest_names: nests.map_or(Vec::new(), |(_, labels)| labels),
            clusters,
            order,
        };
        let firm_names = firms.map_or(Vec::new(), |(_, labels)| labels);
        let mut begin = 0;
        while begin < rows.order.len() {
            let code = market[rows.order[begin]];
            let end = begin
                + rows.order[begin..]
                    .iter()
                    .take_while(|r| market[**r] == code)
                    .count();
            let id = market_names[code as usize].clone();
            let next = rows.market(id, begin..end, source.spec.supply.as_ref(), &firm_names);
            rows.markets.push(next);
            begin = end;
        }
        Ok(rows)
    }

    fn market(
        &self,
        id: String,
        rows: Range<usize>,
        supply: Option<&EstimateSupply>,
        firm_names: &[String],
    ) -> MarketRows {
        let (nests, nest_group) = runs(&self.nest, &rows);
        let (firm, names) = self.firms_of(&rows, supply, firm_names);
        let firms = names.len();
        let conduct = conduct(&id, &names, supply);
        let off = |(at, w): (usize, &f64)| at % (firms + 1) == 0 || *w == 0.0;
        MarketRows {
            separate: conduct.iter().enumerate().all(off),
            nests,
            nest_group,
            firm,
            firms,
            firm_names: names,
            conduct,
            id,
            rows,
        }
    }

    /// Who sets each price: its firm, or each product by itself.
    fn firms_of(
        &self,
        rows: &Range<usize>,
        supply: Option<&EstimateSupply>,
        firm_names: &[String],
    ) -> (Vec<usize>, Vec<String>) {
        let alone = supply.is_some_and(|s| s.conduct == ConductKind::SingleProduct);
        if self.firm.is_empty() || alone {
            let names = rows.clone().map(|r| format!("row {}", r + 1)).collect();
            return ((0..rows.len()).collect(), names);
        }
        let mut here: Vec<u32> = Vec::new();
        let mut number = |code: u32| {
            here.iter().position(|h| *h == code).unwrap_or_else(|| {
                here.push(code);
                here.len() - 1
            })
        };
        let firm = rows.clone().map(|r| number(self.firm[r])).collect();
        (
            firm,
            here.iter()
                .map(|h| firm_names[*h as usize].clone())
                .collect(),
        )
    }
}

/// Runs of equal codes within a range, relative to its begin.
fn runs(codes: &[usize], rows: &Range<usize>) -> (Vec<Range<usize>>, Vec<usize>) {
    if codes.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut groups: Vec<usize> = Vec::new();
    for r in rows.clone() {
        let at = r - rows.start;
        match (found.last_mut(), groups.last()) {
            (Some(run), Some(group)) if *group == codes[r] => run.end = at + 1,
            _ => {
                found.push(at..at + 1);
                groups.push(codes[r]);
            }
        }
    }
    (found, groups)
}

/// Weight of each firm on each other's profit in one market (firms x firms).
fn conduct(id: &str, names: &[String], supply: Option<&EstimateSupply>) -> Vec<f64> {
    let n = names.len();
    let mut weights = vec![0.0; n * n];
    let kind = supply.map_or(ConductKind::Bertrand, |s| s.conduct);
    if kind == ConductKind::PerfectCompetition {
        return weights;
    }
    for a in 0..n {
        weights[a * n + a] = 1.0;
    }
    if kind == ConductKind::Monopoly {
        weights.fill(1.0);
    }
    for stake in supply.map_or(&[][..], |s| &s.stakes) {
        let here = stake.markets.is_empty() || stake.markets.iter().any(|m| m == id);
        let find = |name: &str| names.iter().position(|n| n == name);
        if let (true, Some(a), Some(b)) = (here, find(&stake.firm), find(&stake.of)) {
            weights[a * n + b] = stake.weight;
            if !stake.one_way {
                weights[b * n + a] = stake.weight;
            }
        }
    }
    weights
}

type Coded = Option<(Vec<u32>, Vec<String>)>;

/// Nests, with labels in sorted order (numbers by size).
fn nests(source: &Source<'_>) -> Result<Coded, InputError> {
    let Some(name) = &source.columns.nest else {
        return Ok(None);
    };
    let (codes, labels) = codes(column(source.products, name, "data.columns.nest")?);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    let key = |k: &usize| labels[*k].parse::<f64>().ok();
    order.sort_by(|a, b| match (key(a), key(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y),
        _ => labels[*a].cmp(&labels[*b]),
    });
    let mut rank = vec![0_u32; labels.len()];
    for (r, k) in order.iter().enumerate() {
        rank[*k] = u32::try_from(r).unwrap_or(u32::MAX);
    }
    let codes = codes.iter().map(|c| rank[*c as usize]).collect();
    Ok(Some((
        codes,
        order.into_iter().map(|k| labels[k].clone()).collect(),
    )))
}

fn firms(source: &Source<'_>) -> Result<Coded, InputError> {
    let name = &source.columns.firm;
    if source.products.column(name).is_none() && source.spec.supply.is_none() {
        return Ok(None);
    }
    column(source.products, name, "data.columns.firm").map(|c| Some(codes(c)))
}

fn clusters(source: &Source<'_>, order: &[usize]) -> Result<Vec<Vec<u32>>, InputError> {
    let columns = source.columns;
    let named = [
        (&columns.cluster, "data.columns.cluster"),
        (&columns.cluster_too, "data.columns.cluster_too"),
    ];
    let spec = source.spec;
    let clustered = [Some(spec.weighting), spec.errors].contains(&Some(ErrorStructure::Clustered));
    if clustered && columns.cluster.is_none() {
        let hint = "name the column of clusters in `data.columns.cluster`";
        let message = "clustered errors need clusters";
        return Err(InputError::at("estimate.weighting", message).hint(hint));
    }
    let mut all = Vec::new();
    for (name, key) in named {
        if let Some(name) = name {
            let (codes, _) = codes(column(source.products, name, key)?);
            all.push(order.iter().map(|r| codes[*r]).collect());
        }
    }
    Ok(all)
}
