//! What firms choose to sell: line-ups and games.

use entrant_data::result::{GameOutcome, ImpliedCost, ProfileOutcome};

use super::{Block, Cell, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// Profiles in plain sight; all that were kept are in a folded table.
const SHOWN: usize = 8;

/// The games; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let games = &story.results.games;
    if games.is_empty() {
        return None;
    }
    Some(Section {
        id: "games",
        title: "What each would sell",
        short: "Line-ups",
        lead: games.iter().map(|g| answer(story, g)).collect(),
        blocks: games.iter().flat_map(|g| blocks(story, g)).collect(),
    })
}

/// What a game comes to, in sentences.
pub fn answer(story: &Story<'_>, game: &GameOutcome) -> String {
    let equilibria: Vec<&ProfileOutcome> = game.rows.iter().filter(|r| r.equilibrium).collect();
    let found = match (&equilibria[..], &game.players[..]) {
        ([best, ..], [one]) => one_firm(story, game, best, &one.firm),
        ([], _) => format!(
            "no combination is stable in pure strategies; replies in turn end in {}",
            match game.replies_end.as_str() {
                "cycle" => "a cycle",
                _ => "markets without an equilibrium of prices",
            }
        ),
        ([one], _) => format!(
            "one combination is stable: {} ({})",
            named(game, one),
            chances(one)
        ),
        (several, _) => {
            let all: Vec<String> = several
                .iter()
                .map(|r| format!("{} ({})", named(game, r), chances(r)))
                .collect();
            format!(
                "{} combinations are stable: {}",
                several.len(),
                all.join("; ")
            )
        }
    };
    format!(
        "{}: {found}.{}{}",
        game.title,
        doubts(game),
        bans(story, game)
    )
}

/// What the ban of each firm changes.
fn bans(story: &Story<'_>, game: &GameOutcome) -> String {
    let one = |ban: &GameOutcome| {
        let stable: Vec<&ProfileOutcome> = ban.rows.iter().filter(|r| r.equilibrium).collect();
        let found = match &stable[..] {
            [] => "no combination is stable".to_owned(),
            all => {
                let each = all.iter().map(|r| {
                    let surplus = format::estimate(&r.surplus, Unit::Money(&story.money), true);
                    let of = named(ban, r);
                    let of = if of.is_empty() {
                        String::new()
                    } else {
                        format!("{of}; ")
                    };
                    format!("{of}consumer surplus {surplus} per period against today")
                });
                each.collect::<Vec<_>>().join(", or ")
            }
        };
        format!(" If {} may not sell: {found}.", ban.banned)
    };
    game.bans.iter().map(one).collect()
}

fn one_firm(story: &Story<'_>, game: &GameOutcome, best: &ProfileOutcome, firm: &str) -> String {
    let money = Unit::Money(&story.money);
    let worth = format::estimate(&best.payoff[0], money, true);
    let words = if game.exhaustive {
        "the best"
    } else {
        "the best that a local search found,"
    };
    format!(
        "{words} of {firm}'s {} line-ups is {}, worth {worth} after fixed costs; {}",
        format::count(game.profiles),
        best.moves[0],
        if best.one_of.is_finite() {
            format!("it is the best in {} of draws", chance(best.one_of))
        } else {
            "without draws".to_owned()
        }
    )
}

/// What each player does.
fn named(game: &GameOutcome, row: &ProfileOutcome) -> String {
    let each = game.players.iter().zip(&row.moves);
    let each = each.filter(|(p, _)| p.firm != game.banned);
    let each: Vec<String> = each.map(|(p, m)| format!("{}: {m}", p.firm)).collect();
    each.join(", ")
}

fn chance(x: f64) -> String {
    format::number(x, Unit::Chance, false)
}

/// How often a profile is stable in draws.
fn chances(row: &ProfileOutcome) -> String {
    match (row.only, row.one_of) {
        (_, most) if !most.is_finite() => row.settles.map_or("not drawn".to_owned(), |often| {
            format!("replies in turn end there in {} of draws", chance(often))
        }),
        (least, most) if (least - most).abs() < 1e-12 => format!("{} of draws", chance(most)),
        (least, most) => format!(
            "between {} and {} of draws, by which of several firms settle on",
            chance(least),
            chance(most)
        ),
    }
}

fn doubts(game: &GameOutcome) -> String {
    let all = [
        (
            game.none > 0.0,
            format!(" In {} of draws nothing is stable.", chance(game.none)),
        ),
        (
            game.open > 0.0,
            format!(
                " In {} of draws it is open, because some line-ups have no equilibrium of prices.",
                chance(game.open)
            ),
        ),
        (
            game.undecided > 0,
            format!(
                " At the central values {} of {} combinations have no equilibrium of prices.",
                format::count(game.undecided),
                format::count(game.profiles)
            ),
        ),
        (
            !game.exhaustive && game.players.len() > 1,
            " There are too many combinations to try: this is where replies in turn lead."
                .to_owned(),
        ),
    ];
    let said = all.into_iter().filter(|(holds, _)| *holds);
    said.map(|(_, words)| words).collect()
}

fn blocks(story: &Story<'_>, game: &GameOutcome) -> Vec<Block> {
    let mut out = vec![Block::Table(profiles(story, game, SHOWN))];
    if game.rows.len() > SHOWN {
        out.push(Block::Folded(Folded::plain(
            format!("More combinations: {}", game.title),
            profiles(story, game, usize::MAX),
        )));
    }
    if game.bans.is_empty() {
        out.push(Block::Folded(Folded::plain(
            format!("How often each does what: {}", game.title),
            moves(story, game),
        )));
    } else {
        out.push(Block::Table(banned(story, game)));
    }
    for ban in &game.bans {
        out.push(Block::Folded(Folded::plain(
            format!(
                "Combinations if {} may not sell: {}",
                ban.banned, game.title
            ),
            profiles(story, ban, SHOWN),
        )));
    }
    out.push(Block::Folded(Folded::plain(
        format!(
            "What today's line-ups say about fixed costs: {}",
            game.title
        ),
        implied(story, game),
    )));
    out
}

/// What each does with and without a firm that may be banned.
fn banned(story: &Story<'_>, game: &GameOutcome) -> Table {
    let mut head = vec![
        "Firm".to_owned(),
        "Choice".to_owned(),
        "As it is".to_owned(),
    ];
    head.extend(game.bans.iter().map(|b| format!("Without {}", b.banned)));
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = game.players.iter().enumerate().flat_map(|(p, player)| {
        let each = player.moves.iter().zip(&player.chance).enumerate();
        each.map(move |(k, (label, often))| {
            let mut cells = vec![
                Cell::firm(story, &player.firm),
                Cell::text(label.as_str()),
                Cell::number(chance(*often)),
            ];
            cells.extend(game.bans.iter().map(|b| {
                let there = b.banned != player.firm;
                let often = b.players[p].chance.get(k).filter(|_| there);
                Cell::number(often.map_or_else(|| format::NONE.to_owned(), |x| chance(*x)))
            }));
            cells
        })
    });
    let caption = format!("{}: share of draws, with and without a ban", game.title);
    Table::new(caption, &head).with(rows)
}

fn profiles(story: &Story<'_>, game: &GameOutcome, most: usize) -> Table {
    let mut head: Vec<&str> = game.players.iter().map(|p| p.firm.as_str()).collect();
    head.extend(["Consumer surplus", "Stable in draws"]);
    let caption = format!(
        "{}: what each sells, and what it earns by that over {} periods after fixed costs",
        game.title, game.periods
    );
    let money = Unit::Money(&story.money);
    let row = |r: &ProfileOutcome| {
        let chosen = r.moves.iter().zip(&r.payoff);
        let worth = |e| format::estimate(e, money, true);
        let mut cells: Vec<Cell> = chosen
            .map(|(m, e)| Cell::text(m.as_str()).noted(worth(e)))
            .collect();
        cells.push(Cell::estimate(&r.surplus, money, true));
        let often = Cell::number(stable(r));
        cells.push(if r.equilibrium {
            often.noted("and at the central values")
        } else {
            often
        });
        cells
    };
    Table::new(caption, &head).with(game.rows.iter().take(most).map(row))
}

fn stable(r: &ProfileOutcome) -> String {
    if let Some(often) = r.settles.filter(|_| !r.one_of.is_finite()) {
        return format!("replies end here: {}", chance(often));
    }
    let [least, most] = [r.only, r.one_of].map(chance);
    if least == most {
        most
    } else {
        format!("{least} to {most}")
    }
}

fn moves(story: &Story<'_>, game: &GameOutcome) -> Table {
    let caption = format!("{}: share of draws", game.title);
    let rows = game.players.iter().flat_map(|p| {
        let each = p.moves.iter().zip(&p.chance);
        each.map(|(m, c)| {
            vec![
                Cell::firm(story, &p.firm),
                Cell::text(m.as_str()),
                Cell::number(chance(*c)),
            ]
        })
    });
    Table::new(caption, &["Firm", "Choice", "Share of draws"]).with(rows)
}

fn implied(story: &Story<'_>, game: &GameOutcome) -> Table {
    let money = Unit::Money(&story.money);
    let caption = format!(
        "{}: fixed cost over {} periods, if today's line-ups are each firm's best",
        game.title, game.periods
    );
    let row = |c: &ImpliedCost| {
        vec![
            Cell::text(c.product.as_str()),
            Cell::firm(story, &c.firm),
            Cell::text(if c.on_sale {
                "on sale: at most"
            } else {
                "not on sale: at least"
            }),
            Cell::estimate(&c.bound, money, false),
        ]
    };
    Table::new(caption, &["Product", "Firm", "Its fixed cost is", "Bound"])
        .with(game.implied.iter().map(row))
}
