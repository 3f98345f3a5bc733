"""Exemplars are chosen: the first, some at random, or for each sample the most similar."""

import json
import re

import pytest

from harness.config.load import load_suite
from harness.errors import HarnessError
from harness.media import look
from harness.pipeline.asking.leakage import guard
from harness.pipeline.asking.notices import notices
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.looking.check import check
from harness.pipeline.looking.preview import render_requests
from harness.records import TextPart
from harness.store.run_folder import RunFolder

SUITE = "prompts/titles"


@pytest.fixture
def demo(tmp_path, repository):
    """A suite of its own on the demo's data, where only prompts are made."""
    folder = tmp_path / "prompts" / "mine"
    folder.mkdir(parents=True)
    (tmp_path / "datasets").symlink_to(repository / "datasets")
    (folder / "suite.yaml").write_text(
        "dataset: recipes-demo\nmodels: [{name: m, engine: fake, model: none}]\nmetrics: [bleu]\n"
    )

    def make(exemplars, text="user: Name it.\n", **choice):
        written = f"exemplars: {{dataset: recipes-demo-train, {exemplars}}}\n"
        (folder / "shots.yaml").write_text(text + written)
        return make_plan(load_suite(folder), Choice(**choice))

    make.folder = folder
    return make


def shown(plan):
    return [exemplar.id for exemplar in plan.exemplars["shots"]]


def test_the_first_are_those_of_the_file(demo):
    plan = demo("choose: first, count: 3", limit=1)
    assert shown(plan) == ["t001", "t002", "t003"]
    assert shown(demo("choose: first, count: 3, order: reversed", limit=1)) == [
        "t003", "t002", "t001",
    ]  # fmt: skip


def test_at_random_a_larger_count_keeps_those_of_a_smaller_one(demo):
    two, five = (shown(demo(f"choose: random, count: {n}", limit=1)) for n in (2, 5))
    assert five[:2] == two
    assert len(set(five)) == 5
    assert five == shown(demo("choose: random, count: 5, seed: 0", limit=1))
    assert five != shown(demo("choose: random, count: 5, seed: 1", limit=1))


def test_an_axis_says_how_many(demo):
    text = "matrix: {n: [0, 1, 3]}\nuser: Name it.\n"
    plan = demo("choose: random, count: n", text, limit=1)
    counts = {name: len(samples) for name, samples in plan.exemplars.items()}
    assert counts == {"shots[n=0]": 0, "shots[n=1]": 1, "shots[n=3]": 3}


def test_the_similar_share_words_with_their_sample_and_tell_nothing_about_it(demo):
    plan = demo("choose: similar, count: 2, by: metadata.ingredients", limit=20)
    similar = plan.similar["shots"]
    for sample in plan.samples:
        own = set(sample.metadata["ingredients"])
        places = similar.chosen[sample.id]
        assert len(set(places)) == 2
        shares = [len(own & set(c.metadata["ingredients"])) for c in similar.candidates]
        assert shares[places[0]] >= max(1, max(shares) - 1)
    assert guard(plan, look).by_variant == {}
    said = notices(plan)
    assert any("each sample has exemplars of its own" in text for text in said)


def test_what_is_rendered_for_one_sample_is_what_a_run_sends_whatever_its_size(demo):
    plan = demo("choose: similar, count: 2, by: image", limit=12)
    sent = {p.request.sample_id: p.request.rendered.sha256 for p in plan.requests()}
    assert len({tuple(c) for c in plan.similar["shots"].chosen.values()}) > 3
    suite = load_suite(demo.folder)
    for sample_id in list(sent)[::5]:
        _, [(_, request)] = render_requests(suite, Choice(), sample_id)
        assert request.rendered.sha256 == sent[sample_id]


def write_suite(project, text, extra=""):
    (project / SUITE / "plain.yaml").write_text(text)
    path = project / SUITE / "suite.yaml"
    path.write_text(path.read_text() + extra)
    return project / SUITE


def test_a_sample_is_never_its_own_exemplar(project):
    rows = project / "datasets/dishes/samples.jsonl"
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    lines[3]["title"] = lines[0]["title"].upper()
    rows.write_text("\n".join(json.dumps(line | {"tags": "dish"}) for line in lines))
    config = project / "datasets/dishes.yaml"
    config.write_text(config.read_text().replace("[n]", "[n, tags]"))
    text = "user: x\nexemplars: {dataset: dishes, choose: similar, count: 4, by: metadata.tags}\n"
    folder = write_suite(project, text)
    plan = make_plan(load_suite(folder), Choice())
    chosen = plan.similar["plain"].chosen
    assert chosen == {"s1": (1, 2), "s2": (0, 2, 3), "s3": (0, 1, 3), "s4": (1, 2)}
    with pytest.raises(HarnessError, match="exemplar 's1' – sample 's1': the same sample"):
        guard(plan, look)
    said = " ".join(notices(plan))
    assert "4 samples have fewer than 4 exemplars, since others tell about them" in said
    assert any("the same sample" in str(problem) for problem in check(folder).problems)


def test_a_run_keeps_what_each_sample_was_shown_and_counts_copies_of_that(project, harness):
    text = (
        "user: '{{ exemplars[0].reference }}'\n"
        "exemplars: {dataset: dishes, choose: similar, count: 1, by: image, as: text}\n"
    )
    folder = write_suite(project, text, "allow_leakage: true\n")
    done = harness("run", folder, "--only", "plain")
    assert done.returncode == 0, done.stderr
    assert "copies of an exemplar that the prompt shows: plain" in " ".join(done.stdout.split())
    [results] = (project / "results" / "titles").iterdir()
    variant = RunFolder(results).run().variants["plain"]
    assert variant.answers_shown("s1") == ("Avocado and Tomato Salad",)
    assert variant.answers_shown("s2") == ("Lemon-Garlic Shrimp Skillet",)


def test_exemplars_as_text_stand_where_the_template_shows_them_without_images(demo):
    text = (
        "user: |\n"
        "  {% for e in exemplars %}\n"
        "  {{ e.metadata.dish }}: {{ e.reference }} ({{ e.id }})\n"
        "  {% endfor %}\n"
        "  And this one?\n"
    )
    plan = demo("choose: first, count: 2, as: text", text, limit=1)
    [planned] = plan.requests()
    [message] = planned.request.rendered.messages
    assert len(planned.request.rendered.media) == 1
    [said] = [part.text for part in message.parts if isinstance(part, TextPart)]
    assert said.splitlines() == [
        "Skewers: Octopus and Basil Skewers with Olives (t001)",
        "Skillet: Easy Corn Skillet with Cabbage and Ginger (t002)",
        "And this one?",
    ]


@pytest.mark.parametrize(
    ("written", "text", "said"),
    [
        ("count: 2", "", "neither 'ids' nor 'choose' stands here"),
        ("ids: [t001], choose: first, count: 1", "", "'ids' and 'choose' stand here"),
        ("choose: first", "", "'exemplars.count' is missing: 'choose: first' takes so many"),
        ("choose: first, count: 2, seed: 3", "", "'exemplars.seed' is for 'choose: random' alone"),
        ("choose: first, count: 2, by: image", "", "'exemplars.by' is for 'choose: similar' alone"),
        ("choose: similar, count: 2", "", "'exemplars.by' is missing"),
        ("choose: similar, count: 2, by: dish", "", "'exemplars.by' is 'dish'"),
        ("choose: similar, count: 2, by: metadata.dsh", "", "has no metadata 'dsh'.*'dish'"),
        ("choose: random, count: -1", "", "'exemplars.count' is -1: a whole number 0 or more"),
        (
            "choose: first, count: 61",
            "",
            "61 exemplars are wanted, and 'recipes-demo-train' has 60",
        ),
        ("choose: random, count: 61", "", "61 exemplars are wanted"),
        ("choose: first, count: 1, as: text", "", "no template shows them"),
        ("choose: first, count: 1, as: text, images: true", "", "text has no images"),
        ("choose: first, count: 1", "user: '{{ exemplars }}'\n", "'exemplars' is undefined"),
        ("choose: nearest, count: 1", "", "'exemplars.choose'"),
        ("ids: [t001]", "vars: {exemplars: 3}\nuser: x\n", "can be called 'exemplars'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(demo, written, text, said):
    with pytest.raises(HarnessError) as error:
        list(demo(written, text or "user: Name it.\n", limit=1).requests())
    assert re.search(said, str(error.value), re.DOTALL), error.value
    assert re.search(r"shots\.yaml:\d", str(error.value)), error.value


def test_a_prompt_with_listed_exemplars_is_the_one_it_always_was(demo):
    """So that no answer of before is asked for again; the hash is that of the version before."""
    [planned] = demo("ids: [t001, t002]", "user: Name it.\n", limit=1).requests()
    assert planned.request.rendered.sha256[:20] == "af57cd7568f71c510dcc"
