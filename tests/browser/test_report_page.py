"""report.html in a browser: what is clicked, typed and pressed changes what is seen."""

import re

import pytest
from playwright.sync_api import expect

SORT = "Sort by"


def cards(page):
    """Give the ids of the cards in sight, from the top."""
    page.wait_for_timeout(100)
    return page.evaluate(
        """() => [...document.querySelectorAll('.cards .place')]
             .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
             .map(each => each.querySelector('.references a').textContent)"""
    )


def systems(page):
    return page.locator(".board tbody th").all_text_contents()


def choose(page, name, label):
    page.get_by_label(name, exact=True).select_option(label=label)


def count(page):
    return page.locator("#gallery .count").text_content()


def test_the_verdict_is_the_first_thing_and_short(report, opened):
    page = opened(report)
    said = page.locator("h1").text_content()
    assert re.fullmatch(r"better beats plain: CIDEr \+\d\.\d+ \[\d\.\d+, \d\.\d+\]", said)
    assert page.locator("main").locator("h1, h2").first.text_content() == said
    assert "unlikely to be chance (p < 0.001" in page.locator(".below").text_content()


def test_the_leaderboard_sorts_by_each_column(report, opened):
    page = opened(report)
    assert [name.split()[0] for name in systems(page)] == ["better", "plain", "worse"]
    for column, first in (("CIDEr", "better"), ("system", "better"), ("against", "better")):
        button = page.locator(".board thead button", has_text=column)
        button.click()
        assert systems(page)[0].split()[0] == first
        button.click()
        assert systems(page)[0].split()[0] != first
        assert page.locator(".board th[aria-sort]").count() == 1


def test_a_metric_is_chosen_by_a_click_or_a_key_and_all_of_the_page_is_about_it(report, opened):
    page = opened(report)
    before = page.locator(".board .score").first.text_content()
    page.locator(".metrics label", has_text="ROUGE_L").click()
    assert page.locator(".board thead").text_content().startswith("systemROUGE_L")
    assert page.locator(".board .score").first.text_content() != before
    assert page.locator("#pairs").text_content().startswith("ROUGE_L of the row")
    assert page.locator("h1").text_content().startswith("better beats plain: CIDEr")
    assert "ROUGE_L" in page.locator(".other").text_content()
    card = page.locator(".card").nth(1)
    rouge = card.locator(".score").first.text_content()
    page.locator("body").press("1")
    assert "BLEU_1" in page.locator(".board thead").text_content()
    assert card.locator(".score").first.text_content() != rouge


def test_a_cell_of_two_systems_says_what_may_be_said(report, opened):
    page = opened(report)
    cell = page.locator(".pairs tbody tr").first.locator("button").first
    cell.focus()
    assert page.locator("#pair-said").text_content().startswith("On CIDEr, better beats plain")
    assert page.locator(".pairs td.up-1, .pairs td.up-2, .pairs td.up-3").count() == 3


def test_samples_are_sorted_by_wins_losses_disagreement_and_id(report, opened):
    page = opened(report)
    in_order = cards(page)
    assert in_order[:3] == ["s000", "s001", "s002"]
    choose(page, SORT, "largest win of B over A")
    first = page.locator(".card", has_text=cards(page)[0])
    scores = {
        name: float(score.removeprefix("★best "))
        for name, score in zip(
            first.locator(".name").all_text_contents(),
            first.locator("li > .score").all_text_contents(),
            strict=True,
        )
    }
    assert scores["better"] - scores["plain"] > 5
    assert first.locator(".won .name").text_content() == "better"
    wins = cards(page)
    choose(page, SORT, "largest loss of B to A")
    assert cards(page) != wins
    choose(page, SORT, "id")
    assert cards(page)[:3] == ["s000", "s001", "s002"]


def test_samples_are_filtered_by_words_slice_status_and_flag(report, opened):
    page = opened(report)
    assert count(page) == "60 of 60 samples"
    page.get_by_label("Search").fill("garlic CURRY")
    assert count(page) == "5 of 60 samples"
    page.get_by_label("Search").fill("")
    choose(page, "Slice", "dish")
    choose(page, "Value", "salad")
    assert count(page) == "20 of 60 samples"
    assert all(int(name[1:]) % 3 == 1 for name in cards(page))
    choose(page, "Slice", "any")
    choose(page, "Status", "empty answer")
    assert count(page) == "10 of 60 samples"
    choose(page, "Status", "changed by post-processing")
    assert count(page) == "12 of 60 samples"
    choose(page, "Flag", "preamble")
    assert count(page) == "12 of 60 samples"
    choose(page, "Of", "plain")
    assert count(page) == "0 of 60 samples"
    assert "No sample is like that." in page.locator("#gallery").text_content()


def test_the_raw_text_is_one_click_away_and_words_are_marked(report, opened):
    page = opened(report)
    line = page.locator(".card").first.locator("li", has_text="better")
    assert line.locator("mark").all_text_contents() == [
        "Lemon",
        "soup",
        "with",
        "rice",
        "number",
        "0",
    ]
    line.get_by_role("button", name="raw text").click()
    assert (
        line.locator("pre").text_content()
        == f'Sure! Here is a title: "{"Lemon soup with rice number 0"}"'
    )
    plain = page.locator(".card").nth(1).locator("li", has_text="plain")
    assert plain.locator(".missed").text_content() == "misses garlic, with, rice, number, 1"


def test_a_link_leads_to_its_sample_wherever_that_is(report, opened):
    page = opened(report, "#s=s055")
    page.wait_for_selector(".card.current")
    assert "s055" in page.locator(".card.current").text_content()
    top = page.locator(".card.current").bounding_box()["y"]
    assert page.locator(".top").bounding_box()["height"] <= top < 700
    page.evaluate("location.hash = '#s=s003'")
    page.wait_for_selector(".card.current:has-text('s003')")


def test_the_keys_lead_through_the_samples(report, opened):
    page = opened(report)
    for _ in range(3):
        page.keyboard.press("j")
    page.wait_for_selector(".card.current:has-text('s002')")
    assert page.url.endswith("#s=s002")
    page.keyboard.press("k")
    page.wait_for_selector(".card.current:has-text('s001')")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("j 2")
    expect(page.get_by_label("Search")).to_have_value("j 2")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.help")).to_have_count(0)


def test_a_picture_is_whole_and_is_enlarged_to_the_image_itself(report, opened):
    page = opened(report)
    small = page.locator(".card img").nth(1)
    small.scroll_into_view_if_needed()
    expect(small).to_have_js_property("naturalWidth", 320)
    box = small.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(320 / 120, rel=0.02)
    small.click()
    large = page.locator("dialog.zoom img")
    assert large.get_attribute("src") == "../../../datasets/dishes/1.png"
    expect(large).to_have_js_property("naturalWidth", 320)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.zoom")).to_have_count(0)


def test_a_picture_whose_image_has_gone_is_enlarged_as_it_is(made, opened):
    path = made(
        "gone", ["A soup", "A salad", "A curry"] * 4, lambda _: {"a": "A soup", "b": "Soup"}
    )
    for image in (path.parents[3] / "datasets" / "dishes").iterdir():
        image.unlink()
    page = opened(path, missing="datasets/dishes/")
    page.locator(".card img").first.click()
    large = page.locator("dialog.zoom img")
    expect(large).to_have_attribute("src", re.compile("^report_files/thumbs/"))
    expect(large).not_to_have_js_property("naturalWidth", 0)


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_is_wider_than_the_window(report, opened, width):
    page = opened(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    names = page.locator(".board tbody th")
    assert all(box["width"] > 60 for box in (each.bounding_box() for each in names.all()))


def test_without_scripts_the_page_says_the_main_things(report, opened):
    page = opened(report, script=False)
    assert page.locator("h1").text_content().startswith("better beats plain: CIDEr")
    assert page.locator(".board tbody tr").count() == 3
    assert page.locator(".board svg.interval .bar").count() >= 1
    assert "On CIDEr, better beats plain" in page.locator("#differences").text_content()
    assert "harness score --predictions" in page.locator("#provenance").text_content()


def test_light_and_dark_are_chosen_and_kept(report, opened):
    page = opened(report, scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.get_by_role("button", name=re.compile("Colours"))
    button.click()
    page.wait_for_selector("html[data-theme=light]", state="attached")
    button.click()
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    assert page.evaluate(ground) == dark
