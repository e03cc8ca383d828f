//! The economy of an estimated panel, at the estimates and at draws of them.

use entrant_data::formula::{Design, Formula};
use entrant_data::panel::Panel;
use entrant_data::spec::{ConductKind, EstimationStudy, Study};
use entrant_data::table::Column;
use entrant_data::{InputError, Mark, Status};
use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate};
use entrant_estimate::bootstrap::{Draw, Draws, of_markets};
use entrant_estimate::gmm::Linear;
use entrant_estimate::post::{Labels, Ownership, PanelEconomy, PanelMarket};
use entrant_io::LoadedEstimation;
use entrant_market::{Conduct, Market, QualityModel};

use super::new_products::{Formulated, NewProducts};
use super::{chosen, facade, worth};
use crate::economy::{Economy, Place};
use crate::error::RunError;
use crate::estimation::EstimatedFit;
use crate::inputs::{Inputs, Resolved};
use crate::transfer;

/// Potential buyers where the table does not say how many a market has.
const MILLION: f64 = 1e6;

/// A fitted panel, and what is the same in every draw.
pub(super) struct Source<'a> {
    loaded: &'a LoadedEstimation,
    fitted: &'a EstimatedFit,
    /// Chosen markets, positions in the problem.
    chosen: Vec<usize>,
    /// The problem of the chosen markets alone; `None` when it is the whole.
    part: Option<Problem>,
    /// Names and sizes of the chosen markets.
    labels: Vec<Named>,
    study: Study,
    panel: Panel,
    entrants: NewProducts<'a>,
}

/// Names of the products of one market, and its size.
struct Named {
    product: Vec<String>,
    /// Firm that sells each product, whoever sets its price.
    firm: Vec<String>,
    size: f64,
}

/// What can be said before anything is estimated.
///
/// # Errors
/// Costs that depend on quantities, unless the study holds them where they are.
pub(super) fn possible(loaded: &LoadedEstimation) -> Result<(), RunError> {
    let study = &loaded.study;
    let refuse = |path: &str, message: &str, hint: &str| {
        Err(InputError::at(path, message.to_owned()).hint(hint).into())
    };
    let Some(supply) = study
        .estimate
        .supply
        .as_ref()
        .filter(|_| asks_what_if(study))
    else {
        return Ok(());
    };
    let share = &study.data.columns.share;
    let formula = Formula::parse(&supply.cost);
    if !supply.constant_costs && formula.is_ok_and(|f| f.depends_on(share)) {
        return refuse(
            "estimate.supply.cost",
            "scenarios take marginal costs as they are, and these depend on quantities",
            "set `estimate.supply.constant_costs = true` to hold them at their values at the observed quantities, or leave the share out of the formula of costs",
        );
    }
    Ok(())
}

/// Whether costs depend on quantities, and scenarios hold them.
fn supply_holds_costs(study: &EstimationStudy) -> bool {
    let share = &study.data.columns.share;
    let supply = study.estimate.supply.as_ref();
    let formula = supply
        .filter(|s| s.constant_costs)
        .map(|s| Formula::parse(&s.cost));
    formula.is_some_and(|f| f.is_ok_and(|f| f.depends_on(share)))
}

/// Whether anything is solved again.
fn asks_what_if(study: &EstimationStudy) -> bool {
    let choices = !study.game.is_empty() || !study.surface.is_empty();
    !study.scenario.is_empty() || choices || study.premiums.is_some()
}

impl<'a> Source<'a> {
    /// Names, sizes and formulas of the chosen markets.
    pub(super) fn new(
        loaded: &'a LoadedEstimation,
        fitted: &'a EstimatedFit,
    ) -> Result<Self, RunError> {
        let problem = &fitted.problem;
        let chosen = chosen::chosen(problem, &loaded.study.markets);
        let whole = chosen.len() == problem.markets.len();
        let labels: Vec<Named> = chosen.iter().map(|t| named(loaded, problem, *t)).collect();
        let entrants = NewProducts::new(loaded, problem)?;
        let names: Vec<_> = labels
            .iter()
            .map(|n| (&n.product[..], &n.firm[..]))
            .collect();
        let panel = facade::panel(loaded, problem, &chosen, &names);
        Ok(Source {
            study: facade::study(loaded, problem, &chosen),
            part: (!whole).then(|| of_markets(problem, &chosen)),
            loaded,
            fitted,
            chosen,
            labels,
            panel,
            entrants,
        })
    }

    /// What the study says about a brand effect from other countries.
    pub(super) fn transfer(&self) -> transfer::Asked<'_> {
        transfer::Asked {
            spec: self.study.transfer.as_ref(),
            statements: self.loaded.transfer.as_ref(),
            panel: &self.panel,
            level: self.study.settings.level,
        }
    }

    /// The study as scenarios read it.
    pub(super) fn study(&self) -> &Study {
        &self.study
    }

    pub(super) fn fingerprint(&self) -> &str {
        &self.loaded.fingerprint
    }

    /// Ids of the chosen markets, and how many there are in all.
    pub(super) fn markets(&self) -> (Vec<&str>, usize) {
        let all = &self.fitted.problem.markets;
        let ids = self.chosen.iter().map(|t| all[*t].id.as_str());
        (ids.collect(), all.len())
    }

    /// Whether the study says which markets.
    pub(super) fn says_markets(&self) -> bool {
        !self.loaded.study.markets.is_empty()
    }

    /// Whether the table says how many potential buyers markets have.
    pub(super) fn knows_sizes(&self) -> bool {
        self.loaded.study.data.columns.size.is_some()
    }

    /// Name of all chosen markets together.
    pub(super) fn together(&self) -> String {
        let (here, all) = (self.chosen.len(), self.fitted.problem.markets.len());
        if here == all {
            format!("all {all} markets")
        } else {
            format!("{here} markets together")
        }
    }

    /// Potential buyers of all markets together; a million where sizes are not known.
    pub(super) fn size_together(&self) -> f64 {
        if self.knows_sizes() {
            self.labels.iter().map(|l| l.size).sum()
        } else {
            MILLION
        }
    }

    /// Remarks of the study, and how numbers are to be read.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.study.notes.clone();
        if supply_holds_costs(&self.loaded.study) {
            notes.push(
                "The fitted marginal costs depend on quantities; scenarios hold them at their values at the observed quantities.".into(),
            );
        }
        if !self.knows_sizes() {
            notes.push(
                "Units, revenue, profit and consumer surplus are per million potential buyers, and each market counts the same: the study does not know how many potential buyers a market has.".into(),
            );
        }
        notes
    }

    /// How many diversion matrices of all markets have so many cells.
    pub(super) fn diversion_draws(&self, cells: usize) -> usize {
        let of = |l: &Named| l.product.len() * (l.product.len() + 1);
        cells / self.labels.iter().map(of).sum::<usize>().max(1)
    }

    /// The quantities of scenarios and entrants with their draws, and the drawn estimates.
    pub(super) fn inputs(&self, drawn: &Draws, draws: usize, seed: u64) -> Inputs {
        let mut inputs = Inputs::new(&self.study, &Panel::default(), draws, seed);
        let (problem, fit) = (&self.fitted.problem, &self.fitted.fit);
        let mut add = |name: String, central: f64, values: Vec<f64>| {
            inputs.add_number(
                name,
                "normal around the estimate, together with all others",
                Mark::Derived,
                "estimated from the panel",
                central,
                values,
            );
        };
        for (k, p) in problem.parameters.free.iter().enumerate() {
            let values = drawn.draws.iter().map(|d| d.values[k]).collect();
            add(p.name.clone(), fit.values[k], values);
        }
        for (k, column) in problem.parameters.solved_beta.iter().enumerate() {
            // Without the price a coefficient only divides what the observed shares give.
            if problem.demand.x_with_price[*column] || self.needs_quality() {
                let name = format!("beta[{}]", problem.demand.x_names[*column]);
                let values = drawn.draws.iter().map(|d| d.linear.beta[k]).collect();
                add(name, fit.linear.beta[k], values);
            }
        }
        inputs
    }

    /// The economy at the estimates.
    ///
    /// # Errors
    /// A demand that scenarios cannot work on, and costs that first-order conditions do not give.
    pub(super) fn central(&self, resolved: Resolved) -> Result<Economy, RunError> {
        let fit = &self.fitted.fit;
        let problem = &self.fitted.problem;
        let panel = PanelEconomy::new(problem, &fit.values, &fit.linear, &fit.at);
        let mut places = Vec::with_capacity(self.chosen.len());
        for (at, t) in self.chosen.iter().enumerate() {
            let market = panel.market(*t);
            let id = &market.data.id;
            let Some(cost) = market.costs(&Ownership::observed(market.data)) else {
                return Err(RunError::NotSolved {
                    market: id.clone(),
                    status: Status::NotConverged,
                    detail: "first-order conditions do not determine its marginal costs".into(),
                });
            };
            let made = self.made(&market, at, &cost);
            let Some(made) = made else {
                return Err(why_not(&market).into());
            };
            places.push(self.place(&panel, &market, at, made, &resolved)?);
        }
        Ok(self.economy(resolved, places))
    }

    /// The economy at a draw of the estimates: mean utilities that give the observed shares, and
    /// costs at which observed prices are optimal. `None` where shares cannot be inverted or costs
    /// not be had.
    pub(super) fn at(&self, draw: &Draw, resolved: Resolved) -> Option<Economy> {
        let problem = self.part.as_ref().unwrap_or(&self.fitted.problem);
        let wanted = Wanted {
            tolerance: self.loaded.study.estimate.inversion_tolerance.max(1e-13),
            jacobian: false,
        };
        let at = evaluate(problem, &draw.values, wanted, &Serial);
        if at.failure.is_some() {
            return None;
        }
        self.drawn(problem, &draw.values, &draw.linear, &at, resolved)
    }

    fn drawn(
        &self,
        problem: &Problem,
        values: &[f64],
        linear: &Linear,
        at: &Evaluation,
        resolved: Resolved,
    ) -> Option<Economy> {
        let panel = PanelEconomy::new(problem, values, linear, at);
        let place = |t: usize| {
            let market = panel.market(t);
            let cost = market.costs(&Ownership::observed(market.data))?;
            let made = self.made(&market, t, &cost)?;
            self.place(&panel, &market, t, made, &resolved).ok()
        };
        let places: Option<Vec<Place>> = (0..problem.markets.len()).map(place).collect();
        Some(self.economy(resolved, places?))
    }

    /// The market of scenarios, with its firms and who sets prices.
    fn made(&self, market: &PanelMarket<'_>, at: usize, cost: &[f64]) -> Option<Market> {
        let named = &self.labels[at];
        let mut made = market.to_market(cost, named.labels())?;
        let supply = self.loaded.study.estimate.supply.as_ref();
        match supply.map(|s| s.conduct) {
            Some(ConductKind::SingleProduct) => made.conduct = Conduct::Products,
            Some(ConductKind::PerfectCompetition) => made.conduct = Conduct::Costs,
            Some(ConductKind::Bertrand | ConductKind::Monopoly) | None => return Some(made),
        }
        for (product, firm) in made.products.iter_mut().zip(&named.firm) {
            product.firm.clone_from(firm);
        }
        Some(made)
    }

    fn economy(&self, resolved: Resolved, places: Vec<Place>) -> Economy {
        Economy {
            resolved: Resolved {
                panel: self.panel.clone(),
                ..resolved
            },
            places,
        }
    }

    /// A chosen market with what characteristics and brands are worth in it, and entrants in its
    /// terms.
    fn place(
        &self,
        panel: &PanelEconomy<'_>,
        market: &PanelMarket<'_>,
        at: usize,
        made: Market,
        resolved: &Resolved,
    ) -> Result<Place, InputError> {
        let beta: Vec<f64> = panel.beta.iter().map(|b| b / panel.problem.scale).collect();
        let here = Formulated {
            market: self.chosen[at],
            products: &self.labels[at].product,
            made: &made,
            beta: &beta,
        };
        self.can_change(&made)?;
        let mut quality = if self.needs_quality() {
            worth::quality(&self.fitted.problem, market.data, &here)
        } else {
            QualityModel::default()
        };
        if market.differs_by_product() && !self.study.entrant.is_empty() {
            let message = "a new product cannot enter where demographics or availability differ by product: nobody has observed them for it";
            let hint = "use demographics of consumers alone, or leave entrants out; mergers, exits, costs and prices need none";
            return Err(InputError::at("entrant", message).hint(hint));
        }
        let study = self.entrants.in_market(&here, &resolved.study)?;
        quality.bends = self.entrants.bends(&here)?;
        Ok(Place {
            status: Status::Certified,
            study: study.map(Box::new),
            quality,
            market: made,
        })
    }

    /// A characteristic on which the worth of money depends cannot be changed alone.
    fn can_change(&self, made: &Market) -> Result<(), InputError> {
        let bent = made.products.iter().any(|p| !p.bend.is_empty());
        let formulas = &self.fitted.problem.formulas;
        let Some(formulas) = formulas.as_ref().filter(|_| bent) else {
            return Ok(());
        };
        let priced = |d: &Design, name: &str| {
            let mut columns = 0..d.columns();
            columns.any(|c| d.depends_on(c, &formulas.price) && d.depends_on(c, name))
        };
        let mut changes = self.study.scenario.iter().flat_map(|s| &s.characteristic);
        let together = |name: &str| {
            priced(&formulas.linear, name) || formulas.random.iter().any(|d| priced(d, name))
        };
        let Some(change) = changes.find(|c| together(&c.column)) else {
            return Ok(());
        };
        let message = format!(
            "`{}` and the price enter a column of the formulas together, so that changing it changes what money is worth",
            change.column
        );
        let hint = "bring the changed product in as an entrant that is like the old one, and take the old one off sale";
        Err(InputError::at("scenario.characteristic", message).hint(hint))
    }

    fn needs_quality(&self) -> bool {
        let changed = |s: &entrant_data::spec::ScenarioSpec| !s.characteristic.is_empty();
        let asked = !self.study.entrant.is_empty() || self.study.premiums.is_some();
        asked || self.study.scenario.iter().any(changed)
    }
}

impl Named {
    fn labels(&self) -> Labels<'_> {
        Labels {
            product: &self.product,
            brand: &self.firm,
            size: self.size,
        }
    }
}

/// Names of the products of a market: the table's, or their position in the table's order.
fn named(loaded: &LoadedEstimation, problem: &Problem, t: usize) -> Named {
    let columns = &loaded.study.data.columns;
    let m = &problem.markets[t];
    let rows: Vec<usize> = m.rows.clone().map(|r| problem.order[r]).collect();
    let first = rows.iter().copied().min().unwrap_or(0);
    let name = |row: &usize| {
        let given = loaded.products.text(&columns.product, *row);
        given.unwrap_or_else(|| (row - first + 1).to_string())
    };
    let firm = |(row, f): (&usize, &usize)| {
        let sold_by = loaded.products.text(&columns.firm, *row);
        let alone = loaded.study.estimate.supply.as_ref();
        let alone = alone.is_some_and(|s| s.conduct == ConductKind::SingleProduct);
        let given = sold_by.filter(|_| alone);
        given.unwrap_or_else(|| m.firm_names[*f].clone())
    };
    let size = columns.size.as_ref();
    let size = size.and_then(|c| match loaded.products.column(c) {
        Some(Column::Numbers(cells)) => cells.get(first).copied(),
        _ => None,
    });
    Named {
        product: rows.iter().map(name).collect(),
        firm: rows.iter().zip(&m.firm).map(firm).collect(),
        size: size.unwrap_or(MILLION),
    }
}

/// Why a fitted market is none that scenarios can work on.
fn why_not(market: &PanelMarket<'_>) -> InputError {
    let data = market.data;
    let message = format!(
        "scenarios cannot be solved with consumers of negative weight, or weights that sum to more than one (market `{}`)",
        data.id
    );
    let hint = "use a rule whose weights are positive: `product`, `halton` or `sobol`";
    InputError::at("estimate.demand.integration", message).hint(hint)
}
