//! What firms that choose their line-ups do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;

/// A game, or the search for one firm's best line-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameOutcome {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Remark.
    pub note: String,
    /// Title of the scenario whose changes hold throughout; empty for none.
    pub scenario: String,
    /// Number of periods that a choice earns its profit.
    pub periods: u32,
    /// Draws for which all choices were solved again.
    pub draws: usize,
    /// Players.
    pub players: Vec<PlayerOutcome>,
    /// How many profiles there are: one move for each player.
    pub profiles: usize,
    /// Whether all of them were solved at the central values; otherwise the best replies and local
    /// searches say which.
    pub exhaustive: bool,
    /// Profiles whose prices have no usable equilibrium at the central values.
    pub undecided: usize,
    /// What was solved at the central values: equilibria first, then by the sum of payoffs.
    pub rows: Vec<ProfileOutcome>,
    /// Share of draws without an equilibrium in pure strategies.
    #[serde(deserialize_with = "nan_if_null")]
    pub none: f64,
    /// Share of draws with several.
    #[serde(deserialize_with = "nan_if_null")]
    pub several: f64,
    /// Share of draws in which a profile without prices leaves open whether there is one.
    #[serde(deserialize_with = "nan_if_null")]
    pub open: f64,
    /// Where replies in turn lead from today, at the central values.
    pub replies: Vec<Vec<String>>,
    /// How they end: `settled`, `cycle` or `undecided`.
    pub replies_end: String,
    /// What today's line-ups say about fixed costs.
    pub implied: Vec<ImpliedCost>,
    /// Firm that may not sell; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub banned: String,
    /// The same game without each firm whose ban is looked at. Consumer surplus is against today's
    /// line-ups with the firm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bans: Vec<GameOutcome>,
}

/// A player of a game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerOutcome {
    /// Firm.
    pub firm: String,
    /// Names of its moves.
    pub moves: Vec<String>,
    /// Share of draws in which each move is part of an equilibrium; with several equilibria each
    /// counts by its part of them. Where there are too many profiles to solve all of them in every
    /// draw, share of draws in which it is where replies in turn end.
    pub chance: Vec<f64>,
}

/// One move for each player, and what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileOutcome {
    /// Move of each player.
    pub moves: Vec<String>,
    /// Whether no player gains by another move alone, at the central values.
    pub equilibrium: bool,
    /// Discounted profit less fixed cost of each player.
    pub payoff: Vec<Estimate>,
    /// Change of consumer surplus per period against today's line-ups.
    pub surplus: Estimate,
    /// Share of draws in which it is the only equilibrium: the least that its probability can be,
    /// however firms choose among several (Tamer 2003).
    #[serde(deserialize_with = "nan_if_null")]
    pub only: f64,
    /// Share of draws in which it is an equilibrium: the most that its probability can be.
    #[serde(deserialize_with = "nan_if_null")]
    pub one_of: f64,
    /// Share of draws in which replies in turn, from today's line-ups, end here and nobody would
    /// move on; nothing for one player and without draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<f64>,
}

/// What it says about a product's fixed cost that it is, or is not, on sale today, if its firm
/// does what is best for it (Eizenberg 2014): profit over the periods that the product brings,
/// rivals' line-ups as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImpliedCost {
    /// Product.
    pub product: String,
    /// Firm.
    pub firm: String,
    /// Whether it is on sale: then its fixed cost is at most the bound, otherwise at least.
    pub on_sale: bool,
    /// The bound.
    pub bound: Estimate,
}
