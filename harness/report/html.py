"""A scored run → the text of its page; and how any page is filled.

Every text that a template is given is made visible and escaped, whatever it says. The page has its
text in itself and works without JavaScript; what reacts, and how it looks, stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report.escape import html
from harness.report.origin import origin_of
from harness.report.page_files import FOLDER
from harness.report.scale import Scale
from harness.report.signatures import signature_lines
from harness.report.table_notes import REPORTED_NOTE, flags_text, notes_of
from harness.report.wording_table import WordingTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import RunRecord, RunSummary
    from harness.report.page_data import PageData
    from harness.report.prompt_entries import PromptEntry
    from harness.report.sample_files import Spent

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the page may load: the files beside it, and nothing that stands in its own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a page says in words, beside what its run's record and summary hold."""

    said: tuple[str, ...] = ()
    """A sentence for each pair of systems, the winner's first, and what they do not allow for."""
    exploratory: str | None = None
    """Why nothing of it is confirmatory; None where something is, or nothing was compared."""
    prompts: tuple[PromptEntry, ...] = ()
    tests: str = ""
    """How differences were tested; empty: there are none."""
    effects: tuple[str, ...] = ()
    """A sentence for each of the largest effects of a matrix."""
    spent: Mapping[str, Spent] = field(default_factory=dict)
    """System → what its answers took."""
    absent: int = 0
    """Pictures that could not be made."""


def html_page(run: RunRecord, summary: RunSummary, page: PageData, account: Account) -> str:
    """Fill the page's template.

    Args:
        run: ``run.json``.
        summary: ``summary.json``, as a ladder shows it.
        page: what the page is given to draw.
        account: what it says in words.
    """
    board = page.boards[page.deciding] if page.boards else None
    scored = {(s.n, s.unscored) for s in page.systems}
    return filled(
        "report.html.j2",
        policy=POLICY,
        files=FOLDER,
        run=run,
        summary=summary,
        page=page,
        board=board,
        scale=Scale.of_board(board) if board else None,
        account=account,
        notes=[note for note in notes_of(summary) if note != REPORTED_NOTE],
        counts=len(scored) > 1 or any(unscored for _, unscored in scored),
        origin=origin_of(run),
        averaged=WordingTable.of(summary),
        signatures=signature_lines(summary),
        flag_names=next(([f.flag for f in s.flags] for s in summary.systems if s.flags), []),
        flagged=bool(flags_text(summary)),
        raw={(raw.system, b.metric): raw.said for b in page.boards for raw in b.raw},
    )


def filled(template: str, **values: object) -> str:
    """Fill a template of this folder; texts are made visible and escaped, pictures stay.

    Args:
        template: its file.
        values: what it is given, by name. What ``picture`` has marked goes in as it is.
    """
    environment = Environment(
        loader=PackageLoader("harness.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    return environment.get_template(template).render(values)


def picture(svg: str) -> Markup:
    """Mark a picture that was drawn here, every text of it escaped where it was drawn."""
    return Markup(svg)


def _visible(value: object) -> object:
    """Make a text visible before it is escaped; what is escaped already stays so."""
    if isinstance(value, Markup):
        return Markup(html(value))
    return html(value) if isinstance(value, str) else value
