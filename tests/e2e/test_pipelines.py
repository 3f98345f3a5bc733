"""Several post-processings of one variant: systems of their own, made of the same completions."""

import json

import pytest

SUITE = "prompts/titles"
PIPELINES = "{shown: [strip], first: ['truncate_words:1'], small: [lowercase]}"


@pytest.fixture
def piped(project, write):
    """Two variants, one of which has three post-processings."""
    write(project / SUITE / "title.yaml", f"user: Give a recipe title.\npostprocess: {PIPELINES}\n")
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text() + "decide: {metric: BLEU_1, baseline: plain}\n")
    return project


def newest(project, suite="titles"):
    return max((project / "results" / suite).glob("*-*/run.json")).parent


def lines(folder):
    return [json.loads(line) for line in (folder / "completions.jsonl").read_text().splitlines()]


def test_each_is_a_system_and_completions_are_asked_for_once(piped, harness):
    asked = piped / "asked.jsonl"
    suite = piped / SUITE / "suite.yaml"
    engine = f"engine: fake, args: {{record: '{asked}'}}"
    suite.write_text(suite.read_text().replace("engine: fake", engine))
    done = harness("run", SUITE, "--json", cwd=piped)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert [(s["system"], s["variant"], s["pipeline"]) for s in summary["systems"]] == [
        ("plain", "plain", None),
        ("title:shown", "title", "shown"),
        ("title:first", "title", "first"),
        ("title:small", "title", "small"),
    ]
    assert len(asked.read_text().splitlines()) == 8
    cost = summary["cost"]
    assert (summary["generated"], cost["completions"], cost["generated"]) == (8, 8, 8)
    completions = lines(newest(piped))
    assert [(line["system"], line["variant"]) for line in completions[:2]] == [
        ("plain", "plain"),
        ("title", "title"),
    ]
    assert len(completions) == 8
    tokens = sum(line["completion_tokens"] for line in completions)
    assert cost["completion_tokens"] == cost["generated_tokens"]["completion_tokens"] == tokens
    signatures = {r["system"]: r["signature"] for r in summary["results"]}
    assert "|pp:truncate_words:1|" in signatures["title:first"]
    words = {texts["system"]: texts["words"] for texts in summary["texts"]}
    assert words["title:first"] == 1 < words["title:shown"] == words["title:small"]


def test_another_pipeline_costs_no_model_and_scores_alike(piped, harness, write):
    first = json.loads(harness("run", SUITE, "--json", cwd=piped).stdout)
    write(
        piped / SUITE / "title.yaml",
        "user: Give a recipe title.\npostprocess: {shown: [strip], last: [last_line]}\n",
    )
    again = json.loads(harness("run", SUITE, "--json", cwd=piped).stdout)
    assert again["generated"] == 0
    assert [system["system"] for system in again["systems"]] == [
        "plain",
        "title:shown",
        "title:last",
    ]
    values = [
        {r["metric"]: r["value"] for r in run["results"] if r["system"] == "title:shown"}
        for run in (first, again)
    ]
    assert values[0] == values[1]


def test_pipelines_are_compared_with_the_declared_baseline_and_each_other(piped, harness):
    harness("run", SUITE, cwd=piped)
    run = json.loads((newest(piped) / "run.json").read_text())
    assert run["decide"]["comparisons"] == 3
    assert run["decide"]["answers_before"] == 0
    compared = json.loads(harness("compare", "results/titles", "--json", cwd=piped).stdout)
    pairs = {
        (pair["candidate"], pair["baseline"]): pair["confirmatory"]
        for pair in compared["pairs"]
        if pair["metric"] == "BLEU_1"
    }
    assert {pair for pair, confirmed in pairs.items() if confirmed} == {
        ("title:shown", "plain"),
        ("title:first", "plain"),
        ("title:small", "plain"),
    }
    assert ("title:small", "title:shown") in pairs


def test_a_baseline_with_pipelines_is_met_by_name_else_by_its_first(piped, harness, write):
    write(
        piped / SUITE / "plain.yaml",
        "user: Name the dish.\npostprocess: {first: [first_line], small: [lowercase]}\n",
    )
    harness("run", SUITE, cwd=piped)
    compared = json.loads(harness("compare", "results/titles", "--json", cwd=piped).stdout)
    assert {(p["candidate"], p["baseline"]) for p in compared["pairs"] if p["confirmatory"]} == {
        ("title:first", "plain:first"),
        ("title:small", "plain:small"),
        ("title:shown", "plain:first"),
    }


def test_a_run_with_pipelines_is_rescored_shown_checked_and_exported(piped, harness):
    assert harness("check", SUITE, cwd=piped).returncode == 0
    harness("run", SUITE, cwd=piped)
    assert "nothing has changed" in harness("run", SUITE, cwd=piped).stdout
    before = json.loads((newest(piped) / "summary.json").read_text())
    for verb in ("score", "report", "show", "compliance", "power"):
        done = harness(verb, "results/titles", cwd=piped)
        assert done.returncode == 0, (verb, done.stderr)
    after = json.loads((newest(piped) / "summary.json").read_text())
    assert after["results"] == before["results"]
    page = (newest(piped) / "report.html").read_text()
    assert "post-processing first: truncate_words:1" in page
    rendered = harness("render", SUITE, cwd=piped).stdout
    assert rendered.count("── title") == 1


def test_files_of_predictions_have_pipelines_too(project, harness, write):
    rows = [{"id": f"s{i}", "text": "LEMON\nTart"} for i in range(1, 5)]
    (project / SUITE / "mine.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
    suite = project / SUITE / "suite.yaml"
    steps = "{first: [first_line], small: [lowercase, last_line]}"
    model = f"{{name: mine, engine: replay, model: ./mine.jsonl, args: {{postprocess: {steps}}}}}"
    suite.write_text(suite.read_text().replace("models: [", f"models: [{model}, "))
    done = harness("run", SUITE, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert [system["system"] for system in summary["systems"]][2:] == [
        "mine:first",
        "mine:small",
    ]
    changed = {system["system"]: system["changed_by"] for system in summary["systems"]}
    assert changed["mine:small"] == {"lowercase": 4, "last_line": 4}
    assert summary["cost"]["completions"] == 12


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{a/b: [strip]}", "the pipeline name 'a/b' holds a '/'"),
        ("{'a:b': [strip]}", "the pipeline name 'a:b' holds a ':'"),
        ("{A: [strip], a: [strip]}", "the pipeline names 'A' and 'a' differ in capitals"),
        ("{a: [strip], b: [stripp]}", "no post-processing step is named 'stripp'"),
        ("{a: strip}", "a list is wanted here, not the text 'strip'"),
        ("{truncate_words: 3}", "a list is wanted here, not the number 3"),
        ("{}", "'postprocess' names no pipeline"),
        ("3", "a list or key: value lines is wanted here, not the number 3"),
    ],
)
def test_pipelines_that_are_none_are_refused_with_their_line(project, harness, written, message):
    title = project / SUITE / "title.yaml"
    title.write_text(f"user: Give a recipe title.\npostprocess: {written}\n")
    done = harness("check", SUITE, cwd=project)
    assert done.returncode == 1
    assert "title.yaml:2: " in done.stdout
    assert message in done.stdout


def test_a_variant_with_the_name_of_a_pipeline_is_refused(piped, harness, write):
    write(piped / SUITE / "title:first.yaml", "user: Name it.\n")
    suite = piped / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("[plain, title]", "[plain, title, 'title:first']"))
    done = harness("check", SUITE, cwd=piped)
    assert "two systems are named 'title:first'" in done.stdout


@pytest.fixture
def matrix(project, write):
    """Tone × two wordings, each with two post-processings: eight systems of four prompts."""
    write(
        project / SUITE / "title.yaml",
        "user: '{{ wording }} Make it {{ tone }}.'\n"
        "matrix:\n"
        "  tone: [plain, catchy]\n"
        "  wording: {values: {a: Give a recipe title., b: Name the dish.}, nuisance: true}\n"
        "postprocess: {shown: [strip], first: ['truncate_words:2']}\n",
    )
    suite = project / SUITE / "suite.yaml"
    suite.write_text(
        suite.read_text().replace("[plain, title]", "[title]").replace("baseline: plain", "")
    )
    return project


def test_two_pipelines_of_one_wording_are_no_wordings_of_one_idea(matrix, harness):
    done = harness("run", SUITE, "--json", cwd=matrix)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["generated"] == 16
    ideas = {idea["name"]: idea["systems"] for idea in summary["ideas"]}
    assert ideas == {
        f"title[tone={tone}]:{pipeline}": [
            f"title[tone={tone},wording={wording}]:{pipeline}" for wording in "ab"
        ]
        for tone in ("plain", "catchy")
        for pipeline in ("shown", "first")
    }
    page = (newest(matrix) / "report.html").read_text()
    assert all(f"<td>{name}</td>" in page.partition("Averaged over wording")[2] for name in ideas)


def test_a_pipeline_stands_behind_an_idea_of_several_models_and_decodings(matrix, harness):
    suite = matrix / SUITE / "suite.yaml"
    suite.write_text(
        suite.read_text() + "decoding: {greedy: {temperature: 0}, warm: {temperature: 1}}\n"
    )
    summary = json.loads(harness("run", SUITE, "--json", cwd=matrix).stdout)
    names = [idea["name"] for idea in summary["ideas"]]
    assert len(names) == 8
    assert "title[tone=plain]/warm:first" in names


def test_the_pipelines_of_a_prompt_are_averaged_in_effects(matrix, harness):
    harness("run", SUITE, cwd=matrix)
    done = harness("effects", "results/titles", "--metric", "BLEU_1", "--json", cwd=matrix)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    summary = json.loads((newest(matrix) / "summary.json").read_text())
    score = {r["system"]: r["value"] for r in summary["results"] if r["metric"] == "BLEU_1"}
    plain, catchy = (
        sum(value for name, value in score.items() if f"tone={tone}," in name) / 4
        for tone in ("plain", "catchy")
    )
    tone = next(e for e in found["effects"] if e["axes"] == ["tone"] and e["metric"] == "BLEU_1")
    assert tone["parts"] == pytest.approx([plain, catchy])
    assert tone["estimate"] == pytest.approx(catchy - plain)
    assert (tone["combinations"], tone["possible"]) == (2, 2)
    assert found["matrices"][0]["systems"] == 8


def test_another_pipeline_is_another_look_at_what_is_declared(piped, harness, write):
    def looks():
        harness("run", SUITE, cwd=piped)
        return json.loads((newest(piped) / "run.json").read_text())["decide"]["looks"]

    assert looks() == 1
    title = piped / SUITE / "title.yaml"
    title.write_text(title.read_text().replace("truncate_words:1", "truncate_words:2"))
    assert looks() == 2
    title.write_text(title.read_text().replace("truncate_words:2", "truncate_words:1"))
    assert looks() == 2
