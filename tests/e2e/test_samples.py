"""The verb that shows single samples: which ones it takes, what it prints and what it writes."""

import json
import re

import pytest
from PIL import Image

from harness.store.run_folder import RunFolder

SUITE = "prompts/titles"
RUN = "results/titles"
DISHES = {"s1": "Lemon-Garlic Shrimp", "s2": "Avocado Salad", "s3": "Egg on toast", "s4": "Chowder"}


@pytest.fixture
def scored(project, script, run):
    """Four samples; 'title' is right on s1 and s3, 'plain' on s2, neither on s4."""

    def answer(request):
        right = {"title": ("s1", "s3"), "plain": ("s2",)}[request.system]
        full = json.loads((project / "datasets/dishes/samples.jsonl").read_text().splitlines()[
            int(request.sample_id[1:]) - 1
        ])["title"]  # fmt: skip
        return full if request.sample_id in right else f"A dish: {full.split()[0]}"

    script.answer = answer
    run()
    return project


def shown(harness, project, *words):
    done = harness("samples", RUN, *words, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_samples_are_shown_by_id_in_the_order_asked_for(scored, harness):
    table = shown(harness, scored, "--id", "s3", "--id", "s1")
    assert [row["id"] for row in table["rows"]] == ["s3", "s1"]
    assert table["chosen"] == "2 of 4 samples, chosen by id"
    assert table["systems"] == ["plain", "title"]


def test_the_largest_differences_are_those_of_the_scores(scored, harness):
    table = shown(harness, scored, "--largest", "title", "plain", "--metric", "ROUGE_L",
                  "--count", "3")  # fmt: skip
    scores = {
        column.system: dict(zip(column.sample_ids, column.values, strict=True))
        for column in RunFolder.find(scored / RUN).scores()
        if column.metric == "ROUGE_L"
    }
    by = {name: scores["title"][name] - scores["plain"][name] for name in scores["plain"]}
    ids = [row["id"] for row in table["rows"]]
    assert ids == sorted((name for name in by if by[name]), key=lambda name: -by[name])
    assert ids[-1] == "s2"  # the one that 'plain' wins
    assert table["metric"] == "ROUGE_L"
    for row in table["rows"]:
        said = dict(zip(table["systems"], row["answers"], strict=True))
        assert said["title"]["score"] == scores["title"][row["id"]]
        assert said["title"]["higher"] == (by[row["id"]] > 0)


def test_what_is_drawn_depends_on_the_seed_alone(scored, harness):
    drawn = [
        [row["id"] for row in shown(harness, scored, "--random", "--count", "2", "--seed", seed)[
            "rows"
        ]]
        for seed in ("0", "0", "1", "2", "3")
    ]  # fmt: skip
    assert drawn[0] == drawn[1]
    assert len({tuple(ids) for ids in drawn}) > 1
    said = shown(harness, scored, "--count", "2")["chosen"]
    assert said == "2 of 4 samples, drawn at random with seed 0"


def test_the_terminal_has_each_answer_below_its_reference(scored, harness):
    done = harness("samples", RUN, "--id", "s1", cwd=scored)
    lines = done.stdout.splitlines()
    assert lines[2] == "s1"
    assert lines[3] == "  reference  Lemon-Garlic Shrimp Skillet"
    assert lines[4].startswith("  plain      A dish: Lemon-Garlic  CIDEr ")
    assert lines[5].startswith("  title      Lemon-Garlic Shrimp Skillet  CIDEr ")


def test_files_for_a_paper_have_whole_pictures_beside_them(scored, harness):
    done = harness("samples", RUN, "--id", "s1", "--id", "s4", "--to", "paper", cwd=scored)
    assert done.stdout.splitlines() == [
        f"wrote paper/samples.{ending}" for ending in ("md", "tex", "html")
    ]
    page = (scored / "paper/samples.md").read_text()
    names = re.findall(r"!\[s\d\]\((images/[0-9a-f]{16}\.jpg)\)", page)
    assert len(set(names)) == 2
    for name in names:
        with Image.open(scored / "paper" / name) as picture:
            assert picture.size == (64, 48)  # as large as the dataset's, nothing cut off
        assert name in (scored / "paper/samples.tex").read_text()
    assert "| **Lemon**-**Garlic Shrimp Skillet** (" in page
    html = (scored / "paper/samples.html").read_text()
    assert html.count("data:image/jpeg;base64,") == 2
    assert "<b>Lemon</b>" in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--id", "s9"), ("the run has no sample 's9'",)),
        (("--id", "s9", "--id", "s8"), ("no sample 's9'", "no sample 's8'")),
        (("--largest", "titel", "plain"), ("the run has no system 'titel'", "'title'")),
        (("--largest", "title", "title"), ("a difference needs two systems",)),
        (("--system", "plane"), ("the run has no system 'plane'", "'plain'")),
        (("--metric", "CIDER"), ("on 'CIDER'", "'CIDEr'")),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest(scored, harness, words, said):
    done = harness("samples", RUN, *words, cwd=scored)
    assert done.returncode == 1
    for text in said:
        assert text in done.stderr


def test_two_ways_of_choosing_at_once_are_refused(scored, harness):
    done = harness("samples", RUN, "--id", "s1", "--random", cwd=scored)
    assert done.returncode == 2


def test_what_a_ladder_hides_is_no_way_to_choose(scored, harness, write):
    suite = scored / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().rstrip() + "\ndecide: {metric: CIDEr, baseline: plain, "
                     "ladder: true}\n")  # fmt: skip
    data = scored / "datasets/dishes.yaml"
    data.write_text(data.read_text().rstrip() + "\nsplits: {dev: 0.5, test: 0.5}\n")
    done = harness("run", SUITE, cwd=scored)
    if done.returncode:
        pytest.fail(done.stderr)
    out = harness("samples", RUN, "--largest", "title", "plain", cwd=scored)
    assert out.returncode == 1
    assert "the ladder of the suite shows no score" in out.stderr
