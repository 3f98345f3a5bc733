from pathlib import Path

import pytest

from harness.errors import RenderError
from harness.records import (
    ExemplarSpec,
    FilePlace,
    ImagePart,
    MediaRef,
    PromptVariant,
    Sample,
    TextPart,
    Where,
)
from harness.render import Renderer


def sample(sample_id="s1", image="a", **metadata):
    ref = MediaRef(place=FilePlace(path=f"{image}.png"), sha256=image * 64, width=4, height=4)
    return Sample(id=sample_id, media=(ref,), references=("The Answer",), metadata=metadata)


def variant(user, system=None, exemplars=None, line=2):
    return PromptVariant(
        name="v",
        description="",
        system=system,
        user=user,
        exemplars=exemplars,
        postprocess=(),
        generation={},
        where={"user": Where(path=Path("v.yaml"), line=line)},
    )


def parts(rendered):
    return [
        (message.role, [getattr(part, "text", "IMAGE") for part in message.parts])
        for message in rendered.messages
    ]


def test_the_image_stands_before_the_text():
    rendered = Renderer(variant("Name it.\n")).render(sample())
    assert parts(rendered) == [("user", ["IMAGE", "Name it."])]


def test_the_template_says_where_the_image_stands():
    rendered = Renderer(variant("Look:\n{{ image }}\nName it.\n")).render(sample())
    assert parts(rendered) == [("user", ["Look:", "IMAGE", "Name it."])]


def test_metadata_and_system_are_filled_in():
    prompt = variant("Name this {{ metadata.cuisine }} dish.", system="You know {{ id }}.")
    rendered = Renderer(prompt).render(sample(cuisine="Thai"))
    assert parts(rendered) == [
        ("system", ["You know s1."]),
        ("user", ["IMAGE", "Name this Thai dish."]),
    ]


def test_exemplars_become_turns_with_their_images():
    spec = ExemplarSpec(dataset="d", ids=("e",))
    renderer = Renderer(variant("Name it.", exemplars=spec), [sample("e", "b")])
    rendered = renderer.render(sample())
    assert parts(rendered) == [
        ("user", ["IMAGE", "Name it."]),
        ("assistant", ["The Answer"]),
        ("user", ["IMAGE", "Name it."]),
    ]
    assert [ref.sha256[0] for ref in rendered.media] == ["b", "a"]
    assert rendered.messages[2].parts[0] == ImagePart(index=1)


def test_exemplars_without_images_show_text_alone():
    spec = ExemplarSpec(dataset="d", ids=("e",), images=False)
    renderer = Renderer(variant("{{ image }}\nName it.", exemplars=spec), [sample("e", "b")])
    rendered = renderer.render(sample())
    assert parts(rendered)[0] == ("user", ["Name it."])
    assert [ref.sha256[0] for ref in rendered.media] == ["a"]


def test_the_references_cannot_be_reached():
    with pytest.raises(RenderError):
        Renderer(variant("{{ references }}")).render(sample())


def test_an_undefined_name_shows_its_line_and_what_there_is():
    renderer = Renderer(variant("First.\nSecond {{ metadata.titel }}.", line=5))
    with pytest.raises(RenderError) as caught:
        renderer.render(sample(title="x"))
    assert str(caught.value).startswith("v.yaml:6: ")
    assert "titel" in str(caught.value)
    assert "metadata.title" in str(caught.value)


def test_a_syntax_error_shows_its_line():
    with pytest.raises(RenderError) as caught:
        Renderer(variant("ok\nok\n{% if %}", line=3))
    assert str(caught.value).startswith("v.yaml:5: ")


def test_templates_are_sandboxed():
    with pytest.raises(RenderError):
        Renderer(variant("{{ id.__class__.__mro__[1].__subclasses__() }}")).render(sample())


def test_the_hash_follows_text_and_image_and_nothing_else():
    base = Renderer(variant("Name it.")).render(sample())
    same = Renderer(variant("Name it.\n")).render(sample("other", "a", unused=1))
    assert same.sha256 == base.sha256
    assert Renderer(variant("Name  it.")).render(sample()).sha256 != base.sha256
    assert Renderer(variant("Name it.")).render(sample(image="b")).sha256 != base.sha256
    assert base.messages[0].parts[1] == TextPart(text="Name it.")


def test_white_space_around_a_system_message_makes_no_other_prompt():
    """A YAML block ends in a newline; an edit of it must not ask a model anew."""
    plain = Renderer(variant("Name it.", system="You name dishes.")).render(sample())
    block = Renderer(variant("Name it.\n", system="  You name dishes.\n\n")).render(sample())
    assert parts(block)[0] == ("system", ["You name dishes."])
    assert block.sha256 == plain.sha256
