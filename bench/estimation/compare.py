"""Nevo's cereals and the automobiles of Berry, Levinsohn and Pakes: PyBLP 1.3.0 and entrant side by side.

    python bench/estimation/compare.py [--pairs N] [--studies nevo-cereal blp-autos]

One process and one thread each, on the same core where the system allows it. First the numbers must agree:
objective and gradient at the starting values. Then the programs run by turns, and the script prints CPU seconds
and ratios of

- one objective with its gradient (in process, at the starting values, from the mean utilities of a plain logit),
- the whole estimate, from files to standard errors, each program with its own search, with evaluations counted.

Needs `pip install pyblp==1.3.0` and a release build, which it makes.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/entrant"
EXAMPLE = ROOT / "target/release/examples/evaluations"

REFERENCE = r'''
import json, resource, sys
import numpy as np, pandas as pd, pyblp
pyblp.options.verbose = False
study, whole = sys.argv[1], sys.argv[2] == "whole"
data = lambda path: pd.read_csv(path)
if study == "nevo-cereal":
    problem = pyblp.Problem(
        (pyblp.Formulation("0 + prices", absorb="C(product_ids)"), pyblp.Formulation("1 + prices + sugar + mushy")),
        data(pyblp.data.NEVO_PRODUCTS_LOCATION),
        pyblp.Formulation("0 + income + income_squared + age + child"),
        data(pyblp.data.NEVO_AGENTS_LOCATION),
    )
    start = dict(
        sigma=np.diag([0.3302, 2.4526, 0.0163, 0.2441]),
        pi=[[5.4819, 0, 0.2037, 0], [15.8935, -1.2, 0, 2.6342], [-0.2506, 0, 0.0511, 0], [1.2650, 0, -0.8091, 0]],
    )
    search = dict(method="1s", optimization=pyblp.Optimization("bfgs", {"gtol": 1e-4}))
    point = {}
else:
    problem = pyblp.Problem(
        (
            pyblp.Formulation("1 + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + prices + hpwt + air + mpd + space"),
            pyblp.Formulation("1 + log(hpwt) + air + log(mpg) + log(space) + trend"),
        ),
        data(pyblp.data.BLP_PRODUCTS_LOCATION),
        pyblp.Formulation("0 + I(1 / income)"),
        data(pyblp.data.BLP_AGENTS_LOCATION),
        costs_type="log",
    )
    start = dict(sigma=np.diag([3.612, 0, 4.628, 1.818, 1.050, 2.056]), pi=np.c_[[0, -43.501, 0, 0, 0, 0]])
    point = dict(costs_bounds=(0.001, None), W_type="clustered", se_type="clustered")
    search = dict(initial_update=True)
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
if whole:
    results = problem.solve(**start, **point, **search, check_optimality="gradient")
    print(json.dumps({"objective": results.objective.item(), "evaluations": int(results.cumulative_objective_evaluations)}))
else:
    seconds = []
    for _ in range(6):
        begin = used()
        results = problem.solve(
            **start, **point, method="1s", optimization=pyblp.Optimization("return"), check_optimality="gradient"
        )
        seconds.append(used() - begin)
    print(json.dumps({
        "seconds": sorted(seconds)[len(seconds) // 2],
        "objective": results.objective.item(),
        "gradient": results.gradient.flatten().tolist(),
        "contractions": int(results.cumulative_contraction_evaluations.sum()),
    }))
'''


def run(command):
    """Standard output as JSON, CPU seconds and peak memory of a process on the first core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pin = (lambda: os.sched_setaffinity(0, {0})) if hasattr(os, "sched_setaffinity") else None
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin, env=environment, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        sys.exit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), cpu


def gate(study, theirs, mine):
    """The numbers agree before any time is read."""
    objective = abs(theirs["objective"] / mine["objective_at_start"] - 1)
    size = max(map(abs, theirs["gradient"]))
    gradient = max(abs(a - b) for a, b in zip(theirs["gradient"], mine["gradient_at_start"])) / size
    print(f"{study}: at the start objectives differ by {objective:.1e}, gradients by {gradient:.1e} of the largest")
    if not (objective < 1e-10 and gradient < 1e-7):
        sys.exit("the numbers differ: no times are compared")


def line(name, theirs, mine, unit=1.0):
    ratios = [a / b for a, b in zip(theirs, mine)]
    middle = statistics.median
    print(
        f"  {name:32} PyBLP {middle(theirs) * unit:9.3f}  entrant {middle(mine) * unit:9.4f}  "
        f"ratio {middle(ratios):7.0f}  ({min(ratios):.0f} to {max(ratios):.0f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--studies", nargs="+", default=["nevo-cereal", "blp-autos"])
    arguments = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    example = ["cargo", "build", "--release", "--locked", "--quiet", "-p", "entrant", "--example", "evaluations"]
    subprocess.run(example, cwd=ROOT, check=True)
    for study in arguments.studies:
        folder = f"studies/{study}"
        point, whole = ([], []), ([], [])
        for _ in range(arguments.pairs):
            theirs, _ = run([sys.executable, "-W", "ignore", "-c", REFERENCE, study, "point"])
            mine, _ = run([EXAMPLE, folder, "200" if study == "nevo-cereal" else "20"])
            if not point[0]:
                gate(study, theirs, mine)
            point[0].append(theirs["seconds"])
            point[1].append(mine["evaluation_median"])
        for _ in range(arguments.pairs):
            theirs_end, cpu = run([sys.executable, "-W", "ignore", "-c", REFERENCE, study, "whole"])
            whole[0].append(cpu)
            mine_end, cpu = run([PROGRAM, "--quiet", "fit", folder, "--json", "--threads", "1"])
            whole[1].append(cpu)
        line("objective and gradient, ms", *point, unit=1e3)
        line("estimate, whole process, s", *whole)
        print(
            f"  share evaluations at the start: {theirs['contractions']} and {mine['share_evaluations']}; "
            f"evaluations of the search: {theirs_end['evaluations']} and {mine_end['work']['evaluations']}; "
            f"objective {theirs_end['objective']:.10f} and {mine_end['objective']:.10f}"
        )


if __name__ == "__main__":
    main()
