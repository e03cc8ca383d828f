"""The short report in other formats, read by programs that we did not write."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import openpyxl
import pypdf
import pytest
from markdown_it import MarkdownIt

HOSTILE = '<b>"Acme" & Söhne</b> [x](http://evil.test) $_{2}^%|# \\input'


def entrant(*arguments: str) -> None:
    """Runs the program."""
    subprocess.run([sys.executable, "-m", "entrant", *arguments], check=True, capture_output=True, timeout=600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Outputs of a small study in every format, with a name that is markup everywhere."""
    place = tmp_path_factory.mktemp("formats")
    study, out = place / "study", place / "out"
    entrant("new", str(study))
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert "\ntitle = " in text
    lines = [f"title = {json.dumps(HOSTILE, ensure_ascii=False)}" if x.startswith("title = ") else x for x in text.split("\n")]
    (study / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    entrant("run", str(study), "--draws", "20", "--out", str(out), "--format", "md,latex,xlsx", "--format", "pdf")
    return out


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def bare(text: str) -> str:
    """Letters and digits: lines break where they like, and signs have several forms."""
    return "".join(c for c in text if c.isalnum())


def test_a_workbook_holds_the_numbers_of_the_tables(folder):
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    compared = 0
    for path in sorted((folder / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        if len(rows) < 2:
            assert path.stem not in book.sheetnames
            continue
        cells = [["" if c is None else c for c in row] for row in book[path.stem].iter_rows(values_only=True)]
        assert len(cells) == len(rows)
        for got, want in zip(cells, rows, strict=True):
            for a, b in zip(got + [""] * (len(want) - len(got)), want, strict=True):
                if isinstance(a, bool):
                    assert b == str(a).lower()
                elif isinstance(a, (int, float)):
                    # A workbook holds 17 digits at most.
                    assert float(b) == pytest.approx(a, rel=1e-15)
                else:
                    assert a == b.removeprefix("'")
                compared += 1
    assert compared > 1000
    assert [book["answer"].cell(r, 2).value for r in (1, 3)] == [HOSTILE, results(folder)["answer"][0]]


def test_a_pdf_says_the_answer(folder):
    reader = pypdf.PdfReader(folder / "report.pdf", strict=True)
    text = bare("".join(page.extract_text() for page in reader.pages))
    for sentence in results(folder)["answer"]:
        assert bare(sentence) in text
    assert bare(HOSTILE) in text
    assert reader.metadata.title == HOSTILE
    headings = [item.title for item in reader.outline]
    assert "Who loses what" in headings and len(headings) > 5
    for page in reader.pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((595.28, 841.89))


def test_markdown_has_tables_and_no_markup_of_names(folder):
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse((folder / "report.md").read_text(encoding="utf-8"))
    inline = [child for token in tokens if token.children for child in token.children]
    assert not [t for t in [*tokens, *inline] if t.type.startswith("html")]
    assert not [t for t in inline if t.type == "link_open"]
    assert sum(t.type == "table_open" for t in tokens) > 4
    title = next(tokens[i + 1] for i, t in enumerate(tokens) if t.type == "heading_open")
    assert "".join(t.content for t in title.children) == HOSTILE
    for image in (t for t in inline if t.type == "image"):
        assert (folder / image.attrs["src"]).is_file()


def test_charts_are_drawings(folder):
    charts = sorted((folder / "figures").glob("*.svg"))
    assert len(charts) > 3
    for path in charts:
        root = xml.parse(path).getroot()
        kinds = {part.tag.rpartition("}")[2] for part in root.iter()}
        assert kinds <= {"svg", "title", "desc", "rect", "text", "g", "line", "circle"}
        assert {"line", "circle", "text"} <= kinds


def test_a_run_without_formats_leaves_none_of_an_earlier_one(folder, tmp_path):
    study, out = tmp_path / "study", tmp_path / "out"
    entrant("new", str(study))
    entrant("run", str(study), "--draws", "2", "--out", str(out), "--format", "pdf,svg")
    assert (out / "report.pdf").is_file() and any((out / "figures").iterdir())
    entrant("run", str(study), "--draws", "2", "--out", str(out))
    assert not (out / "report.pdf").exists() and not (out / "figures").exists()


STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture(scope="module")
def estimates(tmp_path_factory) -> Path:
    """Outputs of an estimation in every format."""
    out = tmp_path_factory.mktemp("estimates") / "out"
    entrant("fit", str(STUDIES / "nevo-cereal"), "--draws", "0", "--out", str(out), "--format", "md,latex,xlsx,pdf")
    return out


def test_estimates_are_told_with_their_numbers(estimates):
    report = json.loads((estimates / "estimate.json").read_text(encoding="utf-8"))
    names = [p["name"] for p in report["parameters"]]
    text = bare("".join(page.extract_text() for page in pypdf.PdfReader(estimates / "report.pdf", strict=True).pages))
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse((estimates / "report.md").read_text(encoding="utf-8"))
    words = "".join(c.content for t in tokens if t.children for c in t.children)
    shown = [n for n in names[:20] if bare(n) in text and n in words]
    assert len(shown) >= 10
    rows = list(openpyxl.load_workbook(estimates / "tables.xlsx")["parameters"].iter_rows(values_only=True))
    columns = {name: i for i, name in enumerate(rows[0])}
    assert [r[columns["parameter"]] for r in rows[1:]] == names
    for row, p in zip(rows[1:], report["parameters"], strict=True):
        for name in ("estimate", "error"):
            if p[name] is not None:
                assert row[columns[name]] == pytest.approx(p[name], rel=1e-15)
    assert "\\documentclass" in (estimates / "report-latex.tex").read_text(encoding="utf-8")


def test_estimates_without_formats_leave_none_of_earlier_ones(estimates):
    entrant("fit", str(STUDIES / "nevo-cereal"), "--draws", "0", "--out", str(estimates))
    assert (estimates / "estimate.json").is_file()
    assert not (estimates / "report.pdf").exists() and not (estimates / "tables.xlsx").exists()


def test_a_backtest_is_told_with_its_numbers(tmp_path):
    entrant("backtest", str(STUDIES / "india-2017"), "--draws", "20", "--out", str(tmp_path), "--format", "md,xlsx,pdf")
    document = json.loads((tmp_path / "backtest.json").read_text(encoding="utf-8"))
    text = bare("".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf", strict=True).pages))
    words = bare((tmp_path / "report.md").read_text(encoding="utf-8"))
    for sentence in document["answer"]:
        assert bare(sentence) in text and bare(sentence) in words
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    for path in (tmp_path / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len(list(book[path.stem].iter_rows())) == len(rows)


@pytest.mark.parametrize("command", ["fit", "backtest"])
def test_formats_are_files_and_need_a_folder(command):
    study = STUDIES / ("nevo-cereal" if command == "fit" else "india-2017")
    run = subprocess.run([sys.executable, "-m", "entrant", command, str(study), "--format", "pdf"], capture_output=True, text=True, timeout=600)
    assert run.returncode == 2 and "--out" in run.stderr
