//! Which products to sell: the best line-up of one firm, and games in which several choose.
//!
//! [`sell`] solves the market for one assortment. Everything else is about payoffs only and never
//! sees a market: [`best_lineup`] searches the sets of one firm's candidates, [`Game`] holds what
//! several firms may do and [`pure_equilibria`] finds where none of them would do something else.
//! Assortments are asked for in batches, so that whoever brings threads can use them.

mod game;
mod search;
mod sell;

pub use game::{
    Ask, Ending, Equilibria, Game, Path, Payoffs, best_reply, pure_equilibria, replies,
};
pub use search::{Lineup, LineupSearch, Options, SearchSettings, best_lineup};
pub use sell::{Sold, sell};
