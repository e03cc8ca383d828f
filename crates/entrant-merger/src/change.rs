//! What may happen to a market.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;

use crate::demand::Demand;
use crate::model::{Model, Product, Tax};

/// One change; products and firms are named.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// All products of these firms become those of one.
    Merge {
        /// Firms.
        firms: Vec<String>,
        /// Name of the firm that they become.
        into: String,
    },
    /// Products go to a firm, which may be new.
    Divest {
        /// Products.
        products: Vec<String>,
        /// Firm.
        to: String,
    },
    /// A firm puts a weight on the profit of another.
    Stake {
        /// Firm with the stake.
        owner: String,
        /// Firm in which it is.
        of: String,
        /// Weight on its profit.
        share: f64,
    },
    /// Marginal costs are multiplied, then added to.
    Cost {
        /// Products.
        products: Vec<String>,
        /// Factor.
        factor: f64,
        /// Money per unit.
        add: f64,
    },
    /// Taxes of these products from now on.
    Tax {
        /// Products.
        products: Vec<String>,
        /// Taxes.
        tax: Tax,
    },
    /// A foreign currency in which a part of cost is paid becomes dearer.
    Currency {
        /// Products.
        products: Vec<String>,
        /// Part of marginal cost in that currency, from 0 to 1.
        part: f64,
        /// Relative change of its price, above -1.
        change: f64,
    },
    /// Products leave.
    Exit {
        /// Products.
        products: Vec<String>,
    },
    /// A product enters.
    Enter {
        /// Id.
        id: String,
        /// Firm.
        firm: String,
        /// Product that it is like, in quality and nest.
        like: String,
        /// Money by which consumers value it more than that product.
        plus: f64,
        /// Marginal cost.
        cost: f64,
    },
}

/// The market after changes, in the order in which they stand.
///
/// # Errors
///
/// When a product or firm is not there, or a change has no meaning under this demand or conduct.
pub fn apply(model: &Model, changes: &[Change]) -> Result<Model, InputError> {
    let mut out = model.clone();
    for (i, change) in changes.iter().enumerate() {
        step(&mut out, change).map_err(|mut e| {
            e.path = format!("change[{i}].{}", e.path);
            e
        })?;
    }
    supported(&out)?;
    Ok(out)
}

fn step(model: &mut Model, change: &Change) -> Result<(), InputError> {
    match change {
        Change::Merge { firms, into } => merge(model, firms, into),
        Change::Divest { products, to } => edit(model, products, |p| p.firm.clone_from(to)),
        Change::Stake { owner, of, share } => stake(model, owner, of, *share),
        Change::Cost {
            products,
            factor,
            add,
        } => edit(model, products, |p| p.cost = factor * p.cost + add),
        Change::Tax { products, tax } => edit(model, products, |p| p.tax = *tax),
        Change::Currency {
            products,
            part,
            change,
        } => edit(model, products, |p| p.cost *= 1.0 + part * change),
        Change::Exit { products } => exit(model, products),
        Change::Enter {
            id,
            firm,
            like,
            plus,
            cost,
        } => enter(model, (id, firm), like, *plus, *cost),
    }
}

fn merge(model: &mut Model, firms: &[String], into: &String) -> Result<(), InputError> {
    for firm in firms {
        known_firm(model, firm, "firms")?;
    }
    for p in &mut model.products {
        if firms.contains(&p.firm) {
            p.firm.clone_from(into);
        }
    }
    let renamed = |name: &String| if firms.contains(name) { into } else { name }.clone();
    let stakes = model.stakes.iter();
    let stakes = stakes.map(|(a, b, w)| (renamed(a), renamed(b), *w));
    model.stakes = stakes.filter(|(a, b, _)| a != b).collect();
    Ok(())
}

fn stake(model: &mut Model, owner: &str, of: &str, share: f64) -> Result<(), InputError> {
    known_firm(model, owner, "owner")?;
    known_firm(model, of, "of")?;
    if owner == of {
        return Err(InputError::at("of", "a firm has no stake in itself").value(of));
    }
    model.stakes.retain(|(a, b, _)| a != owner || b != of);
    model.stakes.push((owner.into(), of.into(), share));
    Ok(())
}

fn exit(model: &mut Model, products: &[String]) -> Result<(), InputError> {
    edit(model, products, |p| p.on_sale = false)?;
    let gone: Vec<bool> = model.products.iter().map(|p| !p.on_sale).collect();
    if gone.iter().all(|g| *g) {
        return Err(InputError::at("products", "nothing is left on sale"));
    }
    let message = "under constant elasticities demand for a product never ends, so that its exit \
                   is not defined";
    let left = model.demand.without(&gone);
    model.demand = left.ok_or_else(|| {
        InputError::at("products", message).hint("use logit, linear or AIDS demand")
    })?;
    Ok(())
}

fn enter(
    model: &mut Model,
    (id, firm): (&str, &str),
    like: &str,
    plus: f64,
    cost: f64,
) -> Result<(), InputError> {
    if model.products.iter().any(|p| p.id == id) {
        return Err(InputError::at("id", "a product of this name is there already").value(id));
    }
    let at = position(model, like, "like")?;
    let reference = &model.products[at];
    if !reference.on_sale {
        return Err(InputError::at("like", "this product is no longer on sale").value(like));
    }
    let price = (reference.price - reference.tax.price(reference.cost)).abs() + cost;
    match &mut model.demand {
        Demand::Logit(d) => d.quality.push(d.quality[at] - d.slope * plus),
        Demand::NestedLogit(d) => {
            d.quality.push(d.quality[at] - d.slope * plus);
            d.nest.push(d.nest[at]);
        }
        Demand::Ces(d) if plus == 0.0 => d.quality.push(d.quality[at]),
        Demand::Ces(_) => {
            let message = "under CES demand money does not add to quality";
            return Err(InputError::at("plus", message).hint("leave `plus` out"));
        }
        _ => {
            let message = "a product can enter only under logit, nested logit and CES demand";
            return Err(InputError::at("id", message).value(id));
        }
    }
    model.products.push(Product {
        id: id.into(),
        firm: firm.into(),
        price,
        cost,
        tax: Tax::default(),
        capacity: None,
        on_sale: true,
    });
    Ok(())
}

/// Whether the changed market is one that the conduct has an answer for.
fn supported(model: &Model) -> Result<(), InputError> {
    let logit = matches!(model.demand, Demand::Logit(_));
    let free = matches!(model.conduct, crate::Conduct::Bertrand)
        || (model.conduct == crate::Conduct::Cournot && logit);
    if !model.conduct.weighs_stakes(logit) && !model.stakes.is_empty() {
        let message = format!("stakes have no meaning here under {}", model.conduct.word());
        return Err(InputError::at("owner", message).hint("merge the firms, or use `bertrand`"));
    }
    let same_tax = |p: &Product| {
        let own = model
            .products
            .iter()
            .filter(|o| o.firm == p.firm && o.on_sale);
        own.into_iter()
            .all(|o| o.tax.part_of_price.to_bits() == p.tax.part_of_price.to_bits())
    };
    if !free && !model.products.iter().filter(|p| p.on_sale).all(same_tax) {
        let message = format!(
            "under {} the products of one firm must have one rate of tax on the price",
            model.conduct.word()
        );
        return Err(InputError::at("products", message).hint("name all products of the firm"));
    }
    Ok(())
}

fn edit(
    model: &mut Model,
    products: &[String],
    change: impl Fn(&mut Product),
) -> Result<(), InputError> {
    for id in products {
        let at = position(model, id, "products")?;
        change(&mut model.products[at]);
    }
    Ok(())
}

fn position(model: &Model, id: &str, path: &str) -> Result<usize, InputError> {
    let at = model.products.iter().position(|p| p.id == id);
    at.ok_or_else(|| {
        let hint = did_you_mean(id, model.products.iter().map(|p| p.id.as_str()));
        InputError::at(path, "no product of this name")
            .value(id)
            .hint(hint)
    })
}

fn known_firm(model: &Model, firm: &str, path: &str) -> Result<(), InputError> {
    if model.products.iter().any(|p| p.firm == firm) {
        return Ok(());
    }
    let hint = did_you_mean(firm, model.products.iter().map(|p| p.firm.as_str()));
    Err(InputError::at(path, "no firm of this name")
        .value(firm)
        .hint(hint))
}
