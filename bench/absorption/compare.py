#!/usr/bin/env python3
"""Absorb 1, 2 and 3 fixed effects from a million rows and 4 columns: PyHDFE beside entrant-numeric.

    python bench/absorption/compare.py

needs `pip install pyhdfe`, which brings NumPy and SciPy, and cargo. One thread on both sides. PyHDFE runs
as PyBLP runs it: no singletons dropped, no degrees of freedom computed, its default method, whose tolerance
of 1e-8 is on the change between two iterations; ours leaves group means of at most 1e-12 of the columns'
size. Both make the data from the same counter, so that the sums of squared residuals can be compared.
The best of several runs counts, preparation included.
"""

import os

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

import json
import pathlib
import subprocess
import time

import numpy as np
import pyhdfe

ROWS, COLUMNS, LEVELS, REPEATS = 1_000_000, 4, [50_000, 2_000, 5_000], 3


def hashes(stream):
    """The finaliser of SplitMix64 on a counter."""
    z = np.arange(ROWS, dtype=np.uint64) + np.uint64(1 + stream * 1_000_000_007)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def peer(ids, columns):
    """Best time of PyHDFE, preparation included, and what it leaves."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        algorithm = pyhdfe.create(ids, drop_singletons=False, compute_degrees=False)
        left = algorithm.residualize(columns)
        times.append(time.perf_counter() - start)
    return min(times), left


def largest_mean(ids, left):
    """Largest group mean, relative to uniform columns' root mean square."""
    sums = [np.abs(np.bincount(i, c) / np.maximum(np.bincount(i), 1)).max() for i in ids.T for c in left.T]
    return max(sums) * 3 ** 0.5


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    command = ['cargo', 'run', '--release', '-q', '-p', 'entrant-numeric', '--example', 'absorption']
    lines = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
    ours = [json.loads(line) for line in lines]
    ids = np.column_stack([hashes(d) % np.uint64(levels) for d, levels in enumerate(LEVELS)]).astype(np.int64)
    columns = np.column_stack([(hashes(10 + c) >> np.uint64(11)) / 2.0 ** 53 for c in range(COLUMNS)])
    print('effects  PyHDFE s  entrant s  (prepare)  ratio  passes  mean left: PyHDFE  entrant  squares differ by')
    for effects in (1, 2, 3):
        mine = min((o for o in ours if o['effects'] == effects), key=lambda o: o['total'])
        seconds, left = peer(ids[:, :effects], columns)
        apart = abs((left ** 2).sum() / mine['squares'] - 1)
        print(
            f"{effects:7d} {seconds:9.3f} {mine['total']:10.3f} {mine['prepare']:10.3f} {seconds / mine['total']:6.1f}"
            f" {mine['sweeps']:7d} {largest_mean(ids[:, :effects], left):18.1e} {mine['residual']:8.1e} {apart:10.1e}"
        )


if __name__ == '__main__':
    main()
