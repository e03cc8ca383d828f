//! Who sells what, and whose profit counts: divestiture, mergers, stakes.

use entrant_data::spec::ScenarioSpec;
use entrant_market::Market;

/// Products go to other firms, which may be new.
pub(crate) fn divest(market: &mut Market, scenario: &ScenarioSpec) {
    for change in &scenario.divest {
        let named = market.products.iter_mut();
        for p in named.filter(|p| change.products.contains(&p.id)) {
            p.firm.clone_from(&change.to);
        }
    }
}

/// Stakes are set, then firms merge; those of firms that merge become the merged firm's.
pub(crate) fn unite(market: &mut Market, scenario: &ScenarioSpec) {
    for change in &scenario.stake {
        let other = |s: &(String, String, f64)| s.0 != change.owner || s.1 != change.of;
        market.stakes.retain(other);
        let weight = change.weight.value();
        if weight != 0.0 {
            let stake = (change.owner.clone(), change.of.clone(), weight);
            market.stakes.push(stake);
        }
    }
    // Stakes are a set: their order in the study must not decide which of two counts after a merger.
    if !scenario.stake.is_empty() {
        let key = |s: &(String, String, f64)| (s.0.clone(), s.1.clone());
        market.stakes.sort_by_key(key);
    }
    for firms in groups(scenario) {
        merge(market, &firms);
    }
}

/// Firms that end up together: mergers that share a firm are one merger of all their firms.
fn groups(scenario: &ScenarioSpec) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    for merge in &scenario.merge {
        let (together, apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|g| g.iter().any(|f| merge.firms.contains(f)));
        groups = apart;
        let mut firms: Vec<String> = Vec::new();
        for f in merge.firms.iter().chain(together.iter().flatten()) {
            if !firms.contains(f) {
                firms.push(f.clone());
            }
        }
        if !together.is_empty() {
            firms.sort();
        }
        groups.push(firms);
    }
    groups
}

fn merge(market: &mut Market, firms: &[String]) {
    let name = firms.join(" + ");
    for p in market
        .products
        .iter_mut()
        .filter(|p| firms.contains(&p.firm))
    {
        p.firm.clone_from(&name);
    }
    let renamed = |firm: String| {
        if firms.contains(&firm) {
            name.clone()
        } else {
            firm
        }
    };
    let mut stakes: Vec<(String, String, f64)> = Vec::new();
    for (owner, of, weight) in market.stakes.drain(..) {
        let owner = renamed(owner);
        // Stakes of two owners in one firm add up once the owners are one.
        match stakes.iter_mut().find(|s| s.0 == owner && s.1 == of) {
            Some(same) => same.2 += weight,
            None => stakes.push((owner, of, weight)),
        }
    }
    let stakes = stakes
        .into_iter()
        .map(|(owner, of, w)| (owner, renamed(of), w));
    market.stakes = stakes.filter(|(owner, of, _)| owner != of).collect();
}
