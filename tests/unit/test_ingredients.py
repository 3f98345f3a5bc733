"""A key is the hash of one documented dictionary, and a difference names what changed in it."""

import json

import pytest

from harness.fingerprint import canonical_json, sha256_json
from harness.ingredients import VERSION, Ingredients, differences
from harness.records import FilePlace, ImagePart, MediaRef, Message, RenderedPrompt, TextPart
from harness.render import prompt_content

MODEL = {
    "engine": "vllm",
    "args": {"dtype": "bfloat16", "mm": {"images": 1, "cache": True}},
    "image": {},
    "checkpoint": {"files": "a" * 64},
}
DECODING = {"temperature": 0, "max_tokens": 32}


def ingredients(
    text="Name the dish.",
    *,
    model=MODEL,
    decoding=DECODING,
    image="b" * 64,
    pixels=1,
    draw=0,
):
    texts = text if isinstance(text, tuple) else (text,)
    place = FilePlace(path="x.png")
    media = (MediaRef(place=place, sha256=image, width=3, height=4, pixels=pixels),)
    parts = (ImagePart(index=0), *(TextPart(text=one) for one in texts))
    messages = (
        Message(role="system", parts=(TextPart(text="You name dishes.\nBe short."),)),
        Message(role="user", parts=parts),
    )
    return Ingredients(
        prompt=RenderedPrompt(
            messages=messages, media=media, sha256=sha256_json(prompt_content(messages, media))
        ),
        model=canonical_json(model),
        decoding=canonical_json(decoding),
        draw=draw,
    )


def between(before, after):
    return differences(before.record, after.record, before.parts | after.parts)


def test_a_key_is_the_hash_of_what_the_model_saw():
    made = ingredients(draw=2)
    content = [
        ["system", [{"text": "You name dishes.\nBe short."}]],
        ["user", [{"image": "b" * 64}, {"text": "Name the dish."}]],
    ]
    assert made.key == sha256_json(
        {
            "version": VERSION,
            "prompt": sha256_json(content),
            "model": MODEL,
            "decoding": DECODING,
            "draw": 2,
        }
    )


def test_a_record_names_parts_that_are_kept_once_for_many_images():
    one, two = ingredients(image="1" * 64), ingredients(image="2" * 64)
    assert one.key != two.key
    assert one.parts == two.parts
    assert json.loads(one.parts[one.record["model"]]) == MODEL
    assert one.record == {
        "version": VERSION,
        "messages": sha256_json(
            [
                ["system", [{"text": "You name dishes.\nBe short."}]],
                ["user", [{"image": 0}, {"text": "Name the dish."}]],
            ]
        ),
        "model": sha256_json(MODEL),
        "decoding": sha256_json(DECODING),
        "images": ["1" * 64],
        "draw": 0,
    }


def test_equal_ingredients_have_no_difference():
    assert between(ingredients(), ingredients()) == []


def test_an_edited_prompt_is_a_diff_of_its_lines():
    edited = ingredients("Name the dish well.")
    assert between(ingredients(), edited) == [
        "--- messages before",
        "+++ messages after",
        "@@ -3,4 +3,4 @@",
        " Be short.",
        " [user]",
        " <image 0>",
        "-Name the dish.",
        "+Name the dish well.",
    ]


@pytest.mark.parametrize("text", ["Name the dish.\n", ("Name", "the dish.")])
def test_a_prompt_whose_lines_look_the_same_is_named_too(text):
    before = ingredients("Name\nthe dish." if isinstance(text, tuple) else "Name the dish.")
    assert between(before, ingredients(text)) == [
        "messages: other line ends, or the same text in other parts"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"args": {"dtype": "bfloat16", "mm": {"images": 2, "cache": True}}}, ["mm.images: 1 → 2"]),
        (
            {"args": {"dtype": "half", "mm": {"images": 1}}},
            ['dtype: "bfloat16" → "half"', "mm.cache: true → (not set)"],
        ),
    ],
)
def test_an_argument_is_named_by_its_place(change, said):
    after = ingredients(model=MODEL | change)
    assert between(ingredients(), after) == [f"model.args.{line}" for line in said]


def test_another_checkpoint_is_named_by_the_start_of_its_hash():
    after = ingredients(model=MODEL | {"checkpoint": {"files": "c" * 64}})
    assert between(ingredients(), after) == [
        "model.checkpoint.files: aaaaaaaaaaaa… → cccccccccccc…"
    ]
    hub = ingredients(model=MODEL | {"checkpoint": {"id": "a/b", "revision": None}})
    assert between(ingredients(), hub) == [
        "model.checkpoint.files: aaaaaaaaaaaa… → (not set)",
        'model.checkpoint.id: (not set) → "a/b"',
        "model.checkpoint.revision: (not set) → null",
    ]


def test_a_parameter_of_sampling_is_named_with_both_values():
    after = ingredients(decoding={"temperature": 0.7, "max_tokens": 32, "seed": 0})
    assert between(ingredients(), after) == [
        "decoding.seed: (not set) → 0",
        "decoding.temperature: 0 → 0.7",
    ]


def test_images_and_draws_are_named():
    assert between(ingredients(), ingredients(image="d" * 64)) == [
        "images[0]: content bbbbbbbbbbbb… → dddddddddddd…"
    ]
    before, after = ingredients().record, ingredients(draw=1).record
    assert differences(before, after, {}) == ["draw: 0 → 1"]
    assert differences(before, before | {"images": []}, {}) == ["images: 1 → 0"]
    assert differences(before, before | {"version": 2}, {}) == [f"version: {VERSION} → 2"]


def test_rules_of_pixels_count_from_the_second_version_on():
    first, second, third = (ingredients(pixels=version) for version in (1, 2, 3))
    assert len({first.key, second.key, third.key}) == 3
    assert "pixels" not in first.record
    assert between(first, second) == ["images[0]: pixels made by rules 1 → 2"]
    assert between(third, second) == ["images[0]: pixels made by rules 3 → 2"]
    assert between(first, first) == []
    [content] = prompt_content(second.prompt.messages[1:], second.prompt.media)
    assert content[1][0] == {"image": "b" * 64, "pixels": 2}


def test_a_part_that_was_not_kept_is_told_by_its_hash():
    before, after = ingredients().record, ingredients("Another prompt.").record
    short = [record["messages"][:12] for record in (before, after)]
    assert differences(before, after, {}) == [f"messages: {short[0]}… → {short[1]}…"]
    assert differences(before, {"images": before["images"], "draw": 0, "version": VERSION}, {}) == [
        f"messages: {short[0]}… → (not kept)",
        f"model: {before['model'][:12]}… → (not kept)",
        f"decoding: {before['decoding'][:12]}… → (not kept)",
    ]
