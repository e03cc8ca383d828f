//! What players may do, by number.

use entrant_data::Quantity;
use entrant_data::spec::{CandidateSpec, GameSpec, PlayerSpec};
use entrant_market::Market;
use entrant_scenario::lineup::{Game, Options};

/// A game of the study with its moves numbered.
#[derive(Debug, Clone)]
pub(super) struct Contest {
    /// Players and their moves by number.
    pub(super) game: Game,
    players: Vec<Player>,
    /// A firm that may not sell.
    banned: Option<String>,
}

#[derive(Debug, Clone)]
struct Player {
    firm: String,
    /// Products that it chooses about.
    products: Vec<String>,
    /// What it may do.
    moves: Moves,
}

/// A move with a name.
#[derive(Debug, Clone)]
struct Named {
    id: String,
    /// Which of the products are on sale.
    sold: Vec<bool>,
    /// Prices that it commits to, by product.
    prices: Vec<(String, f64)>,
}

#[derive(Debug, Clone)]
enum Moves {
    /// By name.
    Named(Vec<Named>),
    /// Every line-up of the products, each left out or sold at one of its prices (products x
    /// prices; without any it has that of the scenario).
    Lineups(Options, Vec<Vec<f64>>),
    /// None: it may not sell.
    Banned,
}

impl Contest {
    /// The moves of a game; `None` where there are too many to number.
    pub(super) fn new(spec: &GameSpec) -> Option<Self> {
        let players: Option<Vec<Player>> = spec.player.iter().map(Player::new).collect();
        let players = players?;
        let count = players
            .iter()
            .map(Player::count)
            .collect::<Option<Vec<_>>>()?;
        let game = Game::new(count)?;
        Some(Contest {
            game,
            players,
            banned: None,
        })
    }

    /// The same game in which a firm may not sell.
    pub(super) fn without(&self, firm: &str) -> Option<Self> {
        let mut players = self.players.clone();
        for p in players.iter_mut().filter(|p| p.firm == firm) {
            p.moves = Moves::Banned;
        }
        let count: Option<Vec<usize>> = players.iter().map(Player::count).collect();
        Some(Contest {
            game: Game::new(count?)?,
            players,
            banned: Some(firm.to_owned()),
        })
    }

    /// The firm that may not sell.
    pub(super) fn banned(&self) -> Option<&str> {
        self.banned.as_deref()
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
        let sells = |firm: &String| Some(firm) != self.banned.as_ref();
        let mut out: Vec<bool> = market
            .products
            .iter()
            .map(|p| p.on_sale && sells(&p.firm))
            .collect();
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

    /// Prices that players commit to in a profile, by product.
    pub(super) fn prices(&self, profile: usize) -> Vec<(&str, f64)> {
        let moves = self.players.iter().zip(self.game.profile(profile));
        moves.flat_map(|(p, own)| p.prices(own)).collect()
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
        let first = |p: &Player| match &p.moves {
            Moves::Named(_) | Moves::Banned => 0,
            Moves::Lineups(options, prices) => {
                let middle = |k: usize| (prices[k].len().max(1) as u64).div_ceil(2);
                let way = |k: usize| if sold(&p.products[k]) { middle(k) } else { 0 };
                let ways: Vec<u64> = (0..p.products.len()).map(way).collect();
                position(options.lineup(&ways))
            }
        };
        let profile: Vec<usize> = self.players.iter().map(first).collect();
        self.game.index(&profile)
    }

    /// What a player's chances are told about: its moves, or its candidates.
    pub(super) fn labels(&self, player: usize) -> Vec<String> {
        let p = &self.players[player];
        match &p.moves {
            Moves::Named(all) => all.iter().map(|m| m.id.clone()).collect(),
            Moves::Lineups(_, prices) => {
                let ways = p.products.iter().zip(prices);
                ways.flat_map(|(id, prices)| sold_at(id, prices)).collect()
            }
            Moves::Banned => vec![BANNED.to_owned()],
        }
    }

    /// Which of the labels of a player a move has.
    pub(super) fn label_holds(&self, player: usize, own: usize) -> Vec<bool> {
        let p = &self.players[player];
        match &p.moves {
            Moves::Named(all) => (0..all.len()).map(|k| k == own).collect(),
            Moves::Lineups(options, prices) => {
                let ways = options.ways_of(own as u64).into_iter().zip(prices);
                ways.flat_map(|(way, prices)| {
                    (1..=prices.len().max(1) as u64).map(move |k| k == way)
                })
                .collect()
            }
            Moves::Banned => vec![true],
        }
    }

    /// What a player who is alone and chooses among line-ups may do.
    pub(super) fn lineups_of_one(&self) -> Option<&Options> {
        match &self.players[..] {
            [one] => match &one.moves {
                Moves::Lineups(options, _) => Some(options),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Name of what a firm does that may not sell.
const BANNED: &str = "may not sell";

/// A line-up as a move.
pub(super) fn position(lineup: u64) -> usize {
    usize::try_from(lineup).unwrap_or(usize::MAX)
}

/// A product at each of its prices.
fn sold_at(id: &str, prices: &[f64]) -> Vec<String> {
    if prices.is_empty() {
        return vec![id.to_owned()];
    }
    prices.iter().map(|x| format!("{id} at {x}")).collect()
}

impl Player {
    fn new(spec: &PlayerSpec) -> Option<Self> {
        let products: Vec<String> = spec.contested().into_iter().map(str::to_owned).collect();
        let moves = if spec.candidate.is_empty() {
            let named = spec.moves.iter().map(|m| {
                let sold = products.iter().map(|p| m.products.contains(p));
                let prices = m.prices.iter().map(|(id, x)| (id.clone(), *x));
                Named {
                    id: m.id.clone(),
                    sold: sold.collect(),
                    prices: prices.collect(),
                }
            });
            Moves::Named(named.collect())
        } else {
            let ways: Vec<usize> = spec.candidate.iter().map(CandidateSpec::ways).collect();
            let prices = spec.candidate.iter().map(|c| c.prices.clone()).collect();
            Moves::Lineups(Options::new(&ways)?, prices)
        };
        Some(Player {
            firm: spec.firm.clone(),
            products,
            moves,
        })
    }

    fn contested(&self) -> impl Iterator<Item = (&str, &str)> {
        let firm = self.firm.as_str();
        self.products.iter().map(move |p| (p.as_str(), firm))
    }

    fn count(&self) -> Option<usize> {
        match &self.moves {
            Moves::Named(all) => Some(all.len()),
            Moves::Lineups(options, _) => usize::try_from(options.lineups()).ok(),
            Moves::Banned => Some(1),
        }
    }

    fn on_sale(&self, own: usize) -> Vec<bool> {
        match &self.moves {
            Moves::Named(all) => all[own].sold.clone(),
            Moves::Lineups(options, _) => {
                let ways = options.ways_of(own as u64).into_iter();
                ways.map(|way| way > 0).collect()
            }
            Moves::Banned => vec![false; self.products.len()],
        }
    }

    /// Prices that a move commits to, by product.
    fn prices(&self, own: usize) -> Vec<(&str, f64)> {
        match &self.moves {
            Moves::Named(all) => {
                let own = all[own].prices.iter();
                own.map(|(id, x)| (id.as_str(), *x)).collect()
            }
            Moves::Lineups(options, prices) => {
                let ways = options.ways_of(own as u64).into_iter();
                let sold = self.products.iter().zip(prices).zip(ways);
                sold.filter_map(|((id, prices), way)| {
                    let k = usize::try_from(way).ok()?.checked_sub(1)?;
                    Some((id.as_str(), *prices.get(k)?))
                })
                .collect()
            }
            Moves::Banned => Vec::new(),
        }
    }

    fn name(&self, own: usize) -> String {
        match &self.moves {
            Moves::Named(all) => return all[own].id.clone(),
            Moves::Banned => return BANNED.to_owned(),
            Moves::Lineups(..) => {}
        }
        let committed = self.prices(own);
        let sold = self.products.iter().zip(self.on_sale(own));
        let sold = sold.filter(|(_, sold)| *sold);
        let names: Vec<String> = sold
            .map(|(id, _)| {
                let price = committed.iter().find(|(other, _)| other == id);
                price.map_or_else(|| id.clone(), |(_, x)| format!("{id} at {x}"))
            })
            .collect();
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
            Moves::Lineups(..) => {
                let sold = spec.candidate.iter().zip(self.on_sale(own));
                sold.filter(|(_, s)| *s)
                    .map(|(c, _)| value(&c.fixed_cost))
                    .sum()
            }
            Moves::Banned => 0.0,
        }
    }
}
