"""Rules that judge what a sample holds: which rows they leave out, and which they leave alone."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.same_words import same_words
from harness.dataset.samples import load_samples
from harness.dataset.topics import Topics, content_words
from harness.errors import DataError
from harness.media import SeenLooks


@pytest.fixture
def titles(make):
    """A dataset of red pictures, one a title, and the rules that it is cleaned by."""

    def _titles(clean, *texts):
        quoted = (text.replace('"', '""') for text in texts)
        rows = (f'{chr(97 + i)},red,"{text}",x\n' for i, text in enumerate(quoted))
        return make("".join(rows), clean=f"[missing_reference, {clean}]")

    return _titles


def left_out(config, **options):
    return [(row.id, row.reason) for row in load_samples(config, **options).dropped]


def details(config):
    return [row.detail for row in load_samples(config).dropped]


def test_a_reference_may_have_too_few_words_or_too_many(titles):
    config = titles(
        "{too_short_reference: {words: 2}}, {too_long_reference: {words: 3}}",
        "Gazpacho!", "Mac & Cheese", "Cold Beet Soup", "A Cold Beet Soup", "…",
    )  # fmt: skip
    assert details(config) == [
        "1 word, fewer than 2: Gazpacho!",
        "4 words, more than 3: A Cold Beet Soup",
        "0 words, fewer than 2: …",
    ]


def test_one_reference_that_will_do_is_enough(titles):
    limits = "{too_short_reference: {words: 2}}, {too_long_reference: {words: 3}}"
    config = titles(limits, "['Soup', 'Beet Soup']", "['Soup', 'Salad']", "['a b c d', 'a b']")
    assert left_out(config) == [("b", "too_short_reference")]


def test_what_is_not_listed_is_kept(titles):
    assert left_out(titles("duplicate_id", "Soup", "Soup", "x", "qwertz")) == []


def test_a_row_without_a_word_in_common_is_off_topic(titles):
    rows = ("Beet Soup", "Tomato Soup", "The Soup with the Tomatoes", "Invoice of the 3rd", "…")
    config = titles("off_topic", *rows)
    assert details(config) == [
        "no word in common with another row: Invoice of the 3rd",
        "no word in common with another row: …",
    ]


def test_function_words_numbers_and_single_letters_are_nothing_in_common(titles):
    config = titles("off_topic", "I b 7 with the", "I b 7 with the", "Soup", "Soups")
    assert left_out(config) == [("a", "off_topic"), ("b", "off_topic")]


def test_words_are_shared_with_every_row_of_the_file_whatever_is_used_of_it(make):
    rows = "a,red,Beet,x\nb,red,Kale,x\nc,none,Beet,x\nd,red,Salad,x\ne,red,Salad,x\n"
    config = make(rows, clean="[off_topic, missing_image]")
    whole = load_samples(config)
    assert [(row.id, row.reason) for row in whole.dropped] == [
        ("b", "off_topic"),
        ("c", "missing_image"),
    ]
    for limit in (1, 2, 3):
        assert load_samples(config, limit=limit).samples == whole.samples[:limit]


def test_off_topic_looks_at_mended_texts(titles):
    config = titles("off_topic", "Caf&eacute;", "Café", "caf\u0065\u0301", "Soup", "Soup")
    assert [row for row, _ in left_out(config)] == ["a", "b", "c"]
    path = config.where.path
    path.write_text(f"{path.read_text()}mend: [html_entities, unicode]\n")
    assert left_out(load_dataset(path)) == []


@given(st.lists(st.lists(st.text("abs ", max_size=8), min_size=1, max_size=2), max_size=8))
def test_a_row_is_on_topic_if_and_only_if_another_has_one_of_its_words(every):
    topics = Topics(every)
    for place, references in enumerate(every):
        others = (content_words(other) for i, other in enumerate(every) if i != place)
        own = content_words(references)
        assert topics.has(references) == any(own & other for other in others)


def test_of_two_references_of_the_same_words_the_first_stays(titles):
    rows = (
        "Beet Soup",
        "Beet  soup!",
        "Soup, Beet",
        "['beet soup', 'Beet soup']",
        "Crème",
        "Creme",
    )
    config = titles("near_duplicate_reference", *rows)
    assert details(config) == [
        "the same words as sample 'a': Beet  soup!",
        "the same words as sample 'a': beet soup",
    ]


def test_one_reference_in_common_is_no_repetition(titles):
    rows = ("['A dog runs.', 'A dog.']", "['A dog.', 'A cat.']", "['a dog', 'a dog runs']")
    config = titles("near_duplicate_reference", *rows)
    assert left_out(config) == [("c", "near_duplicate_reference")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ＢＥＥＴ soup", "Beet-Soup", True),
        ("🍲", " 🍲 ", True),
        ("🍲", "🍜", False),
        ("½ Soup", "1⁄2 soup", True),
        ("Straße", "STRASSE", True),
        ("Cre\u0300me", "cr\u00e8me", True),
        ("The Apple Pie", "apple pie", True),
        ("Mac & Cheese", "Mac and Cheese", True),
        ("Soup without an Egg", "Soup with an Egg", False),
        ("And", "The", False),
    ],
)
def test_when_words_are_the_same(one, other, same):
    assert (same_words(one) == same_words(other)) is same


def test_a_row_that_is_left_out_is_nobodys_twin(make):
    rows = "a,none,Beet Soup,x\nb,red,Beet Soup,x\nc,red,Beet Soup,x\n"
    config = make(rows, clean="[missing_image, near_duplicate_reference, duplicate_image]")
    assert [(row.id, row.reason) for row in load_samples(config).dropped] == [
        ("a", "missing_image"),
        ("c", "duplicate_image"),
    ]


def test_who_is_asked_for_by_id_is_never_left_out(titles):
    config = titles("{too_short_reference: {words: 2}}", "Soup", "Beet Soup")
    assert load_samples(config, ids=["b", "b"]).samples[0].id == "b"
    with pytest.raises(DataError, match="'a': 1 word, fewer than 2: Soup") as caught:
        load_samples(config, ids=["a"])
    assert "asked for by its id" in str(caught.value)


CHANGES = {
    "recompressed": lambda image: encoded(image, "JPEG", quality=30),
    "rescaled": lambda image: encoded(image.resize((150, 150)), "PNG"),
    "cropped": lambda image: encoded(image.crop((2, 2, image.width - 2, image.height - 2)), "PNG"),
}


def encoded(image, form, **options):
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


@pytest.fixture
def demo_twins(repository, tmp_path, write):
    """The demo's 200 pictures, and of each tenth a variant of each kind behind them."""
    folder = repository / "datasets/recipes-demo/images"
    rows = [{"id": path.stem, "image": str(path)} for path in sorted(folder.glob("*.webp"))]
    for row in rows[::10]:
        with Image.open(row["image"]) as image:
            for name, change in CHANGES.items():
                content = change(image.convert("RGB"))
                path = tmp_path / "images" / f"{row['id']}-{name}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
                rows.append({"id": path.name, "image": str(path)})
    (tmp_path / "d.jsonl").write_text("".join(f"{json.dumps({**r, 't': 'x'})}\n" for r in rows))

    def _config(rule):
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: jsonl, path: d.jsonl}}
            columns: {{id: id, image: image, references: [t]}}
            images: {{root: /}}
            clean: [{rule}]
            """,
        )
        return load_dataset(path)

    return _config


def test_pictures_that_were_changed_a_little_are_found_and_no_others(demo_twins):
    config = demo_twins("near_duplicate_image")
    loaded = load_samples(config)
    assert len(loaded.samples) == 200
    assert len(loaded.dropped) == 60
    for row in loaded.dropped:
        twin = row.id.partition("-")[0]
        assert row.reason == "near_duplicate_image"
        assert row.detail.startswith(f"looks like the image of sample '{twin}' (")


def test_how_alike_they_must_be_may_be_said(demo_twins):
    exact = load_samples(demo_twins("{near_duplicate_image: {bits: 0}}")).dropped
    assert 0 < len(exact) < 60
    assert {row.detail.partition("' (")[2] for row in exact} == {"0 of 256 bits differ)"}


def test_the_same_bytes_are_one_picture_even_of_one_colour(make):
    config = make("a,red,Soup,x\nb,red again,Soup,x\nc,blue,x,x\n", clean="[near_duplicate_image]")
    assert details(config) == ["the same image as sample 'a'"]


def test_a_look_is_asked_for_only_where_a_rule_needs_it(make):
    def look(ref):
        raise AssertionError

    config = make("a,red,Soup,x\nb,red,Soup,x\n", clean="[duplicate_image, off_topic]")
    assert len(load_samples(config, look=look).samples) == 1


def test_seen_looks_grow_and_find_the_first():
    seen = SeenLooks()
    every = [f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}" * 4 for i in range(1, 3001)]
    for look in every:
        assert seen.near(look) is None
        seen.add(look)
    assert [seen.near(look).place for look in every[::500]] == list(range(0, 3000, 500))
    assert seen.near("") is None
