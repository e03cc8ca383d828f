//! From a lead over rivals elsewhere to a brand effect in this market's utility.

use entrant_data::InputError;
use entrant_market::{Market, Product};
use entrant_numeric::vector::ln;

use crate::edit::Context;
use crate::entrants;

/// Largest difference between the lead and the one that the effect gives.
const TOLERANCE: f64 = 1e-11;
/// Most steps; each takes away all of a difference but for the shares' own size.
const STEPS: usize = 2_000;

/// The brand effect with which the study's products of the brand, all of them on sale to everybody
/// at their own prices and today's of others, have the share over the geometric mean of the rivals'
/// brand shares that the lead says.
///
/// `effect <- effect + (1 - rho) (lead - fitted lead)`, as shares are inverted (Berry, Levinsohn
/// and Pakes 1995).
///
/// # Errors
/// Without a transfer, without its rivals in the market, and when no effect gives the lead.
pub fn brand_effect(market: &Market, context: &Context<'_>) -> Result<f64, InputError> {
    let Some(transfer) = &context.draw.transfer else {
        return Err(InputError::at(
            "transfer",
            "there is no transferred brand effect",
        ));
    };
    let valued = context.study.entrant.iter().filter(|e| e.quality.transfer);
    let range = valued
        .map(|e| {
            let utility = entrants::by_characteristics(e, context)?;
            entrants::product(market, e, context, utility)
        })
        .collect::<Result<Vec<Product>, _>>()?;
    let mut with = market.clone();
    let old = with.products.len();
    with.products.extend(range);
    let price = with.prices();
    let mut effect = 0.0;
    for _ in 0..STEPS {
        let share = with.demand().shares(&price);
        let own: f64 = share[old..].iter().sum();
        let gap = transfer.lead - (ln(own) - rivals(&with, &share, &transfer.rivals)?);
        if gap.abs() < TOLERANCE {
            return Ok(effect);
        }
        let step = (1.0 - with.rho) * gap.clamp(-20.0, 20.0);
        effect += step;
        with.products[old..]
            .iter_mut()
            .for_each(|p| p.mean_utility += step);
        if !effect.is_finite() {
            break;
        }
    }
    let message = format!(
        "no brand effect gives `{}` a lead of {:.3} over its rivals",
        transfer.brand, transfer.lead
    );
    Err(InputError::at("transfer", message).hint("look at its lead elsewhere in the results"))
}

/// Mean logarithm of the rivals' shares, each that of all its products.
fn rivals(market: &Market, share: &[f64], brands: &[String]) -> Result<f64, InputError> {
    let of = |brand: &String| {
        let products = market.products.iter().zip(share);
        let own = products.filter(|(p, _)| !p.entrant && p.brand == *brand);
        let sum: f64 = own.map(|(_, s)| s).sum();
        if sum > 0.0 {
            return Ok(ln(sum));
        }
        let message = format!("rival `{brand}` sells nothing in market `{}`", market.id);
        Err(InputError::at("transfer.rivals", message)
            .value(brand)
            .hint("name rivals that are on sale here"))
    };
    let logs = brands.iter().map(of).collect::<Result<Vec<f64>, _>>()?;
    Ok(logs.iter().sum::<f64>() / logs.len() as f64)
}
