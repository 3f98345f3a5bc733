"""`check` says of each suite what it declares, or how it would."""

import pytest

from harness.config.load import load_suite
from harness.pipeline.looking.check import check

NOTHING = (
    "declares no comparison, so its verdicts will be exploratory; to declare, add this line to "
    "suite.yaml before it is run: "
)


@pytest.fixture
def suite(project):
    return project / "prompts" / "titles"


def change(suite, old, new):
    file = suite / "suite.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def said(path):
    return [notice.split(" ", 1)[1] for notice in check(path).notices if " declares " in notice]


def test_a_suite_that_declares_nothing_is_given_the_line_that_would(suite):
    [notice] = said(suite)
    assert notice == f"{NOTHING}decide: {{metric: CIDEr, baseline: plain}}"
    assert said(suite.parents[1]) == [notice]
    with (suite / "suite.yaml").open("a") as file:
        file.write(notice.removeprefix(NOTHING))
    assert load_suite(suite).decide.baseline == "plain"
    assert said(suite) == ["declares 1 comparison with 'plain' on CIDEr"]


@pytest.mark.parametrize(
    ("metrics", "column"),
    [("[bleu, chrf, rouge_l]", "ROUGE_L"), ("[length_ratio, exact_match, chrf]", "EXACT")],
)
def test_it_proposes_a_column_of_the_suite_that_can_decide(suite, metrics, column):
    change(suite, "[bleu, rouge_l, cider]", metrics)
    assert said(suite) == [f"{NOTHING}decide: {{metric: {column}, baseline: plain}}"]


def test_where_no_metric_can_decide_it_says_so(suite):
    change(suite, "[bleu, rouge_l, cider]", "[length_ratio]")
    [notice] = said(suite)
    assert "none of its metrics can decide" in notice


@pytest.mark.parametrize("name", ["no", "a dish's", "7"])
def test_a_name_that_yaml_would_read_otherwise_stands_in_quotes(suite, name):
    (suite / "plain.yaml").rename(suite / f"{name}.yaml")
    change(suite, "[plain, title]", f'["{name}", title]')
    [notice] = said(suite)
    with (suite / "suite.yaml").open("a") as file:
        file.write(notice.removeprefix(NOTHING))
    assert load_suite(suite).decide.baseline == name


def test_a_variant_by_itself_declares_nothing_and_neither_does_one_system(suite):
    assert said(suite / "plain.yaml") == []
    change(suite, "[plain, title]", "[plain]")
    assert said(suite) == []


def test_what_is_declared_is_counted(suite):
    (suite / "third.yaml").write_text("user: not listed\n")
    change(suite, "model: none}", "model: none}, {name: other, engine: fake, model: x}")
    with (suite / "suite.yaml").open("a") as file:
        file.write("decide: {metric: [CIDEr, ROUGE_L], margin: {CIDEr: 0.1}}")
    assert said(suite) == [
        "declares 12 comparisons of all pairs of systems, 6 each on CIDEr (margin 0.1) and "
        "ROUGE_L (no margin)"
    ]
    change(suite, "margin: {CIDEr: 0.1}", "baseline: title")
    assert said(suite) == ["declares 4 comparisons with 'title', 2 each on CIDEr and ROUGE_L"]


def test_files_of_predictions_count_too(suite):
    (suite / "mine.csv").write_text("id,text\ns1,A dish\n")
    change(suite, "model: none}", "model: none}, {name: mine, engine: replay, model: ./mine.csv}")
    with (suite / "suite.yaml").open("a") as file:
        file.write("decide: {metric: CIDEr}")
    assert said(suite) == ["declares 3 comparisons of all pairs of systems on CIDEr"]


def test_of_a_suite_that_is_wrong_nothing_is_said(suite):
    with (suite / "suite.yaml").open("a") as file:
        file.write("decide: {metric: CIDEr, baseline: plian}")
    assert len(check(suite).problems) == 1
    assert said(suite) == []


def test_the_suites_that_ship_declare(repository):
    notices = said(repository)
    assert len(notices) == len(list(repository.glob("prompts/*/suite.yaml")))
    assert all(notice.startswith("declares ") for notice in notices)


@pytest.mark.parametrize("metric", ["CIDre", "METEOR", "bleu"])
def test_of_a_metric_that_cannot_decide_no_declaration_is_told(suite, metric):
    with (suite / "suite.yaml").open("a") as file:
        file.write(f"decide: {{metric: {metric}}}\n")
    assert said(suite) == []
    assert len(check(suite).problems) == 1
