//! Choices of what to sell: the line-up of one firm, or a game of several.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Quantity;

/// Firms that choose what to sell, each knowing that prices follow. With one player this is the
/// search for its best line-up; with several, a game of entry, exit and line-ups.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GameSpec {
    /// Id, as used in file names and by the report.
    pub id: String,
    /// Title for the reader.
    pub title: String,
    /// A remark for the reader.
    #[serde(default)]
    pub note: String,
    /// Scenario whose changes hold whatever is chosen; it also says how entrants are sold.
    /// Entrants that players may sell and that it does not bring reach everybody. None when absent.
    pub scenario: Option<String>,
    /// Number of periods that a choice earns its profit, at the end of each.
    pub periods: u32,
    /// Discount rate per period.
    pub discount: Quantity,
    /// Firms whose ban is looked at: the game is played again without each.
    #[serde(default)]
    pub ban: Vec<String>,
    /// Draws for which all choices are solved again; 100 when absent, never more than the run has.
    pub draws: Option<usize>,
    /// Players, in the order in which they reply to each other.
    pub player: Vec<PlayerSpec>,
}

/// A firm and what it may do: either `move` or `candidate`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerSpec {
    /// The firm.
    pub firm: String,
    /// What it may do. The first move is where replies begin.
    #[serde(default, rename = "move")]
    pub moves: Vec<MoveSpec>,
    /// Products of which it may sell any set. Replies begin with those on sale today.
    #[serde(default)]
    pub candidate: Vec<CandidateSpec>,
}

/// One thing that a player may do.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveSpec {
    /// Name of the move.
    pub id: String,
    /// Which of the products that the player's moves name are on sale; the others are not.
    /// Products that no move names stay as they are.
    #[serde(default)]
    pub products: Vec<String>,
    /// Prices that it commits to, by product, whatever rivals answer; the others follow the
    /// scenario.
    #[serde(default)]
    pub prices: BTreeMap<String, f64>,
    /// What the move costs, once; nothing when absent.
    pub fixed_cost: Option<Quantity>,
}

/// A product that a player may or may not sell.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateSpec {
    /// The product.
    #[serde(default)]
    pub product: String,
    /// In place of `product`: an entrant each of whose variants is a candidate.
    pub variants_of: Option<String>,
    /// Prices at one of which it is sold, whatever rivals answer; that of the scenario when empty.
    #[serde(default)]
    pub prices: Vec<f64>,
    /// What selling it costs, once; nothing when absent.
    pub fixed_cost: Option<Quantity>,
}

impl CandidateSpec {
    /// In how many ways it can be sold.
    pub fn ways(&self) -> usize {
        self.prices.len().max(1)
    }
}

impl PlayerSpec {
    /// Products that the player's choice is about, each once, in the order of the study.
    pub fn contested(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        let named = self.moves.iter().flat_map(|m| &m.products);
        for product in named.chain(self.candidate.iter().map(|c| &c.product)) {
            if !all.contains(&product.as_str()) {
                all.push(product);
            }
        }
        all
    }
}
