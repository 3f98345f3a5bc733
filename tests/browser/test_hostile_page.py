"""Texts from strangers in every place of a page: they are shown; nothing runs or loads."""

import pytest
from playwright.sync_api import expect

from harness.report.escape import visible

SCRIPTS = (
    "<script>pwned()</script>",
    "</script><script>pwned()</script>",
    "</title><script>pwned()</script>",
    "<script src=https://evil.example/x.js></script>",
    "<scr<script>ipt>pwned()</scr</script>ipt>",
    "--><script>pwned()</script><!--",
    "]]><script>pwned()</script>",
    '"});pwned();({"',
    "');pwned();//",
    "\\u003cscript\\u003epwned()\\u003c/script\\u003e",
    "${pwned()}",
    "{{ constructor.constructor('pwned()')() }}",
    "\u2028pwned()\u2029",
    "*/pwned()/*",
)
HANDLERS = (
    "<img src=x onerror=pwned()>",
    "<svg onload=pwned()>",
    "<svg><script>pwned()</script></svg>",
    "<body onload=pwned()>",
    "<details open ontoggle=pwned()>",
    "<input autofocus onfocus=pwned()>",
    "<video><source onerror=pwned()>",
    "<marquee onstart=pwned()>",
    '" onmouseover=pwned() x="',
    "' onmouseover=pwned() x='",
    "` onmouseover=pwned()",
    "<math><mtext><img src=x onerror=pwned()></mtext></math>",
    "<template><img src=x onerror=pwned()></template>",
    "<button popovertarget=x onclick=pwned()>x",
)
LINKS = (
    "javascript:pwned()",
    "<a href=javascript:pwned()>x</a>",
    "JaVaScRiPt:pwned()",
    "data:text/html,<script>pwned()</script>",
    "<iframe src=javascript:pwned()></iframe>",
    "<iframe srcdoc='<script>pwned()</script>'></iframe>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><button>x</button></form>",
    "<img src=https://evil.example/x.png>",
    "[x](javascript:pwned())",
    "../../../../etc/passwd",
    "//evil.example/x",
)
STYLES = (
    "<style>*{display:none}</style>",
    "<p style=position:fixed;inset:0>x",
    "</style><style>*{display:none}</style>",
    "expression(pwned())",
    "url(https://evil.example/x.png)",
    "}body{display:none}{",
)
LETTERS = (
    "\u202egnp.exe",
    "\u2066abc\u2069",
    "a\u0000b",
    "\x1b[31mred",
    "\x1b]8;;https://evil.example\x07x",
    "zero\u200bwidth",
    "e" + "\u0301" * 40,
    "soft\u00adhyphen",
    "\ufeffmark",
    '=HYPERLINK("https://evil.example")',
    "__proto__",
    "constructor",
    "toString",
    "W" * 600,
    "\u0645\u0631\u062d\u0628\u0627 soup",
    "\U0001f372\U0001f9c4",
)
HOSTILE = (*SCRIPTS, *HANDLERS, *LINKS, *STYLES, *LETTERS)
SYSTEM = "<img src=x onerror=pwned()>\"'`"


@pytest.fixture(scope="module")
def hostile(made):
    return made(
        "hostile",
        HOSTILE,
        lambda i: {SYSTEM: HOSTILE[i], "b": f"Sure: {HOSTILE[-i]}" if i % 9 else ""},
        ids='</script>#{}?&"<img src=x>',
        file="a'\"<b> #{}%2f?.png",
        note=lambda i: HOSTILE[i],
    )


def test_no_text_of_a_stranger_runs_or_loads_or_hides_anything(hostile, opened):
    assert len(set(HOSTILE)) >= 60
    page = opened(hostile)
    page.evaluate("() => { window.pwned = () => { window.ran = true; }; }")
    shown = set()
    for _ in HOSTILE:
        page.keyboard.press("j")
        page.wait_for_selector(".card.current")
        card = page.locator(".card.current")
        shown.update(card.locator(".references p").all_text_contents())
        assert card.locator("script, iframe, svg, style, form, object, embed, details").count() == 0
        assert card.locator("img").count() == 1
        for button in card.get_by_role("button", name="raw text").all():
            button.click()
    expected = {" ".join(visible(text, keep="\n\t").split()) for text in HOSTILE}
    assert {" ".join(text.split()) for text in shown} == expected
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 1400
    sources = page.evaluate("[...document.images].map(each => each.getAttribute('src'))")
    assert all(each.startswith("report_files/thumbs/") for each in sources)


def test_an_odd_name_of_a_file_leads_to_that_file(hostile, opened):
    page = opened(hostile)
    page.locator(".card img").first.click()
    large = page.locator("dialog.zoom img")
    expect(large).to_have_js_property("naturalWidth", 120)
    assert large.get_attribute("src").startswith("../../../datasets/dishes/a%27%22%3Cb%3E%20%23")


def test_an_odd_id_is_linked_to(hostile, opened):
    page = opened(hostile)
    page.locator(".references a").nth(2).click()
    page.wait_for_selector(".card.current")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".card.current")
    assert "#2?" in page.locator(".card.current .references a").text_content()
