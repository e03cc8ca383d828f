"""PyBLP 1.3.0 and entrant side by side: Nevo's cereals, the automobiles of Berry, Levinsohn and Pakes, and panels
of several sizes.

    python bench/estimation/compare.py [--pairs N] [--studies ...] [--sizes ...] [--large] [--hessian]

One process and one thread each, on the same core where the system allows it. First the numbers must agree at the
starting values: objective to 1e-10, gradient to 1e-7 of its largest element, mean utilities to 1e-11, prices to
1e-9. Then the programs run by turns, a block of each, and the script prints the smallest CPU seconds of any block
(PyBLP: the best of its repetitions; ours: the mean of a block, or the best clock time of a repetition if that is
smaller, which on a busy machine it is), their ratio, and the range of the ratios of blocks that ran one after the
other, for

- one objective with its gradient, in process: the problem is set up once, from the mean utilities of a plain
  logit, no standard errors; against the faster of PyBLP's SQUAREM and `lm` iterations for the sizes,
- what a second thread of ours gains, by the clock: the best evaluation with one thread over the best with two
  (PyBLP gets slower with more processes here),
- prices after a merger in every market, costs known, second-order conditions checked on our side only,
- memory above what the process has once its tables are read (and imports are made): binding, evaluations, standard
  errors; and the same for prices after a merger,
- the whole estimate, from files to standard errors, each program with its own search, with evaluations counted.

Ours always computes the Hessian at the estimates (two gradients for each parameter); the estimate's line has it
in. PyBLP's does not unless `--hessian` is given.

Needs `pip install pyblp==1.3.0` and a release build, which it makes.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
PROGRAM, EXAMPLE = TARGET / "entrant", TARGET / "examples/evaluations"
SIZES = {
    "50x20x200": (50, 20, 200, 0),
    "200x50x500": (200, 50, 500, 0),
    "10x200x500s": (10, 200, 500, 1),
    "1x200x1000": (1, 200, 1000, 0),
    "1x1000x1000": (1, 1000, 1000, 0),
}
LARGE = {"500x100x1000": (500, 100, 1000, 0), "1x5000x1000": (1, 5000, 1000, 0)}


def run(command, feed=None, cores=(0,)):
    """Standard output as JSON, CPU seconds and peak KiB of a process on the given cores."""
    pin = (lambda: os.sched_setaffinity(0, cores)) if hasattr(os, "sched_setaffinity") else None
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [str(c) for c in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as into:
        into.write(feed or "")
        into.seek(0)
        process = subprocess.Popen(
            command, stdin=into, stdout=out, stderr=said, preexec_fn=pin, env=environment, cwd=ROOT
        )
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        out.seek(0)
        said.seek(0)
        text = out.read()
        if not text:
            sys.exit(said.read())
    return json.loads(text), used.ru_utime + used.ru_stime, used.ru_maxrss


def peer(study, what, *numbers, feed=None):
    return run([sys.executable, "-W", "ignore", HERE / "peer.py", study, what, *numbers], feed)


def gap(theirs, mine):
    size = max(map(abs, theirs), default=0.0) or 1.0
    return max((abs(a - b) for a, b in zip(theirs, mine)), default=0.0) / size


def gate(name, theirs, mine):
    """The numbers agree before any time is read."""
    found = {
        "objective": (gap([theirs["objective"]], [mine["objective_at_start"]]), 1e-10),
        "gradient": (gap(theirs["gradient"], mine["gradient_at_start"]), 1e-7),
        "mean utility": (gap(theirs["delta"], mine["delta_at_start"]), 1e-11),
    }
    print(f"{name}: differences", ", ".join(f"{what} {value:.0e}" for what, (value, _) in found.items()))
    worst = [what for what, (value, limit) in found.items() if not value < limit]
    if worst:
        sys.exit(f"{worst} differ: no times are compared")
    apart = gap(theirs["merger"]["prices"], mine["merger"]["prices"])
    residual, certified = mine["merger"]["residual"], mine["merger"]["certified"]
    print(f"  prices differ by {apart:.0e}; ours: residual {residual:.0e}, {certified} of {len(mine['merger']['firms'])} markets certified")
    return apart < 1e-9


def line(name, theirs, mine, unit=1.0):
    ratios = [a / b for a, b in zip(theirs, mine)]
    print(
        f"  {name:32} PyBLP {min(theirs) * unit:9.3f}  entrant {min(mine) * unit:9.4f}  "
        f"ratio {min(theirs) / min(mine):6.1f}  ({min(ratios):.0f} to {max(ratios):.0f})",
        flush=True,
    )


def least(processor, clock):
    """Ours: mean CPU seconds of a block, or the best clock time in it; both are at least what it takes."""
    return min(processor or clock, clock)


def points(name, arguments, pairs, repetitions, folder, rivals):
    """One objective with its gradient, memory, two threads, and prices after a merger."""
    one, prices, memory, merger_memory = ([], []), ([], []), ([], []), ([], [])
    alone, together = [], []
    for pair in range(pairs):
        mine, _, _ = run([EXAMPLE, folder, repetitions, 1])
        both, _, _ = run([EXAMPLE, folder, repetitions, 2], cores=range(os.cpu_count() or 1))
        if any(both[of] != mine[of] for of in ("objective_at_start", "gradient_at_start", "delta_at_start")):
            sys.exit("two threads give other bits than one")
        feed = json.dumps(mine["merger"]["firms"]) if mine["merger"] else None
        after, _, _ = peer(arguments[0], "merger", *arguments[2:], feed=feed)
        found = [peer(*arguments, *rival)[0] for rival in rivals]
        if pair == 0:
            agree = gate(name, after, mine)
        if found:
            theirs = min(found, key=lambda f: f["seconds"])
            one[0].append(theirs["seconds"])
            one[1].append(least(mine["evaluation_cpu"], mine["evaluation_best"]))
            alone.append(mine["evaluation_best"])
            together.append(both["evaluation_best"])
            memory[0].append(theirs["memory_kib"] / 1024)
            memory[1].append(mine["memory_kib"] / 1024)
        prices[0].append(after["merger"]["seconds"])
        prices[1].append(least(mine["merger"]["cpu"], mine["merger"]["best"]))
        merger_memory[0].append(after["merger_memory_kib"] / 1024)
        merger_memory[1].append(mine["merger_memory_kib"] / 1024)
    if rivals:
        line("objective and gradient, ms", *one, unit=1e3)
        print(f"  {'two threads, by the clock':32} {min(alone) / min(together):.2f} times as fast as one, the same bits")
        line("memory, MiB", *memory)
        print(f"  share evaluations {theirs['contractions']} and {mine['share_evaluations']}")
    line("merger prices, all markets, ms", *prices, unit=1e3)
    if not agree:
        print("  (prices differ: see above)")
    line("memory of merger prices, MiB", *merger_memory)


def whole(study, pairs, hessian):
    seconds = ([], [])
    for _ in range(pairs):
        theirs, cpu, _ = peer(study, "hessian" if hessian else "whole")
        seconds[0].append(cpu)
        mine, cpu, _ = run([PROGRAM, "--quiet", "fit", ROOT / "studies" / study, "--json", "--threads", "1", "--draws", "0"])
        seconds[1].append(cpu)
    line("estimate, whole process, s", *seconds)
    print(
        f"  evaluations of the search {theirs['evaluations']} and {mine['work']['evaluations']}; "
        f"objective {theirs['objective']:.10f} and {mine['objective']:.10f}"
    )


def write(folder, numbers):
    """A panel as a study."""
    sys.path.insert(0, str(HERE))
    from peer import PRICE, SIGMA, synthetic

    table, people = synthetic(*numbers)
    for name, columns in (("products", table), ("consumers", people)):
        with open(folder / f"{name}.csv", "w", newline="") as f:
            out = csv.writer(f)
            out.writerow(columns)
            out.writerows(zip(*([repr(v) for v in c.tolist()] for c in columns.values())))
    supply = ["[estimate.supply]", 'cost = "1 + y + w"', 'form = "linear"', 'instruments = ["supply_instruments*"]']
    study = [
        'title = "size"', 'question = "how long?"', "[data]", 'products = "products.csv"', 'consumers = "consumers.csv"',
        "[data.columns]", 'market = "market_ids"', 'product = "product_ids"', 'firm = "firm_ids"', 'price = "prices"',
        'share = "shares"', 'weight = "weights"', "[estimate]", 'method = "one-step"',
        "[estimate.optimizer]", 'algorithm = "return"', "[estimate.demand]", 'linear = "1 + prices + x"',
        'instruments = ["demand_instruments*"]', 'random = "1 + prices + x"', f"sigma = {SIGMA}",
        f"beta = {{ prices = {PRICE} }}",
    ]  # fmt: skip
    if numbers[3]:
        study += [*supply, "cost_bounds = [-1000.0, 1000.0]"]
    (folder / "study.toml").write_text("\n".join(study) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--studies", nargs="*", default=["nevo-cereal", "blp-autos"])
    parser.add_argument("--sizes", nargs="*", choices=[*SIZES, *LARGE], default=list(SIZES))
    parser.add_argument("--large", action="store_true", help="the two sizes that need minutes and gigabytes")
    parser.add_argument("--hessian", action="store_true", help="PyBLP computes a Hessian at its estimates too")
    parser.add_argument("--only-points", action="store_true", help="no whole estimates")
    parser.add_argument("--built", action="store_true", help="the release build stands already")
    arguments = parser.parse_args()
    if not arguments.built:
        build = ["cargo", "build", "--release", "--locked", "--quiet"]
        subprocess.run(build, cwd=ROOT, check=True)
        subprocess.run([*build, "-p", "entrant", "--example", "evaluations"], cwd=ROOT, check=True)
    for study in arguments.studies:
        repetitions = 200 if study == "nevo-cereal" else 40
        points(study, (study, "point"), arguments.pairs, repetitions, ROOT / "studies" / study, [()])
        if not arguments.only_points:
            whole(study, arguments.pairs, arguments.hessian)
    for name in [*arguments.sizes, *(LARGE if arguments.large else [])]:
        numbers = {**SIZES, **LARGE}[name]
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            write(folder, numbers)
            # One large market is there for its prices; an evaluation with its gradient is not timed.
            rivals = [("squarem",), ("lm",)] if numbers[0] > 1 else []
            repetitions = 20 if numbers[0] > 1 else 0
            points(name, ("size", "point", *numbers), arguments.pairs, repetitions, folder, rivals)


if __name__ == "__main__":
    main()
