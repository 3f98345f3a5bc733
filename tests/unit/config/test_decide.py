"""``decide:`` of a suite: what it may say, and what is said of what it may not."""

import pytest

from harness.config.load import load_suite
from harness.errors import ConfigErrors, HarnessError
from harness.pipeline.asking.plan import Choice, make_plan
from harness.records import Decision, Decoding, System


@pytest.fixture
def declaring(project):
    """Put a declaration at the end of the suite, in line 6."""
    folder = project / "prompts" / "titles"
    text = (folder / "suite.yaml").read_text().rstrip() + "\n"

    def write(decide, metrics="[bleu, rouge_l, cider]"):
        changed = text.replace("[bleu, rouge_l, cider]", metrics)
        (folder / "suite.yaml").write_text(f"{changed}decide: {decide}\n")
        return folder

    return write


def refused(folder):
    """Give what is wrong, from the place on, as a run would say it."""
    with pytest.raises(HarnessError) as caught:
        make_plan(load_suite(folder), Choice())
    several = isinstance(caught.value, ConfigErrors)
    problems = caught.value.problems if several else [caught.value]
    return [str(problem).rpartition("suite.yaml:")[2] for problem in problems]


def test_nothing_is_declared_by_itself(project):
    assert load_suite(project / "prompts" / "titles").decide is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{metric: CIDEr}", Decision(metrics=("CIDEr",))),
        (
            "{metric: CIDEr, baseline: title, margin: 0.1}",
            Decision(metrics=("CIDEr",), baseline="title", margins={"CIDEr": 0.1}),
        ),
        ("{metric: CIDEr, margin: 1}", Decision(metrics=("CIDEr",), margins={"CIDEr": 1.0})),
        (
            "{metric: [CIDEr, BLEU_4], margin: {BLEU_4: 0.01}}",
            Decision(metrics=("CIDEr", "BLEU_4"), margins={"BLEU_4": 0.01}),
        ),
    ],
)
def test_a_declaration_is_read(declaring, written, read):
    folder = declaring(written)
    assert load_suite(folder).decide == read
    assert make_plan(load_suite(folder), Choice()).suite.decide == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "'decide.metric' is missing\n  hint: for example metric: CIDEr"),
        ("CIDEr", "'decide': key: value lines is wanted here, not the text 'CIDEr'"),
        (
            "{metric: CIDEr, basline: plain}",
            "unknown key 'basline'\n  hint: did you mean 'baseline'?",
        ),
        ("{metric: []}", "'decide.metric' names no metric"),
        ("{metric: 3}", "'decide.metric': a text or a list is wanted here, not the number 3"),
        ("{metric: [CIDEr, CIDEr]}", "'decide.metric' names 'CIDEr' twice"),
        (
            "{metric: CIDre}",
            "'decide.metric': no metric of the suite gives a column 'CIDre'\n"
            "  hint: did you mean 'CIDEr'?",
        ),
        ("{metric: bleu}", "hint: the metric bleu gives BLEU_1, BLEU_2, BLEU_3, BLEU_4"),
        ("{metric: METEOR}", "hint: meteor gives it: add it to 'metrics:'"),
        (
            "{metric: CIDEr, baseline: tilte}",
            "'decide.baseline' is 'tilte', which is no variant of the suite\n"
            "  hint: did you mean 'title'?",
        ),
        (
            "{metric: CIDEr, margin: 0}",
            "'decide.margin': more than 0 is wanted here, not the number 0",
        ),
        ("{metric: CIDEr, margin: -0.5}", "more than 0 is wanted here, not the number -0.5"),
        ("{metric: CIDEr, margin: .inf}", "'decide.margin' is inf, no number to reckon with"),
        ("{metric: CIDEr, margin: .nan}", "'decide.margin' is nan, no number to reckon with"),
        ("{metric: CIDEr, margin: much}", "a number or key: value lines is wanted here"),
        ("{metric: CIDEr, margin: true}", "a number or key: value lines is wanted here"),
        (
            "{metric: CIDEr, margin: -.1}",
            "wanted here, not the text '-.1'\n"
            "  hint: YAML takes it for text: write -0.1; it must be more than 0",
        ),
        ("{metric: CIDEr, margin: 1e-3}", "hint: YAML takes it for text: write 0.001"),
        ("{metric: CIDEr, margin: '0.5'}", "hint: take the quotes away: 0.5"),
        ("{metric: CIDEr, margin: '-1'}", "take the quotes away: -1; it must be more than 0"),
        ("{metric: CIDEr, margin: {}}", "at least 1 item is wanted here, not an empty mapping"),
        (
            "{metric: CIDEr, margin: {CIDEr: -1}}",
            "'decide.margin.CIDEr': more than 0 is wanted here, not the number -1",
        ),
        (
            "{metric: CIDEr, margin: {CIDR: 0.1}}",
            "'decide.margin' names 'CIDR', which 'decide.metric' does not\n"
            "  hint: did you mean 'CIDEr'?",
        ),
        (
            "{metric: [CIDEr, BLEU_4], margin: 0.1}",
            "'decide.margin' is one number for 2 metrics\n  hint: {metric: number}",
        ),
        (
            "{metric: ROUGE_L, margin: 50}",
            "'decide.margin' is 50, and ROUGE_L is between 0 and 1: any two systems would be "
            "equivalent\n  hint: the smallest difference that matters, for example 0.02",
        ),
        (
            "{metric: [CIDEr, BLEU_4], margin: {CIDEr: 10, BLEU_4: 0.9}}",
            "'decide.margin' is 10, and CIDEr is between 0 and 10: any two",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(declaring, written, said):
    [problem] = refused(declaring(written))
    assert problem.startswith("6: ")
    assert said in problem


def test_all_that_is_wrong_is_said_at_once(declaring):
    problems = refused(declaring("\n  metric: [BLEU_4, BLEU_4]\n  baseline: x\n  margin: {y: 1}"))
    assert [problem.partition(": ")[0] for problem in problems] == ["7", "8", "9"]


def test_what_is_declared_is_the_baseline_of_tables_and_slices_too(declaring):
    assert load_suite(declaring("{metric: CIDEr, baseline: title}")).baseline == "title"
    assert load_suite(declaring("{metric: CIDEr}")).baseline == "plain"


def test_two_baselines_are_refused(declaring):
    folder = declaring("{metric: CIDEr, baseline: title}\nbaseline: plain")
    assert refused(folder) == [
        "6: 'decide.baseline' is 'title', and 'baseline' is 'plain'\n"
        "  hint: one of them is enough: what is declared is what tables and slices compare with, "
        "too"
    ]
    assert load_suite(declaring("{metric: CIDEr, baseline: title}\nbaseline: title")).decide


def test_a_baseline_needs_another_variant(declaring):
    folder = declaring("{metric: CIDEr, baseline: plain}")
    suite = folder / "suite.yaml"
    suite.write_text(suite.read_text().replace("[plain, title]", "[plain]"))
    assert refused(folder) == [
        "6: 'decide.baseline': nothing is compared with 'plain', the only variant\n"
        "  hint: without 'baseline:' all pairs of systems are compared"
    ]


def test_what_ranks_nothing_decides_nothing(declaring):
    folder = declaring("{metric: [LENGTH_RATIO, CIDEr]}", metrics="[length_ratio, cider]")
    assert refused(folder) == [
        "6: 'decide.metric': more LENGTH_RATIO is not better, so it decides nothing"
    ]


def test_what_an_evaluate_module_gives_cannot_be_declared(declaring, write):
    write(declaring("").parent / "mine" / "mine.py", "x = 1")
    [problem] = refused(declaring("{metric: f1}", metrics="[bleu, {evaluate: ../mine}]"))
    assert "no metric of the suite gives a column 'f1'" in problem
    assert "what an 'evaluate' module gives has no interval and cannot be declared" in problem


def system(model, variant, decoding="greedy"):
    name = f"{model}/{variant}/{decoding}"
    return System(
        name=name, model=model, variant=variant, decoding=Decoding(name=decoding, params={})
    )


def test_each_variant_is_compared_with_the_baseline_of_its_model_and_decoding():
    systems = [
        system(model, variant, decoding)
        for model in "mn"
        for decoding in ("greedy", "warm")
        for variant in "abc"
    ] + [system("mine.csv", "mine.csv")]
    pairs = Decision(metrics=("CIDEr",), baseline="b").pairs(systems)
    assert pairs[:3] == (
        ("m/a/greedy", "m/b/greedy"),
        ("m/c/greedy", "m/b/greedy"),
        ("m/a/warm", "m/b/warm"),
    )
    assert len(pairs) == 8


def test_without_a_baseline_every_pair_is_compared():
    systems = [system("m", variant) for variant in "abc"]
    assert Decision(metrics=("CIDEr",)).pairs(systems) == (
        ("m/b/greedy", "m/a/greedy"),
        ("m/c/greedy", "m/a/greedy"),
        ("m/c/greedy", "m/b/greedy"),
    )
