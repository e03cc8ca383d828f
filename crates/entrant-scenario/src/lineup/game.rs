//! Games in which each player has a few moves, by their payoffs.

/// How many moves each player has.
///
/// A profile is one move for each player; profiles are numbered with the last player's move
/// running fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Game {
    moves: Vec<usize>,
}

/// What each profile is worth to each player; `None` where that cannot be said.
pub type Payoffs = [Option<Vec<f64>>];

/// Profiles from which no player would move alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Equilibria {
    /// Proved: every other move of every player is worth no more (Nash 1951).
    pub certain: Vec<usize>,
    /// No gain was found, but some other move has no payoff to compare with.
    pub undecided: Vec<usize>,
}

/// Where replies in turn lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Profiles, the start first.
    pub profiles: Vec<usize>,
    /// How it ended.
    pub ending: Ending,
}

/// How replies in turn end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// At a profile from which nobody would move.
    Settled,
    /// At a profile that came before: replies go round.
    Cycle,
    /// At a profile without payoffs.
    Undecided,
}

/// Part of the larger payoff that counts as rounding.
const ROUNDING: f64 = 1e-10;

impl Game {
    /// A game; every player needs a move. `None` where one has none, or where profiles cannot be
    /// numbered.
    pub fn new(moves: Vec<usize>) -> Option<Self> {
        let count = moves.iter().try_fold(1_usize, |n, m| n.checked_mul(*m))?;
        (count > 0).then_some(Game { moves })
    }

    /// Number of players.
    pub fn players(&self) -> usize {
        self.moves.len()
    }

    /// Number of moves of each player.
    pub fn moves(&self) -> &[usize] {
        &self.moves
    }

    /// Number of profiles.
    pub fn profiles(&self) -> usize {
        self.moves.iter().product()
    }

    /// The moves of a profile (players).
    pub fn profile(&self, mut index: usize) -> Vec<usize> {
        let mut out = vec![0; self.moves.len()];
        for (own, count) in out.iter_mut().zip(&self.moves).rev() {
            *own = index % count;
            index /= count;
        }
        out
    }

    /// The number of a profile (players).
    pub fn index(&self, profile: &[usize]) -> usize {
        let step = |index: usize, (own, count): (&usize, &usize)| index * count + own;
        profile.iter().zip(&self.moves).fold(0, step)
    }

    /// Profiles in which only `player` does something else.
    pub fn alternatives(&self, index: usize, player: usize) -> impl Iterator<Item = usize> + '_ {
        let profile = self.profile(index);
        let own = profile[player];
        (0..self.moves[player])
            .filter(move |m| *m != own)
            .map(move |m| {
                let mut other = profile.clone();
                other[player] = m;
                self.index(&other)
            })
    }
}

/// Whether `b` is more than `a` by more than rounding.
fn more(a: f64, b: f64) -> bool {
    b - a > ROUNDING * a.abs().max(b.abs())
}

/// All profiles of pure strategies from which no player gains by moving alone, by trying every
/// move of every player.
pub fn pure_equilibria(game: &Game, payoffs: &Payoffs) -> Equilibria {
    let mut out = Equilibria::default();
    for index in 0..game.profiles() {
        let Some(here) = &payoffs[index] else {
            continue;
        };
        let (mut stays, mut known) = (true, true);
        for (player, own) in here.iter().enumerate() {
            for other in game.alternatives(index, player) {
                match &payoffs[other] {
                    Some(there) => stays &= !more(*own, there[player]),
                    None => known = false,
                }
            }
        }
        match (stays, known) {
            (true, true) => out.certain.push(index),
            (true, false) => out.undecided.push(index),
            (false, _) => {}
        }
    }
    out
}

/// Says what profiles are worth to each player, in their order.
pub type Ask<'a> = dyn FnMut(&[usize]) -> Vec<Option<Vec<f64>>> + 'a;

/// The profile that `player` would lead to: where it stands unless another move is worth more; of
/// equals the first.
pub fn best_reply(game: &Game, ask: &mut Ask<'_>, index: usize, player: usize) -> usize {
    let mut all = vec![index];
    all.extend(game.alternatives(index, player));
    let payoffs = ask(&all);
    let worth = |k: usize| payoffs[k].as_ref().map_or(f64::NEG_INFINITY, |p| p[player]);
    let mut best = 0;
    for k in 1..all.len() {
        let better = if worth(best).is_finite() {
            more(worth(best), worth(k))
        } else {
            worth(k) > worth(best)
        };
        if better {
            best = k;
        }
    }
    all[best]
}

/// Players reply in turn, in the order of the game, until nobody would move or a round ends where
/// an earlier round did.
pub fn replies(game: &Game, ask: &mut Ask<'_>, start: usize) -> Path {
    let mut profiles = vec![start];
    let mut rounds = vec![start];
    let mut here = start;
    loop {
        let before = here;
        for player in 0..game.players() {
            if ask(&[here])[0].is_none() {
                let ending = Ending::Undecided;
                return Path { profiles, ending };
            }
            let next = best_reply(game, ask, here, player);
            if next != here {
                profiles.push(next);
                here = next;
            }
        }
        let ending = if here == before {
            Ending::Settled
        } else if rounds.contains(&here) {
            Ending::Cycle
        } else {
            rounds.push(here);
            continue;
        };
        return Path { profiles, ending };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entrant_numeric::random::Stream;

    fn told(payoffs: &Payoffs) -> impl FnMut(&[usize]) -> Vec<Option<Vec<f64>>> + '_ {
        |asked| asked.iter().map(|k| payoffs[*k].clone()).collect()
    }

    fn two(payoffs: [[[f64; 2]; 2]; 2]) -> (Game, Vec<Option<Vec<f64>>>) {
        let flat = payoffs.iter().flatten().map(|p| Some(p.to_vec())).collect();
        (Game::new(vec![2, 2]).expect("a game"), flat)
    }

    #[test]
    fn textbook_games_end_as_in_the_textbook() {
        // Prisoners: both defect. Sexes: both meetings. Pennies: none.
        let (game, dilemma) = two([[[3., 3.], [0., 5.]], [[5., 0.], [1., 1.]]]);
        assert_eq!(pure_equilibria(&game, &dilemma).certain, [3]);
        assert_eq!(
            replies(&game, &mut told(&dilemma), 0).ending,
            Ending::Settled
        );
        let (_, sexes) = two([[[2., 1.], [0., 0.]], [[0., 0.], [1., 2.]]]);
        assert_eq!(pure_equilibria(&game, &sexes).certain, [0, 3]);
        let (_, pennies) = two([[[1., -1.], [-1., 1.]], [[-1., 1.], [1., -1.]]]);
        assert_eq!(pure_equilibria(&game, &pennies), Equilibria::default());
        assert_eq!(replies(&game, &mut told(&pennies), 0).ending, Ending::Cycle);
    }

    #[test]
    fn free_entry_lets_in_as_many_as_the_market_feeds() {
        // Cournot with demand 1 - Q and no variable cost: n firms earn 1 / (n + 1)^2 each (Tirole
        // 1988, chapter 7). With entry cost k, n* is the largest n with 1 / (n + 1)^2 >= k, and any
        // n* of the five identical firms may be the ones who are in.
        let game = Game::new(vec![2; 5]).expect("a game");
        for (entry, inside) in [(0.2, 1_u32), (0.1, 2), (0.05, 3), (0.03, 4), (0.3, 0)] {
            let payoff = |index: usize| {
                let profile = game.profile(index);
                let n = profile.iter().sum::<usize>() as f64;
                let own = |m: &usize| *m as f64 * (1.0 / (n + 1.0).powi(2) - entry);
                Some(profile.iter().map(own).collect())
            };
            let payoffs: Vec<_> = (0..game.profiles()).map(payoff).collect();
            let found = pure_equilibria(&game, &payoffs);
            let choose = |k: u32| (0..k).fold(1, |c, i| c * (5 - i) / (i + 1));
            assert_eq!(found.certain.len(), choose(inside) as usize);
            for index in found.certain {
                assert_eq!(game.profile(index).iter().sum::<usize>(), inside as usize);
            }
        }
    }

    #[test]
    fn every_equilibrium_of_random_games_and_no_other() {
        let shapes = [vec![3, 2, 4], vec![2, 2], vec![5], vec![2, 3, 2, 2]];
        for (seed, shape) in (0..200).zip(shapes.iter().cycle()) {
            let game = Game::new(shape.clone()).expect("a game");
            let mut stream = Stream::new(seed, "payoffs", 0);
            let payoffs: Vec<_> = (0..game.profiles())
                .map(|_| Some((0..game.players()).map(|_| stream.uniform()).collect()))
                .collect();
            let found = pure_equilibria(&game, &payoffs).certain;
            for index in 0..game.profiles() {
                assert_eq!(game.index(&game.profile(index)), index);
                let stays = (0..game.players())
                    .all(|p| best_reply(&game, &mut told(&payoffs), index, p) == index);
                assert_eq!(found.contains(&index), stays);
            }
            let path = replies(&game, &mut told(&payoffs), 0);
            if path.ending == Ending::Settled {
                assert!(found.contains(path.profiles.last().expect("a start")));
            }
        }
    }

    #[test]
    fn what_is_not_known_proves_nothing() {
        let (game, mut payoffs) = two([[[3., 3.], [0., 5.]], [[5., 0.], [1., 1.]]]);
        payoffs[1] = None;
        let found = pure_equilibria(&game, &payoffs);
        assert_eq!((found.certain, found.undecided), (vec![], vec![3]));
        assert_eq!(
            replies(&game, &mut told(&payoffs), 1).ending,
            Ending::Undecided
        );
    }

    #[test]
    fn no_game_without_moves_or_beyond_numbers() {
        assert_eq!(Game::new(vec![2, 0]), None);
        assert_eq!(Game::new(vec![usize::MAX, 2]), None);
        assert_eq!(Game::new(vec![]).map(|g| g.profiles()), Some(1));
    }
}
