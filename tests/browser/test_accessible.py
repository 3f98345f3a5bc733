"""axe-core's verdict on the page, light and dark, wide and narrow; it may not load style sheets."""

import pytest
from axe_playwright_python.sync_playwright import Axe

GRAVE = ("serious", "critical")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing_grave(report, opened, scheme, width):
    page = opened(report, scheme=scheme, width=width)
    for each in page.locator("details").all():
        each.evaluate("element => { element.open = true }")
    found = Axe().run(page, options={"preload": False}).response["violations"]
    told = [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
    assert told == []
