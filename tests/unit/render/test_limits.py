"""What a prompt may cost: what is needed, and data that would be too much.

``hostile.py`` has the templates that are refused.
"""

import pytest

from harness.errors import RenderError
from harness.render.budget import ELEMENT, STEP, WORK


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
