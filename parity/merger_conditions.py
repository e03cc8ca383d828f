"""First-order conditions at the prices that PyBLP 1.3.0 and entrant give after a merger, by neither of them.

    cargo build --release -p entrant --example evaluations
    python parity/merger_conditions.py        # needs pip install pyblp==1.3.0

BLP's automobiles at the starting values: in every year the firms with the first two names merge. Both programs
get the same costs. For each year: the largest difference of a price, and for each program the largest
|p - c - zeta(p)| over products (Morrow and Skerlos 2011), in which no share hides what is wrong with a product
that hardly anybody buys; then how often a product could gain by a small change of its price (second order, by
differences of its own firm's profit).
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench/estimation"))

import peer  # noqa: E402
import pyblp  # noqa: E402

EXAMPLE = ROOT / "target/release/examples/evaluations"
SHOWN = "{:>5} {:>4} {:>10} | {:>9} {:>7} | {:>9} {:>7}"


class Year:
    """Demand and owners of one market, in plain numpy."""

    def __init__(self, problem, results, costs, owners, year):
        rows = problem.products.market_ids.flatten() == year
        people = problem.agents.market_ids.flatten() == year
        sigma = np.asarray(results.sigma)
        sigma = sigma[:, np.abs(sigma).sum(axis=0) > 0]
        nodes, demographics = np.asarray(problem.agents.nodes), np.asarray(problem.agents.demographics)
        taste = nodes[people] @ sigma.T + demographics[people] @ np.asarray(results.pi).T
        names = [str(f) for f in problem._X2_formulations]
        x2 = np.asarray(problem.products.X2, float)[rows]
        self.rows = rows
        self.slope = taste[:, names.index("prices")]
        self.price = problem.products.prices.flatten()[rows]
        self.utility = results.delta.flatten()[rows][:, None] + x2 @ taste.T
        self.weight = np.asarray(problem.agents.weights).flatten()[people]
        self.cost = costs.flatten()[rows]
        self.same = owners[rows][:, None] == owners[rows][None, :]

    def chosen(self, price):
        """Probabilities (products x consumers)."""
        utility = self.utility + np.outer(price - self.price, self.slope)
        top = np.maximum(utility.max(axis=0), 0)
        value = np.exp(utility - top)
        return value / (np.exp(-top) + value.sum(axis=0))

    def residual(self, price):
        s = self.chosen(price)
        own, margin = s @ (self.weight * self.slope), price - self.cost
        cross = (s * (self.weight * self.slope)) @ s.T
        zeta = ((self.same * cross) @ margin - s @ self.weight) / own
        return np.abs(margin - zeta).max()

    def profit(self, price, owner):
        return ((price - self.cost) * (self.chosen(price) @ self.weight))[owner].sum()

    def gains(self, price):
        """Products whose firm earns more at a slightly other price of theirs."""
        count = 0
        for j, owner in enumerate(self.same):
            at = self.profit(price, owner)
            for by in (-1e-3, 1e-3):
                moved = price.copy()
                moved[j] *= 1 + by
                count += self.profit(moved, owner) > at * (1 + 1e-10)
        return count


def main():
    command = [str(EXAMPLE), str(ROOT / "studies/blp-autos"), "1"]
    ours = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["merger"]
    _, problem, start, search = peer.autos()
    stay = pyblp.Optimization("return")
    results = problem.solve(**start, **search, method="1s", optimization=stay, check_optimality="gradient")
    costs, owners = results.compute_costs(), peer.merged(problem, ours["firms"])
    theirs = results.compute_prices(firm_ids=owners, costs=costs).flatten()
    ours = np.array(ours["prices"])
    print(SHOWN.format("year", "cars", "difference", "PyBLP", "gains", "entrant", "gains"))
    for t in np.unique(problem.products.market_ids):
        year = Year(problem, results, costs, owners, t)
        a, b = theirs[year.rows], ours[year.rows]
        cells = [f"{np.abs(a - b).max():.1e}"]
        cells += [f"{year.residual(a):.1e}", year.gains(a), f"{year.residual(b):.1e}", year.gains(b)]
        print(SHOWN.format(t, len(a), *cells))


if __name__ == "__main__":
    main()
