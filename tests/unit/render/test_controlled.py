"""What a control shows in the place of a sample's images; all else of a prompt stays."""

from dataclasses import replace

import pytest

from harness.config.control_kinds import control_name
from harness.media import grey
from harness.records import ImagePart, PromptVariant, Sample, TextPart
from harness.render import ControlRenderer, Renderer


@pytest.fixture(scope="module")
def variant():
    """Make a variant of a user template."""

    def variant(user):
        return PromptVariant(
            name="v",
            description="",
            system=None,
            user=user,
            exemplars=None,
            postprocess=(),
            generation={},
            where={},
        )

    return variant


@pytest.fixture
def sample():
    return Sample(id="s1", media=(grey(4, 4),), references=("R",))


def shown(rendered):
    """Write messages in short: role, texts, images as <number>."""
    return [
        (m.role, *(p.text if isinstance(p, TextPart) else f"<{p.index}>" for p in m.parts))
        for m in rendered.messages
    ]


def blind(renderer):
    return ControlRenderer(renderer, control_name(renderer.variant.name, "blind"), "blind", None)


@pytest.mark.parametrize(
    ("user", "asked"),
    [
        ("Name it.", ["Name it."]),
        ("{{ image }} Name it.", ["Name it."]),
        ("Look: {{ image }} What is it?", ["Look:  What is it?"]),
        ("{{ images[0] }} and {{ images[1] }}: which?", ["and : which?"]),
        ("{% for i in images %}No. {{ loop.index }}: {{ i }} {% endfor %}", ["No. 1:  No. 2:"]),
        ("{% if image %}An image.{% endif %} {{ images | length }}", ["An image. 2"]),
        ("{{ image | trim }}{{ images | join(', ') }} Which?", [",  Which?"]),
        ("{% macro m() %}{{ image }} Name it.{% endmacro %}{{ m() | trim }}", ["Name it."]),
    ],
)
def test_blind_shows_no_image_and_leaves_the_texts(variant, sample, user, asked):
    two = replace(sample, media=(grey(4, 4), grey(5, 5)))
    rendered = blind(Renderer(variant(user))).render(two)
    assert shown(rendered) == [("user", *asked)]
    assert rendered.media == ()


def test_blind_shows_no_image_of_an_exemplar_either(variant, sample):
    exemplar = replace(sample, id="e", media=(grey(9, 9),), references=("Soup",))
    renderer = Renderer(variant("{{ image }} Name it."), [exemplar])
    real = renderer.render(sample)
    assert shown(real)[0] == ("user", "<0>", "Name it.")
    rendered = blind(renderer).render(sample)
    assert shown(rendered) == [
        ("user", "Name it."),
        ("assistant", "Soup"),
        ("user", "Name it."),
    ]
    assert rendered.media == ()
    assert renderer.render(sample) == real


def test_another_picture_changes_nothing_but_the_picture(variant, sample):
    exemplar = replace(sample, id="e", media=(grey(9, 9),), references=("Soup",))
    renderer = Renderer(variant("{{ image }} Name {{ id }}."), [exemplar])
    control = ControlRenderer(renderer, "v{grey}", "grey", lambda _: (grey(3, 3),))
    real, rendered = renderer.render(sample), control.render(sample)
    assert rendered.messages == real.messages
    assert any(isinstance(p, ImagePart) for m in rendered.messages for p in m.parts)
    assert rendered.media == (grey(9, 9), grey(3, 3))
    assert rendered.sha256 != real.sha256


def test_a_control_is_of_no_matrix(variant):
    of_a_matrix = replace(
        variant("Name it."), name="t[tone=plain]", matrix="t", axes={"tone": "plain"},
        nuisance=("tone",),
    )  # fmt: skip
    control = blind(Renderer(of_a_matrix)).variant
    assert (control.name, control.control, control.control_of) == (
        "t[tone=plain]{blind}", "blind", "t[tone=plain]",
    )  # fmt: skip
    assert (control.matrix, control.axes, control.nuisance) == (None, {}, ())
