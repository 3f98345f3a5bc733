"""Where an image stands in a prompt is up to the template alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RenderError

# What stood for an image inside a text in version 0.1 (found 2026-11-25), and its like.
FORGED = ["\0image0\0", "\0image7\0", "\0IMAGE0\0", "\0image", "0\0", "{{ image }}", "Placed(0)"]
ANY = st.text() | st.sampled_from(FORGED)


@given(sample_id=ANY, value=ANY, key=ANY)
def test_no_value_becomes_an_image(render, sample_id, value, key):
    parts = render(
        "{{ image }}<{{ id }}|{{ metadata.a }}|{{ metadata.b[0] }}|"
        "{% for k in metadata.c %}{{ k }}{% endfor %}>",
        sample_id=sample_id,
        a=value,
        b=[value],
        c={key: 1},
    )
    assert parts == [0, f"<{sample_id}|{value}|{value}|{key}>".strip()]


@given(before=ANY, after=ANY)
def test_texts_around_an_image_stay_around_it(render, before, after):
    parts = render("{{ metadata.a ~ image ~ metadata.b }}", a=before, b=after)
    assert parts == [text for text in (before.strip(), 0, after.strip()) if text != ""]


@pytest.mark.parametrize("forged", FORGED[:4])
def test_no_template_text_becomes_an_image(render, forged):
    written = "{{ '" + forged.replace("\0", "\\x00") + "' }}<"
    assert render(written) == [0, f"{forged}<".strip()]
    assert render(f"{forged}<") == [0, f"{forged}<".replace("{{ image }}", "").strip()]


def test_characters_made_from_numbers_become_no_image(render):
    assert render("{{ '%cimage0%c' % (0, 0) }}<") == [0, "\0image0\0<"]


@pytest.mark.parametrize(
    "change",
    [
        "image | upper", "image | replace('0', '1')", "image[:2]", "image | length", "image * 2",
        "image | string", "'%s' % image", "'%s' | format(image)", "[image]", "images",
        "{'a': image} | tojson", "[image] | string", "image | wordwrap(3)", "image ~ none",
        "images | map('upper') | join", "image + 1", "'x' | replace('x', image)", "image | list",
        "image.pieces", "image | trim('0')",
    ],
)  # fmt: skip
def test_an_image_is_placed_or_refused_and_never_changed(render, change):
    with pytest.raises(RenderError, match=r"v\.yaml:2: "):
        render("{{ " + change + " }}")


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("{{ images[0] }} or {{ images[1] }}?", [0, "or", 1, "?"]),
        ("{{ images | join(' and ') }}", [0, "and", 1]),
        ("{{ images | reverse | join }}!", [1, 0, "!"]),
        ("{{ images | last }}{{ images | first }}", [1, 0]),
        ("{% for one in images %}{{ loop.index }}: {{ one }}{% endfor %}", ["1:", 0, "2:", 1]),
        ("{% set both %} {{ image }} Name it. {% endset %}{{ both | trim }}", [0, 1, "Name it."]),
        ("{% macro show(x) %}See {{ x }}.{% endmacro %}{{ show(images[1]) }}", ["See", 1, "."]),
        ("{{ image ~ '\nName it.' }}", [0, 1, "Name it."]),
        ("{{ 'Look: ' + image }}", ["Look:", 0, 1]),
        ("{{ images | length }} pictures", [0, 1, "2 pictures"]),
        ("{{ image | default('none') }}", [0, 1]),
        ("{% if image %}a{% endif %}", [0, 1, "a"]),
    ],
)
def test_what_a_template_may_do_with_images(render, template, parts):
    assert render(template, images=2) == parts


def test_a_sample_without_images_has_empty_ones(render):
    assert render("{{ image }}{{ images | length }}", images=0) == ["0"]
    assert render("{{ image }}a", system="{{ image }}S") == [0, "a"]
