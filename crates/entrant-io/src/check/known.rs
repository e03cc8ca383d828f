//! What a study file may refer to.

use std::collections::{BTreeMap, BTreeSet};

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::panel::{Panel, ProductRow};
use entrant_data::spec::{EntrantSpec, Study};

/// A product, by who sells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seller<'a> {
    pub(crate) product: &'a str,
    pub(crate) firm: &'a str,
    pub(crate) brand: &'a str,
}

impl<'a> Seller<'a> {
    /// The seller of an entrant.
    pub(crate) fn of(entrant: &'a EntrantSpec) -> Self {
        Seller {
            product: &entrant.id,
            firm: &entrant.firm,
            brand: entrant.brand.as_deref().unwrap_or(&entrant.firm),
        }
    }
}

/// Everything with a name.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    /// Products on sale; `None` when the products table could not be read, so that nothing can
    /// be said about them.
    pub(crate) panel: Option<&'a Panel>,
    /// Products on sale, over all markets, each seller once.
    pub(crate) incumbents: BTreeSet<Seller<'a>>,
    /// Entrants, by id.
    pub(crate) entrants: BTreeMap<&'a str, Seller<'a>>,
    /// Products that entrants are like, by the entrant's id.
    pub(crate) likeness: BTreeMap<&'a str, &'a str>,
    /// Firms, those of entrants included.
    pub(crate) firms: BTreeSet<&'a str>,
    /// Brands, those of entrants included.
    pub(crate) brands: BTreeSet<&'a str>,
    /// Market ids, in the order of the study.
    pub(crate) markets: Vec<&'a str>,
    /// Segment ids.
    pub(crate) segments: Vec<&'a str>,
    /// Scenario ids.
    pub(crate) scenarios: Vec<&'a str>,
}

impl<'a> Known<'a> {
    /// Everything that the study and its panel name.
    pub(crate) fn new(study: &'a Study, panel: Option<&'a Panel>) -> Self {
        let rows = panel
            .into_iter()
            .flat_map(|p| &p.markets)
            .flat_map(|m| &m.products);
        let incumbents: BTreeSet<Seller<'a>> = rows
            .map(|p| Seller {
                product: &p.id,
                firm: &p.firm,
                brand: &p.brand,
            })
            .collect();
        let entrants: BTreeMap<&str, Seller<'a>> = study
            .entrant
            .iter()
            .map(|e| (e.id.as_str(), Seller::of(e)))
            .collect();
        let all = || incumbents.iter().chain(entrants.values());
        Known {
            panel,
            firms: all().map(|s| s.firm).collect(),
            brands: all().map(|s| s.brand).collect(),
            incumbents,
            entrants,
            likeness: likeness(study),
            markets: study.market.iter().map(|m| m.id.as_str()).collect(),
            segments: study.segment.iter().map(|s| s.id.as_str()).collect(),
            scenarios: study.scenario.iter().map(|s| s.id.as_str()).collect(),
        }
    }

    /// A firm that sells something, now or as an entrant.
    pub(crate) fn firm(&self, path: &str, id: &str) -> Result<(), InputError> {
        self.sold(path, "firm", id, || self.firms.iter().copied())
    }

    /// A brand on sale, now or as an entrant.
    pub(crate) fn brand(&self, path: &str, id: &str) -> Result<(), InputError> {
        self.sold(path, "brand", id, || self.brands.iter().copied())
    }

    /// A product on sale now.
    pub(crate) fn incumbent(&self, path: &str, id: &str) -> Result<(), InputError> {
        self.sold(path, "product on sale", id, || {
            self.incumbents.iter().map(|s| s.product)
        })
    }

    /// A brand on sale now.
    pub(crate) fn brand_on_sale(&self, path: &str, id: &str) -> Result<(), InputError> {
        self.sold(path, "brand on sale", id, || {
            self.incumbents.iter().map(|s| s.brand)
        })
    }

    /// A firm of an entrant.
    pub(crate) fn entering_firm(&self, path: &str, id: &str) -> Result<(), InputError> {
        reference(path, "entrant of firm", id, || {
            self.entrants.values().map(|s| s.firm)
        })
    }

    /// A product that a scenario can change: on sale now, or entering in it.
    pub(crate) fn on_sale(
        &self,
        path: &str,
        id: &str,
        sellers: &[Seller<'_>],
    ) -> Result<(), InputError> {
        let here = sellers.iter().any(|s| s.product == id);
        if self.entrants.contains_key(id) && !here {
            let message = format!("`{id}` does not enter in this scenario");
            return Err(InputError::at(path, message)
                .value(id)
                .hint("add it to `enter`, or leave it out here"));
        }
        self.sold(path, "product", id, || sellers.iter().map(|s| s.product))
    }

    /// A product on sale in one market; the first when `market` is empty.
    pub(crate) fn product_in(&self, path: &str, market: &str, id: &str) -> Result<(), InputError> {
        let what = "product on sale in that market";
        self.sold(path, what, id, || {
            self.rows_of(market).map(|p| p.id.as_str())
        })
    }

    /// A product, brand or firm on sale in one market; the first when `market` is empty.
    pub(crate) fn seller_in(&self, path: &str, market: &str, id: &str) -> Result<(), InputError> {
        self.sold(
            path,
            "product, brand or firm on sale in that market",
            id,
            || {
                let rows = self.rows_of(market);
                rows.flat_map(|p| [p.id.as_str(), p.brand.as_str(), p.firm.as_str()])
            },
        )
    }

    /// A market among those named (all when none is) in which a product is not on sale.
    pub(crate) fn market_without(&self, product: &str, markets: &[String]) -> Option<&'a str> {
        let all = self.panel.into_iter().flat_map(|p| &p.markets);
        let mut named = all.filter(|m| markets.is_empty() || markets.contains(&m.id));
        let without = named.find(|m| m.products.iter().all(|p| p.id != product));
        without.map(|m| m.id.as_str())
    }

    /// Products of one market; of the first when `market` is empty.
    fn rows_of(&self, market: &str) -> impl Iterator<Item = &'a ProductRow> + Clone {
        let all = self.panel.map_or([].as_slice(), |p| p.markets.as_slice());
        let named = all.iter().find(|m| market.is_empty() || m.id == market);
        named.into_iter().flat_map(|m| &m.products)
    }

    /// Says nothing when the products table could not be read.
    fn sold<'n, I: Iterator<Item = &'n str> + Clone>(
        &self,
        path: &str,
        what: &str,
        id: &str,
        known: impl Fn() -> I,
    ) -> Result<(), InputError> {
        match self.panel {
            Some(_) => reference(path, what, id, known),
            None => Ok(()),
        }
    }
}

fn likeness(study: &Study) -> BTreeMap<&str, &str> {
    study
        .entrant
        .iter()
        .filter_map(|e| Some((e.id.as_str(), e.quality.like.as_deref()?)))
        .collect()
}

/// Refuses an id that is not among the known ones.
pub(crate) fn reference<'n, I: Iterator<Item = &'n str> + Clone>(
    path: &str,
    what: &str,
    id: &str,
    known: impl Fn() -> I,
) -> Result<(), InputError> {
    if known().any(|k| k == id) {
        return Ok(());
    }
    let message = format!("there is no {what} `{id}`");
    Err(InputError::at(path, message)
        .value(id)
        .hint(did_you_mean(id, known())))
}
