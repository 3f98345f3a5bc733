"""The file that counts looks at sealed splits and prompts tried: added to, never changed."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.records import Look, TriedPrompts
from harness.store.looks import LooksFile

LOOK = Look(
    at="2026-01-01T00:00:00+00:00",
    split="test",
    suite="titles",
    run="r1",
    suite_sha256="f" * 64,
    variants=("plain",),
    asked=("a", "b"),
)
TRIED = TriedPrompts(
    at="2026-01-01T00:00:00+00:00",
    split="dev",
    suite="titles",
    run="r1",
    prompts={"plain": ("1", "2", "3"), "title": ("4", "4", "4")},
)


@pytest.fixture
def looks(tmp_path):
    return LooksFile(tmp_path / "results", "dishes")


def lines(looks):
    return [json.loads(line) for line in looks.path.read_text().splitlines()]


def test_other_answers_are_another_look_and_the_same_are_the_same(looks):
    assert looks.look(LOOK) == 1
    assert looks.look(replace(LOOK, run="r2")) == 1  # a run that was killed, and goes on
    assert looks.look(replace(LOOK, asked=("c",))) == 2
    assert looks.look(replace(LOOK, asked=("a", "c"))) == 2  # both were seen, the second at look 2
    assert looks.look(replace(LOOK, asked=("b",))) == 1  # a part of the first
    assert looks.look(replace(LOOK, asked=("a", "d"))) == 3
    assert [line["asked"] for line in lines(looks)] == [["a", "b"], ["c"], ["a", "d"]]
    assert looks.path.name == "dishes.looks.jsonl"


def test_a_line_says_when_which_run_and_what(looks):
    looks.look(LOOK)
    assert lines(looks) == [
        {
            "kind": "look", "at": "2026-01-01T00:00:00+00:00", "split": "test", "suite": "titles",
            "run": "r1", "suite_sha256": "f" * 64, "variants": ["plain"], "asked": ["a", "b"],
        }
    ]  # fmt: skip


def test_splits_are_counted_apart(looks):
    assert looks.look(LOOK) == 1
    assert looks.look(replace(LOOK, split="final")) == 1
    assert looks.try_prompts(TRIED) == 2
    assert looks.try_prompts(replace(TRIED, split="val")) == 2
    assert (looks.tried("dev"), looks.tried("test")) == (2, 0)


def test_a_prompt_counts_once_under_any_name_and_of_few_samples_too(looks):
    assert looks.try_prompts(TRIED) == 2
    again = {"renamed": ("1", "2", "3"), "few": ("4",), "new": ("1", "2", "9")}
    assert looks.try_prompts(replace(TRIED, prompts=again)) == 3
    assert looks.try_prompts(replace(TRIED, prompts=again)) == 3
    assert len(lines(looks)) == 2
    assert lines(looks)[1]["prompts"] == {"new": ["1", "2", "9"]}


def test_a_prompt_that_few_samples_showed_first_is_known_by_more_later(looks):
    assert looks.try_prompts(replace(TRIED, prompts={"a": ("1",)})) == 1
    assert looks.try_prompts(replace(TRIED, prompts={"a": ("1", "2", "3")})) == 1


@pytest.mark.parametrize("torn", ['{"kind": "look", "sp', "\x00\x00", '{"kind": "look"}\n'])
def test_a_line_that_was_cut_off_counts_as_a_look_and_the_next_is_whole(looks, torn):
    looks.look(LOOK)
    with looks.path.open("a") as file:
        file.write(torn)
    assert looks.look(replace(LOOK, asked=("c",))) == 3
    assert looks.look(replace(LOOK, asked=("c",))) == 3
    assert json.loads(looks.path.read_text().splitlines()[-1])["asked"] == ["c"]
    assert looks.looks(LOOK.split) == 3


def test_looks_are_counted_split_by_split(looks):
    assert looks.looks(LOOK.split) == 0
    looks.look(LOOK)
    looks.look(replace(LOOK, asked=("c",)))
    looks.look(replace(LOOK, split="other"))
    looks.try_prompts(TRIED)
    assert [looks.looks(name) for name in (LOOK.split, "other", "third")] == [2, 1, 0]


def test_what_was_tried_on_a_split_before_it_was_sealed_were_looks_at_it(looks):
    looks.look(LOOK)
    for texts in (("1",), ("2",)):
        looks.try_prompts(replace(TRIED, split=LOOK.split, prompts={"plain": texts}))
    assert looks.looks(LOOK.split) == 3
    assert looks.look(replace(LOOK, asked=("c",))) == 4
    assert looks.look(LOOK) == 1
    assert looks.look(replace(LOOK, asked=("c",))) == 4


def test_looks_at_a_split_that_is_gone_count_for_those_that_are_there(looks, tmp_path):
    looks.look(LOOK)
    looks.try_prompts(TRIED)
    renamed = LooksFile(looks.path.parent, "dishes", ["train", "kept"])
    assert renamed.look(replace(LOOK, split="kept", asked=("c",))) == 2
    assert renamed.look(replace(LOOK, split="kept")) == 1  # it is the same samples
    assert (renamed.looks("kept"), renamed.tried("train")) == (2, 0)
    both = LooksFile(looks.path.parent, "dishes", ["dev", "test", "kept"])
    assert (both.looks("test"), both.looks("kept")) == (1, 1)


def test_lines_of_a_kind_that_a_later_version_adds_are_passed_over(looks):
    looks.look(LOOK)
    with looks.path.open("a") as file:
        file.write('{"kind": "glance", "at": "now"}\n')
    assert looks.look(replace(LOOK, asked=("c",))) == 2


def test_where_nothing_can_be_counted_nothing_may_be_asked(looks, tmp_path):
    (tmp_path / "results").mkdir()
    looks.path.mkdir()
    with pytest.raises(StoreError, match=r"dishes\.looks\.jsonl is no file"):
        looks.look(LOOK)


COUNTING = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_looks import LOOK
from harness.store.looks import LooksFile
looks = LooksFile(Path({results!r}), "dishes")
print("ready", flush=True)
for i in range({count}):
    looks.look(replace(LOOK, asked=(f"{name} {{i}}",)))
"""


def counting(looks, name, count):
    code = COUNTING.format(
        tests=str(Path(__file__).parent), results=str(looks.path.parent), name=name, count=count
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_two_processes_lose_no_look(looks):
    both = [counting(looks, name, 20) for name in ("one", "two")]
    for process in both:
        process.communicate()
        assert process.returncode == 0
    assert looks.look(replace(LOOK, asked=("last",))) == 41


def test_a_look_that_was_counted_survives_a_kill(looks):
    process = counting(looks, "killed", 100_000)
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = looks.path.read_text()
    assert before.count("\n") >= 1
    looks.look(LOOK)
    assert looks.path.read_text().startswith(before)
    assert lines(looks)[-1]["asked"] == ["a", "b"]
