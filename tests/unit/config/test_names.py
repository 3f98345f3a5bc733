"""Names that key something: one place checks that each is one name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.load import load_suite
from harness.config.names import unique
from harness.errors import ConfigErrors
from harness.records import Where


def problems(folder):
    with pytest.raises(ConfigErrors) as caught:
        load_suite(folder)
    return [str(problem) for problem in caught.value.problems]


def suite(project, write, **lines):
    """Write the suite anew, a line a key: dataset on 1, variants on 2, models on 3, more below."""
    folder = project / "prompts" / "titles"
    lines = {
        "dataset": "dishes",
        "variants": "[plain, title]",
        "models": "[{name: m, engine: fake, model: none}]",
        **lines,
    }
    write(folder / "suite.yaml", "\n".join(f"{key}: {value}" for key, value in lines.items()))
    return folder


@pytest.mark.parametrize(
    ("key", "value", "line", "said"),
    [
        # Found 2026-11-25: the first was asked, its texts were kept under the second's keys.
        (
            "models",
            "[{engine: fake, model: a/x}, {engine: fake, model: b/x}]",
            3,
            "two models are named 'x'\n  hint: the first is at {path}:3; 'name:' gives",
        ),
        ("models", "[demo, demo]", 3, "two models are named 'demo'"),
        ("models", "[demo, {name: demo, engine: fake, model: none}]", 3, "two models"),
        ("models", "[{name: a/b, engine: fake, model: x}]", 3, "holds a '/', which joins"),
        ("models", '[{name: "a\\eb", engine: fake, model: x}]', 3, "cannot be seen: U+001B"),
        ("models", '[{name: "a\\u202eb", engine: fake, model: x}]', 3, "U+202E"),
        ("models", "[{name: M, engine: fake, model: x}, {name: m, engine: fake, model: x}]", 3,
         "'M' and 'm' differ in capitals"),
        ("models", "[{name: ' ', engine: fake, model: x}]", 3, "the model name ' ' is empty"),
        ("variants", "[plain, title, plain]", 2, "two variants are named 'plain'"),
        ("variants", "[plain, ../titles/title]", 2, "holds a '/'"),
        ("decoding", "{a/b: {temperature: 0}}", 4, "the decoding name 'a/b' holds a '/'"),
        ("decoding", "{Greedy: {temperature: 0}, greedy: {temperature: 1}}", 4, "in capitals"),
        ("decoding", "{'': {temperature: 0}}", 4, "is empty"),
    ],
)  # fmt: skip
def test_a_name_that_is_no_name_of_its_own_is_refused_in_its_line(
    project, write, key, value, line, said
):
    folder = suite(project, write, **{key: value})
    path = folder / "suite.yaml"
    text = "\n".join(problems(folder))
    assert f"{path}:{line}: " in text
    assert said.format(path=path) in text


def test_variants_whose_files_one_file_system_takes_for_one_are_refused(project, write):
    folder = suite(project, write)
    text = (folder / "suite.yaml").read_text().replace("variants: [plain, title]\n", "")
    (folder / "suite.yaml").write_text(text)
    write(folder / "Plain.yaml", "user: Another.\n")
    assert "the variant names 'Plain' and 'plain' differ in capitals" in problems(folder)[0]


def test_an_exemplar_that_is_listed_twice_is_refused_in_its_line(project, write):
    folder = suite(project, write)
    write(
        folder / "plain.yaml",
        """
        user: Name the dish.
        exemplars:
          dataset: dishes
          ids:
            - s1
            - s2
            - s1
        """,
    )
    [problem] = problems(folder)
    assert f"{folder / 'plain.yaml'}:7: the exemplar 's1' is listed twice" in problem


def test_names_in_other_scripts_are_names():
    names = ["титул", "標題", "नमस्\u200dते", "título", "a b", "v2.5-vl_7b", "😀"]
    assert unique("model", [(name, None) for name in names]) == []


def test_accents_written_in_two_ways_are_one_name():
    one, two = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    [problem] = unique("variant", [(one, None), (two, None)])
    assert "in how letters are encoded" in problem.message


@given(st.lists(st.text(max_size=8), max_size=6))
def test_what_passes_is_unique_however_it_is_joined(names):
    problems = unique("decoding", [(name, Where(path="x", line=1)) for name in names])
    if not problems:
        folded = [unicodedata.normalize("NFC", name).casefold() for name in names]
        assert len(set(folded)) == len(names)
        joined = [f"{a}/{b}" for a in names for b in names]
        assert len(set(joined)) == len(names) ** 2
        assert all(name.strip() and "/" not in name and "\n" not in name for name in names)
