//! Requests and answers.

use entrant_data::InputError;
use entrant_data::result::live::LiveModel;
use entrant_data::result::{Estimate, MarketOutcome};
use entrant_data::spec::ScenarioSpec;
use entrant_scenario::live::{Answer, Live, Steady, WhatIf};
use serde::{Deserialize, Serialize};

/// What a page asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// Takes the markets of a model in.
    Load(Box<LiveModel>),
    /// Solves a what-if at the central values.
    Start {
        /// Market, by position.
        market: usize,
        /// The what-if.
        scenario: Box<ScenarioSpec>,
    },
    /// Solves so many more draws of it.
    More {
        /// Draws.
        draws: usize,
    },
}

/// What it hears.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reply<'a> {
    /// The markets are in.
    Loaded {
        /// Version of the engine.
        version: &'a str,
    },
    /// What a what-if found at the central values, or in all draws.
    Found(Box<Found>),
    /// Draws are left to solve.
    Solving {
        /// Draws that are solved.
        done: usize,
        /// Draws that there are.
        of: usize,
    },
    /// The request cannot be met.
    Error {
        /// What is wrong.
        message: String,
    },
}

#[derive(Debug, Serialize)]
struct Found {
    done: usize,
    of: usize,
    outcome: MarketOutcome,
    worth: Option<Worth>,
}

#[derive(Debug, Serialize)]
struct Worth {
    firm: String,
    periods: u32,
    period: Estimate,
    discounted: Estimate,
    value: Estimate,
}

/// Markets, and the what-if that is being solved.
#[derive(Debug, Default)]
pub struct Session {
    live: Option<Live>,
    what_if: Option<WhatIf>,
    answer: String,
}

impl Session {
    /// Nothing loaded yet.
    pub fn new() -> Self {
        Session::default()
    }

    /// Meets a request, or says in the answer why it cannot be met.
    pub fn run(&mut self, request: &[u8]) {
        let reply = match serde_json::from_slice(request) {
            Ok(request) => self.meet(request),
            Err(e) => Err(e.to_string()),
        };
        let reply = reply.unwrap_or_else(|message| Reply::Error { message });
        self.answer = serde_json::to_string(&reply).unwrap_or_default();
    }

    /// The answer to the last request, as JSON; empty before the first.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    fn meet(&mut self, request: Request) -> Result<Reply<'static>, String> {
        match request {
            Request::Load(model) => {
                self.what_if = None;
                self.live = Some(Live::new(*model).map_err(|e| words(&e))?);
                Ok(Reply::Loaded {
                    version: env!("CARGO_PKG_VERSION"),
                })
            }
            Request::Start { market, scenario } => {
                let live = self.live.as_ref().ok_or("nothing is loaded")?;
                let what_if = live.start(market, &scenario).map_err(|e| words(&e))?;
                let answer = live.answer(&what_if);
                self.what_if = Some(what_if);
                Ok(found(answer))
            }
            Request::More { draws } => {
                let live = self.live.as_ref().ok_or("nothing is loaded")?;
                let what_if = self.what_if.as_mut().ok_or("nothing is started")?;
                match live.more(what_if, draws) {
                    (done, of) if done < of => Ok(Reply::Solving { done, of }),
                    _ => Ok(found(live.answer(what_if))),
                }
            }
        }
    }
}

fn words(mistake: &InputError) -> String {
    mistake.to_string()
}

fn found(answer: Answer) -> Reply<'static> {
    let worth = |w: Steady| Worth {
        firm: w.firm,
        periods: w.periods,
        period: w.period,
        discounted: w.discounted,
        value: w.value,
    };
    Reply::Found(Box::new(Found {
        done: answer.done,
        of: answer.of,
        outcome: answer.outcome,
        worth: answer.worth.map(worth),
    }))
}
