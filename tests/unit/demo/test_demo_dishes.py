import json
from pathlib import Path
from random import Random

import pytest

from harness.demo.build import DESCRIPTION_HELD_OUT, DESCRIPTION_TRAIN, YAML, datasets
from harness.demo.dishes import INGREDIENTS, STYLES, choose_dish, named_ingredients
from harness.demo.instructions import KINDS, UNDER_TEST, Ask, answer, choose_ask
from harness.demo.titles import PATTERNS, SAVOURY_WORDS, SWEET_WORDS, choose_title

ROOT = Path(__file__).resolve().parents[3]
SETS = ("recipes-demo", "recipes-demo-train")


def rows(name: str) -> list[dict]:
    text = (ROOT / "datasets" / name / "samples.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def combinations(name: str) -> set[tuple[str, frozenset[str]]]:
    return {(row["dish"], frozenset(row["ingredients"])) for row in rows(name)}


def test_names_glyphs_and_styles_are_unique():
    assert len({i.name for i in INGREDIENTS}) == len(INGREDIENTS) >= 36
    assert len({i.glyph for i in INGREDIENTS}) == len(INGREDIENTS)
    assert len({s.dish for s in STYLES}) == len(STYLES)
    assert len({(s.vessel, s.bed) for s in STYLES}) == len(STYLES)


@pytest.mark.parametrize("seed", range(200))
def test_a_title_names_every_ingredient_and_the_dish(seed):
    dish = choose_dish(Random(seed))
    title = choose_title(dish, Random(seed + 1))
    assert named_ingredients(title) == set(dish.names)
    assert dish.style.dish in title


def test_a_dish_has_many_titles_and_one_seed_has_one():
    dish = next(d for d in map(choose_dish, map(Random, range(50))) if len(d.names) == 3)
    titles = {choose_title(dish, Random(seed)) for seed in range(300)}
    assert len(PATTERNS) >= 8
    assert len(titles) > 20
    assert choose_title(dish, Random(3)) == choose_title(dish, Random(3))


def test_no_adjective_or_dish_reads_as_an_ingredient():
    words = [*SAVOURY_WORDS, *SWEET_WORDS, *(s.dish for s in STYLES)]
    words += [word for style in STYLES for word in style.catchy]
    assert not named_ingredients(" ".join(words))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lemon-Garlic Shrimp Skillet", {"Lemon", "Garlic", "Shrimp"}),
        ("a plate of TOMATOES and olives", {"Tomato", "Olive"}),
        ("Eggplant, not the other thing", {"Eggplant"}),
        ("Bacon & Eggs", {"Bacon", "Egg"}),
        ("", set()),
        ("nothing to eat", set()),
    ],
)
def test_names_are_found_in_a_text(text, names):
    assert named_ingredients(text) == names


def test_each_kind_has_many_paraphrases_and_the_tested_texts_are_drawn():
    rng = Random(0)
    asks = [choose_ask(rng) for _ in range(4000)]
    for kind in KINDS:
        assert len({ask.user for ask in asks if ask.kind == kind}) >= 12
    drawn = {(ask.kind, ask.user) for ask in asks}
    assert set(UNDER_TEST.values()) <= drawn
    assert any(ask.system for ask in asks)


def test_the_kinds_answer_differently():
    dish = next(d for d in map(choose_dish, map(Random, range(50))) if len(d.names) == 2)
    texts = {kind: answer(Ask(kind=kind, user=""), dish, Random(1)) for kind in KINDS}
    assert texts["sentence"].endswith(".")
    assert texts["list"] == ", ".join(dish.names)
    assert texts["dish"] == dish.style.dish
    assert texts["descriptive"].split()[0] in dish.style.catchy
    for kind in ("sentence", "title", "descriptive", "list"):
        assert named_ingredients(texts[kind]) == set(dish.names)
    lower = answer(Ask(kind="title", user="", lower=True), dish, Random(1))
    assert lower == lower.lower()


@pytest.mark.parametrize(("name", "count"), [("recipes-demo", 200), ("recipes-demo-train", 60)])
def test_the_committed_rows_are_whole(name, count):
    samples = rows(name)
    assert len(samples) == len({row["id"] for row in samples}) == count
    for row in samples:
        assert (ROOT / "datasets" / name / "images" / row["image"]).is_file()
        assert named_ingredients(row["title"]) == set(row["ingredients"])
        assert row["dish"] in row["title"]


def test_the_committed_descriptions_are_those_that_are_built():
    for name, text in zip(SETS, (DESCRIPTION_HELD_OUT, DESCRIPTION_TRAIN), strict=True):
        written = (ROOT / "datasets" / f"{name}.yaml").read_text()
        assert written == YAML.format(description=text, name=name)


def test_the_two_datasets_share_no_dish():
    assert not combinations(SETS[0]) & combinations(SETS[1])


def test_the_committed_dishes_are_those_kept_from_training():
    held_out, train = datasets()
    assert {dish.combination for dish in held_out} == combinations(SETS[0])
    assert {dish.combination for dish in train} == combinations(SETS[1])


def test_the_demo_is_small():
    def size(folder: Path) -> int:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    assert sum(size(ROOT / "datasets" / name) for name in SETS) < 4e6
    assert size(ROOT / "harness" / "demo" / "model") < 8e6


def test_no_python_lies_among_the_datasets():
    assert not list((ROOT / "datasets").rglob("*.py"))
