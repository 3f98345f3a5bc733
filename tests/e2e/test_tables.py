"""What a run prints and writes as tables: on terminals of several widths, piped, and as files."""

import csv
import json
import os
import re

import pytest
from PIL import Image

from harness.cli import main
from harness.pipeline.reading.comparing import compare_run
from harness.store.run_folder import RunFolder

SUITE = "prompts/titles"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
WORDS = ("lemon", "garlic", "shrimp", "toast", "salad", "corn", "egg", "soup", "rice", "cake")


@pytest.fixture
def suite(project, script, write):
    """Forty samples, three prompts of which one has a control, and figures of a paper."""
    folder = project / "datasets/dishes"
    lines = []
    for i in range(40):
        Image.new("RGB", (64, 48), (5 * i, 90, 200 - 5 * i)).save(folder / f"images/m{i}.png")
        title = " ".join(WORDS[(i * step + step) % 10] for step in (1, 3, 7, 9))
        lines.append({"id": f"m{i}", "image": f"m{i}.png", "title": title, "n": i})
    (folder / "samples.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    titles = {line["id"]: line["title"].split() for line in lines}

    def answer(request):
        words, i = titles[request.sample_id], int(request.sample_id[1:])
        right = {"plain": 2, "title": 4 - (i % 5 == 0), "a-rather-long-name-of-a-prompt": 3}
        if "{" in request.system:
            return "cake egg"
        return " ".join([*words[: right[request.system]], WORDS[i % 7]])

    script.answer = answer
    write(project / SUITE / "a-rather-long-name-of-a-prompt.yaml", "user: Name it.\n")
    path = project / SUITE / "suite.yaml"
    path.write_text(
        path.read_text()
        .replace("[plain, title]", "[plain, title, a-rather-long-name-of-a-prompt]")
        .rstrip()
        + "\ndecide: {metric: CIDEr, baseline: plain}\nreported: reported.csv\ncontrols: [blind]\n"
    )
    reported = "system,BLEU_1,ROUGE_L\nA paper (2024),.139,.205\n"
    (project / SUITE / "reported.csv").write_text(reported)
    return project


@pytest.fixture
def scored(suite, run):
    summary = run("--with-reported")
    return suite / "results/titles" / summary["run"]


@pytest.fixture
def printed(scored, monkeypatch, capfd):
    """Run ``harness report`` as on a terminal of so many columns; None: its output is piped."""

    def printed(columns, *words, env=()):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns or 80))
        for name, value in dict(env).items():
            monkeypatch.setenv(name, value)
        if columns:
            monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setattr("sys.argv", ["harness", "report", str(scored), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return capfd.readouterr().out.replace(str(scored), "RUN")

    return printed


def golden(repository, name, text):
    """Hold a text against what is kept; ``HARNESS_GOLDEN=write`` keeps what it is now."""
    path = repository / "tests/golden/terminal" / name
    kept = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    if os.environ.get("HARNESS_GOLDEN") == "write":
        path.write_text(kept)
    assert kept == path.read_text()


@pytest.mark.parametrize("columns", [120, 80, 60])
def test_a_terminal_of_any_usual_width_has_a_table_without_a_broken_row(
    printed, repository, columns
):
    shown = printed(columns)
    plain = STYLE.sub("", shown)
    golden(repository, f"report-{columns}.txt", plain)
    lines = plain.splitlines()
    assert max(map(len, lines[:-1])) <= columns
    assert "…" not in plain
    head = next(line for line in lines if line.startswith(" system"))
    assert head.split()[1] == "CIDEr"  # the metric that decides
    for name in ("plain", "title", "a-rather-long-name-of-a-prompt"):
        assert sum(line.startswith(f" {name} ") for line in lines) == 1
    assert lines[0] == "title beats plain: CIDEr" + lines[0].partition("CIDEr")[2]


def test_piped_output_has_every_column_and_no_style(printed, repository):
    shown = printed(None)
    golden(repository, "report-piped.txt", shown)
    assert "\x1b" not in shown
    head = next(line for line in shown.splitlines() if line.startswith(" system"))
    assert head.split() == [
        "system", "BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4", "ROUGE_L", "CIDEr", "n", "unscored"
    ]  # fmt: skip


def test_colours_stand_on_a_terminal_alone_and_not_under_no_color(printed):
    assert "\x1b[1;32m" in printed(120)
    shown = printed(120, env={"NO_COLOR": "1"})
    assert "\x1b[1m" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)


def test_chosen_metrics_are_shown_whatever_the_width_and_in_their_order(printed):
    shown = STYLE.sub("", printed(60, "--metric", "ROUGE_L", "--metric", "BLEU_1", "--intervals"))
    assert not re.search("not shown", shown)
    heads = [word for line in shown.splitlines() if line.startswith(" system") for word in
             line.split()[1:]]  # fmt: skip
    assert heads == ["ROUGE_L", "BLEU_1"]
    assert re.search(r"0\.\d+▽? \[0\.\d+, 0\.\d+\]|0\.\d+△ \[0\.\d+, 0\.\d+\]", shown)


def test_a_metric_that_is_not_there_is_named_with_the_nearest(scored, harness):
    done = harness("report", scored, "--metric", "CIDER")
    assert done.returncode == 1
    assert "the run has no metric 'CIDER'" in done.stderr
    assert "CIDEr" in done.stderr


def test_a_run_that_could_not_show_a_metric_asks_no_model(suite, script, harness):
    done = harness("run", SUITE, "--metric", "METEOR", cwd=suite)
    assert done.returncode == 1
    assert "the suite has no metric 'METEOR'" in done.stderr
    assert script.asked == []


def test_table_json_holds_what_summary_and_comparison_do(scored):
    table = json.loads((scored / "table.json").read_text())
    summary = json.loads((scored / "summary.json").read_text())
    kept = {(r["system"], r["metric"]): r for r in summary["results"]}
    assert table["deciding"] == "CIDEr"
    assert table["verdict"].startswith("title beats plain: CIDEr ")
    seen = 0
    for row in table["rows"]:
        for metric, score in row["scores"].items():
            if row["source"] in ("measured", "control"):
                result = kept[row["system"], metric]
                assert score["value"] == result["value"]
                assert score["interval"] == result["interval"]
                assert score["signature"] == result["signature"]
                seen += 1
    assert seen == len(summary["results"])
    pairs = {
        (pair.candidate, pair.metric): pair
        for metric in compare_run(RunFolder.find(scored)).metrics
        for pair in metric.pairs
        if pair.baseline == "plain"
    }
    told = {
        (row["system"], metric): score["against_baseline"]
        for row in table["rows"]
        for metric, score in row["scores"].items()
        if score.get("against_baseline")
    }
    assert told.keys() == pairs.keys()
    for place, pair in pairs.items():
        assert told[place]["delta"] == pair.delta
        assert told[place]["interval"] == (pair.interval and list(pair.interval))
        assert told[place]["verdict"] == pair.verdict
    assert [row["source"] for row in table["rows"]].count("difference") == 3
    assert table["rows"][-1]["scores"]["CIDEr"]["value"] is None


def test_marks_are_those_of_the_comparison(scored):
    page = (scored / "table.md").read_text().splitlines()
    marked = {line.split(" | ")[0].strip("| "): line for line in page if line.startswith("| ")}
    compared = compare_run(RunFolder.find(scored)).metric("CIDEr")
    for pair in compared.pairs:
        if pair.baseline == "plain":
            cell = marked[pair.candidate].split(" | ")[1]
            assert ("▲" in cell) == (pair.verdict == "told apart" and pair.delta > 0)
    assert "▲" not in marked["plain"]
    assert next(name for name in marked if "blind" in name) == "&emsp;plain{blind}"


def test_csv_keeps_its_order_and_every_digit(scored):
    rows = list(csv.DictReader((scored / "table.csv").read_text().splitlines()))
    summary = json.loads((scored / "summary.json").read_text())
    values = {(r["system"], r["metric"]): r["value"] for r in summary["results"]}
    assert list(rows[0])[:9] == [
        "system", "BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4", "ROUGE_L", "CIDEr", "n", "unscored"
    ]  # fmt: skip
    assert float(rows[1]["CIDEr"]) == values["title", "CIDEr"]


def test_latex_says_n_test_correction_and_seed(scored):
    for name, label in (("table.tex", "tab:titles"), ("table_by_metric.tex",
                                                      "tab:titles-by-metric")):  # fmt: skip
        text = (scored / name).read_text()
        caption = next(line for line in text.splitlines() if line.startswith(r"\caption"))
        for words in ("40 samples, all scored", "10,000 exchanges, seed 0", "two-sided",
                      "Westfall and Young", "over 2 declared comparisons",
                      "Bold: the best on a metric"):  # fmt: skip
            assert words in caption, words
        assert rf"\label{{{label}}}" in text
        assert r"\toprule" in text
