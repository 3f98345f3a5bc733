"""docs/reference/prompts.md lists what there is: keys, filters, steps, limits."""

import re

from harness.answer_form import MAX_ANSWER, MAX_PATTERN
from harness.bounded_schema import CHECK_SECONDS
from harness.config.matrix import MAX_VARIANTS
from harness.config.parts import MAX_PARTS
from harness.config.schema import VariantFile
from harness.pipeline.looking.lints.every import LINTS
from harness.postprocess import STEPS
from harness.records import LINT_NAMES
from harness.render.budget import MAX_BITS, STEP, WORK
from harness.render.filters import FROM_ANY, FROM_TEXT, NOT_TESTS
from harness.render.specs import MAX_WIDTH
from harness.render.templates import MAX_SOURCE, MAX_TOKENS
from harness.render.values import LOOP
from harness.yaml_source import MAX_DEPTH, MAX_NODES


def test_the_page_lists_what_there_is(repository):
    page = (repository / "docs" / "reference" / "prompts.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert set(re.findall(r"^(\w+):", example, re.MULTILINE)) == set(VariantFile.model_fields)
    for name in {*FROM_TEXT, *FROM_ANY, *NOT_TESTS, *STEPS, *(LOOP - {"cycle", "changed"})}:
        assert re.search(rf"`(loop\.)?{name}`", page), name
    for number in (
        MAX_SOURCE, MAX_TOKENS, WORK, WORK // STEP, MAX_BITS, MAX_WIDTH, MAX_DEPTH, MAX_NODES,
        MAX_PARTS, MAX_VARIANTS, MAX_ANSWER, MAX_PATTERN, CHECK_SECONDS,
    ):  # fmt: skip
        assert f"{number:,}" in page, number


def test_the_page_lists_every_lint_and_there_are_no_others(repository):
    page = (repository / "docs" / "reference" / "prompts.md").read_text()
    table = page.partition("\n## Lints\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(LINT_NAMES)
    assert tuple(LINTS) == LINT_NAMES


def test_the_recommended_order_is_the_order_of_the_steps(repository):
    page = (repository / "docs" / "reference" / "prompts.md").read_text()
    steps = re.findall(r"^\| `(\w+)` \| \w+s ", page, re.MULTILINE)
    assert [step for step in steps if step in STEPS] == list(STEPS)
