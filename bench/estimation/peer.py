"""What PyBLP 1.3.0 does for `compare.py`, in a process of its own.

    python peer.py STUDY point|whole|hessian|merger [MARKETS PRODUCTS CONSUMERS SUPPLY ITERATION]

Prints one JSON document. An objective with its gradient is timed around PyBLP's own function for it: without
setting up the problem and without standard errors. Memory is counted above what the process has after imports and
reading its tables.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import pyblp

pyblp.options.verbose = False


def status(name):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name))


def forget_peak():
    """KiB that the process has now; its largest is counted anew from here."""
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")
    return status("VmRSS")


def nevo():
    products, people = pd.read_csv(pyblp.data.NEVO_PRODUCTS_LOCATION), pd.read_csv(pyblp.data.NEVO_AGENTS_LOCATION)
    base = forget_peak()
    problem = pyblp.Problem(
        (pyblp.Formulation("0 + prices", absorb="C(product_ids)"), pyblp.Formulation("1 + prices + sugar + mushy")),
        products,
        pyblp.Formulation("0 + income + income_squared + age + child"),
        people,
    )
    start = {
        "sigma": np.diag([0.3302, 2.4526, 0.0163, 0.2441]),
        "pi": [[5.4819, 0, 0.2037, 0], [15.8935, -1.2, 0, 2.6342], [-0.2506, 0, 0.0511, 0], [1.2650, 0, -0.8091, 0]],
    }
    search = {"method": "1s", "optimization": pyblp.Optimization("bfgs", {"gtol": 1e-4})}
    return base, problem, start, search


def autos():
    products, people = pd.read_csv(pyblp.data.BLP_PRODUCTS_LOCATION), pd.read_csv(pyblp.data.BLP_AGENTS_LOCATION)
    base = forget_peak()
    problem = pyblp.Problem(
        (
            pyblp.Formulation("1 + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + prices + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + log(hpwt) + air + log(mpg) + log(space) + trend"),
        ),
        products,
        pyblp.Formulation("0 + I(1 / income)"),
        people,
        costs_type="log",
    )
    start = {
        "sigma": np.diag([3.612, 0, 4.628, 1.818, 1.050, 2.056]),
        "pi": np.c_[[0, -43.501, 0, 0, 0, 0]],
        "costs_bounds": (0.001, None),
        "W_type": "clustered",
        "se_type": "clustered",
    }
    return base, problem, start, {"initial_update": True}


def synthetic(markets, products, consumers, supply):
    """Numbers that both programs get: a random-coefficients logit with three tastes."""
    rng = np.random.default_rng([markets, products, consumers, supply])
    rows, agents = markets * products, markets * consumers
    table = {
        "market_ids": np.repeat(np.arange(markets), products),
        "product_ids": np.tile(np.arange(products), markets),
        "firm_ids": np.tile(np.arange(products) * 10 // products, markets),
        "prices": rng.uniform(0.5, 1.5, rows),
        "x": rng.uniform(-1, 1, rows),
        "y": rng.uniform(0, 1, rows),
        "w": rng.uniform(0, 1, rows),
    }
    value = np.exp(-1 - 2 * table["prices"] + table["x"] + rng.normal(0, 0.5, rows))
    table["shares"] = value / (1 + np.bincount(table["market_ids"], value))[table["market_ids"]]
    for k in range(8):
        table[f"demand_instruments{k}"] = rng.normal(0, 1, rows)
    for k in range(4 if supply else 0):
        table[f"supply_instruments{k}"] = rng.normal(0, 1, rows)
    people = {
        "market_ids": np.repeat(np.arange(markets), consumers),
        "weights": np.full(agents, 1 / consumers),
        **{f"nodes{k}": rng.normal(0, 1, agents) for k in range(3)},
    }
    return table, people


SIGMA = [0.8, 0.5, 1.2]
PRICE = -6.0


def of_size(numbers):
    markets, products, consumers, supply = numbers
    table, people = synthetic(*numbers)
    base = forget_peak()
    formulas = [pyblp.Formulation("1 + prices + x"), pyblp.Formulation("1 + prices + x")]
    start = {"sigma": np.diag(SIGMA), "beta": [np.nan, PRICE, np.nan], "costs_bounds": (-1e3, 1e3)}
    if supply:
        formulas.append(pyblp.Formulation("1 + y + w"))
    else:
        del start["costs_bounds"]
    return base, pyblp.Problem(tuple(formulas), table, agent_data=people), start, {}


def timed(problem, repetitions, **options):
    """Results, and the smallest of the CPU seconds inside PyBLP's objective with its gradient."""
    inner, seconds = problem._compute_progress, []

    def measured(*arguments, **keywords):
        begin = time.process_time()
        value = inner(*arguments, **keywords)
        seconds.append(time.process_time() - begin)
        return value

    problem._compute_progress = measured
    for _ in range(repetitions):
        results = problem.solve(
            **options, method="1s", optimization=pyblp.Optimization("return"), check_optimality="gradient"
        )
    problem._compute_progress = inner
    return results, min(seconds)


def merged(problem, firms):
    """Firm of every row after the first two firms of its market merged."""
    rows = problem.products
    ids = rows.firm_ids.flatten().astype(object)
    for market, names in firms:
        if len(names) == 2:
            here = np.array([str(t) == market for t in rows.market_ids.flatten()])
            ids[here & np.array([str(f) == names[1] for f in ids])] = next(
                (f for f in ids[here] if str(f) == names[0]), None
            )
    return ids


def merger(problem, results, firms, repetitions):
    """Prices after a merger; the smallest of the CPU seconds that they take."""
    costs = results.compute_costs()
    owners = merged(problem, firms)
    forget_peak()
    seconds = []
    for _ in range(repetitions):
        begin = time.process_time()
        prices = results.compute_prices(firm_ids=owners, costs=costs)
        seconds.append(time.process_time() - begin)
    return {"seconds": min(seconds), "prices": prices.flatten().tolist()}


def main():
    study, what, *numbers = sys.argv[1:]
    iteration = {"lm": pyblp.Iteration("lm", compute_jacobian=True)}.get(numbers[4] if len(numbers) > 4 else "")
    if study == "size":
        base, problem, start, search = of_size([int(n) for n in numbers[:4]])
    else:
        base, problem, start, search = nevo() if study == "nevo-cereal" else autos()
    if what in ("whole", "hessian"):
        optimality = "gradient" if what == "whole" else "both"
        results = problem.solve(**start, **search, check_optimality=optimality)
        print(json.dumps({
            "objective": results.objective.item(),
            "evaluations": int(results.cumulative_objective_evaluations),
            "contractions": int(results.cumulative_contraction_evaluations.sum()),
        }))
        return
    options = {**start, **({"iteration": iteration} if iteration else {})}
    large = len(problem.products) // max(1, problem.T) >= 1000
    repetitions = 1 if large or what == "merger" else 2 if problem.I > 10**5 else 5
    results, seconds = timed(problem, repetitions, **options)
    document = {
        "seconds": seconds,
        "objective": results.objective.item(),
        "gradient": results.gradient.flatten().tolist(),
        "delta": results.delta.flatten().tolist(),
        "contractions": int(results.cumulative_contraction_evaluations.sum()),
        "memory_kib": status("VmHWM") - base,
    }
    if what == "merger":
        document["merger"] = merger(problem, results, json.load(sys.stdin), 1 if large else 3)
        document["merger_memory_kib"] = status("VmHWM") - base
    print(json.dumps(document))


if __name__ == "__main__":
    main()
