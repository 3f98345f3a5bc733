"""What is said of a filter that is given what it cannot use: its name, its line, plain words."""

import re
from itertools import product
from pathlib import Path

import pytest

from harness.errors import RenderError
from harness.records import PromptVariant, Sample, Where
from harness.render import Renderer
from harness.render.filters import FROM_ANY, FROM_TEXT

VARS = {"text": "Soup of the day", "list": ["b", "a"], "mixed": [1, "a"], "none_there": [],
        "number": 3, "dishes": [{"name": "a"}, {"title": "b"}]}  # fmt: skip
PYTHON = re.compile(
    r"object|argument must|positional|keyword|operand|instances|int\(|len\(|abs\(|NoneType|None|"
    r"modulo|literal|convert|unhashable|'(str|dict|bool)'|_[a-z]*\(\)"
)
"""Words of Python's own errors."""


def said(template):
    """Give where and with what a template is refused; None where it is not."""
    variant = PromptVariant(
        name="v", description="", system=None, user=f"A\n{template}", exemplars=None,
        postprocess=(), generation={}, vars=VARS,
        where={"user": Where(path=Path("v.yaml"), line=4)},
    )  # fmt: skip
    sample = Sample(id="s1", media=(), references=("x",), metadata={"cuisine": "thai"})
    try:
        Renderer(variant).render(sample)
    except RenderError as error:
        return str(error.where), error.message.removesuffix(" (sample 's1')")
    return None, None


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("text | slice(0)", "'slice' takes a whole number from 1 on as 'slices', not 0"),
        ("text | slice", "'slice' lacks its argument 'slices'"),
        ("list | batch(-1)", "'batch' takes a whole number from 1 on as 'linecount', not -1"),
        ("list | batch('2')", "'batch' takes a whole number from 1 on as 'linecount', not a text"),
        ("text | wordwrap(0)", "'wordwrap' takes a whole number from 1 on as 'width', not 0"),
        ("text | truncate(2)", "'truncate' to 2 letters leaves no room for its end, '...'"),
        ("text | center('x')", "'center' takes a whole number as 'width', not a text"),
        ("number | round(1.5)", "'round' takes a whole number as 'precision', not 1.5"),
        ("number | round(0, 'up')", "'round': method must be common, ceil or floor"),
        ("text | round", "'round' is for a number, and is given a text"),
        ("text | replace('a', 'b', 'c')", "'replace' takes a whole number as 'count', not a text"),
        ("text | replace('a')", "'replace' lacks its argument 'new'"),
        ("list | indent", "'indent' is for a text, and is given a list"),
        ("number | join(', ')", "'join' is for a list, a mapping or a text, and is given a number"),
        ("number | length", "'length' is for a list, a mapping or a text, and is given a number"),
        ("list | sum", "'sum' adds numbers, and is given a text"),
        ("mixed | sort", "'sort' cannot compare a number and a text"),
        ("dishes | sort", "'sort' cannot compare a mapping"),
        ("dishes | sort('name')", "'sort' takes true or false here, not a text"),
        ("list | map('uper') | list", "'map': there is no filter 'uper'"),
        ("list | map", "'map' does not say by what"),
        ("list | select('evn')", "'select': there is no test 'evn'"),
        ("list | map([1])", "'map' takes the name of a filter, in quotes, and is given a list"),
        ("text | upper(1)", "'upper' is given 1 argument and takes none"),
        ("text | trim(chars='a', side='left')", "'trim' has no argument 'side'"),
        ("text | dictsort", "'dictsort' is for a mapping, and is given a text"),
        ("'%d' | format('x')", "'format': the values do not fit the places in the text"),
        ("dishes | map(attribute='name') | list", "a mapping has no 'name'"),
    ],
)
def test_a_filter_that_is_misused_is_named_in_plain_words(template, message):
    assert said(f"{{{{ {template} }}}}") == ("v.yaml:5", message)


VALUES = (*VARS, "metadata", "image", "1.5", "true")
ARGUMENTS = (
    "", "(0)", "(-1)", "('x')", "([1])", "(1.5)", "(1, 2, 3, 4, 5, 6)", "(bad=1)", "({'a': 1})",
    "(attribute=1)", "('x', 'y', 0)", "('x', 'y', 'z')", "(0, 'x')", "(2, none)", "(2, 'x')",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(FROM_TEXT | FROM_ANY))
def test_no_filter_lets_words_of_python_through(name):
    for value, arguments in product(VALUES, ARGUMENTS):
        template = f"{{{{ {value} | {name}{arguments} }}}}"
        where, message = said(template)
        assert where in (None, "v.yaml:5")
        assert message is None or not PYTHON.search(message), (template, message)
