//! What a study file may refer to.

use std::collections::{BTreeMap, BTreeSet};

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::panel::{MarketPanel, Panel, ProductRow};
use entrant_data::spec::{EntrantSpec, ScenarioSpec, Study};

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

/// A market and who sells there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OnSale<'a> {
    pub(crate) market: &'a str,
    pub(crate) sellers: Vec<Seller<'a>>,
}

impl<'a> OnSale<'a> {
    fn of(market: &'a MarketPanel) -> Self {
        let seller = |p: &'a ProductRow| Seller {
            product: &p.id,
            firm: &p.firm,
            brand: &p.brand,
        };
        OnSale {
            market: &market.id,
            sellers: market.products.iter().map(seller).collect(),
        }
    }
}

/// Everything with a name.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    /// Products on sale by market; `None` when the products table could not be read, so that
    /// nothing can be said about them.
    pub(crate) on_sale: Option<Vec<OnSale<'a>>>,
    /// Labels of the products on sale, by column.
    pub(crate) labels: BTreeSet<(&'a str, &'a str)>,
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
        let on_sale = panel.map(|p| p.markets.iter().map(OnSale::of).collect());
        let known = Known::selling(on_sale, &study.scenario);
        let entrants: BTreeMap<&str, Seller<'a>> = study
            .entrant
            .iter()
            .map(|e| (e.id.as_str(), Seller::of(e)))
            .collect();
        let all = || known.incumbents.iter().chain(entrants.values());
        Known {
            labels: panel.map_or_else(BTreeSet::new, labels),
            firms: all().map(|s| s.firm).collect(),
            brands: all().map(|s| s.brand).collect(),
            entrants,
            likeness: likeness(study),
            markets: study.market.iter().map(|m| m.id.as_str()).collect(),
            segments: study.segment.iter().map(|s| s.id.as_str()).collect(),
            ..known
        }
    }

    /// Everything in these markets, and nothing else but scenarios.
    pub(crate) fn selling(on_sale: Option<Vec<OnSale<'a>>>, scenarios: &'a [ScenarioSpec]) -> Self {
        let markets = on_sale.as_deref().unwrap_or_default();
        let incumbents: BTreeSet<Seller<'a>> = markets
            .iter()
            .flat_map(|m| m.sellers.iter().copied())
            .collect();
        Known {
            firms: incumbents.iter().map(|s| s.firm).collect(),
            brands: incumbents.iter().map(|s| s.brand).collect(),
            markets: markets.iter().map(|m| m.market).collect(),
            scenarios: scenarios.iter().map(|s| s.id.as_str()).collect(),
            incumbents,
            on_sale,
            labels: BTreeSet::new(),
            entrants: BTreeMap::new(),
            likeness: BTreeMap::new(),
            segments: Vec::new(),
        }
    }

    /// The same with these entrants.
    pub(crate) fn with_entrants(mut self, entrants: &'a [EntrantSpec]) -> Self {
        for e in entrants {
            let seller = Seller::of(e);
            self.firms.insert(seller.firm);
            self.brands.insert(seller.brand);
            self.entrants.insert(&e.id, seller);
            if let Some(like) = &e.quality.like {
                self.likeness.insert(&e.id, like);
            }
        }
        self
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
            self.sellers_in(market).map(|s| s.product)
        })
    }

    /// A product, brand or firm on sale in one market; the first when `market` is empty.
    pub(crate) fn seller_in(&self, path: &str, market: &str, id: &str) -> Result<(), InputError> {
        self.sold(
            path,
            "product, brand or firm on sale in that market",
            id,
            || {
                let sellers = self.sellers_in(market);
                sellers.flat_map(|s| [s.product, s.brand, s.firm])
            },
        )
    }

    /// A market among those named (all when none is) in which a product is not on sale.
    pub(crate) fn market_without(&self, product: &str, markets: &[String]) -> Option<&'a str> {
        let named =
            |m: &&OnSale<'a>| markets.is_empty() || markets.iter().any(|named| named == m.market);
        let mut named = self.all_on_sale().iter().filter(named);
        let without = named.find(|m| m.sellers.iter().all(|s| s.product != product));
        without.map(|m| m.market)
    }

    /// Products of one market; of the first when `market` is empty.
    fn sellers_in(&self, market: &str) -> impl Iterator<Item = &Seller<'a>> + Clone {
        let all = self.all_on_sale();
        let named = all.iter().find(|m| market.is_empty() || m.market == market);
        named.into_iter().flat_map(|m| &m.sellers)
    }

    /// Markets with what is sold there; none when the products table could not be read.
    pub(crate) fn all_on_sale(&self) -> &[OnSale<'a>] {
        self.on_sale.as_deref().unwrap_or_default()
    }

    /// Says nothing when the products table could not be read.
    fn sold<'n, I: Iterator<Item = &'n str> + Clone>(
        &self,
        path: &str,
        what: &str,
        id: &str,
        known: impl Fn() -> I,
    ) -> Result<(), InputError> {
        match self.on_sale {
            Some(_) => reference(path, what, id, known),
            None => Ok(()),
        }
    }
}

fn labels(panel: &Panel) -> BTreeSet<(&str, &str)> {
    let rows = panel.markets.iter().flat_map(|m| &m.products);
    let labels = rows.flat_map(|p| &p.labels);
    labels.map(|(c, l)| (c.as_str(), l.as_str())).collect()
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
