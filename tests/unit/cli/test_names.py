"""Suites and their runs are found by their bare names; hints are of something."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, StoreError
from harness.nearest import nearest
from harness.pipeline.looking.bare_names import named_run, named_suite


@pytest.fixture
def here(project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "results" / "titles" / "20260101-000000-000000").mkdir(parents=True)
    (project / "results" / "titles" / "20260101-000000-000000" / "run.json").write_text("{}")
    return project


@pytest.mark.parametrize(
    "word", ["titles", "prompts/titles", "prompts/titles/suite.yaml", "./prompts/titles"]
)
def test_a_suite_is_found_by_its_name_or_its_path(here, word):
    assert named_suite(Path(word)).resolve().parts[-2:] in [
        ("prompts", "titles"),
        ("titles", "suite.yaml"),
    ]


def test_a_suite_is_found_from_a_folder_below(here, monkeypatch):
    monkeypatch.chdir(here / "datasets")
    assert named_suite(Path("titles")).resolve() == here / "prompts" / "titles"
    monkeypatch.chdir(here / "prompts")
    assert named_suite(Path("titles")) == Path("titles")


def test_another_folder_of_that_name_does_not_hide_a_suite(here):
    (here / "titles").mkdir()
    assert named_suite(Path("titles")) == Path("prompts/titles")


def test_a_name_that_is_no_suite_is_told_with_what_is_near(here):
    with pytest.raises(
        ConfigError, match="no suite 'titels', neither a folder here nor one in pro"
    ) as error:
        named_suite(Path("titels"))
    assert error.value.hint == "did you mean 'titles'?"


def test_the_runs_of_a_suite_are_found_by_its_name(here):
    assert named_run(Path("titles")) == Path("results/titles")
    assert named_run(Path("results/titles")) == Path("results/titles")
    with pytest.raises(StoreError, match="no run 'titels'") as error:
        named_run(Path("titels"))
    assert error.value.hint == "did you mean 'titles'?"


def test_a_path_that_leads_nowhere_is_left_to_whoever_opens_it(here):
    assert named_run(Path("results/titels")) == Path("results/titels")
    assert named_suite(Path("prompts/titels")) == Path("prompts/titels")


def test_a_hint_is_not_made_of_nothing():
    assert nearest("x", []) is None
    assert nearest("x", ["abc"]) == "known: abc"
