#!/usr/bin/env python3
"""Write the matrices that PyBLP 1.3.0 makes of formulas, for the tests of entrant's formulas.

    python parity/formulas.py OUTFILE     (OUTFILE: crates/entrant-data/tests/formula/peer.json)

It needs `pip install pyblp==1.3.0` (patsy 1.0 and SymPy come with it) and takes some seconds. It draws
nothing at random. Fields of the file:

    table       columns of twelve rows: numbers or text
    designs     [{formula, names, values}]: `formula` as entrant writes it (what stands right of `|` is what
                PyBLP calls `absorb`), `values` row by row, columns in the order of `pyblp.build_matrix` before
                residualizing. `names` are patsy's, brought into that order
    derivatives [{formula, first, second}]: derivatives of every cell with respect to `prices`, by SymPy
    effects     [{formula, codes}]: for each absorbed term the code of each row, numbered in the sorted order
                of the combinations that occur
    refused     formulas that PyBLP refuses

The script asserts that PyBLP's columns are patsy's in another order, so `names` belong to `values`.
"""

import json
import re
import sys
import warnings

import numpy as np
import patsy
import pyblp
from pyblp.configurations.formulation import EvaluationEnvironment

TABLE = {
    "x": [1.5, 2.25, 0.5, 4.0, 3.125, 0.75, 2.0, 1.0, 5.5, 0.125, 2.75, 3.5],
    "y": [0.3, -1.7, 2.9, 0.01, -0.5, 1.1, 7.3, -2.2, 0.6, 3.3, -4.1, 0.9],
    "z": [10.0, 20.5, 3.25, 8.0, 1.75, 12.5, 30.0, 2.5, 6.0, 9.5, 4.25, 7.0],
    "prices": [0.5, 0.75, 1.25, 2.0, 0.9, 1.1, 0.35, 0.8, 1.6, 2.4, 0.65, 1.05],
    "jp": [0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0],
    "trend": [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
    "brand": ["b", "a", "c", "a", "b", "c", "c", "b", "a", "a", "b", "c"],
    "city": ["Rome", "Oslo", "Rome", "Lyon", "Lyon", "Oslo", "Oslo", "Rome", "Lyon", "Rome", "Oslo", "Lyon"],
    "quarter": [2, 10, 2, 3, 10, 3, 2, 3, 10, 2, 2, 3],
    "half": [1, 2, 1, 1, 2, 2, 2, 1, 2, 1, 1, 1],
    "only": ["u"] * 12,
}

DESIGNS = """
0 + prices
1
1 + x + y + z
x
x - 1
-1 + x
0 + x + 1
1 + log(x) + y + log( z ) + trend
0 + I(1 / x)
1 + I(-prices) + x
trend * (jp + half)
a_b
I(x**2) + I(x ** 3) + I(x**0.5) + I(x**-1) + I(x**-2.5)
I(2**x) + I(x**y)
I(-x**2 + 3*y/z - (x - y)*2e-1)
I(2 ** -x ** 2) + I(2 ** 3 ** 0.5 * x)
I(1/3*x - 2/5/7 + .5) + I(+x - -y)
log(x + 1) + exp(-y / 10) + I(log(exp(x) + 1))
exp(log(z) * 0.3 - x):y
(x + y)**2
(x + y + z)**3
(x + y + z)**2 - x:z
x*y - x
x*y*z - x:y:z
x/y
(x + y)/z
x/(y + z)
x:(y - z) + z
x + x + (x)
y:x + x:y
log(x)**2 + x:x
I(x) + I((x)) + x
~ x + y
C(brand)
brand
0 + brand
0 + brand + city
x + C(brand)
0 + x + C(brand)
C(quarter)
0 + C(quarter) + x
x:brand
x*brand
x:brand + x
0 + x:brand + x
brand:x + brand:y
C(brand):C(city)
brand*city
brand:city - 1
0 + brand:city + brand
brand + brand:city
city + brand:city
brand:city + city
(brand + city + C(half))**2
brand:city:C(half)
0 + brand:city:C(half)
brand:city:C(half) - 1 + brand:C(half)
0 + brand:city + city:C(half) + brand:C(half)
x:brand:city + x:city + y
x*y*brand + z:C(half)
brand/city
brand/x
x + only
only:x + only
only:brand
0 + only:brand:city
(x + brand)**2
brand*x - brand
C(half):z + C(quarter):z:x
prices | C(brand)
1 + prices + C(city) | brand
0 + x + brand:city | C(city):C(quarter) + brand
x:brand + C(half) | city
""".strip().splitlines()

DERIVATIVES = """
0 + prices
1 + I(-prices) + x
log(prices) + exp(prices) + I(1 / prices)
I(prices**2) + I(prices**3) + I(prices**0.5) + I(prices**-2.5)
I(prices**x) + I(x**prices) + I(prices**prices)
prices*brand + x
(prices + x + log(prices))**2
prices:C(quarter):log(x)
I((1 + x*prices) / (2 + prices**2)) + exp(-(prices - y)**2/2)
log(exp(prices) + exp(x)):prices
prices:brand + I(prices**2):city | city
""".strip().splitlines()

EFFECTS = """
prices | C(brand)
prices | brand
prices | C(brand) + C(city):C(quarter)
prices | city*quarter
prices | brand/city
prices | quarter - 1
prices | (brand + city + half)**2
prices | brand:city:quarter
prices | 0 + only
""".strip().splitlines()

REFUSED = """
0
x - x - 1
2*x
x + 1:y
(1 + x)*y
x ** y
x ** 0
x ** 1.5
-x
x + (
x + )
(x
x)
x y
x + sqrt(x)
log(x, 2)
log()
I(x % 2)
I(x + )
C(x + 1)
log(C(x))
I(C(x) * 2)
I(x)(y)
x + 2
1 + I(2)
y ~ x
x ~
x +
* x
x : : y
I(x:y)
C(brand, Sum)
I(1 2)
x = y
nothing
I(brand * 2)
log(brand)
x | I(x)
x | log(x)
x | nothing
1 | brand
0 + 1 | brand
""".strip().splitlines()


def formulation(formula):
    left, _, right = formula.partition("|")
    return pyblp.Formulation(left.strip(), absorb=marked(right) or None)


def marked(effects):
    """PyBLP takes a bare column of numbers for numbers; entrant, for its categories."""
    return re.sub(r"(?<!C\()\b(quarter|half)\b", r"C(\1)", effects.strip())


def build(formula, data):
    return formulation(formula)._build_matrix(data)[0]


def slopes(formula, data, order):
    """PyBLP's derivatives of each column with respect to prices."""
    _, columns, underlying = formulation(formula)._build_matrix(data)
    made = [c.evaluate_derivative("prices", underlying, order=order) for c in columns]
    return np.column_stack([np.broadcast_to(column, 12) for column in made]).ravel().tolist()


def names_of(formula, data, matrix):
    """patsy's names, each matched to PyBLP's column of the same term."""
    made = formulation(formula)
    terms = list(made._terms)
    with_constant = ([patsy.desc.INTERCEPT] if made._absorbed_terms else []) + terms
    design = patsy.build.design_matrix_builders(
        [with_constant], lambda: iter([data]), EvaluationEnvironment([data]))[0]
    names, columns = [], []
    own = np.ones((12, 1))
    if design.factor_infos:
        own = np.asarray(patsy.build.build_design_matrices([design], data)[0])
        own = own if len(own) == 12 else np.repeat(own[[0]], 12, axis=0)
    for term in terms:
        part = design.term_slices[term]
        names += marked_reduced(design, term)
        columns += list(range(part.start, part.stop))
    assert np.array_equal(own[:, columns], matrix), formula
    return names


def marked_reduced(design, term):
    """Names in patsy's own style: [T.level] where the first level has no column (PyBLP leaves out the T)."""
    names = []
    for coding in design.term_codings[term]:
        pieces = []
        for factor in coding.factors:
            info = design.factor_infos[factor]
            if info.type == "numerical":
                pieces.append([factor.name()])
                continue
            full = coding.contrast_matrices[factor].matrix.shape[1] == len(info.categories)
            levels = info.categories if full else info.categories[1:]
            mark = "" if full else "T."
            pieces.append([f"{factor.name()}[{mark}{level}]" for level in levels])
        combined = [""]
        for piece in pieces:
            combined = [f"{a}:{b}" if a else b for b in piece for a in combined]
        names += [n or "Intercept" for n in combined]
    return names


def refuses(formula, data):
    """Whether PyBLP raises anything at all."""
    try:
        build(formula, data)
        if "|" in formula:
            formulation(formula)._build_ids(data)
    except Exception:
        return True
    return False


def main(path):
    warnings.simplefilter("ignore")
    data = {name: np.asarray(cells) for name, cells in TABLE.items()}
    data["a_b"] = data["x"] + 1
    out = {"table": {n: c.tolist() for n, c in data.items()},
           "designs": [], "derivatives": [], "effects": [], "refused": REFUSED}
    for formula in DESIGNS:
        matrix = build(formula, data)
        names = names_of(formula, data, matrix)
        out["designs"].append({"formula": formula, "names": names, "values": matrix.ravel().tolist()})
    for formula in DERIVATIVES:
        first, second = (slopes(formula, data, order) for order in (1, 2))
        out["derivatives"].append({"formula": formula, "first": first, "second": second})
    for formula in EFFECTS:
        made = formulation(formula)
        assert made._build_ids(data).shape[1] == len(made._absorbed_terms)
        codes = []
        for term in made._absorbed_terms:
            cells = zip(*(data[re.sub(r"C\((\w+)\)", r"\1", f.name())].tolist() for f in term.factors))
            cells = list(cells)
            levels = sorted(set(cells))
            codes.append([levels.index(c) for c in cells])
        ids = made._build_ids(data)
        for k, column in enumerate(codes):
            pairs = {(a, str(b)) for a, b in zip(column, ids[:, k])}
            assert len(pairs) == len(set(column)) == len({str(b) for b in ids[:, k]}), formula
        out["effects"].append({"formula": formula, "codes": codes})
    accepted = [formula for formula in REFUSED if not refuses(formula, data)]
    assert not accepted, f"PyBLP accepts {accepted}"
    with open(path, "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")
    print(f"{len(DESIGNS)} designs, {len(DERIVATIVES)} derivatives, {len(EFFECTS)} effects, {len(REFUSED)} refused")


if __name__ == "__main__":
    main(sys.argv[1])
