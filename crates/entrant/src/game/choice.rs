//! What players may do, by number.

use entrant_data::Quantity;
use entrant_data::spec::{GameSpec, PlayerSpec};
use entrant_market::Market;
use entrant_scenario::lineup::Game;

/// A game of the study with its moves numbered.
#[derive(Debug, Clone)]
pub(super) struct Contest {
    /// Players and their moves by number.
    pub(super) game: Game,
    players: Vec<Player>,
}

#[derive(Debug, Clone)]
struct Player {
    firm: String,
    /// Products that it chooses about.
    products: Vec<String>,
    /// What it may do.
    moves: Moves,
}

#[derive(Debug, Clone)]
enum Moves {
    /// By name, with which of the products are on sale.
    Named(Vec<(String, Vec<bool>)>),
    /// Every set of the products: product k is on sale where bit k of the move is set.
    Sets,
}

impl Contest {
    /// The moves of a game; `None` where there are too many to number.
    pub(super) fn new(spec: &GameSpec) -> Option<Self> {
        let players: Vec<Player> = spec.player.iter().map(Player::new).collect();
        let count = players
            .iter()
            .map(Player::count)
            .collect::<Option<Vec<_>>>()?;
        let game = Game::new(count)?;
        Some(Contest { game, players })
    }

    /// Firms of the players.
    pub(super) fn firms(&self) -> impl Iterator<Item = &str> {
        self.players.iter().map(|p| p.firm.as_str())
    }

    /// Products that somebody chooses about, with their firms.
    pub(super) fn contested(&self) -> impl Iterator<Item = (&str, &str)> {
        self.players.iter().flat_map(Player::contested)
    }

    /// Which products of a market are on sale in a profile: what nobody chooses about stays as it
    /// is (products of the market).
    pub(super) fn on_sale(&self, market: &Market, profile: usize) -> Vec<bool> {
        let mut out: Vec<bool> = market.products.iter().map(|p| p.on_sale).collect();
        for (player, own) in self.players.iter().zip(self.game.profile(profile)) {
            let chosen = player.on_sale(own);
            for (id, sold) in player.products.iter().zip(chosen) {
                let here = market.products.iter().position(|p| p.id == *id);
                if let Some(j) = here.filter(|j| market.products[*j].firm == player.firm) {
                    out[j] &= sold;
                }
            }
        }
        out
    }

    /// Names of the moves of a profile.
    pub(super) fn named(&self, profile: usize) -> Vec<String> {
        let moves = self.players.iter().zip(self.game.profile(profile));
        moves.map(|(p, own)| p.name(own)).collect()
    }

    /// What a profile costs each player, at known quantities.
    pub(super) fn fixed_costs(&self, known: &GameSpec, profile: usize) -> Vec<f64> {
        let moves = self.players.iter().zip(self.game.profile(profile));
        moves
            .zip(&known.player)
            .map(|((p, own), spec)| p.fixed_cost(spec, own))
            .collect()
    }

    /// Where replies begin: the first of named moves, and the candidates that are `sold`.
    pub(super) fn start(&self, sold: &dyn Fn(&str) -> bool) -> usize {
        let first = |p: &Player| match p.moves {
            Moves::Named(_) => 0,
            Moves::Sets => (0..p.products.len())
                .filter(|k| sold(&p.products[*k]))
                .map(|k| 1 << k)
                .sum(),
        };
        let profile: Vec<usize> = self.players.iter().map(first).collect();
        self.game.index(&profile)
    }

    /// What a player's chances are told about: its moves, or its candidates.
    pub(super) fn labels(&self, player: usize) -> Vec<String> {
        let p = &self.players[player];
        match &p.moves {
            Moves::Named(all) => all.iter().map(|(id, _)| id.clone()).collect(),
            Moves::Sets => p.products.clone(),
        }
    }

    /// Which of the labels of a player a move has.
    pub(super) fn label_holds(&self, player: usize, own: usize) -> Vec<bool> {
        let p = &self.players[player];
        match &p.moves {
            Moves::Named(all) => (0..all.len()).map(|k| k == own).collect(),
            Moves::Sets => p.on_sale(own),
        }
    }

    /// Number of candidates of a player who is alone and chooses among sets.
    pub(super) fn sets_of_one(&self) -> Option<usize> {
        match &self.players[..] {
            [one] if matches!(one.moves, Moves::Sets) => Some(one.products.len()),
            _ => None,
        }
    }
}

impl Player {
    fn new(spec: &PlayerSpec) -> Self {
        let products: Vec<String> = spec.contested().into_iter().map(str::to_owned).collect();
        let moves = if spec.candidate.is_empty() {
            let named = spec.moves.iter().map(|m| {
                let sold = products.iter().map(|p| m.products.contains(p));
                (m.id.clone(), sold.collect())
            });
            Moves::Named(named.collect())
        } else {
            Moves::Sets
        };
        Player {
            firm: spec.firm.clone(),
            products,
            moves,
        }
    }

    fn contested(&self) -> impl Iterator<Item = (&str, &str)> {
        let firm = self.firm.as_str();
        self.products.iter().map(move |p| (p.as_str(), firm))
    }

    fn count(&self) -> Option<usize> {
        match &self.moves {
            Moves::Named(all) => Some(all.len()),
            Moves::Sets => {
                let bits = u32::try_from(self.products.len()).ok()?;
                1_usize.checked_shl(bits).filter(|_| bits < usize::BITS - 1)
            }
        }
    }

    fn on_sale(&self, own: usize) -> Vec<bool> {
        match &self.moves {
            Moves::Named(all) => all[own].1.clone(),
            Moves::Sets => (0..self.products.len())
                .map(|k| own >> k & 1 == 1)
                .collect(),
        }
    }

    fn name(&self, own: usize) -> String {
        if let Moves::Named(all) = &self.moves {
            return all[own].0.clone();
        }
        let sold = self.products.iter().zip(self.on_sale(own));
        let names: Vec<&str> = sold.filter(|(_, s)| *s).map(|(p, _)| p.as_str()).collect();
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(" + ")
        }
    }

    fn fixed_cost(&self, spec: &PlayerSpec, own: usize) -> f64 {
        let value = |q: &Option<Quantity>| q.as_ref().map_or(0.0, Quantity::value);
        match &self.moves {
            Moves::Named(_) => value(&spec.moves[own].fixed_cost),
            Moves::Sets => {
                let sold = spec.candidate.iter().zip(self.on_sale(own));
                sold.filter(|(_, s)| *s)
                    .map(|(c, _)| value(&c.fixed_cost))
                    .sum()
            }
        }
    }
}
