"""``harness baseline``: Markdown for a model's card, as Hugging Face's own library reads it."""

import re

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

import harness as api


@pytest.fixture
def run(project, harness, write):
    write(
        project / "prompts/titles/title.yaml",
        "system: 'You | name `dishes`.'\nuser: |\n  Give a title.\n  ```\n  ````\n",
    )
    assert harness("run", "prompts/titles", "--limit", "3", cwd=project).returncode == 0
    return api.load_run(project / "results/titles")


def card_of(run, harness, project, *words):
    done = harness("baseline", run.path, *words, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hugging_face_reads_the_numbers_of_the_run(project, harness, run):
    card = ModelCard(card_of(run, harness, project))
    assert card.data.model_name == "none"
    read = {result.metric_name: result for result in card.data.eval_results}
    measured = [result for result in run.summary.results if result.value is not None]
    assert len(read) == len(measured) > 0
    for result in measured:
        told = read[f"{result.metric} ({result.system})"]
        assert told.metric_value == result.value
        assert told.metric_args["signature"] == result.signature.long()
        assert told.metric_args.get("interval_95") == (
            list(result.interval) if result.interval else None
        )
        assert (told.task_type, told.dataset_name) == ("image-text-to-text", "dishes")
    assert {"bleu", "rouge", "cider"} == {result.metric_type for result in read.values()}


def test_the_text_holds_what_is_needed_to_have_the_numbers_again(project, harness, run):
    text = card_of(run, harness, project)
    for needed in (
        "harness run prompts/titles --limit 3",
        "temperature",
        "prompt-harness ",
        "Give a title.",
        "You | name `dishes`.",
        "3 samples",
    ):
        assert needed in text, needed
    for result in run.summary.results:
        assert result.signature.long() in text
        if result.value is not None:
            assert f"{result.value:.4f}" in text
            if result.interval:
                low, high = result.interval
                assert f"[{low:.4f}, {high:.4f}\\]" in text


def test_the_version_of_the_data_changes_with_what_the_numbers_depend_on(project, harness, run):
    def version(of):
        return re.search(r"Version of the samples .*`(\w{16})`", card_of(of, harness, project))[1]

    first = version(run)
    samples = project / "datasets/dishes/samples.jsonl"
    samples.write_text(samples.read_text().replace("Skillet", "Pan"))
    assert harness("run", "prompts/titles", "--limit", "3", cwd=project).returncode == 0
    assert version(api.load_run(project / "results/titles")) != first


def test_prompts_stay_in_their_fences_whatever_they_hold(project, harness, run):
    body = card_of(run, harness, project).split("---\n", 2)[2]
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    fences = [token.content for token in tokens if token.type == "fence"]
    assert "Give a title.\n```\n````\n" in fences
    assert not [token for token in tokens if token.type == "html_block"]
    heads = [token.tag for token in tokens if token.type == "heading_open"]
    assert heads == ["h2", "h3", "h3", "h3", "h3", "h3"]


def test_of_several_models_one_is_named(project, harness):
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(
        suite.read_text().replace(
            "model: none}]", "model: none}, {name: other, engine: fake, model: elsewhere}]"
        )
    )
    assert harness("run", "prompts/titles", cwd=project).returncode == 0
    done = harness("baseline", "titles", cwd=project)
    assert done.returncode == 1
    assert "--model names one of: stand-in, other" in done.stderr
    done = harness("baseline", "titles", "--model", "other", cwd=project)
    front = yaml.safe_load(done.stdout.split("---\n")[1])
    assert front["model-index"][0]["name"] == "elsewhere"
    assert "stand-in" not in done.stdout.split("### Prompts")[0]
    assert (
        "no model 'othre'" in harness("baseline", "titles", "--model", "othre", cwd=project).stderr
    )


def test_where_a_checkpoint_lies_on_this_machine_is_not_told(project, harness):
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("model: none}", f"model: {project / 'images'}}}"))
    assert harness("run", "prompts/titles", cwd=project).returncode == 0
    done = harness("baseline", "titles", cwd=project)
    assert yaml.safe_load(done.stdout.split("---\n")[1])["model-index"][0]["name"] == "stand-in"
    assert '"checkpoint": "images"' in done.stdout
    assert str(project) not in done.stdout


def test_a_file_that_is_there_is_left_alone(project, harness, run):
    done = harness("baseline", run.path, "--to", "card.md", cwd=project)
    assert done.returncode == 0, done.stderr
    written = (project / "card.md").read_text()
    assert ModelCard(written).data.model_name == "none"
    (project / "README.md").write_text("mine")
    done = harness("baseline", run.path, "--to", "README.md", cwd=project)
    assert done.returncode == 1
    assert "README.md is there already" in done.stderr
    assert (project / "README.md").read_text() == "mine"


def test_a_run_that_did_not_finish_has_no_card(project, harness, run):
    (run.path / "summary.json").unlink()
    done = harness("baseline", run.path, cwd=project)
    assert done.returncode == 1
    assert "did not finish" in done.stderr
