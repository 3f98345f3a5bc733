"""Gates → JUnit XML, the form in which CI servers read what passed; a test case a gate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from harness.report.escape import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that no XML may hold, of those that ``visible`` leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test case."""

    group: str
    """What it is of."""
    name: str
    sentence: str
    """What is shown."""
    passed: bool


def junit_xml(suite: str, cases: Sequence[Case]) -> str:
    """Write test cases as the text of a file.

    What hides or steers is made visible first; it would be no XML, either.
    """
    failures = str(sum(not case.passed for case in cases))
    counts = {"tests": str(len(cases)), "failures": failures, "errors": "0", "skipped": "0"}
    root = Xml.Element("testsuites", counts)
    group = Xml.SubElement(root, "testsuite", {"name": _text(suite), **counts})
    for case in cases:
        element = Xml.SubElement(
            group, "testcase", {"classname": _text(case.group), "name": _text(case.name)}
        )
        said = _text(case.sentence)
        if case.passed:
            Xml.SubElement(element, "system-out").text = said
        else:
            Xml.SubElement(element, "failure", {"message": said}).text = said
    Xml.indent(root)
    text = Xml.tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _text(text: str) -> str:
    return _NO_XML.sub(lambda found: ascii(found[0])[1:-1], visible(text))
