"""Random estimation problems, solved by PyBLP 1.3.0 and by entrant side by side.

    python parity/estimation.py PROGRAM [--cases N] [--seed S] [--keep DIR]

Each case draws a shape: formulas, random coefficients and how they follow from their draws,
demographics, nests, fixed effects, supply, ownership, steps, error structures. Both programs get
the very same numbers and evaluate at the same parameters; objective, gradient, linear estimates,
standard errors, mean utilities, costs and structural errors are compared. The script ends with an
error when anything differs by more than its tolerance.

Needs `pip install pyblp==1.3.0`.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import types

import numpy as np
import pyblp

pyblp.options.verbose = False
pyblp.options.digits = 4

# Relative tolerances and why. PyBLP inverts shares to steps of 1e-14, which leaves mean utilities
# off by up to 1e-13; the objective multiplies that by the weighting matrix. Gradients lose what
# its Jacobians lose in `solve`. Standard errors go through a pseudo-inverse in both programs. Absorption
# in two dimensions stops at 1e-8 in PyBLP's companion, which is what structural errors are left with.
TOLERANCE = {
    "objective": 1e-9,
    "gradient": 1e-7,
    "linear": 1e-9,
    "errors": 1e-7,
    # From differences of PyBLP's estimates: see `crossed_errors`.
    "errors (crossed)": 1e-5,
    "delta": 1e-11,
    "cost": 1e-9,
    "xi": 1e-9,
    "omega": 1e-9,
}


class Case:
    """One random problem: numbers, and the two ways of saying what is to be done with them."""

    def __init__(self, rng):
        self.markets, self.products, self.agents = 16, int(rng.integers(4, 10)), int(rng.integers(5, 25))
        rows, agents = self.markets * self.products, self.markets * self.agents
        u = lambda n, a, b: rng.uniform(a, b, n)
        self.rows = {
            "market_ids": np.repeat(np.arange(self.markets), self.products),
            "product_ids": np.tile(np.arange(self.products), self.markets),
            "firm_ids": rng.integers(0, 3, rows),
            "city_ids": rng.integers(0, 4, rows),
            # Fewer clusters than moments leave the weighting matrix singular (COMPARE.md).
            "clustering_ids": rng.permutation(rows) % 56,
            "prices": u(rows, 1.0, 3.0),
            "x": u(rows, -1.0, 1.0),
            "y": u(rows, 0.2, 2.0),
            "w": u(rows, 0.1, 1.0),
        }
        v = 1 - 1.0 * self.rows["prices"] + self.rows["x"] + rng.normal(0, 0.7, rows)
        e = np.exp(v)
        total = np.bincount(self.rows["market_ids"], e)
        self.rows["shares"] = e / (1.0 + total[self.rows["market_ids"]])
        for k in range(16):
            self.rows[f"demand_instruments{k}"] = rng.normal(0, 1, rows)
        for k in range(10):
            self.rows[f"supply_instruments{k}"] = rng.normal(0, 1, rows)
        self.people = {
            "market_ids": np.repeat(np.arange(self.markets), self.agents),
            "income": rng.normal(0, 0.6, agents),
            "age": rng.normal(0, 0.6, agents),
            **{f"nodes{k}": rng.normal(0, 1, agents) for k in range(3)},
            **{f"near{j}": rng.uniform(0, 1, agents) for j in range(self.products)},
        }
        weight = u(agents, 0.5, 1.5) if rng.random() < 0.5 else np.ones(agents)
        sums = np.bincount(self.people["market_ids"], weight)
        self.people["weights"] = weight / sums[self.people["market_ids"]]
        self.shape(rng)

    def shape(self, rng):
        """Draws formulas, parameters and the way of estimating."""
        pick = lambda *options: options[rng.integers(len(options))]
        self.supply = rng.random() < 0.5
        self.linear, self.absorb = pick(
            ("1 + prices + x", None),
            ("1 + prices + x + y + x:y", None),
            ("1 + prices + x + C(city_ids)", None),
            ("0 + prices + x", "C(product_ids)"),
            ("0 + prices + x", "C(product_ids) + C(city_ids)"),
            ("0 + prices + I(x**2) + exp(y)", "C(city_ids):C(firm_ids)"),
        )
        self.random = pick(None, "1 + x", "0 + prices", "1 + prices + x", "1 + x + y")
        k = 0 if self.random is None else len(self.random.replace("0 + ", "").split(" + "))
        self.kinds = ["linear"] * k
        self.demographics = pick(None, "0 + income", "0 + income + age", "0 + income + exp(near)") if k else None
        self.sigma = np.zeros((k, k))
        for r in range(k):
            self.sigma[r, r] = rng.uniform(0.2, 0.9)
            for c in range(r):
                if rng.random() < 0.4:
                    self.sigma[r, c] = rng.uniform(-0.4, 0.4)
        d = 0 if self.demographics is None else self.demographics.count("+")
        self.pi = rng.uniform(-0.6, 0.6, (k, d)) * (rng.random((k, d)) < 0.8)
        if k and rng.random() < 0.25:
            self.kinds[-1] = pick("log", "logit")
        self.nests = pick(None, None, None, "all", "two")
        if self.nests:
            groups = 1 if self.nests == "all" else 2
            self.rows["nesting_ids"] = rng.integers(0, groups, len(self.rows["x"]))
            self.rho = rng.uniform(0.2, 0.7, 1 if rng.random() < 0.5 else groups)
        # Not with nests, in either program.
        self.scale = 1.0 if self.nests or rng.random() < 0.5 else float(rng.uniform(0.5, 1.6))
        self.alpha = -rng.uniform(4.0, 7.0)
        self.cost, self.cost_absorb = pick(
            ("1 + y + w", None), ("0 + y + w", "C(firm_ids)"), ("1 + log(y) + w", None)
        )
        self.log_cost = rng.random() < 0.5
        self.method = pick("1s", "2s")
        self.weighting = pick("robust", "clustered", "unadjusted")
        self.errors = pick("robust", "clustered", "unadjusted")
        self.center = bool(rng.random() < 0.7)
        kinds = ("sums", "local", "quadratic")
        self.built = pick(None, *((k, i) for k in kinds for i in (False, True) if k != "sums" or not i))
        self.expected = bool(rng.random() < 0.4)
        # Moments of the product of both errors.
        self.crossed = int(rng.integers(1, 4)) if self.supply and rng.random() < 0.5 else 0
        self.crossed_mean = pick(0.0, 0.1)
        for k in range(self.crossed):
            self.rows[f"covariance_instruments{k}"] = np.ones(len(self.rows["x"])) if k == 0 else rng.normal(0, 1, len(self.rows["x"]))

    def tolerance(self, what):
        """Relative difference that is allowed; two dimensions of absorption leave more."""
        two = what == "xi" and "+" in (self.absorb or "")
        return 1e-8 if two else TOLERANCE.get(what, 0.0)

    def label(self):
        parts = [self.crossed and f"{self.crossed} crossed, mean {self.crossed_mean}", self.scale != 1.0 and f"scale {self.scale:.2f}", self.built, self.expected and self.built and "expected price", self.linear, self.absorb, self.random, self.demographics, self.nests]
        parts += [f"{self.method} {self.weighting}/{self.errors}", "/".join(self.kinds)]
        if self.supply:
            parts.append(("log " if self.log_cost else "") + self.cost + f" | {self.cost_absorb}")
        return "; ".join(str(p) for p in parts if p)

    # ---- the reference ----------------------------------------------------------------------

    def reference(self):
        """PyBLP's results at the starting values."""
        formulations = [pyblp.Formulation(self.linear, absorb=self.absorb)]
        if self.random:
            formulations.append(pyblp.Formulation(self.random))
        elif self.supply:
            formulations.append(None)
        if self.supply:
            formulations.append(pyblp.Formulation(self.cost, absorb=self.cost_absorb))
        rows = dict(self.rows)
        for k, column in enumerate(self.built_columns(formulations[0])):
            rows[f"demand_instruments{16 + k}"] = column
        if not self.supply:
            rows = {k: v for k, v in rows.items() if not k.startswith("supply")}
        options = {}
        if self.random:
            options["agent_data"] = self.people
            if self.demographics:
                options["agent_formulation"] = pyblp.Formulation(self.demographics)
            options["rc_types"] = self.kinds
        if self.supply:
            options["costs_type"] = "log" if self.log_cost else "linear"
        options["epsilon_scale"] = self.scale
        problem = pyblp.Problem(tuple(formulations), rows, **options)
        solve = {
            "optimization": pyblp.Optimization("return"),
            "method": self.method,
            "W_type": self.weighting,
            "se_type": self.errors,
            "center_moments": self.center,
            "check_optimality": "gradient",
        }
        if self.random:
            solve["sigma"] = self.sigma
            if self.demographics:
                solve["pi"] = self.pi
        if self.nests:
            solve["rho"] = self.rho
        if self.supply:
            beta = np.full(problem.K1, np.nan)
            beta[[str(f) for f in problem.products.dtype.fields["X1"][2]].index("prices")] = self.alpha
            solve["beta"] = beta
            solve["costs_bounds"] = (0.01, 100.0)
        if self.crossed:
            solve["covariance_moments_mean"] = self.crossed_mean
        found = problem.solve(**solve)
        return crossed_errors(problem, solve, found) if self.crossed else found

    def built_columns(self, linear):
        """Instruments that PyBLP builds."""
        if not self.built:
            return []
        kind, interact = self.built
        formula, rows = pyblp.Formulation("0 + x + w"), dict(self.rows)
        if self.expected:
            formula, rows = pyblp.Formulation("0 + x + prices"), rows | {"prices": self.expected_prices(linear)}
        if kind == "sums":
            columns = pyblp.build_blp_instruments(formula, rows).T
        else:
            columns = pyblp.build_differentiation_instruments(formula, rows, version=kind, interact=interact).T
        # Our reader leaves out what is the same everywhere.
        return [c for c in columns if c.min() < c.max()]

    def expected_prices(self, linear):
        """The fit of prices by all other instruments and dummies of the fixed effects."""
        rows = {k: v for k, v in self.rows.items() if not k.startswith("supply") and k != "nesting_ids"}
        products = pyblp.Problem(linear, rows).products
        levels = [products.demand_ids[:, [k]] == np.unique(products.demand_ids[:, k]) for k in range(products.demand_ids.shape[1])]
        x = np.hstack([products.ZD, *(d.astype(float) for d in levels)])
        return x @ np.linalg.lstsq(x, self.rows["prices"], rcond=None)[0]

    # ---- ours -------------------------------------------------------------------------------

    def write(self, folder):
        """The study as a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        table(folder / "products.csv", self.rows)
        if self.random:
            table(folder / "consumers.csv", self.people)
        (folder / "study.toml").write_text(self.study())

    def study(self):
        bar = lambda formula, absorb: formula + (f" | {absorb}" if absorb else "")
        word = {"linear": "linear", "log": "lognormal", "logit": "logit"}
        lines = ['title = "case"', 'question = "which?"', "[data]", 'products = "products.csv"']
        if self.random:
            lines.append('consumers = "consumers.csv"')
        lines += ["[data.columns]"]
        names = {"market": "market_ids", "product": "product_ids", "firm": "firm_ids"}
        names |= {"price": "prices", "share": "shares", "cluster": "clustering_ids"}
        names |= {"weight": "weights"} | ({"nest": "nesting_ids"} if self.nests else {})
        lines += [f'{k} = "{v}"' for k, v in names.items()]
        lines += ["[estimate]", f'method = "{"one" if self.method == "1s" else "two"}-step"']
        lines += [f'weighting = "{self.weighting}"', f'errors = "{self.errors}"']
        lines += [f"center_moments = {str(self.center).lower()}"]
        if self.scale != 1.0:
            lines += [f"epsilon_scale = {self.scale!r}"]
        lines += ["[estimate.optimizer]", 'algorithm = "return"']
        lines += ["[estimate.demand]", f'linear = "{bar(self.linear, self.absorb)}"']
        lines += ['instruments = ["demand_instruments*"]']
        if self.built:
            kind, interact = self.built
            kind += "" if kind == "sums" else "-differences"
            of = "0 + x + prices" if self.expected else "0 + x + w"
            flags = f"interact = {str(interact).lower()}, expected_price = {str(self.expected).lower()}"
            lines.append(f'built = [{{ kind = "{kind}", of = "{of}", {flags} }}]')
        if self.random:
            lines += [f'random = "{self.random}"', f"sigma = {self.sigma.tolist()}"]
            lines += [f"coefficients = {json.dumps([word[k] for k in self.kinds])}"]
            if self.demographics:
                lines += [f'demographics = "{self.demographics}"', f"pi = {self.pi.tolist()}"]
        if self.nests:
            lines += [f"rho = {self.rho.tolist()}"]
        if self.supply:
            lines += [f"beta = {{ prices = {self.alpha!r} }}"]
            lines += ["[estimate.supply]", f'cost = "{bar(self.cost, self.cost_absorb)}"']
            lines += [f'form = "{"log" if self.log_cost else "linear"}"']
            lines += ['instruments = ["supply_instruments*"]', "cost_bounds = [0.01, 100.0]"]
        if self.crossed:
            lines += ['covariance_instruments = ["covariance_instruments*"]', f"covariance_mean = {self.crossed_mean}"]
        # Random instruments are weak: what the checks would withhold is compared nevertheless.
        lines += ["[estimate.report]", "ungated = true", "draws = 0", 'robust = "never"']
        return "\n".join(lines) + "\n"


def crossed_errors(problem, solve, found):
    """PyBLP's results with standard errors of the equations that its estimates solve.

    With moments of the product of both errors, PyBLP puts derivatives of the errors along which solved coefficients
    follow beside derivatives in which they do not, and takes them for minimisers of the whole objective, which they
    are not: they solve A'W_d gbar_d = 0 with the moments of each error by itself. Here both derivatives come from
    differences of PyBLP's own solutions, and the covariance is that of the solution of E gbar = 0."""
    again = lambda **by: problem.solve(**{**solve, "method": "1s", "W": found.W, **by})
    entries, along = [], []
    for kind in ("sigma", "pi", "rho", "beta"):
        if kind not in solve:
            continue
        start = np.array(solve[kind], float)
        for at in np.ndindex(start.shape):
            upper = kind == "sigma" and at[0] < at[1]
            if upper or (kind in ("sigma", "pi") and start[at] == 0.0) or np.isnan(start[at]):
                continue
            ends, h = [], 1e-4 * max(1.0, abs(start[at]))
            for by in (2 * h, h, -h, -2 * h):
                moved = start.copy()
                moved[at] += by
                r = again(**{kind: moved})
                ends.append(np.concatenate([v.flatten() for v in (r.xi, r.omega, r.beta, r.gamma)]))
            entries.append((kind, at))
            along.append((8 * (ends[1] - ends[2]) - (ends[0] - ends[3])) / (12 * h))
    z = [problem.products.ZD, problem.products.ZS, problem.products.ZC]
    n, solved = problem.N, np.isnan(solve["beta"])
    x1, x3 = problem.products.X1[:, solved], problem.products.X3
    along = np.array(along).T
    xi, omega = along[:n], along[n : 2 * n]
    follow = along[2 * n :][np.concatenate([solved, np.ones(x3.shape[1], bool)])]
    mean = lambda a, b: np.vstack([z[0].T @ a, z[1].T @ b, z[2].T @ (a * found.omega + b * found.xi)]) / n
    total = mean(xi, omega)
    linear = mean(np.hstack([-x1, np.zeros_like(x3)]), np.hstack([np.zeros_like(x1), -x3]))
    g = np.hstack([total - linear @ follow, linear])
    own = z[0].shape[1] + z[1].shape[1]
    e = np.vstack([total.T @ found.W, np.zeros((linear.shape[1], len(found.W)))])
    e[len(entries) :, :own] = linear[:own].T @ found.W[:own, :own]
    k = np.linalg.solve(e @ g, e)
    error = np.sqrt(np.diag(k @ found.moments_covariances @ k.T) / n)
    out = {name: getattr(found, name) for name in dir(found) if not name.startswith("__") and not callable(getattr(found, name))}
    for kind in ("sigma", "pi", "rho", "beta", "gamma"):
        out[f"{kind}_se"] = np.array(getattr(found, f"{kind}_se"), float)
    for (kind, at), value in zip(entries, error):
        out[f"{kind}_se"][at if len(at) == out[f"{kind}_se"].ndim else (*at, 0)] = value
    count = len(entries)
    out["beta_se"][np.flatnonzero(solved), 0] = error[count : count + x1.shape[1]]
    out["gamma_se"][:, 0] = error[count + x1.shape[1] :]
    return types.SimpleNamespace(**out)


def table(path, columns):
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(columns)
        for row in zip(*(c.tolist() for c in columns.values())):
            out.writerow([repr(v) if isinstance(v, float) else v for v in row])


def ours(program, folder):
    run = subprocess.run(
        [program, "fit", folder, "--out", folder / "out", "--json", "--quiet"],
        capture_output=True,
        text=True,
    )
    if not run.stdout:
        raise RuntimeError(run.stderr)
    with open(folder / "out/tables/products.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    return json.loads(run.stdout), rows


def compare(case, theirs, document, rows):
    """Relative differences, each of the largest element."""
    by_role = lambda role: [p for p in document["parameters"] if p["role"] == role]
    searched, solved = by_role("searched"), by_role("solved")
    number = lambda v: np.nan if v is None else float(v)
    column = lambda name: np.array([number(r[name] or None) for r in rows])
    found = {
        "objective": gap(theirs.objective, document["objective"]),
        "delta": gap(theirs.delta, column("delta")),
        "xi": gap(theirs.xi, column("xi")),
    }
    if searched:
        found["gradient"] = gap(theirs.gradient, [number(g) for g in document["gradient"]])
    pairs = list(matched(theirs, document["parameters"]))
    linear = [(v, p["estimate"]) for v, _, p in pairs if p["role"] == "solved"]
    if linear:
        found["linear"] = gap(*zip(*linear))
    found["errors (crossed)" if case.crossed else "errors"] = gap([e for _, e, _ in pairs], [number(p["error"]) for *_, p in pairs])
    if len(pairs) != len(searched) + len(solved):
        found["missing"] = float("inf")
    if case.supply:
        found["omega"] = gap(theirs.omega, column("omega"))
        costs = theirs.tilde_costs.flatten()
        found["cost"] = gap(np.exp(costs) if case.log_cost else costs, column("cost"))
    return found


def gap(a, b):
    a, b = np.asarray(a, float).flatten(), np.asarray(b, float).flatten()
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    ok = np.isfinite(a)
    return float(np.max(np.abs(a[ok] - b[ok]), initial=0) / max(np.max(np.abs(a[ok]), initial=0), 1e-300))


def matched(theirs, parameters):
    """PyBLP's estimate and standard error beside our parameter: matrices by the entries that are
    not zero, vectors by position."""
    entries = {"sigma": np.tril(theirs.sigma), "pi": theirs.pi, "rho": theirs.rho}
    entries |= {"beta": theirs.beta, "gamma": theirs.gamma}
    errors = {"sigma": theirs.sigma_se, "pi": theirs.pi_se, "rho": theirs.rho_se}
    errors |= {"beta": theirs.beta_se, "gamma": theirs.gamma_se}
    for kind, values in entries.items():
        values, error = np.asarray(values, float).flatten(), np.asarray(errors[kind], float).flatten()
        mine = [p for p in parameters if p["kind"] == kind]
        if kind in ("beta", "gamma"):
            # Searched coefficients are listed before solved ones; each kind in formula order.
            theirs_first = [k for k in range(len(values)) if np.isclose(values[k], mine[0]["estimate"])] if mine and mine[0]["role"] == "searched" else []
            order = theirs_first[:1] + [k for k in range(len(values)) if k not in theirs_first[:1]]
        else:
            order = [k for k in range(len(values)) if values[k] != 0.0]
        for k, p in zip(order, mine):
            yield values[k], error[k], p


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    worst, failures = {}, 0
    for c in range(arguments.cases):
        case = Case(np.random.default_rng([arguments.seed, c]))
        with tempfile.TemporaryDirectory() as scratch:
            folder = (arguments.keep or pathlib.Path(scratch)) / f"case{c}"
            case.write(folder)
            try:
                theirs = case.reference()
                document, rows = ours(arguments.program, folder)
                found = compare(case, theirs, document, rows)
            except Exception as problem:  # one case that cannot be compared must not hide others
                print(f"case {c}: {type(problem).__name__}: {problem}\n  {case.label()}")
                failures += 1
                continue
        bad = {k: v for k, v in found.items() if not v <= case.tolerance(k)}
        for k, v in found.items():
            worst[k] = max(worst.get(k, 0.0), v)
        if bad:
            failures += 1
            print(f"case {c}: {', '.join(f'{k} {v:.1e}' for k, v in bad.items())}\n  {case.label()}")
    print("largest relative differences:", ", ".join(f"{k} {v:.1e}" for k, v in sorted(worst.items())))
    print(f"{arguments.cases - failures} of {arguments.cases} cases agree")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
