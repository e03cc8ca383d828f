"""Petrin's minivans, as in the tutorial of PyBLP's documentation.

Numbers at the starting values were printed by PyBLP 1.3.0 (NumPy 2.4.6, SciPy 1.17.1); those of the
estimates are the tutorial's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import entrant.pyblp as pyblp

close = pytest.approx
KINDS = {"mi": 7, "sw": 8, "su": 9, "pv": 10}


@pytest.fixture(scope="module")
def problem():
    before, pyblp.options.verbose = pyblp.options.verbose, False
    products = pd.read_csv(pyblp.data.PETRIN_PRODUCTS_LOCATION)
    agents = pd.read_csv(pyblp.data.PETRIN_AGENTS_LOCATION)
    formulations = (
        pyblp.Formulation("1 + hpwt + space + air + mpd + fwd + mi + sw + su + pv + pgnp + trend + trend2"),
        pyblp.Formulation("1 + I(-prices) + hpwt + space + air + mpd + fwd + mi + sw + su + pv"),
        pyblp.Formulation("1 + log(hpwt) + log(wt) + log(mpg) + air + fwd + trend * (jp + eu) + log(q)"),
    )
    demographics = pyblp.Formulation(
        "1 + I(low / income) + I(mid / income) + I(high / income) + I(log(fs) * fv) + age + fs + mid + high"
    )
    made = pyblp.Problem(formulations, products, demographics, agents, costs_type="log")
    pyblp.options.verbose = before
    return made


@pytest.fixture(scope="module")
def moments():
    values = pd.read_csv(pyblp.data.PETRIN_VALUES_LOCATION, index_col=0)["value"]
    survey = pyblp.MicroDataset("CEX", 29125, lambda t, p, a: np.ones((a.size, 1 + p.size)))

    def part(name, of_agents, of_products):
        return pyblp.MicroPart(name, survey, lambda t, p, a: np.outer(of_agents(a), of_products(p)))

    def ratio(name, value, parts):
        return pyblp.MicroMoment(name, value, parts, lambda v: v[0] / v[1], lambda v: [1 / v[1], -v[0] / v[1] ** 2])

    def one(a):
        return np.ones(a.size)

    out = []
    of_kind = {k: part(f"E[1{{{k}_j}}]", one, lambda p, c=c: np.r_[0, p.X2[:, c]]) for k, c in KINDS.items()}
    for name, d in {"age": 5, "fs": 6}.items():
        for k, c in KINDS.items():
            top = part(f"E[{name}_i * 1{{{k}_j}}]", lambda a, d=d: a.demographics[:, d], lambda p, c=c: np.r_[0, p.X2[:, c]])
            out.append(ratio(f"E[{name}_i | {k}_j]", values[f"E[{name} | {k}]"], [top, of_kind[k]]))
    for name, d in {"mid": 7, "high": 8}.items():
        new = part(f"E[1{{j > 0}} * {name}_i]", lambda a, d=d: a.demographics[:, d], lambda p: np.r_[0, np.ones(p.size)])
        all_ = part(f"E[{name}_i]", lambda a, d=d: a.demographics[:, d], lambda p: np.ones(1 + p.size))
        out.append(ratio(f"P[j > 0 | {name}_i]", values[f"E[new | {name}]"], [new, all_]))
    return out


SIGMA = np.diag([3.23, 0, 4.43, 0.46, 0.01, 2.58, 4.42, 0, 0, 0, 0])
PI = np.zeros((11, 9))
PI[1, 1:4] = [7.52, 31.13, 34.49]
PI[7, 4], PI[8, 4], PI[9, 4], PI[10, 4] = 0.57, 0.28, 0.31, 0.42


def test_starting_values(problem, moments):
    assert (problem.T, problem.N, problem.F, problem.I) == (13, 2407, 27, 13000)
    assert (problem.K1, problem.K2, problem.K3, problem.D, problem.MD, problem.MS) == (13, 11, 12, 9, 35, 28)
    given = {
        "W_type": "clustered", "se_type": "clustered", "optimization": pyblp.Optimization("return"), "method": "1s",
        "check_optimality": "gradient", "micro_moments": moments,
    }
    results = problem.solve(SIGMA, PI, **given)
    assert results.objective == close(308.2940470687, rel=1e-9)
    values = [
        0.7714553099, 0.7066200447, 0.7253311727, 0.7432737878, 3.7824692812, 3.3008974039, 3.1397308928, 3.5952108904,
        0.073371037, 0.1756919652,
    ]
    np.testing.assert_allclose(results.micro_values[:, 0], values, rtol=1e-9)
    variances = [
        1.1346097e-3, 1.0092526e-3, 8.9702098e-4, 6.3243639e-3, 1.4785121e-2, 1.2382892e-2, 9.7398216e-3, 8.8673890e-2,
        7.1319515e-6, 1.4542768e-5,
    ]
    np.testing.assert_allclose(results.micro_covariances.diagonal(), variances, rtol=1e-7)
    gradient = [
        10.4593542798, 7.8499245243, -29.240382345, -22.9971924186, 36.8659885737, 4.1418480718, 25.6038968491,
        5.1362175161, -3.3362916483, -27.108093997, 32.9702320782, 41.0071214055, 0.3132808237,
    ]
    # PyBLP's own inversion, to steps of 1e-13, leaves the seventh digit open.
    np.testing.assert_allclose(results.gradient[:, 0], gradient, rtol=2e-6)
    beta = [
        -17.993301722, -0.1936024415, 5.8158790388, 2.4309885215, -15.8938996532, -13.6244859426, -3.3606103443,
        -0.9576028823, -3.8524011106, -5.8088674954, 0.1902526501, 2.2409377404, -0.1481016137,
    ]
    np.testing.assert_allclose(results.beta[:, 0], beta, rtol=1e-6)
    gamma_se = [
        0.1256176539, 0.0472204184, 0.068702326, 0.0611252323, 0.019745724, 0.0161237347, 0.0024192942, 0.0249831374,
        0.0366625056, 0.003069167, 0.0039070311, 0.006409222,
    ]
    np.testing.assert_allclose(results.gamma_se[:, 0], gamma_se, rtol=1e-7)
    assert "Estimated Micro Moments" in str(results)
    # Before micro moments have a weight, they do not count.
    first = np.zeros((73, 73))
    first[:63, :63] = results._engine.first_weighting[:63, :63]
    assert problem.solve(SIGMA, PI, W=first, **given).objective == close(3992.1804025946, rel=1e-9)


def test_estimates_and_the_value_of_the_minivan(problem, moments):
    free = np.full((11, 11), np.inf)
    results = problem.solve(
        SIGMA, PI, W_type="clustered", se_type="clustered", check_optimality="gradient", micro_moments=moments,
        sigma_bounds=(-free, free),
    )
    # The tutorial's search ends at a gradient of 4.3e-5.
    assert results.projected_gradient_norm < 4e-5

    def printed(values, wanted):
        """As many digits as the tutorial prints."""
        assert [f"{v:.1e}" for v in np.ravel(values)] == [f"{w:.1e}" for w in wanted]

    at = [0, 2, 3, 4, 5, 6]
    printed(results.objective, [1.8e2])
    printed(results.sigma[at, at], [0.030, 0.12, -0.092, -1.3, -0.16, 1.6])
    printed(results.sigma_se[at, at], [0.53, 0.81, 0.61, 1.1, 0.22, 0.37])
    printed(results.pi[PI != 0], [3.9, 12, 24, 0.42, 0.17, 0.10, 0.25])
    printed(results.pi_se[PI != 0], [0.36, 1.0, 2.4, 0.052, 0.042, 0.052, 0.081])
    printed(results.beta, [-8.9, 8.3, 4.9, 3.8, -0.14, -6.5, -2.1, -1.3, -1.1, -3.3, 0.034, 0.22, -0.015])
    printed(results.beta_se, [1.4, 2.4, 1.6, 1.2, 0.32, 1.8, 0.48, 0.20, 0.28, 0.52, 0.012, 0.092, 0.0064])
    printed(results.gamma, [1.4, 0.88, 1.4, 0.12, 0.27, 0.069, -0.012, 0.10, 0.46, 0.0016, -0.011, -0.069])
    printed(results.gamma_se, [0.14, 0.049, 0.080, 0.060, 0.024, 0.018, 0.0026, 0.025, 0.043, 0.0029, 0.0042, 0.0067])
    printed(results.micro[:8], [0.029, 0.047, 0.059, -0.077, -0.012, -0.0076, -0.0085, -0.017])
    printed(results.micro[8:], [-0.00045, -0.0021])

    # Without the minivans of 1984, at the prices that others would have had: they cost 200 thousand dollars
    # more, and nobody buys them. Millions of dollars.
    products = problem.product_data[problem.product_data["market_ids"] == 1984]
    costs = results.compute_costs(market_id=1984)
    costs[products["mi"] == 1] += 200
    prices = results.compute_prices(costs=costs, market_id=1984)
    with_them = results.compute_consumer_surpluses(market_id=1984).item()
    without = results.compute_consumer_surpluses(prices=prices, market_id=1984).item()
    value = products["households"].iloc[0] * (with_them - without)
    # The tutorial's own last digits differ between PyBLP 1.2.0 (425.90825081) and 1.3.0 (425.90824279).
    assert value == close(425.90824279, rel=1e-6)
