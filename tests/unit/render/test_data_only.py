"""What a template looks up is data: never Python's methods, never null or an address in silence."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RenderError
from harness.render.filters import FROM_ANY, FROM_TEXT
from harness.render.values import LOOP

ADDRESS = re.compile(r"0x[0-9a-fA-F]+|<[a-zA-Z_.]*\s?(object|method|function|generator|class)")
METHODS = sorted({name for kind in (dict, list, str, int, float, tuple) for name in dir(kind)})


@pytest.mark.parametrize("name", ["items", "values", "keys", "copy", "get", "pop", "update"])
def test_a_column_is_shown_whatever_its_name(render, name):
    """Found 2026-11-25: these showed a method and its address."""
    assert render(f"{{{{ metadata.{name} }}}}", **{name: "leek"}) == [0, "leek"]
    assert render(f"{{{{ metadata.inner.{name} }}}}", inner={name: "leek"}) == [0, "leek"]
    assert render(f"{{{{ metadata['{name}'] }}}}", **{name: "leek"}) == [0, "leek"]


@pytest.mark.parametrize("value", [{}, [], "Soup", 3, 0.5, True, None, ()])
def test_no_value_has_the_names_that_python_gives_it(render, value):
    for name in METHODS:
        for way in (f"metadata.x.{name}", f"metadata.x['{name}']"):
            with pytest.raises(RenderError, match=f"v.yaml:2: .*{name}"):
                render("{{ " + way + " }}", x=value)


@pytest.mark.parametrize(
    ("template", "instead"),
    [
        ("{{ metadata.title.upper() }}", "{{ text | upper }}"),
        ("{{ metadata.title.split(',') }}", "{{ text | split(',') }}"),
        ("{{ metadata.list.count }}", "{{ list | length }}"),
        ("{% for k, v in metadata.items() %}{% endfor %}", "in metadata | items"),
        ("{{ metadata.get('x') }}", "default('unknown')"),
        ("{{ metadata.titel }}", "a sample offers image, images, id, metadata.title"),
        ("{{ titel }}", "a sample offers image, images, id, metadata.title"),
        ("{{ 'x' | shuffle }}", "filters: abs"),
        ("{{ 'x' | uper }}", "did you mean 'upper'?"),
        ("{% if id is odded %}{% endif %}", "did you mean 'odd'?"),
        ("{% extends 'x' %}", "'extends:' in its YAML"),
        ("{% block a %}{% endblock %}", "'extends:' in its YAML"),
        ("{{ metadata.title() }}", "a template may call range, namespace"),
        ("{{ lipsum() }}", "a sample offers"),
    ],
)
def test_a_mistake_says_what_to_write(render, template, instead):
    with pytest.raises(RenderError) as caught:
        render(f"one\n{template}", title="Soup", list=[1])
    assert str(caught.value).startswith("v.yaml:3: ")
    assert instead in str(caught.value.hint)


@pytest.mark.parametrize(
    "template",
    [
        r"{{ '\udfff' }}", r"{{ 'a' ~ '\ud83c\udf55' }}", r"{{ image ~ '\ud800' }}",
        r"{% filter upper %}{{ '\ud800' }}{% endfilter %}", r"{{ ['\ud800'] | first }}",
        r"{% macro m(a) %}{{ a }}{% endmacro %}{{ m('\ud800') }}",
    ],
)  # fmt: skip
def test_half_a_character_is_never_shown(render, template):
    """Found 2026-11-26: every tokenizer refused such a prompt, when a run had loaded its model."""
    with pytest.raises(RenderError, match=r"^v.yaml:3: \\ud\w{3} is half a character"):
        render(f"one\n{template}")


@pytest.mark.parametrize(
    "template",
    [
        "{{ metadata.x }}", "{{ metadata.x ~ '' }}", "{{ metadata.x | upper }}",
        "{{ 'a' ~ metadata.x }}", "{{ '%s' % metadata.x }}", "{{ metadata.x | int }}",
        "{{ 'a' | replace('a', metadata.x) }}", "{{ [metadata.x] | join }}",
        "{{ metadata.x + 'a' }}", "{% for a in metadata.x %}{% endfor %}", "{{ metadata.x * 2 }}",
        "{{ metadata.x | list }}", "{{ metadata.x | map('upper') | list }}", "{{ [metadata.x] }}",
        "{{ '%s' | format(metadata.x) }}", "{{ {'a': metadata.x} }}", "{{ metadata.x | join }}",
    ],
)  # fmt: skip
def test_null_is_never_shown(render, template):
    with pytest.raises(RenderError) as caught:
        render(f"one\n{template}", x=None, y=None)
    assert str(caught.value).startswith("v.yaml:3: metadata.x is null (sample 's1')")
    assert "metadata.x" in str(caught.value.hint)


def test_null_inside_a_list_is_never_shown(render):
    for template in ("{{ metadata.x }}", "{{ metadata.x | join }}", "{{ metadata.x | string }}"):
        with pytest.raises(RenderError, match="null has no text"):
            render(template, x=["a", [None]] if "join" not in template else ["a", None])


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ metadata.x or 'none' }}", "none"),
        ("{{ metadata.x | default('none') }}", "none"),
        ("{{ metadata.x | d('none') }}", "none"),
        ("{{ metadata.no | default('none') }}", "none"),
        ("{{ 'yes' if metadata.x is none else 'no' }}", "yes"),
        ("{{ 'yes' if metadata.x is defined else 'no' }}", "yes"),
        ("{{ 'yes' if metadata.x == none else 'no' }}", "yes"),
        ("{% if metadata.x %}yes{% else %}no{% endif %}", "no"),
        ("{{ metadata.x | tojson }}", "null"),
        ("{{ metadata.y | select | join('+') }}", "a+b"),
        ("{{ metadata.y | reject('none') | join('+') }}", "a+b"),
    ],
)
def test_null_can_be_asked_for(render, template, text):
    assert render(template, x=None, y=["a", None, "b"]) == [0, text]


VALUES = {
    "text": "a, b",
    "list": ["b", "a"],
    "table": [{"k": "b", "n": 1}, {"k": "a", "n": 2}],
    "number": 3.14159,
    "day": datetime.date(2026, 1, 2),
    "html": "<b>a</b> & b",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ metadata.text | split(', ') | reverse | join('-') }}", "b-a"),
        ("{{ metadata.list | sort | join(' ') | title }}", "A B"),
        ("{{ metadata.list }}", "['b', 'a']"),
        ("{{ metadata.table | map(attribute='k') | join }}", "ba"),
        ("{{ metadata.table | sum('n') }}", "3"),
        ("{{ metadata.table | selectattr('n', 'gt', 1) | map(attribute='k') | first }}", "a"),
        ("{% for g in metadata.table | groupby('k') %}{{ g.grouper }}{{ g.list | length }}"
         "{% endfor %}", "a1b1"),
        ("{% for key, row in {'x': 1, 'y': 2} | items %}{{ key }}={{ row }} {% endfor %}",
         "x=1 y=2"),
        ("{{ metadata.number | round(2) }} {{ '%.1f' % metadata.number }}", "3.14 3.1"),
        ("{{ '%s-%5.2f' | format('a', metadata.number) }}", "a- 3.14"),
        ("{{ metadata.day }}", "2026-01-02"),
        ("{{ metadata.text[:1] ~ metadata.list[-1] ~ 2 }}", "aa2"),
        ("{{ metadata.html | striptags }}", "a & b"),
        ("{{ metadata.html | escape }}", "&lt;b&gt;a&lt;/b&gt; &amp; b"),
        ("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}"
         "{% endfor %}{{ ns.n }}", "6"),
        ("{% for i in [1, 2, 3] %}{{ i }}{{ loop.cycle('a', 'b') }}{% if not loop.last %},"
         "{% endif %}{% endfor %}", "1a,2b,3a"),
        ("{% for i in [[1, [2]], [3]] recursive %}{{ loop(i) if i is sequence else i }}"
         "{% endfor %}", "123"),
        ("{% macro m(a, b='!') %}{{ a }}{{ b }}{{ caller() if caller }}{% endmacro %}"
         "{% call m('x') %}?{% endcall %}", "x!?"),
        ("{% filter upper %}a{{ id }}{% endfilter %}", "AS1"),
        (r"{{ '\U0001f355' ~ '\u00e9' }}", "🍕é"),
        ("{{ 2 ** 10 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1 / 4 }} {{ 'ab' * 2 }} {{ [1] + [2] }}",
         "1024 3 3 0.25 abab [1, 2]"),
        ("{{ 1 < 2 < 3 and 'a' in metadata.text }}", "True"),
        ("{% if metadata.n is defined and metadata.n is odd %}{% endif %}x", "x"),
    ],
)  # fmt: skip
def test_what_templates_reasonably_do(render, template, text):
    assert render(template, **VALUES) == [0, text]


MACHINERY = [
    "range", "namespace", "namespace(a=1)", "m", "loop", "self", "metadata.list | map('upper')",
    "metadata | items", "metadata.table | groupby('k')", "caller", "cycler", "[m]", "[range]",
    "metadata.list | batch(1)", "metadata.list | unique", "dict", "image", "varargs",
    "metadata.list | reverse", "namespace(a=[m])", "{'a': range}", "metadata.list | slice(2)",
]  # fmt: skip


@pytest.mark.parametrize("what", MACHINERY)
@pytest.mark.parametrize(
    "way", ["{{ W }}", "{{ W ~ '' }}", "{{ (W) | string }}", "{{ [W] }}", "{{ '%s' % (W,) }}",
            "{{ '%r' % [W] }}", "{{ [W] | join }}", "{{ (W) | tojson }}"],
)  # fmt: skip
def test_no_address_and_no_machinery_is_shown(render, what, way):
    template = "{% macro m() %}{% endmacro %}" + way.replace("W", what)
    try:
        text = str(render(template, **VALUES))
    except RenderError as error:
        text = str(error)
    assert not ADDRESS.search(text), text


@given(
    st.sampled_from(sorted(FROM_TEXT | FROM_ANY)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(["", "(2)", "('a', 'b')", "(2, 'x')", "(attribute='a')", "(metadata.x)"]),
)
def test_a_filter_on_any_value_gives_the_same_text_twice_or_a_mistake(render, name, value, args):
    def once():
        try:
            return render(f"<{{{{ metadata.x | {name}{args} }}}}", x=value)
        except RenderError as error:
            return str(error)

    first = once()
    assert once() == first
    assert isinstance(first, list) or first.startswith("v.yaml:2: ")
    assert not re.search(r"at 0x[0-9a-f]+>", str(first)) or "at 0x" in str(value)


def test_no_filter_gives_another_text_each_time(render):
    for name in ("random", "pprint", "attr", "urlize", "xmlattr"):
        with pytest.raises(RenderError, match=f"there is no filter '{name}'"):
            render(f"{{{{ [1, 2, 3] | {name} }}}}")


def test_a_loop_offers_what_is_listed(render):
    for name in LOOP - {"cycle", "changed", "previtem", "nextitem"}:
        assert len(render(f"{{% for i in [1] %}}{{{{ loop.{name} }}}}{{% endfor %}}")) == 2
    with pytest.raises(RenderError, match="the loop has no '_iterable'"):
        render("{% for i in [1] %}{{ loop._iterable }}{% endfor %}")


def test_blanks_before_a_statement_are_no_part_of_the_prompt(render):
    """lstrip_blocks and trim_blocks: an indented statement leaves no trace (key and text)."""
    assert render("A\n  {% if true %}\nB\n  {% endif %}\nC") == [0, "A\nB\nC"]
