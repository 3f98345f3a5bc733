"""`single_braces`: a name in `{ … }`, which no template fills in."""

import pytest

from harness.pipeline.looking.check import check


@pytest.fixture
def lints(project):
    folder = project / "prompts" / "titles"

    def _lints(text):
        (folder / "plain.yaml").write_text(text)
        checked = check(folder)
        assert checked.problems == ()
        return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]

    return _lints


def said(name, line):
    return f"plain.yaml:{line}: '{name}' in single braces is sent as it stands [single_braces]"


def test_a_known_name_in_single_braces_is_named_with_its_line(lints):
    text = "vars: {words: 3}\nuser: |\n  {{ words }}\n  { metadata.n } {n}\n\n  {words} {image}\n"
    names = (("metadata.n", 4), ("image", 6), ("words", 6))
    assert sorted(lints(text)) == sorted(said(name, line) for name, line in names)
    assert lints("user: >\n  Name it.\n  In {n} words.\n") == [said("metadata.n", 3)]


@pytest.mark.parametrize(
    "text",
    [
        'Answer as {"title": "…"}, or {title: …}',
        'Answer as {"n": {"id": 1}}, {n: 1} or {}',
        "{{ metadata.n }} {%- if id %} {{id}} {% endif %}",
        "{# {id} #} {% raw %}{id}{% endraw %}",
        "$\\text{id}$, ${id}, {other}, {metadata.other}, {metadata}",
    ],
)
def test_json_code_and_unknown_names_are_left_alone(lints, text):
    assert lints(f"user: |\n  {text}\n") == []


def test_it_can_be_silenced(lints):
    assert lints("silence: [single_braces]\nuser: Say {id}.\n") == []
