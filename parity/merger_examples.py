"""Numbers that tests of entrant-merger compare with, computed by other means.

Each market is written as its demand function alone. Slopes are complex-step derivatives of it,
equilibria are roots of the first-order conditions found by scipy, polished until the residual
is at rounding. Run: python parity/merger_examples.py
"""

import numpy as np
from scipy.optimize import brentq, minimize_scalar, root

np.set_printoptions(precision=17, linewidth=110)


def slopes(demand, p):
    """dq_k/dp_j in row k and column j, exact to rounding."""
    out = np.empty((len(p), len(p)))
    for j in range(len(p)):
        z = p.astype(complex)
        z[j] += 1e-30j
        out[:, j] = demand(z).imag / 1e-30
    return out


def conditions(demand, own, p, c):
    return demand(p) + (own * slopes(demand, p).T) @ (p - c)


def bertrand(demand, own, c, start):
    scale = np.abs(np.diag(slopes(demand, start))) * start
    f = lambda y: conditions(demand, own, y * start, c) / scale
    y = root(f, np.ones(len(c)), tol=1e-15).x
    for _ in range(5):
        jac = np.empty((len(c), len(c)))
        for j in range(len(c)):
            h = np.zeros(len(c))
            h[j] = 1e-6
            jac[:, j] = (f(y + h) - f(y - h)) / 2e-6
        y = y - np.linalg.solve(jac, f(y))
    assert np.abs(f(y)).max() < 1e-13, np.abs(f(y)).max()
    return y * start


def owners(firms):
    return np.array([[float(a == b) for b in firms] for a in firms])


def margins_to_costs(demand, own, p):
    return p + np.linalg.solve(own * slopes(demand, p).T, demand(p))


def logit(alpha, delta, outside=1.0, size=1.0):
    def q(p):
        e = np.exp(delta + alpha * p)
        return size * e / (outside + e.sum())
    return q


def show(name, *values):
    print(name)
    for v in values:
        print("   ", np.array2string(np.atleast_1d(v), separator=", ", floatmode="unique"))


def beer():
    """Epstein and Rubinfeld 2004, p. 80, as in the manual of the R package antitrust."""
    p = np.array([.0441, .0328, .0409, .0396, .0387, .0497])
    s = np.array([.066, .172, .253, .187, .099, .223])
    m = np.array([.3830, .5515, .5421, .5557, .4453, .3769])
    pre = owners("abccde")
    post = owners("aaccde")
    x = 1 / (1 - pre @ s)
    for name, w in [("level", np.ones(6)), ("proportional", 1 / p), ("relative", 1 / (m * p))]:
        z, t = x * w, m * p * w
        theta = (z @ t) / (z @ z)
        show(f"beer, all margins, {name} errors: alpha, loss", -1 / theta, ((t - theta * z) ** 2).sum())
    # One margin, that of Budweiser.
    alpha = -1 / (m[0] * p[0] * (1 - s[0]))
    d = np.log(s) - alpha * p
    q = logit(alpha, d, 0.0)
    c = margins_to_costs(q, pre, p)
    after = bertrand(q, post, c, p)
    harm = (np.log(np.exp(d + alpha * p).sum()) - np.log(np.exp(d + alpha * after).sum())) / -alpha
    show("beer, margin of BUD: alpha, price rises, shares, harm", alpha, after / p - 1, q(after), harm)
    theta = ((x / p) @ m) / ((x / p) @ (x / p))
    alpha = -1 / theta
    d = np.log(s) - alpha * p
    q = logit(alpha, d, 0.0)
    c = margins_to_costs(q, pre, p)
    after = bertrand(q, post, c, p)
    show("beer, all margins: rises", after / p - 1)
    red = (np.linalg.solve(-(post * slopes(q, p).T), q(p)) - (p - c)) / c
    show("beer, all margins: cmcr", red)


def app_table():
    """The default table of competitiontoolbox, with an unknown outside share."""
    p = np.full(4, 10.0)
    w = np.array([.4, .3, .2, .1])
    firms, after_firms = "abcc", "aacc"
    eps = -1.0
    for j in (0, 2):
        own = owners(firms)
        W = own @ w
        level = 5.0
        alpha = -(1 / level + W[j] * (-eps) * -1 / p[j]) / (1 - W[j])
        s0 = brentq(lambda o: level + 1 / ((eps / (p[0] * o)) * (1 - W[j] * (1 - o))), 1e-9, 1 - 1e-9, xtol=1e-16)
        alpha = eps / (p[0] * s0)
        s = w * (1 - s0)
        d = np.log(s / s0) - alpha * p
        size = 100 / (1 - s0)
        q = logit(alpha, d, 1.0, size)
        c = margins_to_costs(q, own, p)
        after = bertrand(q, owners(after_firms), c, p)
        V = lambda p: np.log(1 + np.exp(d + alpha * p).sum())
        harm = size * (V(p) - V(after)) / -alpha
        show(f"app table, margin on product {j}: alpha, s0, rises, harm", alpha, s0, after / p - 1, harm)


def aids():
    """Epstein and Rubinfeld 2004, p. 9, table 2, as in the manual of antitrust (PCAIDS)."""
    r = np.array([.2, .3, .5])
    eps, own_a = -1.0, -3.0
    t = (r[0] * (1 + eps) - 1 - own_a) / (1 - r[0])
    B = t * np.outer(r, r)
    B[np.diag_indices(3)] = -t * r * (1 - r)

    def q(p):
        x = np.log(p)
        share = r + B @ x
        index = r @ x + 0.5 * x @ B @ x
        return share * np.exp((1 + eps) * index) / p
    pre, post = owners("abc"), owners("aac")
    p = np.ones(3)
    c = margins_to_costs(q, pre, p)
    e = slopes(q, p) * p / q(p)[:, None]
    after = bertrand(q, post, c, p)
    show("pcaids: elasticities, margins, rises", e, 1 - c, after - 1, q(after) * after)
    red = (np.linalg.solve(-(post * slopes(q, p).T), q(p)) - (p - c)) / c
    show("pcaids: cmcr", red)
    eps = -1.4
    t = (r[0] * (1 + eps) - 1 - own_a) / (1 - r[0])
    B = t * np.outer(r, r)
    B[np.diag_indices(3)] = -t * r * (1 - r)
    c = margins_to_costs(q, pre, p)
    after = bertrand(q, post, c, p)
    show("pcaids, market -1.4: rises", after - 1)


def linear(log=False):
    """The example of `linear` in the manual of antitrust, diversion by share."""
    p = np.array([2.9, 3.4, 2.2])
    q0 = np.array([650., 998., 1801.])
    m = np.array([.435, .417, .370])
    s = q0 / q0.sum()
    B = np.empty((3, 3))
    for j in range(3):
        B[j, j] = -q0[j] / (m[j] * p[j])
        for k in range(3):
            if k != j:
                B[k, j] = -s[k] / (1 - s[j]) * B[j, j]
    if log:
        E = B * p / q0[:, None]
        q = lambda x: q0 * np.exp(E @ np.log(x / p))
    else:
        q = lambda x: q0 + B @ (x - p)
    c = p * (1 - m)
    after = bertrand(q, owners("aac"), c, p)
    show("log-linear" if log else "linear", after / p - 1, q(after))
    if not log:
        show("harm", 0.5 * (q0 + q(after)) @ (after - p))


def ces():
    """The example of `ces` in the manual of antitrust with the margin of one product."""
    p = np.array([.0441, .0328, .0409, .0396, .0387, .0497])
    r = np.array([.071, .137, .251, .179, .093, .269])
    pre, post = owners("abccde"), owners("aaccde")
    m = .3830
    g = (1 / m - r[0]) / (1 - r[0])
    v = np.log(r) - (1 - g) * np.log(p)

    def q(x):
        e = np.exp(v + (1 - g) * np.log(x))
        return e / e.sum() / x
    c = margins_to_costs(q, pre, p)
    after = bertrand(q, post, c, p)
    index = lambda x: np.exp(v + (1 - g) * np.log(x)).sum() ** (1 / (1 - g))
    show("ces: g, rises, harm", g, after / p - 1, index(after) / index(p) - 1)


def nested():
    """A true nested logit, a = -2, parameter 0.5."""
    nest = np.array([0, 0, 1, 1, 1])
    d = np.array([2.0, 2.3, 1.6, 2.1, 1.9])
    c = np.array([.6, .7, .5, .8, .65])

    def make(a, sigma, d):
        def q(p):
            e = np.exp((d + a * p) / sigma)
            D = np.array([e[nest == g].sum() for g in (0, 1)])
            return e / D[nest] * (D ** sigma)[nest] / (1 + (D ** sigma).sum())
        return q
    q = make(-2.0, 0.5, d)
    pre, post = owners("abcad"), owners("abbad")
    p = bertrand(q, pre, c, c + 0.5)
    after = bertrand(q, post, c, p)
    show("nested: prices, shares, margins, after", p, q(p), 1 - c / p, after)


def auctions():
    """The data of Miller 2014 as in the manual of antitrust, and the vignette of mergersim."""
    a = -0.9
    d = np.array([.81, .93, .82])
    c = np.array([.05, .31, .30])
    q = logit(a, d)
    p = bertrand(q, np.eye(3), c, c + 1)
    after = bertrand(q, owners("aac"), c, p)
    show("vignette, Bertrand", p, q(p), after, q(after))
    s = q(c)
    fix = lambda firms: c + np.log(1 - owners(firms) @ s) / (a * (owners(firms) @ s))
    show("vignette, auction", fix("aac") / fix("abc") - 1)
    lam = 0.5

    def barg(own):
        def f(p):
            s = q(p)
            h = np.log(1 - s) / (a * (lam / (1 - lam) * s / (1 - s) - np.log(1 - s)))
            M = p - c
            return M - own @ (s * M) - h
        return f
    p3 = root(barg(np.eye(3)), c + .7, tol=1e-15).x
    show("vignette, bargaining", p3, q(p3), root(barg(owners("aac")), c + .7, tol=1e-15).x)
    share = np.array([0.29, 0.40, 0.28, 0.03])
    price = np.array([35.53, 154, 84.08, 53.16])
    alpha = np.log(1 - share[1]) / (share[1] * 53.0)
    post = owners("abbd")
    margin = lambda own: np.log(1 - own @ share) / (alpha * (own @ share))
    show("Miller: alpha, rises", alpha, (margin(post) - margin(np.eye(4))) / price)


def trade():
    """A tariff of one tenth of the consumers' price on one product of a two-product firm."""
    a, d = -2.0, np.array([1.0, 1.2, .8, 1.1])
    c = np.array([.5, .6, .4, .7])
    own = owners("aabc")
    q = logit(a, d, 1.0, 100.0)
    kept, unit = np.array([.9, 1, 1, 1]), np.array([0, .05, 0, 0])

    def f(p):
        n = kept * p - unit - c
        return kept * q(p) + (own * slopes(q, p).T) @ n
    p0 = bertrand(q, own, c, c + .5)
    p = root(lambda y: f(y) / 100, p0, tol=1e-15).x
    show("trade: before, after, revenue", p0, p, ((1 - kept) * p + unit) @ q(p))


if __name__ == "__main__":
    beer()
    app_table()
    aids()
    linear()
    linear(True)
    ces()
    nested()
    auctions()
    trade()
