"""What is wrong with a file is said in words of its writer, with line, example and nearest key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.schema import DatasetFile, ModelFile, SuiteFile, VariantFile
from harness.config.validate import validate
from harness.errors import ConfigErrors
from harness.nearest import nearest
from harness.yaml_source import YamlSource, load_yaml

PYDANTIC = re.compile(
    r"[Ii]nput|\bvalid\b|instance|dictionary|string|boolean|integer|pydantic|[Mm]odel_|Value error|"
    r"union|NoneType|\bdict\b|\bstr\b"
)


def said(tmp_path, write, text, schema):
    path = write(tmp_path / "a.yaml", text)
    with pytest.raises(ConfigErrors) as caught:
        validate(load_yaml(path), schema)
    return [str(problem).replace(f"{path}:", "") for problem in caught.value.problems]


SUITE = "dataset: d\nmodels: [demo]\n"


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        # Found 2026-11-25: "Input should be a valid dictionary", and nothing else.
        (SUITE + "decoding: {temperature: 0.7}", SuiteFile,
         "3: 'decoding.temperature': key: value lines is wanted here, not the number 0.7\n"
         "  hint: for example decoding: {warm: {temperature: 0.7}}"),
        (SUITE + "decoding: [greedy]", SuiteFile,
         "3: 'decoding': key: value lines is wanted here, not a list\n"
         "  hint: for example decoding: {warm: {temperature: 0.7}}"),
        (SUITE + "metrics: bleu", SuiteFile,
         "3: 'metrics': a list is wanted here, not the text 'bleu'\n"
         "  hint: a list stands in brackets: [bleu]"),
        ("dataset: d\nmodels: [5]", SuiteFile,
         "2: 'models.0': a text or key: value lines is wanted here, not the number 5\n"
         "  hint: put it in quotes: '5'"),
        ("dataset: d\nmodels: [{engine: fake}]", SuiteFile,
         "2: 'models.0.model' is missing\n"
         "  hint: for example model: Qwen/Qwen2.5-VL-3B-Instruct"),
        ("models: [demo]", SuiteFile,
         "1: 'dataset' is missing\n  hint: for example dataset: recipes-demo"),
        (SUITE + "variants: []", SuiteFile,
         "3: 'variants': at least 1 item is wanted here, not an empty list\n"
         "  hint: for example variants: [baseline, title-style]"),
        (SUITE + "tokenizer: pbt", SuiteFile,
         "3: 'tokenizer': 'ptb' or 'none' is wanted here, not the text 'pbt'\n"
         "  hint: did you mean 'ptb'?"),
        ("user: no", VariantFile,
         "1: 'user': a text is wanted here, not false\n"
         "  hint: YAML reads yes, no, on and off as true and false: put the word in quotes"),
        ("user: [a]", VariantFile, "1: 'user': a text is wanted here, not a list\n"
         "  hint: it stands behind the colon; over several lines under 'key: |', and indented"),
        ("exemplars: [a12]", VariantFile,
         "1: 'exemplars': key: value lines is wanted here, not a list\n"
         "  hint: for example exemplars: {dataset: recipes-demo-train, ids: [a12, b7]}"),
        ("exemplars: {dataset: d, ids: [12]}", VariantFile,
         "1: 'exemplars.ids.0': a text is wanted here, not the number 12\n"
         "  hint: put it in quotes: '12'"),
        ("exemplars: {dataset: d, ids: [a], images: 'true'}", VariantFile,
         "1: 'exemplars.images': true or false is wanted here, not the text 'true'\n"
         "  hint: take the quotes away: true"),
        ("model: m\ntimeout: 0", ModelFile,
         "2: 'timeout': more than 0 is wanted here, not the number 0\n"
         "  hint: for example timeout: 120"),
        ("model: m\ntimeout: '30'", ModelFile,
         "2: 'timeout': a number is wanted here, not the text '30'\n"
         "  hint: take the quotes away: 30"),
        ("model: m\nprice: {prompt: -1, completion: 1}", ModelFile,
         "2: 'price.prompt': at least 0 is wanted here, not the number -1\n"
         "  hint: for example price: {prompt: 0.15, completion: 0.6}"),
        ("model: m\nimage: {max_pixels: 0.5}", ModelFile,
         "2: 'image.max_pixels': a whole number is wanted here, not the number 0.5\n"
         "  hint: for example image: {max_pixels: 602112}"),
        ("model:", ModelFile,
         "1: 'model': a text is wanted here, not nothing\n"
         "  hint: leave the line out, or write a value behind the colon"),
        ("postproces: [strip]", VariantFile,
         "1: unknown key 'postproces'\n  hint: did you mean 'postprocess'?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_said_in_plain_words(tmp_path, write, text, schema, expected):
    assert said(tmp_path, write, text, schema) == [expected]


def test_of_the_forms_a_value_may_have_only_the_one_that_was_meant_is_spoken_of(tmp_path, write):
    text = "dataset: d\nmodels:\n  - model: m\n    engin: fake\n    timeout: x\n"
    problems = said(tmp_path, write, text, SuiteFile)
    assert [problem.partition("\n")[0] for problem in problems] == [
        "4: unknown key 'engin'",
        "5: 'models.0.timeout': a number is wanted here, not the text 'x'",
    ]


KEYS = sorted(
    {
        field.alias or name
        for schema in (SuiteFile, VariantFile, ModelFile, DatasetFile)
        for name, field in schema.model_fields.items()
    }
    | {"ids", "images", "regex", "choice", "json", "prompt", "completion", "id", "image", "path"}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**62) | st.just(0.5) | st.sampled_from("abc"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([SuiteFile, VariantFile, ModelFile, DatasetFile]),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5) | VALUES,
)
def test_no_word_of_the_validator_reaches_a_person(tmp_path_factory, schema, data):
    source = YamlSource(
        path=tmp_path_factory.getbasetemp(),
        data=data,
        key_lines={(): 1},
        text_lines={},
        text_breaks={},
        written={},
    )
    try:
        validate(source, schema)
    except ConfigErrors as error:
        for problem in error.problems:
            assert not PYDANTIC.search(problem.message), problem.message
            assert problem.where.line == 1
            assert problem.hint is None or not problem.hint.endswith(": ")


def test_a_hint_lists_what_is_known_and_nothing_where_nothing_is():
    assert nearest("tilte", ["plain", "title"]) == "did you mean 'title'?"
    assert nearest("x", ["plain", "title"]) == "known: plain, title"
    assert nearest("x", []) is None
    assert nearest("x", [f"name-{i}" for i in range(500)]).endswith("name-29 and 470 more")
