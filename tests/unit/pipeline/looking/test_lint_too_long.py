"""`too_long`: what does not fit into the context of a model whose files are here."""

import pytest

from harness.pipeline.looking.check import check

WORDS = "many words "


@pytest.fixture
def folder(project, repository):
    folder = project / "prompts" / "titles"
    path = folder / "suite.yaml"
    demo = f"{{name: demo, engine: vllm, model: {repository / 'harness/demo/model'}}}"
    path.write_text(path.read_text().replace("{name: stand-in, engine: fake, model: none}", demo))
    return folder


def lints(folder):
    checked = check(folder)
    assert checked.problems == ()
    return [str(lint).replace(f"{folder}/", "") for lint in checked.lints]


def test_a_prompt_that_is_longer_than_the_context_is_named(folder):
    (folder / "plain.yaml").write_text(f"user: |\n  {WORDS * 1000}\n")
    [lint] = lints(folder)
    assert lint.startswith("plain.yaml:2: 'plain' has at least ")
    assert "20 of them of its images (sample 's1'), and the context of 'demo' 2,048" in lint
    assert lint.endswith(": such a request fails [too_long]")


def test_an_answer_that_has_too_little_room_is_named(folder):
    (folder / "title.yaml").write_text("extends: plain\ngeneration: {max_tokens: 2040}\n")
    [lint] = lints(folder)
    assert lint.startswith("title.yaml:1: 'title' has at least ")
    assert "are left for the answer, and max_tokens is 2,040" in lint


def test_what_fits_is_not(folder):
    (folder / "plain.yaml").write_text(f"user: |\n  {WORDS * 50}\n")
    (folder / "title.yaml").write_text("extends: plain\ngeneration: {max_tokens: 900}\n")
    assert lints(folder) == []


def test_of_all_samples_the_longest_is_named(folder):
    repeated = f"user: '{{{{ \"{WORDS}\" * (1 + metadata.n * 300) }}}}'\n"
    (folder / "plain.yaml").write_text(repeated)
    assert check(folder).lints == ()
    [lint] = check(folder, data=True).lints
    assert "(sample 's4')" in str(lint)


def test_variants_of_one_file_are_told_at_once(folder):
    (folder / "title.yaml").write_text(
        f"matrix: {{times: [1, 1500, 2000]}}\nuser: '{{{{ \"{WORDS}\" * times }}}}'\n"
    )
    [lint] = check(folder).lints
    assert lint.message.startswith("'title[times=2000]' has at least ")
    assert lint.variants == ("title[times=1500]", "title[times=2000]")


def test_where_no_file_of_a_model_is_here_nothing_is_said_and_no_silence_is_idle(project):
    folder = project / "prompts" / "titles"
    (folder / "plain.yaml").write_text(f"user: {WORDS * 1000}\nsilence: [too_long]\n")
    checked = check(folder)
    assert checked.lints == ()
    assert not [note for note in checked.notices if "'silence'" in note]
