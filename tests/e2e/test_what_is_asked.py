"""What reaches a model and is in no key: seeds, the order of requests, whose sampling wins."""

import json
import shutil

import pytest

SUITE = "prompts/titles"


@pytest.fixture
def decoding(project):
    """Put a decoding into the suite."""

    def put(text):
        suite = project / SUITE / "suite.yaml"
        lines = [line for line in suite.read_text().splitlines() if "decoding:" not in line]
        suite.write_text("\n".join([*lines, f"decoding: {text}\n"]))

    return put


def seeds(script):
    """Sample → the seeds of what was asked about it by the first prompt, in order."""
    asked = [r for r in script.asked if r.system.startswith("plain")]
    by_sample = {}
    for request in asked:
        by_sample.setdefault(request.sample_id, []).append(request.decoding.params.get("seed"))
    return by_sample


def written(folder):
    """Give a run's completions but for when each was made."""
    lines = map(json.loads, (folder / "completions.jsonl").read_text().splitlines())
    return [{key: value for key, value in line.items() if key != "made_at"} for line in lines]


@pytest.mark.parametrize(
    ("params", "words", "expected"),
    [
        ("{temperature: 0.8, n: 4}", (), [0, 1, 2, 3]),
        ("{temperature: 0.8, n: 3, seed: 70}", (), [70, 71, 72]),
        ("{temperature: 0.8}", ("--repeat", "3"), [0, 1, 2]),
        ("{temperature: 0.8, n: 2}", ("--repeat", "2"), [0, 1, 2, 3]),
        ("{temperature: 0.8}", (), [0]),
        ("{temperature: 0}", ("--repeat", "2"), [None, None]),
    ],
)
def test_each_draw_has_a_seed_of_its_own(run, script, decoding, params, words, expected):
    decoding(f"{{warm: {params}}}")

    run(*words)

    assert seeds(script) == {f"s{i}": expected for i in (1, 2, 3, 4)}


def test_what_is_drawn_at_random_comes_out_again(project, run, script, decoding):
    """A model that follows its seed gives a fresh run the same texts."""
    script.answer = lambda request: f"Dish {request.decoding.params['seed']} of {request.sample_id}"
    decoding("{warm: {temperature: 1, n: 3}}")
    first = written(project / run()["folder"])
    asked, script.asked = script.asked, []
    shutil.rmtree(project / "results")

    again = written(project / run()["folder"])

    assert again == first
    assert script.asked == asked
    assert len({line["text"] for line in first}) == 3 * 4  # two prompts, one seed a draw


def test_a_repeat_asks_in_another_order_so_that_its_batches_differ(run, script):
    run("--repeat", "4", "--only", "plain")

    samples = [request.sample_id for request in script.asked]
    draws = [samples[i : i + 4] for i in range(0, 16, 4)]
    assert draws[0] == ["s1", "s2", "s3", "s4"]
    assert all(sorted(draw) == draws[0] for draw in draws)
    assert draws[0] not in draws[1:]


def test_all_prompts_of_a_sample_stand_together_in_every_draw(run, script):
    run("--repeat", "3")

    asked = [(request.sample_id, request.system) for request in script.asked]
    assert [system for _, system in asked] == ["plain", "title"] * 12
    assert all(asked[i][0] == asked[i + 1][0] for i in range(0, 24, 2))


@pytest.mark.parametrize(
    ("model", "suite", "variant", "expected"),
    [
        ("", "", "", {"max_tokens": 128, "temperature": 0}),
        ("{max_tokens: 5}", "", "", {"max_tokens": 5, "temperature": 0}),
        ("{max_tokens: 5, top_k: 1}", "{max_tokens: 6}", "", {"max_tokens": 6, "top_k": 1}),
        ("", "{max_tokens: 6, top_k: 1}", "{max_tokens: 7}", {"max_tokens": 7, "top_k": 1}),
        ("{max_tokens: 5}", "", "{max_tokens: 7}", {"max_tokens": 7}),
        ("{temperature: 1}", "{temperature: 0}", "", {"temperature": 0}),
        ("", "{temperature: 0}", "{temperature: 1, seed: 4}", {"temperature": 1, "seed": 4}),
    ],
)
def test_sampling_of_a_prompt_wins_over_the_suites_and_that_over_the_models(
    project, run, script, decoding, model, suite, variant, expected
):
    if model:
        path = project / SUITE / "suite.yaml"
        path.write_text(path.read_text().replace("model: none", f"model: a, generation: {model}"))
    if suite:
        decoding(f"{{a: {suite}}}")
    if variant:
        with (project / SUITE / "title.yaml").open("a") as file:
            file.write(f"generation: {variant}\n")

    run("--only", "title")

    for request in script.asked:
        assert expected.items() <= request.decoding.params.items()
    assert len(script.asked) == 4


def test_the_sampling_of_one_prompt_is_not_that_of_another(project, run, script, decoding):
    decoding("{a: {max_tokens: 6}}")
    with (project / SUITE / "title.yaml").open("a") as file:
        file.write("generation: {max_tokens: 7}\n")

    run()

    limits = {(r.system, r.decoding.params["max_tokens"]) for r in script.asked}
    assert limits == {("plain", 6), ("title", 7)}
