"""Tables for papers are compiled by a real LaTeX, whatever systems and metrics are called."""

import os
import re
import shutil
import subprocess

import pytest
from PIL import Image

from harness.records import Comparison
from harness.report.marks import Marks
from harness.report.sample_formats import samples_latex
from harness.report.sample_table import Picture, Said, SampleRow, SampleTable, marked
from harness.report.tables import ComparisonTable, Row

ENGINES = ("pdflatex", "lualatex")

HOSTILE = (
    "plain", "a_b & 50% of $5 #1 {x} ~ ^ \\", "\\input{/etc/passwd}", "[1ex] first", "*",
    "\\end{tabular}\\end{document}", "a--b ''c'' `d` ,,e\" <f> |g| ?`", "x" * 300, "x/y-" * 75,
    "a very long name " * 20, "naïve Ærøskøbing Łódź Őrség Žižkov ąęįų ŀ ĳ þð",
    "Ελληνικά, Кириллица", "烤鸭 焼き鳥 비빔밥", "烤" * 300, "🍜👩\u200d🍳🏴\U000e0067\U000e007f",
    "\u202eevil\u202c עברית العربية", "e\u0301 z\u0310\u0300", "\x00\x1b[31m\n\t", "% no",
    "½ ² ° ± × · – — … ‘’ “” § ß € « » ™ ∞ ∑", "\ud800", "^^M^^41", "= ▲▼△▽",
)  # fmt: skip


@pytest.fixture(params=ENGINES)
def compile_latex(request, tmp_path):
    """Compile the body of a document; the log is given back."""
    if not shutil.which(request.param):
        if os.environ.get("CI"):
            pytest.fail(f"CI has no {request.param}: texlive-latex-recommended brings it")
        pytest.skip(f"no {request.param} here: texlive-latex-recommended brings it")

    def compile_latex(body, packages=("booktabs",)):
        head = "".join(f"\\usepackage{{{name}}}\n" for name in packages)
        path = tmp_path / "paper.tex"
        path.write_text(
            f"\\documentclass{{article}}\n{head}\\begin{{document}}\n{body}\\end{{document}}\n"
        )
        done = subprocess.run(
            [request.param, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape",
             path.name],
            cwd=tmp_path, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        log = (tmp_path / "paper.log").read_text(errors="replace")
        assert done.returncode == 0, log[-3000:]
        assert (tmp_path / "paper.pdf").stat().st_size > 1000
        return log

    return compile_latex


def pair(candidate, metric):
    return Comparison(
        metric=metric, baseline="plain", candidate=candidate, baseline_value=0.2,
        candidate_value=0.5, delta=0.3, verdict="told apart", reason=None, confirmatory=False,
        family=3, interval=(0.2, 0.4), p_value=0.001, p_single=0.001, smallest=0.1, share=False,
        unit_sd=0.1, bar=2.0, rough=False, margin=None, needed=None, wins=5, ties=1, losses=1,
        n_paired=7, units=7, exchanges=10_000, seed=0,
    )  # fmt: skip


def table_of(names, metrics):
    def row(i, name, **more):
        values = tuple(0.1 + i / 100 for _ in metrics)
        ends = tuple((value - 0.03, value + 0.03) for value in values)
        return Row(
            system=name, n=200, unscored=i % 2, values=values,
            intervals=((None, None),) * len(metrics) if more.get("reported") else ends, **more,
        )  # fmt: skip

    rows = [row(i, name) for i, name in enumerate(names)]
    rows.append(row(3, f"{names[0]}{{blind}}", under=names[0], label="{blind}", control=True))
    rows += [row(i, name, reported=True) for i, name in enumerate(names)]
    marks = Marks(
        deciding=metrics[0],
        verdict="x",
        below="y",
        baseline="plain",
        baselines=dict.fromkeys(names[1:], "plain"),
        pairs={(name, metric): pair(name, metric) for name in names[1:] for metric in metrics},
        letters={metrics[0]: {name: "ab"[i % 2] for i, name in enumerate(names)}},
        exploratory="nothing was declared: 100 % & more",
    )
    return ComparisonTable(
        metrics=tuple(metrics), rows=tuple(rows), notes=tuple(names), marks=marks,
        suite=names[-1], dataset=names[1],
    )  # fmt: skip


def test_a_table_compiles_in_both_orientations(compile_latex):
    table = table_of(["plain", "title-style", "with_examples"], ["CIDEr", "BLEU_1"])
    log = compile_latex(table.latex() + table.latex(by_metric=True))
    assert not re.search(r"Missing character|Overfull", log)
    assert "multiply defined" not in log  # two tables, two labels


def test_names_of_any_kind_compile(compile_latex):
    tables = [table_of(["plain", name, "b"], ["CIDEr", name]) for name in HOSTILE]
    bodies = [part for t in tables for part in (t.latex(), t.latex(by_metric=True))]
    assert "Missing character" not in compile_latex("\\clearpage\n".join(bodies))


def test_all_of_them_compile_in_one_table(compile_latex):
    table = table_of(HOSTILE, ["CIDEr"])
    text = table.latex()
    assert "/etc/passwd" not in compile_latex(text).replace("\\input{/etc/passwd}", "")
    assert text.isascii()


def samples_of(texts, references, pictures):
    """Lay out a sample for each text, which both systems answer."""
    rows = [
        SampleRow(
            id=text, pictures=pictures, absent=0, references=references,
            answers=(
                Said(pieces=marked(text, references), score=1.25),
                Said(pieces=(), reason=text),
            ),
        )
        for text in texts
    ]  # fmt: skip
    return SampleTable(
        suite="titles", dataset="dishes", systems=("plain", texts[0]), metric="CIDEr",
        chosen=f"{len(rows)} of 40 samples, those on which plain and {texts[0]} differ", rows=rows,
        notes=tuple(texts),
    )  # fmt: skip


def test_samples_compile_with_their_pictures_whole(compile_latex, tmp_path):
    (tmp_path / "images").mkdir()
    pictures = []
    for name, size in (("0123456789abcdef.jpg", (300, 100)), ("fedcba9876543210.jpg", (80, 400))):
        Image.new("RGB", size, (200, 90, 30)).save(tmp_path / "images" / name)
        pictures.append(Picture(name=name, jpeg=(tmp_path / "images" / name).read_bytes()))
    table = samples_of(["Lemon Shrimp", "Egg Toast"], ("Shrimp with Lemon",), tuple(pictures))
    log = compile_latex(samples_latex(table), ("booktabs", "graphicx"))
    assert not re.search(r"Missing character|Float too large", log)
    assert log.count("<images/0123456789abcdef.jpg") >= 1


def test_samples_with_texts_of_any_kind_compile(compile_latex):
    bodies = [samples_latex(samples_of([name, name], (name, "x"), ())) for name in HOSTILE]
    log = compile_latex("\\clearpage\n".join(bodies), ("booktabs", "graphicx"))
    assert "Missing character" not in log
