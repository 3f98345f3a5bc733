"""Answers that a prompt gives away are counted and said, and parts of a suite that are code."""

import json
from dataclasses import replace

import pytest

from harness.config.load import load_suite
from harness.pipeline.asking.code_parts import code_parts
from harness.pipeline.asking.notices import notices
from harness.pipeline.asking.plan import Choice, make_plan

SUITE = "prompts/titles"


def said(project, **variants):
    for name, text in variants.items():
        (project / SUITE / f"{name}.yaml").write_text(text)
    return notices(make_plan(load_suite(project / SUITE), Choice()))


def columns(project, old, new):
    path = project / "datasets" / "dishes.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_an_honest_suite_has_nothing_to_be_said_about(project):
    assert said(project) == ()


def test_what_data_were_taken_for_is_said(project):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace('"Lemon-Garlic Shrimp Skillet"', "1984"))
    (project / "mine.jsonl").write_text('{"id": "s1", "text": 1984}\n')
    suite = project / SUITE / "suite.yaml"
    replay = "models: [{name: mine, engine: replay, model: ../../mine.jsonl}, "
    suite.write_text(suite.read_text().replace("models: [", replay))
    dataset, predictions = said(project)
    assert dataset.startswith("samples.jsonl: 1 cell of 'title' held a number")
    assert predictions.startswith("mine.jsonl: 1 cell of 'text' held a number")


def test_a_reference_column_that_is_metadata_too_is_said_and_counted_where_it_is_shown(project):
    columns(project, "metadata: [n]", "metadata: [n, title]")
    [column] = said(project)
    assert "the reference column 'title' is listed under metadata too" in column
    _, shown = said(project, plain="user: 'Is it {{ metadata.title }}?'\n")
    assert "variant 'plain' shows the model a reference of 4 of 4 samples" in shown


def test_metadata_that_hold_an_answer_are_counted_only_where_they_are_shown(project):
    rows = project / "datasets/dishes/samples.jsonl"
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    for i, row in enumerate(lines):
        row["story"] = ["Once", f"I ate {row['title'].upper()}, twice."] if i < 2 else "Nothing"
    rows.write_text("\n".join(map(json.dumps, lines)))
    columns(project, "metadata: [n]", "metadata: [n, story]")
    assert said(project) == ()
    [shown] = said(project, title="user: '{{ metadata.story }}'\n")
    assert "variant 'title' shows the model a reference of 2 of 4 samples" in shown
    assert "(s1, s2)" in shown


def test_an_answer_of_two_words_in_a_prompts_own_text_is_counted(project):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Creamy Corn Chowder", "Corn chowder"))
    [text] = said(project, plain="user: A title such as 'Corn Chowder'.\n")
    assert "a reference of two words of 1 of 4 samples stands in the prompt's own text (s4)" in text


def test_a_single_word_gives_nothing_away(project):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Creamy Corn Chowder", "dish"))
    assert said(project) == ()


def test_code_is_named_part_by_part(project):
    suite = load_suite(project / SUITE)
    assert code_parts(suite) == ()
    args = {
        "trust_remote_code": True,
        "worker_extension_cls": "mine.workers.Extension",
        "distributed_executor_backend": "ray",
        "worker_cls": "mine.worker.Worker",
        "logits_processors": ["mine:Processor"],
        "kv_transfer_config": {"kv_connector_module_path": "mine"},
        "compilation_config": {"backend": "mine.compiler.run", "level": 3},
        "max_model_len": 2048,
        "chat_template": "template.jinja",
    }
    model = replace(suite.models[0], engine="vllm", model="owner/name", args=args)
    metrics = ("bleu", {"evaluate": "/tmp/x/mine"}, {"evaluate": "a/b", "revision": "1" * 40})
    parts = code_parts(replace(suite, models=(model,), metrics=metrics))
    assert parts == (
        "metric /tmp/x/mine: a script of Hugging Face's evaluate",
        f"metric the Hub's a/b at {'1' * 40}: a script of Hugging Face's evaluate",
        "model 'stand-in': trust_remote_code, the code that owner/name brings",
        "model 'stand-in': worker_extension_cls imports mine.workers.Extension",
        "model 'stand-in': worker_cls imports mine.worker.Worker",
        "model 'stand-in': logits_processors imports mine:Processor",
        "model 'stand-in': kv_transfer_config.kv_connector_module_path imports mine",
        "model 'stand-in': compilation_config.backend imports mine.compiler.run",
    )


@pytest.mark.parametrize("value", [False, None, 0])
def test_code_that_is_refused_is_no_code(project, value):
    suite = load_suite(project / SUITE)
    model = replace(suite.models[0], args={"trust_remote_code": value})
    assert code_parts(replace(suite, models=(model,))) == ()
