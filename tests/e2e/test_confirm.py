"""``harness confirm``: the winner of dev against the baseline, on what is sealed, once."""

import json
import random
import re

import pytest
from PIL import Image

SAMPLES = 160


@pytest.fixture
def tried(project, script):
    """The project with 160 samples; how often a prompt is right, on dev and on test, is in it."""
    images = project / "datasets" / "dishes" / "images"
    rows = []
    for i in range(SAMPLES):
        Image.new("RGB", (8, 6), (i, 0, 0)).save(images / f"d{i}.png")
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": f"Dish number {i}", "n": i})
    (project / "datasets" / "dishes" / "samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n")
    suite = project / "prompts" / "titles" / "suite.yaml"
    text = suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match, bleu]")
    text = text.replace("[plain, title]", "[plain, title, long]")
    suite.write_text(text + "decide: {metric: EXACT, baseline: plain}\n")
    edit(project, "plain", 0.3)
    edit(project, "title", 0.8)
    edit(project, "long", 0.5)
    script.answer = answer
    return project


def answer(asked):
    text = "".join(p.text for m in asked.rendered.messages for p in m.parts if hasattr(p, "text"))
    right = random.Random(asked.key).random() < float(text.split()[-1])
    return f"Dish number {asked.sample_id[1:]}" if right else "No"


def edit(project, name, share, words="Right in"):
    path = project / "prompts" / "titles" / f"{name}.yaml"
    path.write_text(f"user: {words} {share}\npostprocess: [strip]\n")


@pytest.fixture
def run(tried, harness):
    def _run(*words):
        done = harness(*words, cwd=tried)
        assert done.returncode == 0, done.stderr
        return done

    return _run


def newest(project):
    return sorted((project / "results" / "titles").glob("*/run.json"))[-1].parent


def record(project):
    return json.loads((newest(project) / "run.json").read_text())


def test_the_winner_of_dev_is_compared_with_the_baseline_alone_on_what_is_sealed(
    tried, run, script
):
    run("run", "prompts/titles")
    dev = newest(tried)
    asked = len(script.asked)
    done = run("confirm", "titles", "--yes")
    test = record(tried)
    assert [system["name"] for system in test["systems"]] == ["plain", "title"]
    assert test["dataset"]["split"]["name"] == "test"
    assert test["dataset"]["split"]["look"] == 1
    assert (test["decide"]["comparisons"], test["decide"]["answers_before"]) == (1, 0)
    assert test["decide"]["candidate"] == "title"
    assert len(script.asked) - asked == 2 * test["dataset"]["samples"]
    said = done.stderr
    assert f"title was chosen on dev (run {dev.name}), the best of 3 prompts tried there" in said
    samples = test["dataset"]["samples"]
    assert f"on test, {samples} samples, these two: {2 * samples} completions" in said
    assert "this is look 1 at the sealed test split" in said
    [sentence] = re.findall(r"It holds on test\. On EXACT, title beats plain by .*", done.stdout)
    assert "over 1 comparison," in sentence
    assert "(exploratory)" not in sentence
    assert "Exploratory" not in done.stdout
    assert re.search(r"title over plain on EXACT: \+0\.\d+ where it was chosen as the best of 3 "
                     r"prompts, \+0\.\d+ on test: ", done.stdout)  # fmt: skip
    assert "look 1 at the sealed test split; 3 prompts were tried on dev before" in done.stdout


def test_what_was_luck_on_dev_does_not_hold(tried, run, script):
    edit(tried, "title", 0.3, "Lucky in")

    def lucky(asked):
        text = answer(asked)
        prompt = str(asked.rendered.messages)
        on_dev = asked.sample_id in dev
        return f"Dish number {asked.sample_id[1:]}" if "Lucky" in prompt and on_dev else text

    run("run", "prompts/titles", "--only", "plain")
    lines = (newest(tried) / "samples.jsonl").read_text().splitlines()
    dev = {json.loads(line)["id"] for line in lines}
    script.answer = lucky
    run("run", "prompts/titles")
    done = run("confirm", "titles", "--yes")
    assert re.search(
        r"It is not shown to hold on test\. On EXACT, .* are not told apart", done.stdout
    )
    assert re.search(r"less, for what is chosen by its score is partly lucky there", done.stdout)


def test_confirming_again_is_the_same_look_and_asks_nothing(tried, run, script):
    run("run", "prompts/titles")
    first = run("confirm", "titles", "--yes").stdout
    asked = len(script.asked)
    again = run("confirm", "titles")  # without --yes: nothing is left to be asked about
    assert "this is look 1 at the sealed test split, which was taken before" in again.stderr
    assert len(script.asked) == asked
    verdict = re.search(r"It holds on test\..*", first)[0]
    assert verdict in again.stdout


def test_a_second_winner_is_another_look_and_still_declared_before_its_answers(tried, run):
    run("run", "prompts/titles")
    run("confirm", "titles", "--yes")
    edit(tried, "long", 0.95)
    run("run", "prompts/titles")
    done = run("confirm", "titles", "--yes")
    assert "this is look 2 at the sealed test split" in done.stderr
    assert "It holds on test. On EXACT, long beats plain" in done.stdout
    assert "look 2 at the sealed test split: earlier runs saw other answers there" in done.stdout
    assert record(tried)["decide"]["answers_before"] == 0


def test_answers_that_were_seen_before_make_it_exploratory(tried, run):
    run("run", "prompts/titles", "--split", "test")
    run("run", "prompts/titles")
    done = run("confirm", "titles", "--yes")
    assert "(exploratory)" in done.stdout
    assert re.search(
        r"Exploratory: \d+ of the answers were there before this 'decide' was", done.stdout
    )


def test_a_winner_that_is_worse_on_what_is_sealed_does_not_hold(tried, run, script):
    run("run", "prompts/titles")
    script.answer = lambda asked: answer(asked) if "0.3" in str(asked.rendered) else "No"
    done = run("confirm", "titles", "--yes")
    assert re.search(r"It does not hold on test\. On EXACT, plain beats title by", done.stdout)


def refused(harness, project, *words):
    done = harness("confirm", *words, cwd=project)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_what_has_no_winner_is_refused(tried, run, harness):
    edit(tried, "title", 0.01)
    edit(tried, "long", 0.01, "Long in")
    run("run", "prompts/titles")
    said = refused(harness, tried, newest(tried), "--yes")
    assert "no prompt is better than the baseline 'plain' on EXACT" in said
    assert len(list((tried / "results" / "titles").iterdir())) == 1


def test_a_run_of_what_is_sealed_is_refused_and_a_newer_one_passed_over(tried, run, harness):
    run("run", "prompts/titles", "--split", "test")
    said = refused(harness, tried, newest(tried), "--yes")
    assert "it is of the sealed split 'test' itself" in said
    assert "it is of the sealed split 'test' itself" in refused(harness, tried, "titles", "--yes")
    run("run", "prompts/titles")
    run("run", "prompts/titles", "--split", "test", "--only", "plain")
    done = run("confirm", "titles", "--yes")
    assert "passed over" in done.stderr


def test_a_dataset_without_splits_or_without_a_sealed_one_is_refused(project, tried, harness, run):
    path = tried / "datasets" / "dishes.yaml"
    text = path.read_text()
    path.write_text(text.replace(", sealed: [test]", ""))
    run("run", "prompts/titles")
    assert "no split of its dataset is sealed" in refused(harness, tried, newest(tried), "--yes")
    path.write_text(text[: text.index("splits:")])
    run("run", "prompts/titles")
    assert "its dataset has no splits" in refused(harness, tried, newest(tried), "--yes")


def test_another_prompt_than_the_one_that_was_chosen_is_refused(tried, run, harness):
    run("run", "prompts/titles")
    edit(tried, "title", 0.9)
    said = refused(harness, tried, "titles", "--yes")
    assert "variant 'title' has changed since run" in said
    assert "user" in said
    (tried / "prompts" / "titles" / "title.yaml").unlink()
    suite = tried / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("title, long", "long"))
    assert "has no variant 'title' any more" in refused(harness, tried, "titles", "--yes")


def test_nothing_is_asked_where_nobody_says_yes(tried, run, harness):
    run("run", "prompts/titles")
    said = refused(harness, tried, "titles")
    assert "nothing was asked, and no look taken: there is no terminal to ask on" in said
    looks = (tried / "results" / "dishes.looks.jsonl").read_text()
    assert '"look"' not in looks


def test_variables_engines_and_pipelines_are_those_of_the_run(tried, run):
    suite = tried / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("engine: scripted", "engine: fake"))
    path = tried / "prompts" / "titles" / "title.yaml"
    path.write_text(
        "user: Right in {{ share }}\nvars: {share: 0.1}\n"
        "postprocess: {strict: [strip], loud: [strip, lowercase]}\n"
    )
    run("run", "prompts/titles", "--engine", "scripted", "--set", "title.share=0.85")
    run("confirm", "titles", "--yes")
    test = record(tried)
    assert test["variants"]["title"]["vars"] == {"share": 0.85}
    assert test["models"]["stand-in"]["engine"] == "scripted"
    assert [system["name"] for system in test["systems"]] == ["plain", "title"]
    assert test["variants"]["title"]["postprocess"] == ["strip"]


def test_the_best_that_a_ladder_shows_is_what_is_confirmed(tried, run, harness):
    suite = tried / "prompts" / "titles" / "suite.yaml"
    suite.write_text(
        suite.read_text().replace("baseline: plain}", "baseline: plain, ladder: true}")
    )
    edit(tried, "title", 0.3, "Slightly in")
    edit(tried, "long", 0.35, "Long in")
    run("run", "prompts/titles")
    said = refused(harness, tried, "titles", "--yes")
    assert "no prompt that the ladder shows is better than the baseline" in said
    edit(tried, "long", 0.9)
    run("run", "prompts/titles")
    assert (
        "It holds on test. On EXACT, long beats plain" in run("confirm", "titles", "--yes").stdout
    )


def test_json_has_both_differences(tried, run):
    run("run", "prompts/titles")
    found = json.loads(run("confirm", "titles", "--yes", "--json").stdout)
    assert found["holds"] is True
    assert (found["split"], found["look"]) == ("test", 1)
    assert found["dev"]["candidate"] == found["test"]["candidate"] == "title"
    assert found["test"]["confirmatory"] is True
