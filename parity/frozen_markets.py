#!/usr/bin/env python3
"""Freeze five markets in which PyBLP 1.3.0's price solver reports success and is wrong or incomplete.

    python parity/frozen_markets.py OUTDIR        (OUTDIR: crates/entrant-market/tests/frozen)

writes OUTDIR/<name>.json for each market and prints what it found. It needs `pip install pyblp==1.3.0`
(NumPy and SciPy come with it), no network, one thread, and about two minutes, most of it for
estimating the Nevo model and searching for deviations in it. It exits with an AssertionError, before writing the file, if a claim it writes
down does not hold, so a file that exists has been checked.

Utility of consumer i for product j, with outside good 0 and extreme-value errors:

    u_ij = mean_utility_j + taste_ij + price_coefficient_i * p_j + e_ij,        u_i0 = e_i0

Fields of a file (I consumers, J products; every number is a double written so that it reads back exactly):

    name, about         what the peer does, and what is true
    weights             [I]     consumer weights, summing to 1 up to rounding
    price_coefficient   [I]     alpha_i, the derivative of utility with respect to price
    mean_utility        [J]     without the price term
    taste               [I][J]  without the price term
    cost, firm          [J]     marginal cost; the name of the firm that sets the price of j
    observed_price      [J]     Nevo: the data. Synthetic markets: where a naive observer would find the market:
                                the true equilibrium (near_logit_start_50), PyBLP's local maximum
                                (two_type_monopoly), the low equilibrium (two_type_duopoly), PyBLP's answer
                                (normal_price_coefficient)
    peer                [{start [J], price [J], converged, exceptions}]  PyBLP 1.3.0, default iteration; `converged` is
                        its own iteration's flag, `exceptions` counts the errors it raised or only printed
    truth.equilibria    [[J]]   every equilibrium that the search described in truth.how found
    truth.how           how that was established

`truth` is computed here by NumPy code that shares nothing with PyBLP: profit, its gradient, a complex-step
Jacobian, Newton with extended-precision residuals, and a search for each firm's best response over the whole
range that can hold one. For a single-product firm that range is [c + min m_i, c + max m_i], where
m_i = (1 + W(A_i/e)) / |alpha_i| is the optimal markup if there were only consumers of type i (W is Lambert's
function, A_i the odds of buying the product at cost): below it every type's profit rises in price, above it
every type's profit falls.
"""

import os

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

import contextlib
import dataclasses
import json
import pathlib
import sys
import time
import warnings

import numpy as np
import pyblp
import scipy.optimize
import scipy.special
from pyblp.markets.economy_results_market import EconomyResultsMarket
from pyblp.markets.market import Market as PyBLPMarket
from pyblp.utilities.basics import Error as PyBLPError

pyblp.options.verbose = False


# ---------------------------------------------------------------------------------------------------------
# The model, in NumPy
# ---------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Market:
    weights: np.ndarray             # I
    price_coefficient: np.ndarray   # I
    mean_utility: np.ndarray        # J
    taste: np.ndarray               # I x J
    cost: np.ndarray                # J
    firm: list                      # J

    def __post_init__(self):
        firm = np.array(self.firm)
        self.same_firm = (firm[:, None] == firm[None, :]).astype(float)
        self.firms = {f: np.flatnonzero(firm == f) for f in sorted(set(self.firm))}

    def probabilities(self, price):
        """I x J choice probabilities, in the type (real, extended or complex) of the prices."""
        price = np.asarray(price)
        utility = self.mean_utility + self.taste + self.price_coefficient[:, None] * price
        top = np.maximum(0, utility.real.max(axis=1, keepdims=True))
        odds = np.exp(utility - top)
        return odds / (np.exp(-top) + odds.sum(axis=1, keepdims=True))

    def shares(self, price):
        return self.weights @ self.probabilities(price)

    def profits(self, price):
        """Profit by firm."""
        by_product = (price - self.cost) * self.shares(price)
        return {f: by_product[j].sum() for f, j in self.firms.items()}

    def gradient(self, price):
        """Derivative of each product's firm's profit with respect to that product's price."""
        s = self.probabilities(price)
        margin = price - self.cost
        firm_margin = (s * margin) @ self.same_firm
        return self.weights @ (s + self.price_coefficient[:, None] * s * (margin - firm_margin))

    def jacobian(self, price):
        """Derivative of the gradient (row) with respect to every price (column), exact to rounding."""
        step = 1e-40
        columns = [self.gradient(price + 1j * step * e).imag / step for e in np.eye(len(self.cost))]
        return np.array(columns).T

    def residuals(self, price):
        """The two unscaled first-order residuals: max |p - c - eta| / p and max |profit gradient| / share."""
        s = self.probabilities(price)
        a = self.weights[:, None] * self.price_coefficient[:, None] * s
        derivative = np.diag(a.sum(axis=0)) - a.T @ s       # [k, j]: share k by price j, symmetric
        share = self.weights @ s
        eta = -np.linalg.solve(self.same_firm * derivative, share)
        return (np.abs(price - self.cost - eta) / price).max(), (np.abs(self.gradient(price)) / share).max()

    def largest_eigenvalue(self, price):
        """Largest eigenvalue over firms of the profit Hessian, scaled by shares: negative at a strict maximum."""
        scale = 1 / np.sqrt(self.shares(price))
        hessian = scale[:, None] * self.jacobian(price) * scale
        return max(np.linalg.eigvalsh(hessian[np.ix_(j, j)]).max() for j in self.firms.values())

    def polish(self, price):
        """Newton on the first-order conditions, residuals in extended precision, to the nearest double.

        Returns None where Newton runs away.
        """
        price = np.asarray(price, np.longdouble)
        for _ in range(60):
            jacobian = self.jacobian(price.astype(float))
            residual = self.gradient(price)
            shares = self.shares(price.astype(float))
            if shares.min() < 1e-200:
                return None
            try:
                step = np.linalg.solve(jacobian / shares[:, None], (residual / shares).astype(float))
            except np.linalg.LinAlgError:
                return None
            price = price - step
            if not np.all(np.isfinite(price)) or np.abs(price).max() > 1e4:
                return None
            if np.abs(step / price).max() < 1e-18:
                break
        return price.astype(float) if np.abs(step / price).max() < 1e-14 else None

    def one_type_markups(self, price, members):
        """m_i and the profit per consumer if firm `members` served type i alone, rivals at `price`."""
        with np.errstate(over='ignore'):
            odds = np.exp(self.mean_utility + self.taste + self.price_coefficient[:, None] * price)
            at_cost = np.exp(self.mean_utility + self.taste + self.price_coefficient[:, None] * self.cost)
        rivals = np.setdiff1d(np.arange(len(self.cost)), members)
        attraction = at_cost[:, members].sum(axis=1) / (1 + odds[:, rivals].sum(axis=1))
        w = scipy.special.lambertw(attraction / np.e).real
        return (1 + w) / np.abs(self.price_coefficient), w / np.abs(self.price_coefficient)

    def product_profit(self, price, j, own):
        """Profit of single-product firm j at each of the prices `own`, the others at `price`."""
        price = np.asarray(price, float)
        utility = self.mean_utility + self.taste + self.price_coefficient[:, None] * price
        rivals = np.delete(utility, j, axis=1)
        top = np.maximum(0, rivals.max(axis=1, initial=0))
        log_rivals = top + np.log(np.exp(-top) + np.exp(rivals - top[:, None]).sum(axis=1))
        share = np.zeros_like(own)
        for i, weight in enumerate(self.weights):
            v = self.mean_utility[j] + self.taste[i, j] + self.price_coefficient[i] * own - log_rivals[i]
            share += weight * scipy.special.expit(v)
        return (own - self.cost[j]) * share

    def best_response(self, price, j, points=20_001):
        """Best response of single-product firm j and its profit: a grid over the whole range that can hold one,
        then bounded Brent around each of the best local maxima of the grid."""
        assert (self.price_coefficient < 0).all()
        markups, _ = self.one_type_markups(price, [j])
        low, high = self.cost[j] + 0.999 * markups.min(), self.cost[j] + 1.001 * markups.max()
        grid = np.linspace(low, high, points)
        profit = self.product_profit(price, j, grid)
        padded = np.r_[-np.inf, profit, -np.inf]
        peaks = np.flatnonzero((profit >= padded[:-2]) & (profit >= padded[2:]))
        best = (-np.inf, None)
        for k in peaks[np.argsort(-profit[peaks])][:5]:
            bounds = grid[max(k - 1, 0)], grid[min(k + 1, points - 1)]
            found = scipy.optimize.minimize_scalar(
                lambda p: -self.product_profit(price, j, np.array([p]))[0], bounds=bounds, method='bounded',
                options={'xatol': 1e-12})
            best = max(best, (-found.fun, found.x), (profit[k], grid[k]))
        return best[1], best[0]

    def firm_best_response(self, price, members, starts, rng):
        """Highest profit of a multi-product firm found by L-BFGS-B from `starts` random and structured starts."""
        price = np.asarray(price, float)
        markups, type_profits = self.one_type_markups(price, members)
        low, high = self.cost[members], self.cost[members] + 1.5 * markups.max()
        current = self.profits(price)[self.firm[members[0]]]

        def objective(own):
            p = price.copy()
            p[members] = own
            profit = (own - self.cost[members]) @ self.shares(p)[members]
            return -profit / current, -self.gradient(p)[members] / current

        guesses = [price[members]] + [self.cost[members] + m for m in markups]
        span = np.log(markups.min()), np.log(markups.max())
        for k in range(starts):
            if k % 3 == 0:      # any markup for any product
                guess = self.cost[members] + np.exp(rng.uniform(*span, len(members)))
            elif k % 3 == 1:    # each product aimed at one type of consumer
                guess = self.cost[members] + rng.choice(markups, len(members))
            else:               # one or more products at today's price, the rest priced out
                away = rng.random(len(members)) < rng.random()
                guess = np.where(away, high, price[members])
            guesses.append(guess)
        best = max(
            (-scipy.optimize.minimize(
                objective, np.clip(g, low, high), jac=True, method='L-BFGS-B', bounds=list(zip(low, high)),
                options={'ftol': 1e-15, 'gtol': 1e-10, 'maxiter': 2000}).fun for g in guesses))
        return best - 1, self.weights @ type_profits / current - 1, len(guesses)


def nash_gain_at(market, price, j, own):
    """Relative gain of single-product firm j from moving alone to price `own`."""
    moved, current = market.product_profit(price, j, np.array([own, price[j]], float))
    return moved / current - 1


def nash_gain(market, price, points=200_001):
    """Largest relative gain any single-product firm can make by moving alone, by global search."""
    gains = []
    for j in range(len(price)):
        current = market.product_profit(price, j, np.array([price[j]]))[0]
        gains.append(market.best_response(price, j, points)[1] / current - 1)
    return max(gains)


def check_equilibrium(market, price):
    """Assert the first- and second-order conditions; return the numbers."""
    markup_residual, gradient_residual = market.residuals(price)
    eigenvalue = market.largest_eigenvalue(price)
    assert markup_residual < 1e-10 and gradient_residual < 1e-10, (markup_residual, gradient_residual)
    assert eigenvalue < 0, eigenvalue
    return max(markup_residual, gradient_residual), eigenvalue


def distinct(prices, tolerance=1e-6):
    """Cluster price vectors by largest relative difference; first come, first kept."""
    kept = []
    for p in prices:
        if p is not None and not any(np.abs(p / q - 1).max() < tolerance for q in kept):
            kept.append(p)
    return kept


def solve_by_best_responses(market, start, sweeps=200):
    """Single-product firms answer each other in turn, each with a global best response; then Newton."""
    price = np.array(start, float)
    for _ in range(sweeps):
        before = price.copy()
        for j in range(len(price)):
            price[j] = market.best_response(price, j, 4001)[0]
        if np.abs(price - before).max() < 1e-6:
            break
    else:
        return None
    return market.polish(price)


# ---------------------------------------------------------------------------------------------------------
# PyBLP
# ---------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def recording():
    """Record, by market, what PyBLP's price iteration says of itself; results are untouched."""
    log, errors = {}, {}
    iterate, report = PyBLPMarket.compute_equilibrium_prices, EconomyResultsMarket.safely_compute_prices

    def recorded_iterate(self, *args, **kwargs):
        prices, stats = iterate(self, *args, **kwargs)
        log[self.t] = stats
        return prices, stats

    def recorded_report(self, *args, **kwargs):     # compute_prices prints its errors and does not raise them
        prices, errors[self.t] = report(self, *args, **kwargs)
        return prices, errors[self.t]

    PyBLPMarket.compute_equilibrium_prices = recorded_iterate
    EconomyResultsMarket.safely_compute_prices = recorded_report
    try:
        yield log, errors
    finally:
        PyBLPMarket.compute_equilibrium_prices = iterate
        EconomyResultsMarket.safely_compute_prices = report


def peer_runs(simulation, cost, starts):
    """Solve a one-market PyBLP simulation from each start, at PyBLP's defaults."""
    runs = []
    for start in starts:
        start = np.broadcast_to(np.asarray(start, float), cost.shape)
        exceptions = 0
        with recording() as (log, _), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            try:
                results = simulation.replace_endogenous(costs=cost, prices=start)
            except PyBLPError as error:
                exceptions = len(getattr(error, '_errors', [error]))
                results = simulation.replace_endogenous(costs=cost, prices=start, error_behavior='warn')
        (stats,) = log.values()
        price = results.product_data.prices.flatten()
        runs.append({
            'start': start.tolist(), 'price': price.tolist(), 'converged': bool(stats.converged),
            'exceptions': exceptions,
        })
        gradient = max(results.profit_gradient_norms['m'].values())
        eigenvalue = max(np.max(e) for e in results.profit_hessian_eigenvalues['m'].values())
        print(f'  PyBLP from {np.unique(start)}: prices {np.unique(price.round(6))}, converged '
              f'{stats.converged} after {stats.iterations} iterations, {exceptions} exceptions, {len(caught)} '
              f'warnings; its profit gradient {gradient:.1e}, its largest Hessian eigenvalue {eigenvalue:.1e}')
    return runs


def pyblp_product_data(J):
    return {
        'market_ids': np.repeat('m', J), 'firm_ids': np.arange(J), 'prices': np.ones(J),
        'shares': np.full(J, 0.1),
    }


def normal_market(mean_utility, alpha, sigma, cost):
    """A PyBLP simulation with price coefficient N(alpha, sigma^2) on 25 Gauss-Hermite nodes, one product a firm,
    and the same market for NumPy, with PyBLP's own nodes and weights."""
    J = len(cost)
    simulation = pyblp.Simulation(
        (pyblp.Formulation('0 + prices'), pyblp.Formulation('0 + prices')), pyblp_product_data(J), beta=[alpha],
        sigma=[[sigma]], integration=pyblp.Integration('product', 25), xi=mean_utility)
    agents = simulation.agents
    return simulation, Market(
        agents.weights.flatten(), alpha + sigma * agents.nodes[:, 0], mean_utility, np.zeros((25, J)), cost,
        [f'firm {j + 1}' for j in range(J)])


def two_type_market(mean_utility, price_coefficient, weights, cost):
    """A PyBLP simulation with two consumer types, which differ in their price coefficient only, entered as a
    demographic with coefficient 1; one product a firm; and the same market for NumPy."""
    J = len(cost)
    simulation = pyblp.Simulation(
        (pyblp.Formulation('1'), pyblp.Formulation('0 + prices')), pyblp_product_data(J), beta=[0], sigma=[[0]],
        pi=[[1]], agent_formulation=pyblp.Formulation('0 + price_coefficient'), xi=mean_utility,
        agent_data={
            'market_ids': np.repeat('m', 2), 'weights': weights, 'nodes': np.zeros((2, 1)),
            'price_coefficient': price_coefficient})
    return simulation, Market(
        weights, price_coefficient, mean_utility, np.zeros((2, J)), cost, [f'firm {j + 1}' for j in range(J)])


# ---------------------------------------------------------------------------------------------------------
# The five markets
# ---------------------------------------------------------------------------------------------------------

def near_logit_start_50():
    cost = np.ones(6)
    simulation, market = normal_market(np.linspace(1.15, 1.95, 6), -2, 1e-8, cost)
    runs = peer_runs(simulation, cost, [1, 1.5, 3, 10, 50, 200])
    rng = np.random.default_rng(1)
    starts = [cost, cost + 0.5, np.full(6, 50.), np.full(6, 200.)] + [rng.uniform(1, 20, 6) for _ in range(8)]
    found = [solve_by_best_responses(market, s) for s in starts]
    (truth,) = distinct(found)
    residual, eigenvalue = check_equilibrium(market, truth)
    gain = nash_gain(market, truth)
    assert gain < 1e-12, gain
    wrong = np.array(runs[4]['price'])
    wrong_gain, wrong_residual = nash_gain(market, wrong), max(market.residuals(wrong))
    assert runs[4]['converged'] and np.abs(wrong - 1.5).max() < 1e-9 and wrong_gain > 1e-3
    return market, truth, runs, [truth], (
        'Started at 50 (or 200), PyBLP 1.3.0 stops after one iteration at 1.5 for all six firms and says '
        'converged=True, because its share-weighted first-order condition vanishes with the shares. '
        f'The only equilibrium has prices from {truth.min():.4f} to {truth.max():.4f}; at 1.5 a firm gains up to '
        f'{wrong_gain:.2%} by moving alone.'
    ), (
        f'Global best responses (grid over the whole range that can hold one, then Brent), iterated from '
        f'{len(starts)} starts between 1 and 200, all end at one point; Newton-polished. Unscaled first-order '
        f'residual {residual:.1e}, largest share-scaled Hessian eigenvalue {eigenvalue:.3f}, largest relative gain of '
        f'any firm over a 200,001-point grid {gain:.1e}. Logit with one product a firm has a unique equilibrium, and '
        f'this is logit up to a spread of 1e-8 in the price coefficient. At PyBLP\'s 1.5 the unscaled residual '
        f'is {wrong_residual:.3f}. observed_price is the true equilibrium.')


def two_type_monopoly():
    cost = np.ones(1)
    simulation, market = two_type_market(np.array([6.]), np.array([-5., -0.3]), np.array([0.9, 0.1]), cost)
    runs = peer_runs(simulation, cost, [1, 1.39, 3, 5, 10, 15, 20, 50])
    grid = np.linspace(1, 100, 2_000_001)
    profit = market.product_profit(cost, 0, grid)
    peaks = np.flatnonzero((profit[1:-1] > profit[:-2]) & (profit[1:-1] > profit[2:])) + 1
    local, truth = [market.polish(grid[[k]]) for k in peaks]
    residual, eigenvalue = check_equilibrium(market, truth)
    check_equilibrium(market, local)
    assert nash_gain(market, truth) < 1e-12
    assert abs(market.best_response(truth, 0)[0] / truth[0] - 1) < 1e-6
    low, high = float(market.profits(local)['firm 1']), float(market.profits(truth)['firm 1'])
    assert runs[0]['converged'] and abs(runs[0]['price'][0] - local[0]) < 1e-8 and high / low > 8
    return market, local, runs, [truth], (
        f'Started at cost, PyBLP 1.3.0 returns {local[0]:.4f} with a zero profit gradient and a negative Hessian: a '
        f'local maximum of the profit of a monopolist facing many price-sensitive and a few insensitive consumers. '
        f'The global maximum, and so the only equilibrium, is {truth[0]:.4f}, which raises profit by '
        f'{high / low - 1:.1%}.'
    ), (
        f'Profit on 2,000,001 prices from 1 to 100 has exactly two local maxima, Newton-polished to {float(local[0])!r} '
        f'(profit {low!r}) and {float(truth[0])!r} (profit {high!r}); no optimum lies outside the grid, since the optimal '
        f'prices for the two types alone are {", ".join(f"{1 + m:.4f}" for m in market.one_type_markups(cost, [0])[0])}. '
        f'Unscaled first-order residual {residual:.1e}, share-scaled second derivative {eigenvalue:.4f}. '
        f'observed_price is the local maximum.')


def two_type_duopoly():
    cost = np.ones(2)
    simulation, market = two_type_market(
        np.array([5., 5.]), np.array([-4., -0.5]), np.array([0.8, 0.2]), cost)
    runs = peer_runs(simulation, cost, [1, 1.5, 2, 3, 4, 5, 10, 20, [1, 10], [10, 1]])

    # any equilibrium is a fixed point of the best response to the best response (the firms are identical)
    markups = market.one_type_markups(np.full(2, 1e3), [0])[0]      # a rival priced out allows the widest range
    rival_grid = np.linspace(1, 1 + 1.001 * markups.max(), 4001)
    response = np.array([market.best_response(np.array([1, r]), 0, 8001)[0] for r in rival_grid])
    twice = np.array([market.best_response(np.array([1, r]), 0, 8001)[0] for r in response])
    gap = twice - rival_grid
    crossings = np.flatnonzero(np.sign(gap[:-1]) != np.sign(gap[1:]))
    jumps = np.flatnonzero(np.abs(np.diff(response)) > 0.5)
    candidates = [market.polish([response[k], rival_grid[k]]) for k in crossings]
    equilibria = [p for p in distinct(candidates) if (p > 1).all() and nash_gain(market, p) < 1e-12]
    rejected = len(crossings) - len(equilibria)
    equilibria.sort(key=lambda p: p[0])
    low, high = equilibria
    # how much worse the best price on the other side of the valley is, for the low equilibrium
    far = np.linspace(2.5, 8, 1_000_001)
    margin = market.product_profit(low, 0, far).max() / market.profits(low)['firm 1'] - 1

    # a second enumeration, which does not use best responses: all stationary points, by Newton from a grid of starts
    side = np.linspace(1.05, 1 + 1.2 * markups.max(), 25)
    stationary = distinct([market.polish([a, b]) for a in side for b in side])
    stationary = sorted((p for p in stationary if (p > 1).all() and (p < 20).all()), key=lambda p: tuple(p))
    nash = []
    for p in stationary:
        eigenvalue, gain = market.largest_eigenvalue(p), nash_gain(market, p, 20_001)
        print(f'  stationary at {p}: largest scaled eigenvalue {eigenvalue:.4f}, largest gain {gain:.3e}')
        if eigenvalue < 0 and gain < 1e-10:
            nash.append(p)
    assert len(distinct(nash + equilibria)) == len(nash) == 2
    assert max(abs(low[0] - low[1]), abs(high[0] - high[1])) < 1e-12
    checks = [check_equilibrium(market, p) for p in equilibria]
    returned = distinct([np.array(r['price']) for r in runs if r['converged']])
    print(f'  PyBLP returns {returned}; the best response jumps at rival prices {rival_grid[jumps]} from {response[jumps]} '
          f'to {response[jumps + 1]}; at the low equilibrium the best far price changes profit by {margin:.3%}')
    asymmetric = np.array(runs[-2]['price'])
    asymmetric_gain = nash_gain(market, asymmetric)
    assert runs[-2]['converged'] and asymmetric[1] / asymmetric[0] > 2 and asymmetric_gain > 1e-3
    assert any(np.abs(p - low).max() < 1e-8 for p in returned)
    assert any(np.abs(p - high).max() < 1e-8 for p in returned)
    return market, low, runs, equilibria, (
        f'By starting value, PyBLP 1.3.0 returns {low[0]:.4f} or {high[0]:.4f} for both firms, converged=True, and '
        f'never mentions the other. Both are Nash equilibria (profit per firm '
        f'{market.profits(low)["firm 1"]:.4f} and {market.profits(high)["firm 1"]:.4f}); a third answer, '
        f'{asymmetric[0]:.4f} and {asymmetric[1]:.4f} from start (1, 10) and its mirror image from (10, 1), also '
        f'converged=True, is not one, since a firm gains {asymmetric_gain:.2%} by moving alone.'
    ), (
        f'Firm 1\'s global best response to each of 4,001 rival prices from 1 to {rival_grid[-1]:.4f} (beyond every '
        f'possible best response), and the best response to that: their composition crosses the diagonal '
        f'{len(crossings)} times, of which {rejected} by a jump, which is no equilibrium. The {len(equilibria)} others, '
        f'both symmetric, are Newton-polished: unscaled first-order residuals {checks[0][0]:.1e} and {checks[1][0]:.1e}, '
        f'largest share-scaled Hessian eigenvalues {checks[0][1]:.4f} and {checks[1][1]:.4f}, no firm gains more than 1e-12 '
        f'over a 200,001-point grid. Newton from 625 starts finds '
        f'{len(stationary)} points where both first-order conditions hold; only the same two pass the global search, so there is no '
        f'asymmetric equilibrium in pure strategies. At the low equilibrium a firm\'s best price above 2.5 changes its '
        f'profit by only {margin:.2%}, so a sloppy search can reject it. observed_price is the '
        f'low equilibrium.')


def normal_price_coefficient():
    cost = np.ones(6)
    simulation, market = normal_market(np.linspace(1.15, 1.95, 6), -2, 1, cost)
    runs = peer_runs(simulation, cost, [1, 1.5, 3, 10, 50, 200])
    claimed = np.array(runs[0]['price'])
    mass = float(market.weights[market.price_coefficient >= 0].sum())
    now, at_10, at_million, at_billion = market.product_profit(
        claimed, 0, np.array([claimed[0], 10, 1e6, 1e9])).tolist()
    gains = [nash_gain_at(market, claimed, j, 10) for j in range(6)]
    print(f'  mass with alpha >= 0: {mass!r}; firm 1: {now!r} at {claimed[0]:.6f}, {at_10!r} at 10, '
          f'{at_million!r} at 1e6, {at_billion!r} at 1e9; gains at 10, by firm: {[f"{g:.1%}" for g in gains]}')
    assert runs[0]['converged'] and market.largest_eigenvalue(claimed) < 0
    assert at_10 > 2 * now and abs(at_million / (mass * 1e6) - 1) < 1e-2 and at_billion > 999 * at_million
    return market, claimed, runs, [], (
        f'PyBLP 1.3.0 returns prices from {claimed.min():.4f} to {claimed.max():.4f}, converged=True, with zero profit '
        f'gradient and negative Hessian. There is no equilibrium: consumers with a price coefficient of zero or more '
        f'have mass {mass:.4f}, so each firm\'s profit is unbounded in its own price.'
    ), (
        f'Nodes with alpha_i >= 0 have weight {mass!r}; on them the share of a firm that raises its price alone tends to '
        f'a positive constant (1, where alpha_i > 0), so its profit grows without bound and it has no best response to any '
        f'prices of the others. At PyBLP\'s prices firm 1 earns {now!r}; moving alone to price 10 it earns {at_10!r} '
        f'({at_10 / now - 1:+.1%}), and at 1e6 it earns {at_million!r}. observed_price is PyBLP\'s answer.')


def nevo_far_start(market_id='C31Q2'):
    def read(location):
        return np.genfromtxt(location, delimiter=',', names=True, dtype=None, encoding='utf-8')

    problem = pyblp.Problem(
        (pyblp.Formulation('0 + prices', absorb='C(product_ids)'), pyblp.Formulation('1 + prices + sugar + mushy')),
        read(pyblp.data.NEVO_PRODUCTS_LOCATION), pyblp.Formulation('0 + income + income_squared + age + child'),
        read(pyblp.data.NEVO_AGENTS_LOCATION))
    began = time.time()
    results = problem.solve(
        np.diag([0.3302, 2.4526, 0.0163, 0.2441]),
        [[5.4819, 0, 0.2037, 0], [15.8935, -1.2, 0, 2.6342], [-0.2506, 0, 0.0511, 0], [1.2650, 0, -0.8091, 0]],
        optimization=pyblp.Optimization('bfgs', {'gtol': 1e-5}), method='1s')
    print(f'  estimated in {time.time() - began:.0f} s: objective {float(results.objective):.6f}, '
          f'price coefficient {results.beta[0, 0]:.6f}')
    assert abs(float(results.objective) - 4.5615) < 1e-3

    products, agents = problem.products, problem.agents
    ids = products.market_ids.flatten()
    observed = products.prices.flatten()
    costs = results.compute_costs()
    coefficients = agents.nodes @ results.sigma.T + agents.demographics @ results.pi.T     # 1, prices, sugar, mushy
    in_market, in_agents = ids == market_id, agents.market_ids.flatten() == market_id
    sugar, mushy = products.X2[:, 2], products.X2[:, 3]
    characteristics = np.c_[np.ones(in_market.sum()), sugar[in_market], mushy[in_market]]
    market = Market(
        agents.weights.flatten()[in_agents], results.beta[0, 0] + coefficients[in_agents, 1],
        (results.delta.flatten() - results.beta[0, 0] * observed)[in_market],
        coefficients[in_agents][:, [0, 2, 3]] @ characteristics.T, costs.flatten()[in_market],
        [str(f) for f in products.firm_ids.flatten()[in_market]])
    error = np.abs(market.shares(observed[in_market]) / products.shares.flatten()[in_market] - 1).max()
    print(f'  market {market_id}: shares reproduced to {error:.1e}; price coefficients from '
          f'{market.price_coefficient.min():.2f} to {market.price_coefficient.max():.2f} (all markets: at most '
          f'{(results.beta[0, 0] + coefficients[:, 1]).max():.2f}); costs from {market.cost.min():.4f} to '
          f'{market.cost.max():.4f}; products by firm { {f: len(j) for f, j in market.firms.items()} }')
    assert error < 1e-11 and (market.price_coefficient < 0).all() and (market.cost > 0).all()
    observed_here = observed[in_market]

    # PyBLP, whole panel, so that the count of wrong markets is known too
    runs = []
    for factor in [1, 10, 15, 20, 50]:
        with recording() as (log, errors), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            prices = results.compute_prices(costs=costs, prices=factor * products.prices).flatten()
        off = {t: np.abs(prices / observed - 1)[ids == t].max() for t in problem.unique_market_ids}
        here = prices[in_market]
        residual = market.residuals(here)
        print(f'  PyBLP from {factor}x: {sum(o > 0.01 for o in off.values())} of {len(off)} markets off by more than 1% '
              f'(worst {max(off.values()):.1%}), converged in {sum(bool(s.converged) for s in log.values())}, '
              f'{len(caught)} warnings, {sum(map(len, errors.values()))} errors; market {market_id} off by {off[market_id]:.2%} after {log[market_id].iterations} '
              f'iterations, unscaled residuals {residual[0]:.1e} and {residual[1]:.1e}')
        runs.append({
            'start': (factor * observed_here).tolist(), 'price': here.tolist(),
            'converged': bool(log[market_id].converged), 'exceptions': len(errors[market_id]),
        })
        assert runs[-1]['converged'] and (off[market_id] > 0.01) == (factor >= 15)

    truth = market.polish(observed_here)
    residual, eigenvalue = check_equilibrium(market, truth)
    print(f'  truth differs from the observed prices by {np.abs(truth / observed_here - 1).max():.1e}, '
          f'residual {residual:.1e}, eigenvalue {eigenvalue:.4f}')

    # no firm can gain by moving alone, from many starts
    rng = np.random.default_rng(1)
    gains, bounds = {}, {}
    for f, members in market.firms.items():
        gains[f], bounds[f], starts = market.firm_best_response(truth, members, 300, rng)
        print(f'  firm {f}: best gain found from {starts} starts {gains[f]:.1e}, upper bound {bounds[f]:.2%}')
    assert max(gains.values()) < 1e-10

    # no other equilibrium found: best responses by L-BFGS-B, in turn, from many starts, then Newton
    def sweep(start):
        price = np.array(start, float)
        for _ in range(100):
            before = price.copy()
            for members in market.firms.values():
                high = market.cost[members] + 1.5 * market.one_type_markups(price, members)[0].max()
                def objective(own):
                    p = price.copy()
                    p[members] = own
                    return -1e2 * ((own - market.cost[members]) @ market.shares(p)[members]), -1e2 * market.gradient(p)[members]
                price[members] = scipy.optimize.minimize(
                    objective, np.clip(price[members], market.cost[members], high), jac=True, method='L-BFGS-B',
                    bounds=list(zip(market.cost[members], high)), options={'ftol': 1e-14, 'gtol': 1e-9}).x
            if np.abs(price - before).max() < 1e-6:
                return market.polish(price)
        return None

    markups = (1 / np.abs(market.price_coefficient))
    guesses = [f * observed_here for f in (0.5, 1, 2, 5)] + [market.cost + m for m in markups[::4]]
    guesses += [market.cost + np.exp(rng.uniform(np.log(markups.min()), np.log(3 * markups.max()), len(truth))) for _ in range(10)]
    found = [sweep(g) for g in guesses]
    others = [p for p in distinct([truth] + found) if p is not None][1:]
    failed = sum(p is None for p in found)
    print(f'  {len(guesses)} starts of the full market: {failed} without a limit, {len(others)} other limits')
    assert not others
    wrong = np.array(runs[3]['price'])
    wrong_gain = max(market.firm_best_response(wrong, members, 30, rng)[0] for members in market.firms.values())
    print(f'  at PyBLP\'s answer from 20x a firm gains up to {wrong_gain:.1%} by moving alone')
    assert wrong_gain > 1e-3
    return market, observed_here, runs, [truth], (
        f'PyBLP 1.3.0 `compute_prices`, started from 15, 20 or 50 times the observed prices of market {market_id} of the '
        f'estimated Nevo cereal model, returns prices up to {max(np.abs(np.array(r["price"]) / truth - 1).max() for r in runs):.1%} off without an exception or a warning. '
        f'The equilibrium is the observed prices, from which the costs were recovered; from 1 and 10 times them PyBLP '
        f'finds it.'
    ), (
        f'Newton from the observed prices (it moves them by {np.abs(truth / observed_here - 1).max():.1e}): unscaled '
        f'first-order residual {residual:.1e}, largest share-scaled Hessian eigenvalue over firms {eigenvalue:.4f}. '
        f'Best responses of each of the {len(market.firms)} firms (1 to 9 products) by L-BFGS-B from {starts} starts each: largest '
        f'relative gain {max(gains.values()):.1e} (rigorous upper bounds from Lambert\'s W, by firm: '
        f'{", ".join(f"{b:.1%}" for b in bounds.values())}). Best-response sweeps from {len(guesses)} starts of the whole '
        f'market: {len(guesses) - failed} end here, {failed} have no limit, none ends elsewhere. At PyBLP\'s answer from 20x a firm gains up to {wrong_gain:.1%} '
        f'by moving alone. Uniqueness is searched '
        f'for, not proven.')


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for build in (near_logit_start_50, two_type_monopoly, two_type_duopoly, normal_price_coefficient, nevo_far_start):
        name = build.__name__
        print(name)
        began = time.time()
        market, observed, runs, equilibria, about, how = build()
        for run in runs:
            assert len(run['price']) == len(market.cost)
        for equilibrium in equilibria:
            print('  truth:', equilibrium.tolist())
        print(f'  about: {about}\n  how: {how}\n  {time.time() - began:.0f} s')
        content = {
            'name': name,
            'about': about,
            'weights': market.weights.tolist(),
            'price_coefficient': market.price_coefficient.tolist(),
            'mean_utility': market.mean_utility.tolist(),
            'taste': market.taste.tolist(),
            'cost': market.cost.tolist(),
            'firm': market.firm,
            'observed_price': observed.tolist(),
            'peer': runs,
            'truth': {'equilibria': [e.tolist() for e in equilibria], 'how': how},
        }
        (folder / f'{name}.json').write_text(json.dumps(content, indent=1, allow_nan=False) + '\n')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
