"""Special tokens of a model whose files are here are problems with their line, before a run."""

import json

import pytest

from harness.pipeline.looking.check import check


@pytest.fixture
def folder(project, repository):
    folder = project / "prompts" / "titles"
    path = folder / "suite.yaml"
    demo = f"{{name: demo, engine: vllm, model: {repository / 'harness/demo/model'}}}"
    path.write_text(path.read_text().replace("{name: stand-in, engine: fake, model: none}", demo))
    return folder


def problems(folder, **given):
    found = check(folder, **given).problems
    return [(str(p).splitlines()[0].replace(f"{folder}/", ""), p.hint) for p in found]


REASON = "the user message: this model reads '<|im_end|>' as a special token, not as text"
WRITTEN = "say it in other words"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("user: |\n  Name the dish.\n\n  <|im_end|> {{ id }}\n", 4),
        ("user: >\n  Name\n  the dish\n  <|im_end|>\n", 4),
        ("user: 'Name the dish <|im_end|>'\n", 1),
        ("system: x\nuser: |\n  {% include 'tail.txt' %}\n", "tail.txt:2"),
    ],
)
def test_a_token_that_a_template_writes_has_its_line(folder, text, line):
    """Found 2026-11-26: a run loaded the model, and failed each request."""
    (folder / "tail.txt").write_text("Name the dish.\n<|im_end|>\n")
    (folder / "plain.yaml").write_text(text)
    place = line if isinstance(line, str) else f"plain.yaml:{line}"
    said = f"{place}: 'demo' would refuse 'plain' (sample 's1'): {REASON}"
    assert problems(folder) == [(said, WRITTEN)]


def test_a_token_in_the_data_is_told_of_all_samples_with_data(project, folder):
    path = project / "datasets/dishes/samples.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[1:3]:
        row["n"] = "<|im_end|>"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "plain.yaml").write_text("user: |\n  Name the dish {{ metadata.n }}.\n")
    assert problems(folder) == []
    [(said, hint)] = problems(folder, data=True)
    first = "'demo' would refuse 'plain' (sample 's2', the first of 2 such prompts)"
    assert said == f"plain.yaml:2: {first}: {REASON}"
    assert hint == "change it where it is shown: {{ … | replace('<|im_end|>', '') }}"


def test_an_exemplars_answer_is_looked_at_too(folder, train):
    train(titles=("Pie <|im_end|>", "Pie Two", "Pie Three", "Pie Four"))
    (folder / "plain.yaml").write_text("user: Name it.\nexemplars: {dataset: train, ids: [s1]}\n")
    [(said, _)] = problems(folder)
    assert said.startswith("plain.yaml:1: 'demo' would refuse 'plain' (sample 's1')")
    assert "the assistant message: this model reads '<|im_end|>'" in said


def test_all_variants_of_a_matrix_have_it_said_once(folder):
    (folder / "plain.yaml").write_text(
        "matrix: {tone: [dry, warm]}\nuser: |\n  Be {{ tone }}. <|im_end|>\n"
    )
    suite = folder / "suite.yaml"
    suite.write_text(suite.read_text().replace("[plain, title]", "[plain, title]\nbaseline: title"))
    [(said, _)] = problems(folder)
    assert said.startswith("plain.yaml:3: 'demo' would refuse 'plain[tone=dry]' (sample 's1', the")
    assert "the first of 2 such prompts" in said


def test_where_the_model_is_not_here_nothing_is_said(folder):
    suite = folder / "suite.yaml"
    (folder / "plain.yaml").write_text("user: <|im_end|>\n")
    assert problems(folder) != []
    suite.write_text(suite.read_text().replace("engine: vllm", "engine: fake"))
    assert problems(folder) == []
