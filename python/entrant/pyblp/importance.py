"""Importance sampling of agents (Berry, Levinsohn and Pakes 1995, section 6)."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import _frames
from ..errors import InputError, NoResultError
from . import elsewhere
from .integration import Integration
from .problem import Problem
from .saved import Saved
from .structured import agents
from .tables import number, say, seconds, table


class ImportanceSamplingResults(Saved):
    """Agents that were drawn by how likely they buy anything, with PyBLP's attributes.

    Sums of their weights are near one in every market where enough agents were drawn; the numbers of
    effective draws (Owen 2013, section 9.3) say how uneven the weights are.
    """

    def __init__(self, results: Any, drawn: dict[str, np.ndarray], draws: int, began: float) -> None:
        self.problem_results, self.draws = results, draws
        self._agents = drawn
        self.sampled_agents = agents(elsewhere.of_agents(results.problem, drawn, None))
        self.diagnostic_market_ids, of = np.unique(drawn["market_ids"], return_inverse=True)
        sums = [np.bincount(of.ravel(), weights=drawn["weights"] ** power)[:, None] for power in (1, 2, 3, 4)]
        self.weight_sums = sums[0]
        self.effective_draws = sums[0] ** 2 / sums[1]
        self.effective_draws_for_variance = sums[1] ** 2 / sums[3]
        self.effective_draws_for_skewness = sums[1] ** 3 / sums[2] ** 2
        self.computation_time = time.monotonic() - began

    def to_problem(self) -> ImportanceSamplingProblem:
        """The problem with these agents in place of its own."""
        return ImportanceSamplingProblem(self)

    def __str__(self) -> str:
        smallest = [
            (["Min", "Effective Draws", *more], str(int(values.min())))
            for more, values in (
                ([], self.effective_draws), (["for Variance"], self.effective_draws_for_variance),
                (["for Skewness"], self.effective_draws_for_skewness),
            )
        ]
        cells = [
            (["Computation", "Time"], seconds(self.computation_time)),
            (["Total", "Sampling Draws"], str(len(self.sampled_agents))),
            (["Sampling Draws", "per Market"], str(self.draws)),
            *smallest,
            (["Min", "Weight Sum"], number(float(self.weight_sums.min()))),
            (["Max", "Weight Sum"], number(float(self.weight_sums.max()))),
        ]
        return table("Importance Sampling Results Summary", [h for h, _ in cells], [[c for _, c in cells]])

    __repr__ = __str__


class ImportanceSamplingProblem(Problem):
    """A problem with agents from importance sampling."""

    def __init__(self, results: ImportanceSamplingResults) -> None:
        old = results.problem_results.problem
        super().__init__(
            old.product_formulations, old._products, old.agent_formulation, results._agents, None, old.rc_types or None,
            old.epsilon_scale, old.costs_type, old.add_exogenous,
        )


def sample(results: Any, given: dict[str, Any]) -> ImportanceSamplingResults:
    """Agents accepted with the probability that they buy anything, over `ar_constant`; the draws are PyBLP's for a
    seed."""
    problem, draws, constant = results.problem, given["draws"], given["ar_constant"]
    if problem._x2 is None:
        raise InputError("importance sampling needs a formulation of X2")
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 1:
        raise InputError("`draws` is a positive whole number")
    if not isinstance(constant, (int, float)) or not constant >= 1:
        raise InputError("`ar_constant` is a number of at least 1")
    began = time.monotonic()
    say("Importance sampling ...")
    delta = None if given["delta"] is None else np.asarray(given["delta"], dtype=float).ravel()
    if delta is not None and len(delta) != problem.N:
        raise InputError(f"`delta` has {len(delta)} values, must have {problem.N}")
    candidates = _candidates(problem, given["agent_data"], given["integration"])
    fit = elsewhere.moved(candidates, results, np.asarray(results._fit.delta) if delta is None else delta).fit
    shares = problem._products["shares"].astype(float)
    markets = candidates._agents["market_ids"]
    weights = np.zeros(len(markets))
    state = np.random.RandomState(given["seed"])
    at, rows = results._markets(None)
    for market, t, r in zip(problem.unique_market_ids, at, rows):
        inside = np.asarray(fit.probabilities([t])[0]).sum(axis=0)
        accepted = np.flatnonzero(state.uniform(size=len(inside)) < inside / constant)
        if len(accepted) < draws:
            raise NoResultError(
                f"in market `{market}` {len(accepted)} of {len(inside)} candidates were accepted, and {draws} are "
                "needed: ask for fewer `draws`, or give more candidates by `agent_data` or `integration`"
            )
        chosen = state.choice(accepted, size=int(draws), replace=False)
        weights[np.flatnonzero(markets == market)[chosen]] = shares[r].sum() / inside[chosen] / draws
    kept = weights > 0
    drawn = {**{n: v[kept] for n, v in candidates._agents.items()}, "weights": weights[kept]}
    out = ImportanceSamplingResults(results, drawn, int(draws), began)
    say(f"Finished importance sampling after {seconds(out.computation_time)}.\n\n{out}")
    return out


def _candidates(problem: Any, agent_data: Any, integration: Any) -> Any:
    """The problem with those who may be drawn, all with the same weight: theirs say nothing here."""
    if integration is not None and not isinstance(integration, Integration):
        raise InputError("`integration` is an `Integration`")
    if agent_data is None and integration is None:
        data = dict(problem._agents)
    else:
        given = None if agent_data is None else dict(_frames.columns(agent_data))
        if given is not None and integration is None:
            given.setdefault("weights", np.ones(len(given["market_ids"])))
        data = dict(elsewhere.of_agents(problem, given, integration)._agents)
    of = np.unique(data["market_ids"], return_inverse=True)[1].ravel()
    return elsewhere.of_agents(problem, {**data, "weights": 1.0 / np.bincount(of)[of]}, None)
