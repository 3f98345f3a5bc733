"""Files that templates include: of the suite's folder alone, bounded, and named in errors."""

import os

import pytest

from harness.config.load import load_variant
from harness.errors import RenderError
from harness.records import FilePlace, MediaRef, Sample, TextPart
from harness.render import Renderer

PICTURE = MediaRef(place=FilePlace(path="a.png"), sha256="a" * 64, width=4, height=4)


def sample(**metadata):
    return Sample(id="s1", media=(PICTURE,), references=("R",), metadata=metadata)


@pytest.fixture
def suite(tmp_path):
    folder = tmp_path / "prompts" / "mine"
    folder.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("SECRET")
    return folder


@pytest.fixture
def told(suite):
    """Write a template and files, and give what is sent for a sample."""

    def render(user, files=(), variables="", **metadata):
        for name, text in dict(files).items():
            (suite / name).parent.mkdir(parents=True, exist_ok=True)
            (suite / name).write_text(text)
        lines = "".join(f"  {line}\n" for line in user.split("\n"))
        (suite / "v.yaml").write_text(f"{variables}user: |\n{lines}")
        rendered = Renderer(load_variant(suite, "v")).render(sample(**metadata))
        return [p.text if isinstance(p, TextPart) else p.index for p in rendered.messages[-1].parts]

    return render


def test_an_included_file_stands_where_it_is_named(told):
    assert told('One.\n{% include "rules.txt" %}\nThree.', {"rules.txt": "Two.\n"}) == [
        0, "One.\nTwo.\nThree.",
    ]  # fmt: skip


def test_an_included_file_sees_what_the_template_sees_and_may_place_the_image(told):
    files = {"parts/a.txt": "{{ image }}{{ words }} {{ metadata.n }} {{ local }} {{ id }}"}
    user = 'Before. {% set local = "L" %}{% include "parts/a.txt" %}'
    assert told(user, files, "vars: {words: 7}\n", n=3) == ["Before.", 0, "7 3 L s1"]


def test_macros_come_from_files(told):
    files = {"m.jinja": "{% macro dish(n) %}dish {{ n }}{% endmacro %}{% set two = 2 %}"}
    assert told('{% import "m.jinja" as m %}{{ m.dish(m.two) }}', files)[1] == "dish 2"
    assert told('{% from "m.jinja" import dish as d %}{{ d(1) }}')[1] == "dish 1"


def test_a_macro_sees_the_sample_where_it_is_imported_with_context(told):
    files = {"m.jinja": "{% macro me() %}{{ id }}{% endmacro %}"}
    assert told('{% import "m.jinja" as m with context %}{{ m.me() }}', files)[1] == "s1"
    with pytest.raises(RenderError, match=r"m.jinja:1: 'id' is undefined"):
        told('{% import "m.jinja" as m %}{{ m.me() }}')


def test_what_is_included_is_the_prompts_own_text(told, suite):
    told('{% include "rules.txt" %}', {"rules.txt": "Be brief."})
    first = load_variant(suite, "v")
    (suite / "rules.txt").write_text("Be bold.")
    second = load_variant(suite, "v")
    assert "Be brief." in first.own_text
    hashes = {Renderer(variant).render(sample()).sha256 for variant in (first, second)}
    assert len(hashes) == 2


def test_a_file_of_an_extended_suite_comes_from_that_suites_folder(told, suite):
    told('{% include "rules.txt" %}', {"rules.txt": "Theirs."})
    other = suite.parent / "other"
    other.mkdir()
    (other / "rules.txt").write_text("Ours.")
    (other / "w.yaml").write_text("extends: ../mine/v\n")
    [message] = Renderer(load_variant(other, "w")).render(sample()).messages
    assert message.parts[1].text == "Theirs."


def test_a_mistake_names_the_included_file_and_its_line(told):
    files = {"a.txt": "one\n{% include 'b.txt' %}", "b.txt": "x\ny {{ metadata.titel }}"}
    with pytest.raises(RenderError, match=r"mine/b.txt:2: 'titel' is undefined") as caught:
        told('{% include "a.txt" %}', files, title="x")
    assert "metadata.title" in caught.value.hint
    with pytest.raises(RenderError, match=r"mine/b.txt:3: .*there is no filter 'uper'"):
        told('{% include "a.txt" %}', {**files, "b.txt": "\n\n{{ id | uper }}"})
    with pytest.raises(RenderError, match=r"mine/b.txt:2: metadata.n is null"):
        told('{% include "a.txt" %}', {**files, "b.txt": "\n{{ metadata.n }}"}, n=None)


def test_a_name_that_is_not_there_has_the_nearest_one(told):
    with pytest.raises(RenderError, match=r"v.yaml:3: .*did you mean 'rules.txt'") as caught:
        told('one\n{% include "rule.txt" %}', {"rules.txt": "x"})
    assert "'rule.txt' is not there" in str(caught.value)
    with pytest.raises(RenderError, match="'titel' is not in the imported file") as caught:
        told('{% import "m" as m %}{{ m.titel() }}', {"m": "{% macro title() %}{% endmacro %}"})
    assert caught.value.hint == "did you mean 'title'?"


def test_a_link_within_the_folder_is_a_file_of_it(told, suite):
    (suite / "real.txt").write_text("Yes.")
    (suite / "link.txt").symlink_to("real.txt")
    assert told('{% include "link.txt" %}')[1] == "Yes."


def test_a_pipe_is_not_waited_for(told, suite):
    os.mkfifo(suite / "pipe")
    with pytest.raises(RenderError, match="'pipe' is no file"):
        told('{% include "pipe" %}')


def test_a_file_that_only_seems_to_be_included_need_not_be_there(told):
    assert told("{# {% include 'gone.txt' %} #}A.")[1] == "A."
    assert told("{% raw %}{% include 'gone.txt' %}{% endraw %}")[1] == "{% include 'gone.txt' %}"


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("{{ metadata.x | natural_list }}", "a, b and c"),
        ("{{ metadata.x[:2] | natural_list('or') }}", "a or b"),
        ("{{ metadata.x[:1] | natural_list }}", "a"),
        ("-{{ [] | natural_list }}", "-"),
        ("{{ 'one  two three, four' | truncate_words(3) }}", "one  two three…"),
        ("{{ 'one two' | truncate_words(2) }}", "one two"),
        ("{{ 'one two three' | truncate_words(1, end=' (more)') }}", "one (more)"),
        ("-{{ 'one two' | truncate_words(0) }}", "-"),
        ("{{ 'red soup' | title }}", "Red Soup"),
    ],
)
def test_filters_that_prompts_need(told, template, sent):
    assert told(template, x=["a", "b", "c"])[1] == sent


def test_a_list_in_a_sentence_keeps_images_and_refuses_a_text(told):
    assert told("{{ [image, 'b'] | natural_list }}") == [0, "and b"]
    with pytest.raises(RenderError, match="'natural_list' of a text"):
        told("{{ 'abc' | natural_list }}")
