"""JUnit XML holds what was found, and can be read whatever systems are called."""

from xml.etree import ElementTree as Xml

from harness.report.junit import Case, junit_xml

ODD = 'a <b> & "c" ]]> \x1b[31m \u202e \ufffe \ud800'


def test_cases_and_failures_are_counted():
    cases = [
        Case(group="runs", name="one", sentence="passed: fine", passed=True),
        Case(group="runs", name="two", sentence="failed: worse", passed=False),
    ]

    root = Xml.fromstring(junit_xml("harness compare", cases))

    [suite] = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("name")) == (
        "2",
        "1",
        "harness compare",
    )
    assert [case.get("name") for case in suite] == ["one", "two"]
    assert suite[0].find("system-out").text == "passed: fine"
    assert suite[1].find("failure").get("message") == "failed: worse"


def test_odd_names_stay_text():
    cases = [Case(group=ODD, name=ODD, sentence=ODD, passed=False)]

    text = junit_xml(ODD, cases)
    [case] = Xml.fromstring(text.encode()).iter("testcase")

    assert case.get("name").startswith('a <b> & "c" ]]> ')
    assert r"\x1b[31m \u202e \ufffe \ud800" in case.get("name")
    assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
