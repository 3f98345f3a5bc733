"""No template, and no value in one, takes long, grows large, or ends without a line."""

import time
import tracemalloc

import pytest

from harness.errors import RenderError
from harness.render.budget import ELEMENT, STEP, WORK

BIG = "{% set big = 'a' * 900000 %}"
GROW = (
    "{{% set ns = namespace(a={0}) %}}{{% for i in range(60) %}}"
    "{{% set ns.a = {1} %}}{{% endfor %}}"
)
# The first eight were found 2026-11-25; each hung, or ended in a trace.
BOMBS = {
    "a width in a format": "{{ '%0999999999d' % 1 }}",
    "powers of powers": "{{ 9 ** (9 ** 9) }}",
    "loops in loops": "{% for a in range(9999) %}" * 3 + "{% endfor %}" * 3,
    "filler text": "{{ lipsum(n=99999999) }}",
    "a filter's width": "{{ 'x' | center(10 ** 10) }}",
    "doubling": GROW.format("'x'", "ns.a ~ ns.a") + "{{ ns.a }}",
    "macro recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "memory": "{{ 'x' * 99999999999 }}",
    "a precision": "{{ '%.999999999f' % 1 }}",
    "a width from a value": "{{ '%*d' % (99999999, 1) }}",
    "a width behind a name": "{{ '%(a(b))0999999999d' % {'a(b)': 1} }}",
    "a width in the filter": "{{ '%0999999999d' | format(1) }}",
    "a product": "{{ 2 ** 9999 * 2 ** 9999 }}",
    "doubling by +": GROW.format("'x'", "ns.a + ns.a"),
    "doubling by join": GROW.format("'x'", "[ns.a, ns.a] | join"),
    "doubling by replace": GROW.format("'x'", "ns.a | replace('x', 'xxxxxxxxx')"),
    "doubling by set": "{% set ns = namespace(a='x') %}{% for i in range(60) %}{% set x %}"
    "{{ ns.a }}{{ ns.a }}{% endset %}{% set ns.a = x %}{% endfor %}",
    "lists in lists": GROW.format("[1]", "[ns.a, ns.a]") + "{{ ns.a }}",
    "tuples as keys": GROW.format("(1,)", "(ns.a, ns.a)") + "{{ {ns.a: 1} }}",
    "mappings in mappings": GROW.format("{}", "{'a': ns.a, 'b': ns.a}") + "{{ ns.a | tojson }}",
    "a tree of macros": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}"
    "{% endmacro %}{{ m(60) }}",
    "text in a tree of macros": "{% macro m(n) %}{% if n %}" + "a" * 5000 + "{{ m(n - 1) }}"
    "{{ m(n - 1) }}{% endif %}{% endmacro %}{% set x = m(60) %}",
    "text in a loop": "{% for i in range(90000) %}" + "a" * 5000 + "{% endfor %}",
    "text in a caller": "{% macro m() %}{% for i in range(9999) %}{{ caller() }}{% endfor %}"
    "{% endmacro %}{% call m() %}" + "a" * 5000 + "{% endcall %}",
    "comparisons": BIG
    + "{% for i in range(99999) %}{% if big == big ~ '' %}{% endif %}{% endfor %}",
    "slices": BIG + "{% for i in range(99999) %}{% set x = big[1:] %}{% endfor %}",
    "searches": BIG + "{% for i in range(99999) %}{% if 'b' in big %}{% endif %}{% endfor %}",
    "tests": BIG + "{% for i in range(99999) %}{% if big is eq(big ~ '') %}{% endif %}{% endfor %}",
    "changes": BIG + "{% for i in range(9999) %}{{ loop.changed(big) }}{% endfor %}",
    "sums": "{% for i in range(99999) %}{{ range(99999) | sum }}{% endfor %}",
    "recursive loops": "{% for i in range(99999) recursive %}{{ loop(range(99999)) }}{% endfor %}",
    "endless loops": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "many lists": "{{ range(99) | slice(9999999999) | list }}",
    "long rows": "{{ [1] | batch(9999999999, 'x') | list }}",
    "digits": "{{ 1.5 | round(999999999, 'ceil') }}",
    "indents": "{{ [[[1]]] | tojson(indent=999999999) }}",
    "tags": "{{ ('<!--' * 200000) | striptags }}",
    "maps": "{{ range(99999) | map('center', 9999) | list }}",
    "a block's filter": "{% filter center(9999999999) %}x{% endfilter %}",
    "a large number": "{{ ('f' * 4000000) | int(base=16) }}",
    "one format, many places": "{{ ('%(a)s' * 100000) % {'a': 'x' * 100000} }}",
    "brackets": "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "nested loops": "{% for a in [1] %}" * 300 + "{% endfor %}" * 300,
    "nested ifs": "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "a long sum": "{{ " + "1 + " * 3000 + "1 }}",
    "a long path": "{{ a" + ".b" * 3000 + " }}",
    "much code": "{{ id }}" * 50000,
    "a long list": "{{ [" + "1," * 200000 + "] }}",
    "a long text": "x" * 600000,
    "a number of 5,000 digits": "{{ " + "9" * 5000 + " }}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_line_soon(render, name):
    begin = time.process_time()
    with pytest.raises(RenderError, match=r"^v.yaml:2: "):
        render(BOMBS[name])
    assert time.process_time() - begin < 10  # 1.5 s at most on a quiet machine; hours without


@pytest.mark.parametrize(
    "name", ["doubling", "lists in lists", "memory", "one format, many places"]
)
def test_a_bomb_stays_small(render, name):
    tracemalloc.start()
    try:
        with pytest.raises(RenderError):
            render(BOMBS[name])
        assert tracemalloc.get_traced_memory()[1] < 300e6
    finally:
        tracemalloc.stop()


def test_data_is_no_bomb_either(render):
    rows = ["x" * 1000] * 5000
    with pytest.raises(RenderError, match="too many steps or makes too much text"):
        render(
            "{% for a in metadata.x %}{% for b in metadata.x %}{{ a }}{% endfor %}{% endfor %}",
            x=rows,
        )
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(RenderError, match="nested too deeply"):
        render("{{ metadata.x }}", x=deep)


def test_what_prompts_really_need_is_far_below(render):
    """200 worked examples of 2,000 characters, each filtered, in one prompt."""
    rows = [{"text": "word " * 400, "tags": ["a"] * 20}] * 200
    [_, text] = render(
        "{% for row in metadata.rows %}{{ row.text | trim | upper }}: {{ row.tags | join(', ') }}\n"
        "{% endfor %}",
        rows=rows,
    )
    assert len(text) > 400_000
    assert 10 * 200 * STEP * ELEMENT < WORK


def test_each_prompt_has_a_budget_of_its_own(render):
    for _ in range(5):
        render("{% for i in range(50000) %}{% endfor %}x")
