"""Our metrics through ``evaluate``, with no network: the same numbers, whatever the form."""

import re
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.hf import MODULES, evaluate_corpus
from harness.metrics.registry import create

TITLES = [
    ("Zucchini-Lentil Fritters With Lemony Yogurt", "Zucchini Fritters with Yogurt Sauce"),
    ("3-Ingredient Brown-Butter Shortbread", "Brown Butter Shortbread Cookies"),
    ("Anchovy and Rosemary Roasted Lamb", "Roasted Leg of Lamb with Rosemary"),
    ("Coconut-Lime Dressing", "Creamy Coconut Lime Dressing"),
    (
        "Miso-Butter Roast Chicken With Acorn Squash Panzanella",
        "Roast chicken with squash and bread salad",
    ),
    ("Grandma\u2019s Crème Brûlée (Make-Ahead)", "Classic Creme Brulee"),
    ("Warm Comfort", "Chamomile Tea Hot Toddy"),
    ("Green Beans With Mustard and Hazelnuts", "green beans with mustard and hazelnuts"),
]
REFERENCES = [title for title, _ in TITLES]
PREDICTIONS = [said for _, said in TITLES]
# Measured with pycocoevalcap 1.2 itself: its PTBTokenizer, its scorers, its METEOR 1.5 wrapper.
SCORES = {
    "BLEU_1": 0.46153846152662725,
    "BLEU_2": 0.3451183851158395,
    "BLEU_3": 0.2958417434291846,
    "BLEU_4": 0.26825763334673264,
    "ROUGE_L": 0.3986307418356837,
    "METEOR": 0.267166357324584,
    "CIDEr": 2.2142475011040617,
}
NAMES = ["bleu_coco", "rouge_l_coco", "meteor_coco", "cider_coco"]


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory):
    """The library, told to stay offline; any connection that it tries all the same fails."""

    def refuse(*_):
        raise AssertionError("a connection was tried")

    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("hf")
        patch.setenv("HF_HOME", str(home))
        patch.setenv("HF_EVALUATE_OFFLINE", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        import evaluate

        # Read from the environment at the first import, which may have been another test's.
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", str(home / "modules"))
        patch.setattr(evaluate.config, "HF_METRICS_CACHE", str(home / "metrics"))
        patch.setattr(evaluate.config, "DOWNLOADED_EVALUATE_PATH", str(home / "evaluate"))
        patch.setattr(evaluate.config, "HF_EVALUATE_OFFLINE", True)
        patch.setattr(socket.socket, "connect", refuse)
        path = list(sys.path)
        yield evaluate
        sys.path[:] = path


@pytest.fixture(scope="module")
def modules(evaluate):
    return [evaluate.load(str(MODULES / name)) for name in NAMES]


@pytest.fixture
def script(tmp_path, evaluate):
    """Write somebody's metric, whose only line of its own gives its results."""

    def write(name, result, reference='Value("string")'):
        path = tmp_path / name / f"{name}.py"
        path.parent.mkdir()
        path.write_text(
            "import evaluate\nimport numpy\nfrom datasets import Features, Sequence, Value\n"
            "class Theirs(evaluate.Metric):\n"
            "    def _info(self):\n"
            '        features = Features({"predictions": Value("string"),'
            f' "references": {reference}}})\n'
            "        return evaluate.MetricInfo(\n"
            '            description="", citation="", features=features)\n'
            "    def _compute(self, predictions, references):\n"
            f"        return {result}\n"
        )
        return {"evaluate": str(path.parent)}

    return write


@pytest.mark.parametrize("form", [str, lambda text: [text]], ids=["text", "list"])
def test_combined_modules_give_pycocoevalcaps_numbers_as_floats(evaluate, modules, form):
    combined = evaluate.combine(modules)

    scores = combined.compute(predictions=PREDICTIONS, references=list(map(form, REFERENCES)))

    assert scores == pytest.approx(SCORES, abs=1e-12)
    assert {type(value) for value in scores.values()} == {float}


@pytest.mark.parametrize("name", NAMES)
def test_samples_added_one_by_one_with_several_references_score_as_ours(evaluate, tools, name):
    module = evaluate.load(str(MODULES / name), keep_in_memory=True)
    references = [
        [title, said.upper(), "Tea"][: 1 + i % 3] for i, (title, said) in enumerate(TITLES)
    ]
    for prediction, texts in zip(PREDICTIONS, references, strict=True):
        module.add(prediction=prediction, reference=texts)

    scores = module.compute()

    metric = create(name.removesuffix("_coco"), tools)
    expected = metric.aggregate(metric.statistics(answers_of(PREDICTIONS, references)).sum(axis=0))
    assert list(scores) == list(metric.columns)
    assert np.array_equal(list(scores.values()), expected)


def test_the_tokeniser_is_chosen_when_a_module_is_loaded(evaluate):
    module = evaluate.load(str(MODULES / "bleu_coco"), config_name="none")

    scores = module.compute(predictions=PREDICTIONS, references=REFERENCES)

    # Measured with pycocoevalcap's scorer without its tokeniser.
    assert scores["BLEU_1"] == pytest.approx(0.23076923076331368, abs=1e-12)
    with pytest.raises(MetricError, match="no tokeniser is named '13a'"):
        evaluate.load(str(MODULES / "bleu_coco"), config_name="13a")


def test_what_cannot_be_scored_is_said_and_the_module_goes_on(modules):
    bleu = modules[0]

    with pytest.raises(MetricError, match="nothing to score"):
        bleu.compute(predictions=[], references=[])
    with pytest.raises(MetricError, match="sample 1 has no prediction"):
        bleu.compute(predictions=["tea", None], references=["tea", "cake"])
    with pytest.raises(MetricError, match="sample 1 has no reference"):
        bleu.compute(predictions=["tea", "cake"], references=[["tea"], []])
    with pytest.raises(MetricError, match="which one sample cannot tell"):
        modules[3].compute(predictions=["tea"], references=["tea"])

    assert bleu.compute(predictions=["tea"], references=["tea"])["BLEU_1"] == pytest.approx(1)


def test_a_metric_of_somebody_elses_is_computed_over_the_corpus(script):
    spec = script("theirs", '{"equal": numpy.float32(0.5), "n": len(predictions), "each": [1]}')

    scores = evaluate_corpus(spec, ["a", "b"], [["a"], ["c"]])

    assert scores == {"equal": 0.5, "n": 2.0}
    assert {type(value) for value in scores.values()} == {float}


def test_a_metric_gets_lists_of_references_where_it_takes_them(script):
    spec = script("lists", '{"n": sum(map(len, references))}', 'Sequence(Value("string"))')

    assert evaluate_corpus(spec, ["a", "b"], [["a", "b"], ["c"]]) == {"n": 3.0}


@pytest.mark.parametrize(
    ("result", "references", "message"),
    [
        ('{"n": 1}', [["a", "b"], ["c"]], "takes one reference a sample; there are up to 2"),
        ('{"n": 1 / 0}', [["a"], ["c"]], "failed: ZeroDivisionError: division by zero"),
        ('{"n": float("nan")}', [["a"], ["c"]], "gave no finite number"),
        ('{"n": "high"}', [["a"], ["c"]], "gave no finite number"),
    ],
)
def test_a_metric_that_gives_no_number_is_an_error(script, result, references, message):
    spec = script("theirs", result)

    with pytest.raises(MetricError, match=message):
        evaluate_corpus(spec, ["a", "b"], references)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"evaluate": "bleu"}, "no pinned revision"),
        ({"evaluate": "someone/bleu", "revision": "main"}, "'main' can move"),
        ({"evaluate": "a/b/c", "revision": "a" * 40}, "is no Hub id"),
        ({"evaluate": "./bleu", "revision": "a" * 40}, "a path, which has no revision"),
        ({"evaluate": "./no-such"}, "no metric script at"),
        ({"evaluate": "bleu", "revison": "a" * 40}, "unknown key: revison"),
    ],
)
def test_what_is_run_must_be_said_exactly(spec, message):
    with pytest.raises(MetricError, match=message):
        evaluate_corpus(spec, ["a"], [["a"]])


def test_a_hub_id_never_runs_a_file_of_that_name_nor_an_older_copy(
    script, evaluate, tmp_path, monkeypatch
):
    spec = script("bleu", '{"n": 1}')
    assert evaluate_corpus(spec, ["a"], [["a"]]) == {"n": 1.0}
    # What evaluate.load would take without network, however old.
    modules = Path(evaluate.config.HF_MODULES_CACHE) / "evaluate_modules" / "metrics"
    cached = modules / "evaluate-metric--bleu" / ("0" * 64)
    cached.mkdir(parents=True)
    (cached / "bleu.py").write_text((tmp_path / "bleu" / "bleu.py").read_text())
    monkeypatch.chdir(tmp_path)

    with pytest.raises(MetricError, match="bleu at aaaaaaaaaaaa cannot be had"):
        evaluate_corpus({"evaluate": "bleu", "revision": "a" * 40}, ["a"], [["a"]])
    assert evaluate_corpus({"evaluate": "./bleu"}, ["a"], [["a"]]) == {"n": 1.0}


def test_a_commit_that_was_fetched_once_needs_no_network(script, evaluate):
    from evaluate.utils import file_utils

    commit = "b" * 40
    url = file_utils.hf_hub_url("someone/theirs", "theirs.py", revision=commit)
    fetched = Path(evaluate.config.DOWNLOADED_EVALUATE_PATH)
    fetched.mkdir(parents=True, exist_ok=True)
    source = Path(script("theirs", '{"n": 2}')["evaluate"]) / "theirs.py"
    (fetched / file_utils.hash_url_to_filename(url)).write_text(source.read_text())

    spec = {"evaluate": "someone/theirs", "revision": commit}
    assert evaluate_corpus(spec, ["a"], [["a"]]) == {"n": 2.0}


def test_the_how_to_runs_as_written(modules, repository, capsys):
    page = (repository / "docs" / "how-to" / "evaluate-modules.md").read_text()

    scope = {}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(code, scope)

    printed = capsys.readouterr().out.splitlines()
    assert printed[0] in page.splitlines()
    assert printed[1:] == ["0.530"]
