"""The whole path without a model: the command, run as a user runs it, on the fake engine."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUITE = "prompts/titles"


def test_run_prints_the_table_and_writes_the_folder(project, harness):
    run = harness("run", SUITE, cwd=project)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert any(line.split()[0] == "system" and "BLEU_1" in line for line in lines if line.strip())
    assert "8 completions generated" in run.stdout
    report = project / Path(lines[-1].removeprefix("report: "))
    names = {path.name for path in report.parent.iterdir()}
    assert names >= {
        "run.json",
        "samples.jsonl",
        "completions.jsonl",
        "scores.parquet",
        "summary.json",
        "report.html",
        "table.md",
        "table.csv",
        "table.tex",
        "dropped.csv",
    }
    text = (report.parent / "completions.jsonl").read_text()
    completions = [json.loads(line) for line in text.splitlines()]
    assert [(line["sample_id"], line["system"]) for line in completions[:3]] == [
        ("s1", "plain"),
        ("s1", "title"),
        ("s2", "plain"),
    ]
    assert {"variant", "key", "text", "finish_reason", "error"} <= completions[0].keys()


def test_json_goes_to_stdout_alone(project, harness):
    run = harness("run", SUITE, "--json", "--limit", "2", "--only", "title", cwd=project)
    summary = json.loads(run.stdout)
    assert [system["system"] for system in summary["systems"]] == ["title"]
    assert summary["systems"][0]["n"] == 2
    signatures = [result["signature"] for result in summary["results"]]
    assert any(
        text.startswith("BLEU_1|tok:none|") and "|refs:1|n:2|unscored:0|pp:strip|v:" in text
        for text in signatures
    ), signatures


def test_a_second_run_asks_no_model_and_an_edit_asks_for_itself(project, harness, write):
    harness("run", SUITE, cwd=project)
    again = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert again["generated"] == 0
    write(project / SUITE / "title.yaml", "user: Give a good recipe title.\npostprocess: [strip]\n")
    edited = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert edited["cost"]["generated"] == 4
    values = [
        {r["metric"]: r["value"] for r in s["results"] if r["system"] == "plain"}
        for s in (again, edited)
    ]
    assert values[0] == values[1]


def test_a_metric_that_was_missing_is_tried_again(project, harness, monkeypatch):
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("tokenizer: none", "tokenizer: ptb"))
    monkeypatch.setenv("HARNESS_JAVA", "/bin/false")
    first = harness("run", SUITE, "--json", cwd=project)
    assert first.returncode == 1
    assert "error: no BLEU_1, BLEU_2, BLEU_3, BLEU_4, ROUGE_L, CIDEr: " in first.stderr
    assert harness("run", SUITE, "--allow-failures", cwd=project).returncode == 0
    run = json.loads(first.stdout)
    assert all("failed with exit code 1" in result["missing"] for result in run["results"])
    told = (project / run["folder"] / "table.md").read_text()
    assert "BLEU_1, BLEU_2, BLEU_3, BLEU_4, ROUGE_L, CIDEr are missing: " in told
    assert told.count(r"(try \`/bin/false -version\`; or ") == 1
    monkeypatch.delenv("HARNESS_JAVA")
    again = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert again["generated"] == 0
    assert all(result["value"] is not None for result in again["results"])


def test_failed_samples_are_counted_and_shown_and_asked_again(project, harness, write):
    suite = (project / SUITE / "suite.yaml").read_text()
    faulty = suite.replace("model: none", "model: none, args: {fail: 0.5}")
    (project / SUITE / "suite.yaml").write_text(faulty)
    run = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    unscored = sum(system["unscored"] for system in run["systems"])
    assert 0 < unscored < 8
    assert any(
        s["reasons"] == {"a fault that was asked for": s["unscored"]} for s in run["systems"]
    )
    table = (project / run["folder"] / "table.md").read_text()
    [told] = [line for line in table.splitlines() if line.startswith("unscored: ")]
    assert "(a fault that was asked for)" in told
    again = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert again["generated"] == unscored


def test_what_is_counted_while_and_after_requests_fail_agrees(project, harness, write):
    """Found 2026-11-26: "8/8 completions" and "8 completions generated" stood over no answer."""
    suite = (project / SUITE / "suite.yaml").read_text()
    write(project / SUITE / "suite.yaml", suite.replace("none}", "none, args: {fail: 1}}"))
    run = harness("run", SUITE, cwd=project)
    assert "8/8 requests" in run.stderr
    assert "0 completions generated and 8 requests failed at " in run.stdout
    assert ", 0 from the store" in run.stdout
    assert (
        "generated 0, failed 8, the others from the store"
        in harness("show", "results/titles", cwd=project).stdout
    )


def test_of_requests_that_are_alike_one_is_asked_and_none_is_from_the_store(project, harness):
    (project / SUITE / "title.yaml").write_text((project / SUITE / "plain.yaml").read_text())
    run = harness("run", SUITE, cwd=project)
    assert ", 0 from the store, 4 not asked twice" in run.stdout
    (project / SUITE / "third.yaml").write_text("user: Another.\n")
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("title]", "title, third]"))
    assert ", 8 from the store\n" in harness("run", SUITE, cwd=project).stdout


def test_an_interrupt_tells_failed_requests_from_completions(project, harness):
    path = project / SUITE / "suite.yaml"
    args = "args: {fail: 1, delay: 3, in_flight: 3, record: asked.jsonl}"
    path.write_text(path.read_text().replace("model: none", f"model: none, {args}"))
    command = [str(Path(sys.executable).parent / "harness"), "run", SUITE]
    running = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True)
    asked = project / "asked.jsonl"
    while running.poll() is None and not (asked.is_file() and asked.read_text().count("\n") == 6):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, rest = running.communicate(timeout=300)
    said = re.search(r"stopped with (\d) of 8 completions finished and (\d) requests failed", rest)
    assert said, rest
    assert said.groups() == ("0", "6")


def test_a_run_that_goes_wrong_stops_where_it_is_told_to(project, harness):
    suite = (project / SUITE / "suite.yaml").read_text()
    faulty = suite.replace("model: none", "model: none, args: {fail: 0.5, in_flight: 1}")
    (project / SUITE / "suite.yaml").write_text(faulty)
    run = harness("run", SUITE, "--max-failures", "0", cwd=project)
    assert run.returncode == 1
    assert "1 requests have failed, more than --max-failures allows" in run.stderr
    assert "a fault that was asked for" in run.stderr
    assert harness("run", SUITE, "--max-failures", "100%", cwd=project).returncode == 0
    assert harness("run", SUITE, "--max-failures", "some", cwd=project).returncode == 2


def test_tokens_have_a_price(project, harness):
    suite = (project / SUITE / "suite.yaml").read_text()
    priced = suite.replace("model: none", "model: none, price: {prompt: 2.0, completion: 10.0}")
    (project / SUITE / "suite.yaml").write_text(priced)
    run = json.loads(harness("run", SUITE, "--json", "--only", "plain", cwd=project).stdout)
    cost = run["cost"]
    paid = (2 * cost["prompt_tokens"] + 10 * cost["completion_tokens"]) / 1e6
    assert cost["money"] == {
        "currency": "USD",
        "now": pytest.approx(paid),
        "run": pytest.approx(paid),
    }
    both = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)["cost"]
    assert both["money"]["now"] < both["money"]["run"]
    assert both["generated_tokens"]["prompt_tokens"] < both["prompt_tokens"]


def test_a_system_that_fails_on_everything_ends_no_run_but_is_no_success(project, harness, write):
    suite = (project / SUITE / "suite.yaml").read_text()
    models = "[{name: ok, engine: fake, model: none}, "
    models += "{name: dead, engine: fake, model: none, args: {fail: 1}}]"
    write(
        project / SUITE / "suite.yaml",
        suite.replace("[{name: stand-in, engine: fake, model: none}]", models),
    )
    run = harness("run", "titles", "--variant", "plain", cwd=project)
    assert run.returncode == 1
    assert "unscored: dead/plain 4 (a fault that was asked for)" in run.stdout
    assert "error: dead/plain has no answer at all: a fault that was asked for" in run.stderr
    assert "report: " in run.stdout
    assert "no sample has a prediction" not in run.stderr
    allowed = harness("run", "titles", "--only", "plain", "--allow-failures", cwd=project)
    assert (allowed.returncode, "error: " in allowed.stderr) == (0, False)


def test_predictions_made_elsewhere_become_systems(project, harness):
    rows = ["id,text,system", "s1,Lemon Shrimp,mine", "s2,Tomato Salad,mine", "s9,Soup,mine"]
    rows += [f"s{i},A dish,other" for i in (1, 2, 3, 4)]
    (project / "mine.csv").write_text("\n".join(rows))
    for image in (project / "datasets/dishes/images").iterdir():
        image.unlink()  # references are enough
    words = ("--predictions", "mine.csv", "--dataset", "dishes", "--metric", "rouge_l")
    run = harness("score", *words, cwd=project)
    assert run.returncode == 0, run.stderr
    assert "the dataset does not have 1 id of the predictions: s9" in run.stdout
    assert "unscored: mine 2 (no prediction in the file)" in run.stdout
    summary = json.loads(harness("score", *words, "--json", cwd=project).stdout)
    assert [(s["system"], s["n"], s["unscored"]) for s in summary["systems"]] == [
        ("mine", 4, 2),
        ("other", 4, 0),
    ]
    compared = json.loads(harness("compare", summary["folder"], "--json", cwd=project).stdout)
    assert compared["pairs"][0]["n_paired"] == 2
    (project / "mine.csv").write_text("id,text\ns1,a\ns1,b\n")
    assert "predicts sample 's1' twice" in harness("score", *words, cwd=project).stderr
    assert harness("score", "--dataset", "dishes", cwd=project).returncode == 2


def test_predictions_of_a_file_stand_beside_the_prompts(project, harness):
    rows = ["id,text,system", "s1,Lemon Shrimp,tuned", "s2, Tomato Salad,tuned", "s9,Soup,tuned"]
    rows += [f"s{i},A dish,caption model" for i in (1, 2, 3, 4)]
    (project / SUITE / "mine.csv").write_text("\n".join(rows))
    suite = project / SUITE / "suite.yaml"
    replay = "{name: mine, engine: replay, model: ./mine.csv, args: {postprocess: [strip]}}"
    text = suite.read_text()
    suite.write_text(text.replace("model: none}]", f"model: none}}, {replay}]"))
    run = harness("run", SUITE, "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    systems = [(s["system"], s["n"], s["unscored"]) for s in summary["systems"]]
    assert systems == [("plain", 4, 0), ("title", 4, 0), ("tuned", 4, 2), ("caption model", 4, 0)]
    assert summary["unknown_ids"] == ["s9"]
    told = harness("report", summary["folder"], cwd=project).stdout
    assert "the dataset does not have 1 id of the predictions: s9" in told
    compared = json.loads(harness("compare", summary["folder"], "--json", cwd=project).stdout)
    assert {p["n_paired"] for p in compared["pairs"] if p["candidate"] == "tuned"} == {2}
    # One edited row is one new completion, and what is not there is looked for again.
    (project / SUITE / "mine.csv").write_text("\n".join(rows).replace("Lemon Shrimp", "Shrimp"))
    assert json.loads(harness("run", SUITE, "--json", cwd=project).stdout)["generated"] == 2
    (project / SUITE / "mine.csv").write_text("id,text,system\ns1,Soup,plain\n")
    wrong = harness("run", SUITE, cwd=project)
    assert "system 'plain' has the name of a variant" in wrong.stderr


def test_a_copied_run_is_scored_and_reported_without_the_rest(project, harness, tmp_path):
    first = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    copy = tmp_path / "elsewhere"
    (project / first["folder"]).rename(copy)
    for name in ("prompts", "datasets", "results"):
        (project / name).rename(project / f"gone-{name}")
    again = json.loads(harness("score", copy, "--json", cwd=tmp_path).stdout)
    assert again["results"] == first["results"]
    words = ("--metric", "rouge_l", "--instead", "--json")
    fewer = json.loads(harness("score", copy, *words).stdout)
    assert fewer["metrics"] == ["ROUGE_L"]
    report = harness("report", copy)
    assert report.returncode == 0
    assert "ROUGE_L" in report.stdout
    page = copy / "report.html"
    thumbs = copy / "report_files" / "thumbs"
    assert len(list(thumbs.iterdir())) == 4
    assert "not shown" not in page.read_text()
    shutil.rmtree(thumbs)
    harness("report", copy)
    assert "4 pictures are not shown: the machine that wrote this page does not" in page.read_text()


def test_systems_are_compared_in_pairs(project, harness):
    run = harness("run", SUITE, cwd=project)
    assert run.stdout.startswith("This data cannot tell plain from title on CIDEr\n")
    [page] = (project / "results" / "titles").glob("*/report.html")
    assert "What may be said" in page.read_text()
    assert "fewer than 6 independent units (4 samples)" in page.read_text()
    text = harness("compare", "titles", "--metric", "BLEU_1", cwd=project).stdout
    assert "BLEU_1, best first (who shares a letter is not told apart): " in text
    assert "On BLEU_1, " in text
    assert "BLEU_2" not in text
    compared = json.loads(harness("compare", "results/titles", "--json", cwd=project).stdout)
    assert len(compared["pairs"]) == 6
    pair = compared["pairs"][0]
    assert (pair["baseline"], pair["candidate"], pair["n_paired"]) == ("plain", "title", 4)
    turned = harness(
        "compare", "results/titles", "--baseline", "title", "--json", cwd=project
    ).stdout
    assert json.loads(turned)["pairs"][0]["delta"] == -pair["delta"]
    wrong = harness("compare", "results/titles", "plain", "titel", cwd=project)
    assert (wrong.returncode, "did you mean 'title'?" in wrong.stderr) == (1, True)
    power = json.loads(
        harness(
            "power",
            "results/titles",
            "--metric",
            "BLEU_1",
            "--difference",
            "0.01",
            "--json",
            cwd=project,
        ).stdout
    )
    assert power["pairs"][0]["smallest"] is None
    assert power["pairs"][0]["reason"] == "fewer than 6 independent units"


def test_repeats_measure_how_much_a_prompt_differs_from_itself(project, harness):
    words = ("run", SUITE, "--repeat", "3", "--json")
    once = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    run = json.loads(harness(*words, cwd=project).stdout)
    assert run["cost"]["generated"] == 16  # the first draw is the run itself, and is in the store
    # A sample's score is the mean of its three draws, and there are still four samples.
    assert run["results"] != once["results"]
    assert all("|n:4|draws:3|" in result["signature"] for result in run["results"])
    noise = run["noise_floor"]
    # The fake engine answers by key, and a repeat has a key of its own: every text differs.
    assert noise["differing"] == {"plain": 4, "title": 4}
    assert noise["repeats"] == 3
    assert noise["difference_sd"]["ROUGE_L"] > 0
    for metric, sd in noise["repeat_sd"].items():
        assert noise["difference_sd"][metric] == pytest.approx(sd * (2 / 3) ** 0.5)
    table = (project / run["folder"] / "table.md").read_text()
    assert "noise floor of 3 repeats, as the standard deviation of a difference: BLEU_1 0." in table
    worth = r"plain: 3 draws of 4 samples tell as much as 1 draw of \d+ \(CIDEr\), \d+ \(ROUGE_L\)"
    assert re.search(worth, table.replace("\\", ""))
    again = json.loads(harness(*words, cwd=project).stdout)
    assert (again["generated"], again["noise_floor"]) == (0, noise)
    compared = json.loads(harness("compare", run["folder"], "--json", cwd=project).stdout)
    for pair in compared["pairs"]:
        most = 2 * noise["difference_sd"][pair["metric"]]
        assert pair["under_noise_floor"] == (abs(pair["delta"]) < most)


def test_a_sampled_decoding_is_drawn_n_times_and_averaged(project, harness):
    suite = project / SUITE / "suite.yaml"
    text = suite.read_text()
    sweep = "decoding: {greedy: {temperature: 0}, warm: {temperature: 0.8, n: 9}}\n"
    suite.write_text(text + sweep)
    run = json.loads(harness("run", SUITE, "--only", "plain", "--json", cwd=project).stdout)
    assert run["generated"] == 4 + 9 * 4
    assert [(s["system"], s["n"], s["draws"]) for s in run["systems"]] == [
        ("plain/greedy", 4, 1),
        ("plain/warm", 4, 9),
    ]
    assert list(run["best_of"]) == ["plain/warm"]
    value = {r["metric"]: r["value"] for r in run["results"] if r["system"] == "plain/warm"}
    assert run["best_of"]["plain/warm"]["ROUGE_L"] > value["ROUGE_L"]
    lines = (project / run["folder"] / "completions.jsonl").read_text().splitlines()
    warm = [json.loads(line) for line in lines if '"plain/warm"' in line]
    assert len({line["key"] for line in warm}) == 36
    assert {line["draw"] for line in warm} == set(range(9))
    suite.write_text(text + "decoding: {greedy: {temperature: 0, n: 3}}\n")
    assert "3 draws at temperature 0" in harness("run", SUITE, cwd=project).stderr


def test_answers_without_the_form_that_was_asked_for_are_counted(project, harness, write):
    form = "structured_outputs: {regex: 'Title: .*'}"
    write(project / SUITE / "title.yaml", f"user: Give a title.\n{form}\n")
    run = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert [(s["system"], s["malformed"]) for s in run["systems"]] == [("plain", 0), ("title", 4)]
    table = (project / run["folder"] / "table.md").read_text()
    assert "not in the form that the prompt asks for (structured_outputs): title 4" in table
    write(project / SUITE / "title.yaml", "user: Give it.\nstructured_outputs: {regex: 'a('}\n")
    wrong = harness("run", SUITE, cwd=project)
    assert "title.yaml:2: structured_outputs.regex: missing )" in wrong.stderr


def test_metrics_with_options_and_metrics_of_evaluate_stand_in_the_table(project, harness, write):
    suite = project / SUITE / "suite.yaml"
    write(
        project / SUITE / "first_word" / "first_word.py",
        """
        import datasets
        import evaluate


        class FirstWord(evaluate.Metric):
            def _info(self):
                text = datasets.Value("string")
                return evaluate.MetricInfo(
                    description="Share of equal first words.",
                    citation="",
                    features=datasets.Features({"predictions": text, "references": text}),
                )

            def _compute(self, predictions, references):
                same = [p.split()[:1] == r.split()[:1] for p, r in zip(predictions, references)]
                return {"FIRST_WORD": sum(same) / len(same)}
        """,
    )
    suite.write_text(
        suite.read_text().replace(
            "metrics: [bleu, rouge_l, cider]",
            "metrics: [exact_match, {keywords: {field: tags}}, {evaluate: ./first_word}]",
        )
    )
    dataset = project / "datasets" / "dishes.yaml"
    dataset.write_text(dataset.read_text().replace("[n]", "[tags]"))
    samples = project / "datasets" / "dishes" / "samples.jsonl"
    samples.write_text(samples.read_text().replace('"n":', '"tags": ["Lemon", "Salad"], "n":'))
    run = harness("run", SUITE, "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert {"KEYWORD_P", "KEYWORD_R", "KEYWORD_F1", "FIRST_WORD"} < set(summary["metrics"])
    [first, _] = [r for r in summary["results"] if r["metric"] == "FIRST_WORD"]
    assert first["value"] is not None, first
    assert first["interval"] is None
    assert "|evaluate:" in first["signature"]
    page = (project / summary["folder"] / "report.html").read_text()
    assert "first_word: a script of Hugging Face&#39;s evaluate" in page
    assert (
        harness("compare", summary["folder"], "--metric", "KEYWORD_F1", cwd=project).returncode == 0
    )


def test_a_metric_that_cannot_be_had_stops_before_the_model(project, harness):
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, cider]", "[bleu, spice]"))
    run = harness("run", SUITE, cwd=project)
    assert run.returncode == 1
    assert "SPICE cannot be computed" in run.stderr
    assert not (project / "results" / "titles").exists()
    suite.write_text(suite.read_text().replace("spice", "bleu"))
    assert "'bleu' is listed twice" in harness("run", SUITE, cwd=project).stderr
    suite.write_text(suite.read_text().replace("[bleu, bleu]", "[bleu, {evaluate: bleu}]"))
    assert "pin a revision" in harness("run", SUITE, cwd=project).stderr


def test_slices_are_scored_and_compared_with_the_baseline(project, harness, repository):
    out = project / "demo"
    for name in ("prompts/recipe-titles", "datasets/recipes-demo"):
        shutil.copytree(repository / name, project / name)
    shutil.copy(repository / "datasets/recipes-demo.yaml", project / "datasets")
    suite = project / "prompts/recipe-titles/suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, meteor, cider]", "[bleu, cider]"))
    words = ("run", "prompts/recipe-titles", "--engine", "fake", "--limit", "80", "--out", out)
    assert harness(*words, cwd=project).returncode == 0
    text = harness("slices", out / "recipe-titles", "--by", "vessel", cwd=project).stdout
    assert re.search(
        r"tested together with all \d+ that could have been looked at, of \d+ fi", text
    )
    sliced = json.loads(
        harness(
            "slices",
            out / "recipe-titles",
            "--by",
            "ingredients",
            "--metric",
            "BLEU_1",
            "--json",
            cwd=project,
        ).stdout
    )
    shrimp = [s for s in sliced["scores"] if s["value"] == "Shrimp"]
    assert [s["system"] for s in shrimp] == [
        "baseline",
        "title-style",
        "descriptive-with-examples",
    ]
    assert shrimp[0]["against"] is None
    assert shrimp[1]["against"]["n_paired"] == shrimp[1]["n"]
    wrong = harness("slices", out / "recipe-titles", "--by", "vesel", cwd=project)
    assert (wrong.returncode, "fields: ingredients, dish, vessel" in wrong.stderr) == (1, True)


def test_render_shows_what_is_sent(project, harness):
    run = harness("render", SUITE, "--sample", "s2", cwd=project)
    assert "[user]\n<image s2.png: 64×48, sha256 " in run.stdout
    assert "Name the dish." in run.stdout
    assert "Give a recipe title." in run.stdout
    assert len(json.loads(harness("render", SUITE, "--json", cwd=project).stdout)) == 2


@pytest.mark.parametrize(
    ("model", "decoding", "said"),
    [
        ("vllm, model: x", "{beams: {num_beams: 3, top_p: 0.9}}", "cannot have top_p: 0.9"),
        ("vllm, model: x, args: {in_flight: 0}", "{a: {}}", "in_flight is 0"),
        ("transformers, model: x", "{a: {presence_penalty: 1}}", "parameter 'presence_penalty'"),
        ("transformers, model: x, args: {dtipe: a}", "{a: {}}", "no argument 'dtipe'"),
        (
            "openai, model: x, args: {base_url: 'http://localhost:1/v1', api_key: sk-123}",
            "{a: {}}",
            "api_key",
        ),
    ],
)
def test_what_an_engine_cannot_do_is_said_before_anything_is_written(
    project, harness, model, decoding, said
):
    suite = project / SUITE / "suite.yaml"
    text = suite.read_text().replace("fake, model: none", model)
    suite.write_text(f"{text}decoding: {decoding}\n")
    run = harness("run", SUITE, cwd=project)
    assert (run.returncode, said in run.stderr) == (1, True), run.stderr
    assert "sk-123" not in run.stderr
    assert not (project / "results" / "titles").exists()
    assert harness("check", cwd=project).returncode == 1


def test_check_reports_every_file_and_fails(project, harness, write):
    fine = harness("check", cwd=project)
    assert fine.returncode == 0
    write(project / SUITE / "title.yaml", "user: Give {{ a title.\n")
    write(project / "datasets" / "dishes.yaml", "source: {format: csv}\n")
    bad = harness("check", cwd=project)
    assert bad.returncode == 1
    assert "title.yaml:1: " in bad.stdout
    assert "dishes.yaml:1: 'source.path' is missing" in bad.stdout


def test_errors_go_to_stderr_with_a_hint_and_code_1(project, harness):
    run = harness("run", SUITE, "--only", "tilte", cwd=project)
    assert (run.returncode, run.stdout) == (1, "")
    assert "has no variant 'tilte'" in run.stderr
    assert "hint: did you mean 'title'?" in run.stderr
    assert "Traceback" not in run.stderr
    assert harness("run", cwd=project).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(project, harness, number):
    path = project / SUITE / "suite.yaml"
    args = "args: {delay: 3, in_flight: 3, record: asked.jsonl}"
    path.write_text(path.read_text().replace("model: none", f"model: none, {args}"))
    command = [str(Path(sys.executable).parent / "harness"), "run", SUITE]
    running = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True)
    asked = project / "asked.jsonl"
    while running.poll() is None and not (asked.is_file() and asked.read_text().count("\n") == 6):
        time.sleep(0.05)
    running.send_signal(number)  # three are finished, and three are in flight for three seconds
    _, rest = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "6 of 8 completions finished; they are kept" in rest
    assert "run the same command again" in rest
    path.write_text(path.read_text().replace("delay: 3", "delay: 0"))
    again = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert again["cost"]["generated"] == 2


@pytest.mark.parametrize("module", ["harness.cli.verbs", "harness.pipeline.asking.run"])
def test_an_interrupt_while_the_command_is_loaded_leaves_no_trace(project, module):
    code = f"""
import signal, sys
from harness.cli import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores Ctrl-C
sys.meta_path.insert(0, Interrupting())
sys.argv = ["harness", "run", {SUITE!r}]
main()
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (130, "")
    assert run.stderr == "stopped; what was committed before is kept\n"


def test_help_is_light_and_shows_examples(harness):
    assert "harness run recipe-titles" in harness("--help").stdout
    assert "Example:" in harness("run", "--help").stdout
    assert harness("--version").stdout.startswith("harness 0.")


def test_importing_the_command_loads_nothing_heavy():
    heavy = {"torch", "vllm", "transformers", "evaluate", "pandas", "datasets", "qwen_vl_utils"}
    code = "import sys, harness.cli, harness.cli.verbs; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy & set(run.stdout.split()) == set()


def test_model_output_is_escaped_in_the_report(project, harness, write):
    write(project / SUITE / "plain.yaml", "user: <script>alert(1)</script>\n")
    run = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    page = (project / run["folder"] / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_reported_figures_stand_under_the_table(project, harness):
    path = project / SUITE / "suite.yaml"
    path.write_text(path.read_text() + "reported: reported.csv\n")
    (project / SUITE / "reported.csv").write_text("system,BLEU_1,ROUGE_L\nthe paper,.139,.205\n")
    with_them = harness("run", SUITE, "--with-reported", cwd=project).stdout
    assert "\n the paper " in with_them
    assert "† reported elsewhere, not measured by this run; without a signature" in with_them
    assert "the paper" not in harness("run", SUITE, cwd=project).stdout


def test_an_expression_that_takes_for_ever_ends_a_run_and_is_named(project, harness):
    title = project / SUITE / "title.yaml"
    step = r"regex: '[A-Z](?P<answer>(.|[A-Za-z ]|[a-z])+)+\d'"
    title.write_text(f"user: Give a recipe title.\npostprocess:\n  - {step}\n")
    run = harness("run", SUITE, "--repeat", "5", cwd=project)
    assert run.returncode == 1
    assert "error: step 'regex:[A-Z](?P<answer>" in run.stderr
    assert "was stopped on 20 answers, for each took over 0.25 s" in run.stderr
