"""Titles of a dish, as different cooks would write them.

Turns a `Dish` into a title drawn by chance from many patterns, so that no
picture decides its title. Every title names every ingredient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from harness.demo.dishes import Dish

SAVOURY_WORDS = ("Roasted", "Creamy", "Spicy", "Quick", "Easy", "Rustic", "Weeknight", "Warm")
SWEET_WORDS = ("Fresh", "Easy", "Summer", "Warm", "Rustic", "Sticky", "Quick", "Homemade")

Pattern = Callable[[list[str], list[str], str, str], str]


def join(words: list[str], last: str = "and") -> str:
    """Words as a list in English: "A", "A and B", "A, B and C"."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _front(one: list[str]) -> str:
    """Flavours before what they flavour: [Shrimp, Lemon, Garlic] -> Lemon-Garlic Shrimp."""
    return f"{'-'.join(one[1:])} {one[0]}".strip()


def _all_then_dish(one: list[str], _many: list[str], dish: str, _word: str) -> str:
    return f"{join(one)} {dish}"


def _front_then_dish(one: list[str], _many: list[str], dish: str, _word: str) -> str:
    return f"{_front(one)} {dish}"


def _dish_with_all(_one: list[str], many: list[str], dish: str, _word: str) -> str:
    return f"{dish} with {join(many)}"


def _first_dish_with_rest(one: list[str], many: list[str], dish: str, _word: str) -> str:
    return f"{one[0]} {dish}" + (f" with {join(many[1:])}" if many[1:] else "")


def _word_all_dish(one: list[str], _many: list[str], dish: str, word: str) -> str:
    return f"{word} {join(one)} {dish}"


def _word_first_dish_with_rest(one: list[str], many: list[str], dish: str, word: str) -> str:
    return f"{word} " + _first_dish_with_rest(one, many, dish, word)


def _word_front_dish(one: list[str], _many: list[str], dish: str, word: str) -> str:
    return f"{word} {_front(one)} {dish}"


def _ampersand(one: list[str], _many: list[str], dish: str, _word: str) -> str:
    return f"{join(one, '&')} {dish}"


def _two_dish_with_last(one: list[str], many: list[str], dish: str, _word: str) -> str:
    if len(one) < 3:
        return _first_dish_with_rest(one, many, dish, _word)
    return f"{one[0]} and {one[1]} {dish} with {many[2]}"


def _word_dish_with_all(_one: list[str], many: list[str], dish: str, word: str) -> str:
    return f"{word} {dish} with {join(many)}"


PATTERNS: tuple[tuple[Pattern, int], ...] = (
    (_all_then_dish, 30),
    (_front_then_dish, 12),
    (_dish_with_all, 8),
    (_first_dish_with_rest, 14),
    (_word_all_dish, 8),
    (_word_first_dish_with_rest, 6),
    (_word_front_dish, 5),
    (_ampersand, 5),
    (_two_dish_with_last, 8),
    (_word_dish_with_all, 4),
)


def choose_title(dish: Dish, rng: Random) -> str:
    """A title of a dish, its pattern and its adjective drawn by chance.

    Args:
        dish: what to name.
        rng: where chance comes from.
    """
    words = SWEET_WORDS if dish.style.taste == "sweet" else SAVOURY_WORDS
    patterns = [pattern for pattern, _ in PATTERNS]
    pattern = rng.choices(patterns, weights=[weight for _, weight in PATTERNS])[0]
    one = list(dish.names)
    many = [ingredient.many for ingredient in dish.ingredients]
    return pattern(one, many, dish.style.dish, rng.choice(words))
