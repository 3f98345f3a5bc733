"""The documentation is short enough, its links lead somewhere, its commands exist."""

import re

import pytest

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^(?:\.venv/bin/)?harness (\w+)(.*)$", re.MULTILINE)
TARGET = re.compile(r"\bmake ([a-z]+)\b")


def pages(repository):
    return [*repository.glob("*.md"), *repository.glob("docs/**/*.md")]


def test_the_readme_can_be_read_in_five_minutes(repository):
    assert len((repository / "README.md").read_text().splitlines()) <= 150


def test_links_lead_somewhere(repository):
    for page in pages(repository):
        for target in LINK.findall(page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_commands_exist_with_their_options(repository, harness):
    commands = {
        (verb, rest.split()[0] if rest.split() else "", option)
        for page in pages(repository)
        for verb, rest in COMMAND.findall(page.read_text())
        for option in re.findall(r"--[a-z-]+", rest)
    }
    assert len(commands) >= 5
    for verb in {verb for verb, *_ in commands}:
        shown = harness(verb, "--help").stdout
        for named, next_word, option in commands:
            if named == verb:
                within = re.search(rf"^  {re.escape(next_word)} ", shown, re.MULTILINE)
                group = "\nCommands:" in shown and within
                told = shown + (harness(verb, next_word, "--help").stdout if group else "")
                assert option in told, f"harness {verb} {next_word} {option}"


def test_make_verbs_exist(repository):
    makefile = (repository / "Makefile").read_text()
    for page in pages(repository):
        for target in TARGET.findall("\n".join(re.findall(r"`make [a-z]+`", page.read_text()))):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"


@pytest.mark.parametrize("folder", ["prompts", "datasets"])
def test_folders_of_data_hold_no_python(repository, folder):
    assert list((repository / folder).rglob("*.py")) == []
