"""Text from outside → text that is no markup of where it is shown: one escape a format, no other.

Names, ids, answers of models and messages of servers may hold anything. Whoever writes a format
puts each such text through that format's function here, and puts nothing else around it than what
the program itself has written. Lengths, tables and pages are not made here.
"""

from __future__ import annotations

import json
import re
import unicodedata

from harness.report.latex_characters import latex_character

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no glyph of its own: controls, formats, line separators."""
_JOINERS = frozenset("\u200c\u200d")
"""They build letters and emoji, and do nothing else."""
_ARABIC_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
"""Formats by category, and yet with a glyph."""
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str, keep: str = "") -> str:
    r"""Write what would steer a terminal, a browser or a reader's eye as what it is: ``\x1b``.

    Controls (C0, C1), line separators, marks that turn the direction of writing, other invisible
    formats and lone halves of UTF-16 pairs become escapes as Python writes them. One line stays one
    line. For eyes, not for programs: a backslash stays a backslash.

    Args:
        text: anything.
        keep: characters that stay as they are, such as a newline.
    """
    if text.isprintable():  # as most are; what is hidden never is
        return text
    return "".join(
        char if char.isprintable() or char in keep or not _hidden(char) else _named(char)
        for char in text
    )


def shortened(text: str, most: int) -> str:
    """Cut a text and say how long it is: ``soup soup… (3,000 letters)``."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} letters)"


def json_text(value: object) -> str:
    r"""Write a value as JSON in which what is hidden stands as ``\u202e``; it reads back the same.

    Raises:
        TypeError: the value is no JSON.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False)
    # Outside its strings JSON has no hidden character but the newlines of this very call.
    return "".join(
        char if char.isprintable() or char == "\n" or not _hidden(char) else json.dumps(char)[1:-1]
        for char in text
    )


def html(text: str) -> str:
    """Make visible what a browser would obey or hide; ``<`` and its kin are the template's work."""
    return visible(text, keep="\n\t")


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\char34{}",  # a shorthand in babel's German, Dutch …
    "[": "{[}",  # behind the \\ or \midrule of a row it would be an option
    "*": "{*}",  # and this the starred form
}
_LATEX_PAIRS = frozenset({"--", "''", ",,"})
"""Two characters that TeX would draw as one."""


def latex(text: str) -> str:
    """Write a text that LaTeX sets as it stands, in one line, in a cell as in a comment.

    What is no Latin letter may be a command that the file has to define:
    ``latex_characters.DEFINITIONS``.
    """
    shown = visible(text)
    return "".join(
        (_LATEX.get(char, char) if char.isascii() else latex_character(char))
        + ("{}" if shown[i : i + 2] in _LATEX_PAIRS else "")
        for i, char in enumerate(shown)
    )


_MARKDOWN = re.compile(
    r"""
    [\\`*\[\]<>|~$]                 # emphasis, links, images, HTML, cells, strikes, sums
    | (?<![^\W_])_ | _(?![^\W_])    # not inside a word, where it is only itself
    | &(?=\#|\w)                    # an entity
    | :(?=//) | (?<=mailto):        # addresses that GitHub makes links of by themselves
    | (?<=www)\. | @
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKDOWN_BLOCK = re.compile(r"[#+\-=]|\d{1,9}[.)]")
"""What makes a heading, a list or a line under a heading of the line that it begins."""


def markdown(text: str) -> str:
    """Write a text that Markdown shows as it stands, in one line, for a cell or inside a line.

    White space at its ends is left out, as Markdown would.
    """
    return _MARKDOWN.sub(r"\\\g<0>", visible(text).strip())


def markdown_line(text: str) -> str:
    """Write a text as ``markdown`` does, for a line of its own."""
    shown = markdown(text)
    if begins := _MARKDOWN_BLOCK.match(shown):
        return f"{shown[: begins.end() - 1]}\\{shown[begins.end() - 1 :]}"
    return shown


_GUARD = "'"
_FORMULA = frozenset("=+-@")


def csv_cell(text: str) -> str:
    """Write a text as a cell of a CSV file that no spreadsheet runs.

    A text that a spreadsheet might take for a formula gets an apostrophe before it, also behind
    white space and what cannot be seen; so does one that begins with an apostrophe. So
    ``csv_value`` gives back every text.
    """
    guarded = _GUARD + text if _runs(text) or text.startswith(_GUARD) else text
    if guarded.strip() == guarded and not set(guarded) & set('",;\t\r\n'):
        return guarded
    quoted = guarded.replace('"', '""')
    return f'"{quoted}"'


def csv_value(cell: str) -> str:
    """Give the text of a cell that ``csv_cell`` wrote, as a CSV reader has read it."""
    return cell.removeprefix(_GUARD)


def _runs(text: str) -> bool:
    if text.startswith(("\t", "\r", "\n")):
        return True
    first = next((char for char in text if not _blank(char)), "")
    # Full-width and small forms of the signs count: spreadsheets set to Japanese read them too.
    return bool(_FORMULA & set(unicodedata.normalize("NFKC", first)))


def _blank(char: str) -> bool:
    """Tell whether nothing of a character is seen: spaces, formats, accents of nothing, fillers."""
    category = unicodedata.category(char)
    return category[0] in "ZCM" or char in "\u115f\u1160\u2800\u3164\uffa0"


def _hidden(char: str) -> bool:
    if unicodedata.category(char) in _HIDDEN:
        return char not in _JOINERS and char not in _ARABIC_SIGNS
    return "\U000e0000" <= char <= "\U000e00ff" or "\U000e01f0" <= char <= "\U000e0fff"


def _named(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
