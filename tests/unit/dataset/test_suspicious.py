"""What looks wrong is told with examples; what is merely unusual is not."""

import pytest

from harness.dataset.suspicious import MANY, SHOWN, suspicions
from harness.records import Sample


def sample(title, sample_id="a1"):
    references = (title,) if isinstance(title, str) else tuple(title)
    return Sample(id=sample_id, media=(), references=references)


def kinds(*samples):
    return {each.kind: each.count for each in suspicions(samples)}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("SOUP OF THE DAY", "capitals_only"),
        ("CRÈME BRÛLÉE!", "capitals_only"),
        ("B", "one_letter"),
        (" 7. ", "one_letter"),
        ("soup.jpg", "file_name"),
        ("Beet Soup (2).JPEG", "file_name"),
        ("IMG_20210304_1", "file_name"),
        ("DSC01234", "file_name"),
        ("soup_of_the_day", "file_name"),
        ("soup-of-the-day", "file_name"),
        ("aaaa", "repeated_character"),
        ("!!!!!!", "repeated_character"),
        ("<b>Soup</b> of the day", "markup"),
        ("Soup<br/>", "markup"),
        ("Mac &amp; cheese", "markup"),
        ("[Soup](https://example.org)", "markup"),
    ],
)
def test_what_looks_wrong_in_a_title(title, kind):
    (found,) = suspicions([sample(title)])
    assert (found.kind, found.count, found.examples) == (kind, 1, (f"'a1': {title.strip()}",))


@pytest.mark.parametrize(
    "title",
    [
        "BLT", "BBQ", "Soup", "粥", "Pigs-in-Blankets", "Mrs. Fields", "Stir-Fry", "Pie à la mode",
        "7-Up Cake", "…", "🍲", "汤 of the day", "Mmm", "I <3 pie", "Mac & cheese; peas",
        "x" + " y" * 400, "U.S. Senate Bean Soup", "img",
    ],
)  # fmt: skip
def test_what_is_merely_unusual_in_a_title(title):
    assert suspicions([sample(title)]) == ()


def test_what_is_very_long_or_very_many_is_told_with_its_number():
    found = suspicions(
        [sample("a soup " * 200, "a"), sample([f"soup {i}" for i in range(51)], "b")]
    )
    assert [(each.kind, each.count) for each in found] == [("very_long", 1), ("many_references", 1)]
    assert found[0].examples[0].endswith("… (1,399 letters)")
    assert found[1].examples == ("'b': 51",)


@pytest.mark.parametrize(
    ("sample_id", "wrong"),
    [
        ("1.23457E+11", True),
        ("1,23457E+11", True),
        ("2E5", True),
        ("1234567890123450", True),
        ("12345678901234500", True),
        ("#NAME?", True),
        ("#N/A", True),
        ("1234567890123456", False),
        ("123456789012345", False),
        ("1000000", False),
        ("a2E5", False),
        ("#7", False),
    ],
)
def test_ids_that_a_spreadsheet_has_cut(sample_id, wrong):
    assert kinds(sample("Soup", sample_id)) == ({"cut_id": 1} if wrong else {})


def test_a_title_that_many_have_whatever_its_case():
    titles = ["Tart", "tart!", "TArt", "Tart ", "Tart", "Soup", *["Pie"] * (MANY - 1)]
    (found,) = suspicions(sample(title, str(i)) for i, title in enumerate(titles))
    assert (found.kind, found.count, found.examples) == ("same_title", 5, ("Tart (5 samples)",))
    assert kinds(*[sample(["Tart", "tart"], str(i)) for i in range(MANY - 1)]) == {}


def test_a_sample_counts_once_and_few_examples_are_kept():
    assert kinds(sample(["SOUP", "STEW"])) == {"capitals_only": 1}
    found = suspicions(sample(f"DISH {i} A", str(i)) for i in range(20))
    assert [(each.count, len(each.examples)) for each in found] == [(20, SHOWN)]
