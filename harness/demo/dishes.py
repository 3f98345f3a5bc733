"""What a dish of the demo is: ingredients, styles (vessel and bed), and chance.

Turns a seeded random generator into a `Dish`, and a text back into the
ingredients that it names. Knows nothing of pictures, titles or models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

Taste = Literal["savoury", "sweet"]
Role = Literal["main", "vegetable", "fruit", "flavour"]

ROLE_ORDER: tuple[Role, ...] = ("main", "vegetable", "fruit", "flavour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """Something that can lie in a dish.

    Attributes:
        name: singular, in title case, as it stands inside a title ("Tomato").
        many: the form after "with" ("Tomatoes", "Garlic").
        glyph: the emoji that draws it.
        role: what part it plays; decides the order inside a title.
        taste: which dishes it may go into.
    """

    name: str
    many: str
    glyph: str
    role: Role
    taste: Taste


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A vessel and what lies in it under the ingredients: they decide the dish.

    Attributes:
        vessel: plate, bowl, skillet or board.
        bed: what the ingredients lie on; `draw` knows how it looks.
        dish: the dish's name in title case.
        taste: which ingredients go into it.
        catchy: adjectives that suit it in a descriptive title.
    """

    vessel: str
    bed: str
    dish: str
    taste: Taste
    catchy: tuple[str, ...]


def _ingredients(taste: Taste, role: Role, table: str) -> tuple[Ingredient, ...]:
    rows = (line.split() for line in table.strip().splitlines())
    return tuple(
        Ingredient(name=name, many=many, glyph=glyph, role=role, taste=taste)
        for glyph, name, many in rows
    )


INGREDIENTS: tuple[Ingredient, ...] = (
    *_ingredients(
        "savoury",
        "main",
        """
        🦐 Shrimp Shrimp
        🐟 Fish Fish
        🍗 Chicken Chicken
        🥩 Beef Beef
        🥓 Bacon Bacon
        🐙 Octopus Octopus
        🥚 Egg Eggs
        🧀 Cheese Cheese
        """,
    ),
    *_ingredients(
        "savoury",
        "vegetable",
        """
        🍅 Tomato Tomatoes
        🥑 Avocado Avocado
        🍆 Eggplant Eggplant
        🥕 Carrot Carrots
        🌽 Corn Corn
        🫑 Pepper Peppers
        🥒 Cucumber Cucumber
        🥬 Cabbage Cabbage
        🥦 Broccoli Broccoli
        🍄 Mushroom Mushrooms
        🧅 Onion Onions
        🫘 Bean Beans
        """,
    ),
    *_ingredients(
        "savoury",
        "flavour",
        """
        🌶 Chili Chili
        🧄 Garlic Garlic
        🍋 Lemon Lemon
        🫚 Ginger Ginger
        🌿 Basil Basil
        🫒 Olive Olives
        """,
    ),
    *_ingredients(
        "sweet",
        "fruit",
        """
        🍓 Strawberry Strawberries
        🍐 Pear Pears
        🍑 Peach Peaches
        🍒 Cherry Cherries
        🍇 Grape Grapes
        🫐 Blueberry Blueberries
        🥝 Kiwi Kiwi
        🍍 Pineapple Pineapple
        🍌 Banana Bananas
        """,
    ),
    *_ingredients(
        "sweet",
        "flavour",
        """
        🥥 Coconut Coconut
        🍫 Chocolate Chocolate
        🍯 Honey Honey
        """,
    ),
)


def _style(vessel: str, bed: str, dish: str, catchy: str, taste: Taste = "savoury") -> Style:
    return Style(vessel=vessel, bed=bed, dish=dish, taste=taste, catchy=tuple(catchy.split()))


STYLES: tuple[Style, ...] = (
    _style("plate", "greens", "Salad", "Crisp Garden"),
    _style("plate", "noodles", "Pasta", "Silky Tuscan"),
    _style("plate", "rice", "Pilaf", "Fragrant Fluffy"),
    _style("bowl", "broth", "Soup", "Soothing Hearty"),
    _style("bowl", "cream", "Chowder", "Velvety Creamy"),
    _style("bowl", "rice", "Rice Bowl", "Vibrant Wholesome"),
    _style("skillet", "bare", "Skillet", "Sizzling Smoky"),
    _style("skillet", "egg", "Frittata", "Golden Fluffy"),
    _style("skillet", "sauce", "Curry", "Fiery Fragrant"),
    _style("board", "toast", "Toast", "Crunchy Golden"),
    _style("board", "flatbread", "Flatbread", "Rustic Charred"),
    _style("board", "sticks", "Skewers", "Grilled Smoky"),
    _style("plate", "crust", "Tart", "Buttery Golden", "sweet"),
    _style("bowl", "yogurt", "Parfait", "Luscious Dreamy", "sweet"),
    _style("skillet", "crumble", "Crumble", "Bubbling Cosy", "sweet"),
)

Combination = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dish:
    """A style and one to three ingredients in the order of their roles."""

    style: Style
    ingredients: tuple[Ingredient, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the ingredients, in order."""
        return tuple(ingredient.name for ingredient in self.ingredients)

    @property
    def combination(self) -> Combination:
        """What a held-out sample may share with no training sample."""
        return self.style.dish, frozenset(self.names)


def ingredient_index() -> dict[str, int]:
    """Number of each ingredient, by name."""
    return {ingredient.name: i for i, ingredient in enumerate(INGREDIENTS)}


def choose_dish(rng: Random) -> Dish:
    """A dish drawn by chance; every style is equally likely.

    Args:
        rng: where chance comes from.
    """
    style = rng.choice(STYLES)
    pantry = [i for i in INGREDIENTS if i.taste == style.taste]
    count = rng.choices((1, 2, 3), weights=(12, 50, 38))[0]
    chosen: list[Ingredient] = []
    while len(chosen) < count:
        candidate = rng.choice(pantry)
        flavours = sum(i.role == "flavour" for i in chosen)
        mains = sum(i.role == "main" for i in chosen)
        if (
            candidate in chosen
            or (candidate.role == "flavour" and flavours >= max(count - 1, 1))
            or (candidate.role == "main" and mains >= 1 and rng.random() < 0.8)
        ):
            continue
        chosen.append(candidate)
    if count == 1 and chosen[0].role == "flavour":
        chosen = [rng.choice([i for i in pantry if i.role != "flavour"])]
    order = ingredient_index()
    chosen.sort(key=lambda i: (ROLE_ORDER.index(i.role), order[i.name]))
    return Dish(style=style, ingredients=tuple(chosen))


@cache
def _name_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    forms = {form.lower(): i.name for i in INGREDIENTS for form in (i.name, i.many, i.name + "s")}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b", re.IGNORECASE), forms


def named_ingredients(text: str) -> frozenset[str]:
    """Names of the known ingredients that a text names, singular or plural.

    Args:
        text: anything, for example what a model wrote.
    """
    pattern, forms = _name_pattern()
    return frozenset(forms[match.lower()] for match in pattern.findall(text))
