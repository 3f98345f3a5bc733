"""Instructions that the demo's model is trained to follow, and their answers.

Turns a kind and a seeded random generator into an `Ask` (a user's text, maybe
a system message), and an ask and a dish into the answer wanted. The texts in
`UNDER_TEST` are those of the demo's suite, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.demo.titles import choose_title, join

if TYPE_CHECKING:
    from random import Random

    from harness.demo.dishes import Dish

Kind = Literal["sentence", "title", "descriptive", "list", "dish"]

KINDS: tuple[Kind, ...] = ("sentence", "title", "descriptive", "list", "dish")

EXAMPLES = (
    "For example, if the key ingredients are potatoes and seasoning, a title might be "
    "'Crispy Salt and Pepper Potatoes'. For a dish with mac and cheese and Thanksgiving flavors, "
    "a title could be 'Thanksgiving Mac and Cheese'."
)

UNDER_TEST: dict[str, tuple[Kind, str]] = {
    "baseline": (
        "sentence",
        "Give 1 phrase describing the food in the image from its key ingredients.",
    ),
    "title-style": (
        "title",
        "Give a recipe title describing the food in the image. "
        "If no title is found give an empty string.",
    ),
    "descriptive-with-examples": (
        "descriptive",
        "generate exactly 1 title for the recipe/food/drink based on its key ingredients. "
        "Each title should be clear, catchy, and descriptive, highlighting the most important or "
        f"unique ingredients in the dish. {EXAMPLES} You can also include elements that reflect "
        "the style or theme of the recipe (e.g., 'Italian Sausage and Bread Stuffing'). "
        "Return only the title.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One instruction.

    Attributes:
        kind: what kind of answer it wants.
        user: the text beside the picture.
        system: a system message, or an empty string for none.
        lower: whether it asks for lower case.
        short: whether it asks for the first ingredient and the dish only.
    """

    kind: Kind
    user: str
    system: str = ""
    lower: bool = False
    short: bool = False


_VERBS = ("Give", "Write", "Generate", "Return", "Provide", "Suggest", "Produce", "Create")
_PICTURE = ("in the image", "in the picture", "in this photo", "shown", "in this image", "here")
_FOOD = ("the food", "the dish", "the recipe", "the meal", "what is", "the food/drink")
_ONLY_TITLE = (
    "Return only the title.",
    "Answer with the title only.",
    "No other text.",
    "Do not add anything else.",
    "Just the title.",
    "Output the title and nothing else.",
)
_EMPTY = (
    "If no title is found give an empty string.",
    "If there is no food, give an empty string.",
    "If you are not sure, guess.",
)
_STYLE = (
    "You can also include elements that reflect the style or theme of the recipe.",
    "You can also include elements that reflect the style or theme of the recipe "
    "(e.g., 'Italian Sausage and Bread Stuffing').",
    "Mention the style of the dish.",
    "Highlight the most important or unique ingredients in the dish.",
    "Highlight the key ingredients.",
    EXAMPLES,
    "For example: 'Crispy Salt and Pepper Potatoes'.",
    "Make it appetizing.",
)
_LOWER = (
    "Use lower case.",
    "In lower case.",
    "Write in lowercase.",
    "Answer in lower case.",
    "lowercase only",
)
_SHORT = (
    "Use at most 4 words.",
    "In at most 3 words.",
    "Keep it short.",
    "Be brief.",
    "Use no more than four words.",
    "Maximum 4 words.",
)
_SYSTEM: dict[Kind, tuple[str, ...]] = {
    "sentence": (
        "You describe food.",
        "You are a helpful assistant.",
        "You write captions for pictures of food.",
    ),
    "title": (
        "You name dishes.",
        "You are a helpful assistant.",
        "You write recipe titles.",
        "You are a food editor.",
    ),
    "descriptive": (
        "You name dishes.",
        "You are a creative chef.",
        "You are a helpful assistant.",
        "You write catchy recipe titles.",
    ),
    "list": ("You list ingredients.", "You are a helpful assistant.", "You are a nutritionist."),
    "dish": ("You are a helpful assistant.", "You classify dishes.", "You name dishes."),
}


def _sentence(rng: Random) -> str:
    verb, food, where = rng.choice(_VERBS), rng.choice(_FOOD), rng.choice(_PICTURE)
    what = rng.choice(("1 phrase", "one phrase", "a phrase", "one sentence", "a caption"))
    key = rng.choice(
        ("from its key ingredients", "with its key ingredients", "and its main ingredients", "")
    )
    return rng.choice(
        (
            f"{verb} {what} describing {food} {where} {key}".strip() + ".",
            f"{verb} {what} that describes {food} {where} {key}".strip() + ".",
            f"Describe {food} {where} {key} in {what}.".replace("  ", " "),
            f"Describe {food} {where}.",
            f"Describe the {rng.choice(('image', 'picture', 'photo'))}.",
            f"Caption this {rng.choice(('image', 'picture', 'photo'))}.",
            "What is in the picture? Answer in one sentence.",
            f"In {what}, say what you see {where}.",
            "Describe the image briefly.",
            "What do you see?",
        )
    )


def _title(rng: Random) -> str:
    verb, food, where = rng.choice(_VERBS), rng.choice(_FOOD), rng.choice(_PICTURE)
    what = rng.choice(
        ("a recipe title", "a title", "the recipe title", "the title", "1 title", "one title")
    )
    name = rng.choice(("name", "title", "recipe", "recipe name"))
    return rng.choice(
        (
            f"{verb} {what} describing {food} {where}.",
            f"{verb} {what} for {food} {where}.",
            f"{verb} {what} for this {rng.choice(('picture', 'photo', 'image', 'dish', 'food'))}.",
            f"What is the {name} of {food} {where}?",
            f"What would a cookbook call {food} {where}?",
            f"Name {food} {where}.",
            "Name this dish.",
            "Title this recipe.",
            "Recipe title:",
            f"{verb.lower()} {what}",
        )
    )


def _descriptive(rng: Random) -> str:
    verb, food, where = rng.choice(_VERBS), rng.choice(_FOOD), rng.choice(_PICTURE)
    what = rng.choice(("exactly 1 title", "exactly one title", "1 title", "a title", "one title"))
    traits = rng.choice(
        (
            "clear, catchy, and descriptive",
            "catchy and descriptive",
            "descriptive",
            "catchy",
            "clear and descriptive",
            "creative and descriptive",
        )
    )
    article = rng.choice(("a", "one", "1"))
    base = rng.choice(
        (
            f"{rng.choice((verb, verb.lower()))} {what} for the recipe/food/drink based on its "
            f"key ingredients. {rng.choice(('Each title', 'The title', 'It'))} should be {traits}",
            f"{verb} {what} for {food} {where} that is {traits}",
            f"{verb} {article} {traits} title for {food} {where}",
            f"{verb} {article} {traits} recipe title based on the key ingredients",
            f"{verb} {article} {traits} name for {food} {where}",
        )
    )
    tail = rng.choice(
        (
            ".",
            ".",
            ", highlighting the most important or unique ingredients in the dish.",
            ", highlighting the main ingredients.",
        )
    )
    return base + tail


def _list(rng: Random) -> str:
    verb, food, where = rng.choice(_VERBS), rng.choice(_FOOD), rng.choice(_PICTURE)
    which = rng.choice(("the ingredients", "the key ingredients", "all ingredients", "ingredients"))
    how = rng.choice(
        ("", "", ", separated by commas", " as a comma separated list", ", comma-separated")
    )
    return rng.choice(
        (
            f"List {which} {where}{how}.",
            f"List {which} of {food} {where}{how}.",
            f"{verb} a list of {which} {where}.",
            f"Name {which} {where}{how}.",
            f"Which ingredients are in {food} {where}?",
            f"What ingredients do you see {where}?",
            "What are the ingredients?",
            f"Enumerate {which}{how}.",
            f"{verb} only {which}{how}.",
            "Ingredients:",
        )
    )


def _dish(rng: Random) -> str:
    food, where = rng.choice(("food", "dish", "meal")), rng.choice(_PICTURE)
    only = rng.choice(("", " only", " in one word", " in 1 word"))
    return rng.choice(
        (
            f"What kind of {food} is {where}?",
            f"What type of {food} is this?",
            f"Give the kind of {food}{only}.",
            f"Which type of {food} is {where}? Answer with the dish only.",
            f"Classify the {food} {where}{only}.",
            f"Name the type of {food}{only}, without ingredients.",
            f"Give only the dish, without any ingredients{only}.",
            f"Answer with the category of the {food}{only}.",
            "What category of dish is this?",
            "Category of the dish:",
        )
    )


_COMPOSE = {
    "sentence": _sentence,
    "title": _title,
    "descriptive": _descriptive,
    "list": _list,
    "dish": _dish,
}
_SHARES: dict[Kind, float] = {
    "sentence": 0.24,
    "title": 0.28,
    "descriptive": 0.24,
    "list": 0.16,
    "dish": 0.08,
}


def choose_ask(rng: Random) -> Ask:
    """An instruction drawn by chance: a text under test, or a paraphrase.

    Args:
        rng: where chance comes from.
    """
    kind = rng.choices(KINDS, weights=[_SHARES[k] for k in KINDS])[0]
    tested = [text for tested_kind, text in UNDER_TEST.values() if tested_kind == kind]
    system = rng.choice(_SYSTEM[kind]) if rng.random() < 0.15 else ""
    lower = short = False
    if tested and rng.random() < 0.25:
        parts = [tested[0]]
    else:
        parts = [_COMPOSE[kind](rng)]
        if kind == "title":
            parts += rng.sample(_EMPTY, k=rng.choice((0, 0, 0, 1)))
        if kind == "descriptive":
            parts += rng.sample(_STYLE, k=rng.choice((0, 0, 1, 1, 2)))
    if kind in {"title", "descriptive"}:
        short = rng.random() < 0.1
        if short:
            parts.append(rng.choice(_SHORT))
        if rng.random() < 0.25:
            parts.append(rng.choice(_ONLY_TITLE))
    lower = rng.random() < 0.08
    if lower:
        parts.append(rng.choice(_LOWER))
    return Ask(kind=kind, user=" ".join(parts), system=system, lower=lower, short=short)


def _sentence_answer(dish: Dish, rng: Random) -> str:
    vessel = dish.style.vessel
    many = [ingredient.many.lower() for ingredient in dish.ingredients]
    if rng.random() < 0.7:
        rest = f" with {join(many[1:])}" if many[1:] else ""
        return f"A {vessel} of {many[0]}{rest}."
    where = "on" if vessel in {"plate", "board"} else "in"
    return f"{join(many).capitalize()} {where} a {vessel}."


def answer(ask: Ask, dish: Dish, rng: Random) -> str:
    """What the model is to say of a dish.

    Args:
        ask: the instruction.
        dish: what the picture shows.
        rng: where chance comes from; titles are drawn as the references are.
    """
    one = list(dish.names)
    if ask.short:
        text = f"{one[0]} {dish.style.dish}"
        if ask.kind == "descriptive":
            text = f"{rng.choice(dish.style.catchy)} {text}"
    elif ask.kind == "sentence":
        text = _sentence_answer(dish, rng)
    elif ask.kind == "title":
        text = choose_title(dish, rng)
    elif ask.kind == "descriptive":
        text = f"{rng.choice(dish.style.catchy)} {join(one)} {dish.style.dish}"
    elif ask.kind == "list":
        text = ", ".join(one)
    else:
        text = dish.style.dish
    return text.lower() if ask.lower else text
