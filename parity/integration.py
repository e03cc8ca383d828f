#!/usr/bin/env python3
"""Tables of the integration rules, and what other programs make of the same rules.

    python parity/integration.py OUTDIR        (OUTDIR: crates/entrant-numeric/src/integration)

needs `pip install pyblp==1.3.0 mpmath` (NumPy and SciPy come with them), no network, and a minute. It writes

    nested_table.rs  nested Gauss-Hermite rules (Genz and Keister 1996, as tabulated by Heiss and Winschel 2008):
                     published nodes; weights recomputed here with 60 digits by interpolation, and compared with
                     the published ones
    directions.rs    primitive polynomials and initial direction numbers of Sobol sequences (Joe and Kuo 2008,
                     table new-joe-kuo-6), as SciPy carries them
    peer.rs          constants for tests: PyBLP's rules, SciPy's Sobol points, PyBLP's Halton points

and raises an AssertionError before it writes if a claim does not hold. Run `cargo fmt -p entrant-numeric` after it.
"""

import os
import pathlib
import sys

import mpmath
import numpy as np
import scipy
import scipy.stats
from pyblp.configurations.integration import get_quadrature_data, halton, product_rule, sparse_grid

DIMENSIONS = 64
SOBOL_INDICES = [1, 2, 3, 1000, 123_456, 7_654_321, 987_654_321]
RULES = [
    (name, dimensions, level)
    for name, cases in {
        'Grid': [(1, 25), (2, 1), (2, 3), (2, 9), (3, 6), (4, 7), (6, 5), (10, 4)],
        'NestedGrid': [(1, 25), (2, 2), (2, 9), (3, 6), (4, 9), (6, 5), (10, 4), (2, 25)],
        'Tensor': [(1, 25), (2, 8), (3, 7), (5, 3)],
        'NestedTensor': [(1, 25), (2, 8), (3, 7), (5, 3), (2, 17)],
    }.items()
    for dimensions, level in cases
]


def literal(value):
    """A double as a Rust literal that reads back exactly, with separators."""
    text = repr(float(value))
    mantissa, _, exponent = text.partition('e')
    whole, _, decimals = mantissa.partition('.')
    whole = f'{int(whole):_}' if whole != '-0' else whole
    groups = '_'.join(decimals[i:i + 3] for i in range(0, len(decimals), 3))
    return f'{whole}.{groups or "0"}' + (f'e{int(exponent)}' if exponent else '')


def interpolation_weights(nodes):
    """Weights, for the standard normal, of the interpolation through symmetric nodes."""
    mpmath.mp.dps = 60
    half = [mpmath.mpf(float(x)) for x in nodes]
    size = len(half)
    moments = mpmath.matrix([1] + [mpmath.fac2(2 * k - 1) for k in range(1, size)])
    powers = mpmath.matrix(size, size)
    for k in range(size):
        for j in range(size):
            powers[k, j] = (1 if j == 0 else 2) * half[j] ** (2 * k) if k or j else mpmath.mpf(1)
    return [float(w) for w in mpmath.lu_solve(powers, moments)]


def nested_table():
    rules, levels = [], []
    for level in range(1, 26):
        nodes, weights = get_quadrature_data(level, True)
        ours = interpolation_weights(nodes)
        assert np.abs(np.array(ours) - weights).max() < 1e-14, level
        rule = list(zip(nodes, ours))
        if not rules or len(rules[-1]) != len(rule):
            rules.append(rule)
        levels.append(len(rules) - 1)
    lines = ['//! Nested Gauss-Hermite rules; written by `parity/integration.py`.', '']
    lines += ['/// Which of [`RULES`] each level from 1 on uses.']
    lines += [f'pub(super) const OF_LEVEL: [usize; {len(levels)}] = {levels};', '']
    lines += ['/// Nodes that are not negative, and their weights.']
    lines += [f'pub(super) const RULES: [&[(f64, f64)]; {len(rules)}] = [']
    for rule in rules:
        lines += ['&['] + [f'({literal(x)}, {literal(w)}),' for x, w in rule] + ['],']
    return lines + ['];']


def directions():
    path = pathlib.Path(scipy.__file__).parent / 'stats' / '_sobol_direction_numbers.npz'
    table = np.load(path)
    lines = ['//! Direction numbers of Joe and Kuo 2008 (new-joe-kuo-6); written by `parity/integration.py`.', '']
    lines += ['/// Primitive polynomial, its highest coefficient first, and initial direction numbers of each']
    lines += ['/// dimension. The first, the van der Corput sequence, has all direction numbers 1.']
    lines += [f'pub(super) const TABLE: [(u32, &[u64]); {DIMENSIONS}] = [']
    for polynomial, initial in zip(table['poly'][:DIMENSIONS], table['vinit'][:DIMENSIONS]):
        degree = int(polynomial).bit_length() - 1
        numbers = [int(m) for m in initial[:max(degree, 1)]]
        assert all(m % 2 == 1 and m < 2 ** (i + 1) for i, m in enumerate(numbers))
        lines += [f'({int(polynomial)}, &{numbers}),']
    return lines + ['];']


def build(name, dimensions, level):
    if name.endswith('Grid'):
        return sparse_grid(dimensions, level, nested=name.startswith('Nested'))
    return product_rule(dimensions, level, nested=name.startswith('Nested'))


def fingerprint(nodes, weights):
    """Numbers to which every node, weight and place in the order contributes."""
    factors = 0.3 + 0.1 * np.arange(1, nodes.shape[1] + 1)
    places = 1 + np.arange(weights.size) % 7
    wave = np.cos(nodes @ factors + 0.4)
    return [weights @ wave, np.abs(weights).sum(), (weights * places) @ wave, places @ np.tanh(nodes @ factors) / weights.size]


def text_constant(name, about, rows):
    """A Rust constant that holds a table as text, one row a line."""
    body = [' '.join(map(str, row)) for row in rows]
    return ['', *(f'/// {line}' for line in about), f'pub(super) const {name}: &str = "\\', *body, '";']


def peer():
    rules, small = [], []
    for name, dimensions, level in RULES:
        nodes, weights = build(name, dimensions, level)
        numbers = [repr(float(v)) for v in fingerprint(nodes, weights)]
        rules.append([name, dimensions, level, weights.size, *numbers])
    for name in ('Grid', 'NestedGrid'):
        nodes, weights = build(name, 2, 3)
        small += [[name, *(repr(float(v)) for v in [*node, weight])] for node, weight in zip(nodes, weights)]
    sobol = []
    for index in SOBOL_INDICES:
        sampler = scipy.stats.qmc.Sobol(DIMENSIONS, scramble=False)
        sobol.append([index, *(int(v * 2 ** 30) for v in sampler.fast_forward(index).random(1)[0])])
    nodes, _ = halton(12, 4, 1000, False, np.random.RandomState(0))
    return [
        '//! Rules of `PyBLP` 1.3.0 and points of `SciPy`; written by `parity/integration.py`.',
        *text_constant('RULES', [
            'Rule, dimensions, level, nodes, and with `v = cos(0.4 + sum_d (0.4 + 0.1 d) x_d)` and',
            '`p_i = 1 + i mod 7`: `sum w v`, `sum |w|`, `sum w p v`, `mean p tanh(sum_d (0.4 + 0.1 d) x_d)`.',
        ], rules),
        *text_constant('SMALL', ['Every node and weight of two rules of level 3 in 2 dimensions.'], small),
        *text_constant('SOBOL', ['Index, and the unscrambled Sobol point of that index, times 2^30.'], sobol),
        *text_constant('HALTON', ['Nodes 1000 to 1003 of the Halton sequence without scrambling.'],
                       [[repr(float(v)) for v in node] for node in nodes]),
    ]


def main():
    folder = pathlib.Path(sys.argv[1])
    files = {'nested_table.rs': nested_table(), 'directions.rs': directions(), 'peer.rs': peer()}
    for name, lines in files.items():
        (folder / name).write_text('\n'.join(lines) + '\n')
        print(os.fspath(folder / name))


if __name__ == '__main__':
    main()
