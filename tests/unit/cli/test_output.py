"""What is printed steers no terminal, whoever wrote it (found 2026-11-25), and one door prints."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli.output import (
    error_lines,
    say,
    say_json,
    say_sentences,
    say_text,
    tell,
    tell_trace,
)
from harness.errors import ConfigError, ConfigErrors, DataError
from harness.records import Where

ESCAPE = "\x1b]52;c;cm0gLXJm\x07\x9b31m\u202e"
SHOWN = r"\x1b]52;c;cm0gLXJm\x07\x9b31m\u202e"


def test_a_string_is_a_line_on_stdout_or_stderr(capsys):
    say("", f"name {ESCAPE}\nforged line")
    tell(f"{ESCAPE}!")
    out, err = capsys.readouterr()
    assert out == f"\nname {SHOWN}\\nforged line\n"
    assert err == f"{SHOWN}!\n"


def test_a_text_of_several_lines_cannot_pass_for_the_programs(capsys):
    say_text(f"one\n[system]\n{ESCAPE}", indent="  ")
    assert capsys.readouterr().out == f"  one\n  [system]\n  {SHOWN}\n"


SENTENCE = (
    "On CIDEr, 烤烤烤 beats baseline by 0.0382 (95 % interval -0.0120 … +0.0922): " + "x" * 50
)


def test_on_a_terminal_a_sentence_is_broken_between_words(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "32")
    say_sentences(SENTENCE, "short", "")
    assert capsys.readouterr().out.split("\n") == [
        "On CIDEr, 烤烤烤 beats baseline",
        "  by 0.0382 (95 % interval",
        "  -0.0120 … +0.0922):",
        "  " + "x" * 50,
        "short",
        "",
        "",
    ]


def test_elsewhere_a_sentence_is_a_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "32")
    say_sentences(SENTENCE, ESCAPE)
    assert capsys.readouterr().out == f"{SENTENCE}\n{SHOWN}\n"


def test_json_stays_json(capsys):
    value = {"id": ESCAPE, "title": "Crème brûlée\n"}
    say_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert r"\u001b]52;c;cm0gLXJm\u0007\u009b31m\u202e" in out
    assert "Crème brûlée" in out


def test_an_error_is_a_line_with_its_hint_below():
    where = Where(path=Path("a\x1b.yaml"), line=3)
    error = DataError("no 'x'\nnor 'y'", where=where, hint="known: a\nb")
    assert error_lines(error) == [
        "a\x1b.yaml:3: no 'x'",
        "    nor 'y'",
        "  hint: known: a\nb",
    ]
    both = ConfigErrors([ConfigError("first", hint="this"), ConfigError("second")])
    assert error_lines(both) == ["first", "  hint: this", "second"]


def test_the_trace_of_an_unexpected_error_is_harmless_too(capsys):
    with pytest.raises(ValueError, match="literal") as raised:
        int(ESCAPE + "\n", base=16)
    tell_trace(raised.type, ValueError(ESCAPE), raised.tb)
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n  File ")
    assert err.endswith(f"ValueError: {SHOWN}\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_is_one_line_without_a_control(capsys, text):
    say(text)
    out = capsys.readouterr().out
    assert out.endswith("\n")
    assert all(char.isprintable() or char > "\x9f" for char in out[:-1])


@pytest.mark.parametrize(
    "statement",
    [
        "import typer\ntyper.echo('x')",
        "import typer\ntyper.secho('x')",
        "from typer import echo",
        "import sys\nsys.stdout.write('x')",
        "import sys\nprint('x', file=sys.stderr)",
        "from rich.console import Console",
        "import rich\nrich.print('x')",
        "import click",
        "print('x')",
    ],
)
def test_a_new_verb_cannot_print_past_the_door(repository, statement):
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "harness/cli/new.py", "-"],
        cwd=repository,
        input=f'"""A verb."""\n\n{statement}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "TID251" in found.stdout or "T201" in found.stdout
