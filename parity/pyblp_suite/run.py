"""PyBLP's own tests on `entrant.pyblp`, held against the table `docs/pyblp-suite.json`.

    python parity/pyblp_suite/run.py           every test; fails where one that passed does not
    python parity/pyblp_suite/run.py --write   the same, and writes the table anew
    python parity/pyblp_suite/run.py --only NAME   tests whose identifier has NAME in it

The source distribution of PyBLP is taken from PyPI into `target/pyblp-suite` and its `tests` are run there, with
`plugin.py`, which says what `pyblp` is. Nothing of it is kept in this repository. The exit status is 3 where it
cannot be had, 1 where a test that passed does not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TABLE = ROOT / "docs" / "pyblp-suite.json"
WORK = ROOT / "target" / "pyblp-suite"
VERSION = "1.3.0"
SHA256 = "589fc86696b4fcb0e5329d4ca61a6ded2e79ef188e62eab6119b980b8f516c96"
# One letter for each outcome.
LETTERS = {"passed": "p", "failed": "f", "refused": "n", "skipped": "s"}
UNAVAILABLE = 3


def suite() -> Path:
    """The unpacked source distribution."""
    archive = WORK / f"pyblp-{VERSION}.tar.gz"
    WORK.mkdir(parents=True, exist_ok=True)
    if not archive.exists():
        wanted = ["--no-deps", "--no-binary", "pyblp", f"pyblp=={VERSION}", "-d", str(WORK), "-q"]
        got = subprocess.run([sys.executable, "-m", "pip", "download", "--disable-pip-version-check", *wanted])
        if got.returncode or not archive.exists():
            print(f"pyblp {VERSION} cannot be had from the package index", file=sys.stderr)
            sys.exit(UNAVAILABLE)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{archive} has the SHA-256 {found}, not that of pyblp {VERSION}")
    folder = WORK / f"pyblp-{VERSION}"
    if not folder.exists():
        with tarfile.open(archive) as source:
            source.extractall(WORK, filter="data")
    return folder


def run(folder: Path, jobs: int, only: str | None) -> dict[str, dict]:
    """Outcomes of all tests by identifier, each simulated problem with its tests in one process."""
    running, files = [], []
    for job in range(1, jobs + 1):
        file = WORK / f"outcomes-{job}.jsonl"
        file.unlink(missing_ok=True)
        files.append(file)
        environment = {
            **os.environ, "PYTHONPATH": str(HERE), "OPENBLAS_NUM_THREADS": "1",
            "PYBLP_SUITE_OUTCOMES": str(file), "PYBLP_SUITE_SHARD": f"{job}/{jobs}", "PYBLP_SUITE_NAME": only or "",
        }
        arguments = ["-p", "plugin", "-p", "no:cacheprovider", "--rootdir", str(folder), "-q", "--no-header", "tests"]
        log = open(WORK / f"log-{job}.txt", "w", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", *arguments]
        running.append(subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log))
    for process in running:
        if process.wait() not in (0, 1, 5):
            sys.exit(f"pytest itself failed: see the logs in {WORK}")
    lines = (json.loads(line) for file in files if file.exists() for line in file.read_text("utf-8").splitlines())
    return {line["test"]: line for line in lines}


def outcome(line: dict) -> str:
    """`refused` where `entrant.pyblp` says by name that it does not do something."""
    return "refused" if line.get("refused") else line["outcome"]


def tabled(found: dict[str, dict], seconds: float) -> dict:
    """The table: for each test function a letter for each of its tests, in the order of their identifiers."""
    functions: dict[str, dict] = {}
    for test in sorted(found):
        of = functions.setdefault(test.split("[")[0], {"outcomes": "", "why": Counter()})
        result = outcome(found[test])
        of["outcomes"] += LETTERS[result]
        if result in ("failed", "refused"):
            of["why"][reason(found[test])] += 1
    for of in functions.values():
        of["why"] = dict(of["why"].most_common(4))
    digest = hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()
    return {
        "suite": f"pyblp {VERSION}", "collected": len(found), "identifiers": digest, "seconds": round(seconds),
        "totals": {name: sum(f["outcomes"].count(letter) for f in functions.values()) for name, letter in LETTERS.items()},
        "functions": functions,
    }


def reason(line: dict) -> str:
    """Why a test did not pass: the first sentence, without numbers that change."""
    text = " ".join(line.get("message", "").split())
    text = text.partition(" Mismatched elements")[0] if line["why"] == "AssertionError" else text
    return f"{line['why']}: {text[:90]}"


def worse(found: dict[str, dict], table: dict) -> list[str]:
    """Tests that the table has as passed, and that did not pass."""
    named: dict[str, list[str]] = {}
    for test in sorted(found):
        named.setdefault(test.split("[")[0], []).append(test)
    out = []
    for function, of in table["functions"].items():
        tests = named.get(function, [])
        if len(tests) != len(of["outcomes"]):
            out.append(f"{function}: {len(tests)} tests, {len(of['outcomes'])} in the table")
            continue
        before = zip(tests, of["outcomes"])
        out += [f"{test}: {reason(found[test]) if 'why' in found[test] else found[test]['outcome']}"
                for test, letter in before if letter == "p" and outcome(found[test]) != "passed"]
    return out


def printed(table: dict) -> str:
    """Counts of each test function."""
    lines = [f"{'':56}{'passed':>8}{'failed':>8}{'refused':>8}{'skipped':>8}"]
    for function, of in table["functions"].items():
        counts = [of["outcomes"].count(letter) for letter in LETTERS.values()]
        lines.append(f"{function:56}" + "".join(f"{n:8}" for n in counts))
    lines.append(f"{'all':56}" + "".join(f"{n:8}" for n in table["totals"].values()))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the table anew")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", help="tests whose identifier has this in it; nothing is compared")
    given = parser.parse_args()
    folder = suite()
    began = time.monotonic()
    found = run(folder, given.jobs, given.only)
    table = tabled(found, time.monotonic() - began)
    print(printed(table))
    if given.only:
        for test, line in found.items():
            if outcome(line) in ("failed", "refused"):
                print(f"{test}: {reason(line)}")
        return
    before = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {"functions": {}, "totals": {"passed": 0}}
    fell = worse(found, before)
    if fell:
        print(f"\n{len(fell)} tests passed before and do not:", *fell[:50], sep="\n  ", file=sys.stderr)
    gained = table["totals"]["passed"] - before["totals"]["passed"]
    if given.write:
        TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")
    elif gained > 0:
        print(f"\n{gained} more pass than the table says: `--write` puts them there")
    sys.exit(1 if fell and not given.write else 0)


if __name__ == "__main__":
    main()
