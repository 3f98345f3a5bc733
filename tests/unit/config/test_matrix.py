"""``matrix:`` of a variant: what it expands to, and under which names."""

import itertools
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.config.load import load_suite, load_variant, load_variants
from harness.config.matrix import MAX_VARIANTS, level_name
from harness.errors import ConfigErrors
from harness.pipeline.asking.plan import Choice, choose, make_plan
from harness.pipeline.looking.check import check

MATRIX = """
matrix:
  tone: [plain, catchy]
  length:
    values: {short: At most three words., long: At least six words.}
    nuisance: true
user: A {{ tone }} title. {{ length }}
"""


@pytest.fixture
def folder(project, write):
    path = project / "prompts" / "titles"
    write(path / "title.yaml", MATRIX)
    return path


def problems(call, *args):
    with pytest.raises(ConfigErrors) as caught:
        call(*args)
    return [str(problem) for problem in caught.value.problems]


def add(folder, text):
    path = folder / "suite.yaml"
    path.write_text(path.read_text().rstrip() + f"\n{text}\n")


def names(variants):
    return [variant.name for variant in variants]


ALL = [
    "title[tone=plain,length=short]",
    "title[tone=plain,length=long]",
    "title[tone=catchy,length=short]",
    "title[tone=catchy,length=long]",
]


def test_a_file_stands_for_a_variant_for_each_assignment(folder):
    variants = load_variants(folder, "title")
    assert names(variants) == ALL
    assert variants[2].axes == {"tone": "catchy", "length": "short"}
    assert (variants[2].matrix, variants[2].nuisance) == ("title", ("length",))
    plan = make_plan(load_suite(folder), Choice(only=("title",), limit=1))
    sent = [p.request.rendered.messages[0].parts[1].text for p in plan.requests()]
    assert sent[1] == "A plain title. At least six words."
    assert len(set(sent)) == 4


def test_assignments_can_be_left_out(folder, write):
    text = MATRIX.replace("matrix:\n", "matrix:\n  exclude: [{tone: plain, length: long}]\n")
    write(folder / "title.yaml", text)
    assert names(load_variants(folder, "title")) == [ALL[0], *ALL[2:]]


values = st.one_of(st.integers(-9, 99), st.booleans(), st.text("abcxyz -.", min_size=1, max_size=5))


def as_name(value):
    return level_name(value).strip().lower()


@given(data=st.data())
def test_it_is_the_product_without_what_is_excluded(tmp_path_factory, data):
    axes = data.draw(
        st.dictionaries(
            st.from_regex(r"q[a-z]{0,3}", fullmatch=True),
            st.lists(values, min_size=1, max_size=4, unique_by=as_name),
            min_size=1, max_size=3,
        )
    )  # fmt: skip
    assume(all(level_name(v) == level_name(v).strip() for vs in axes.values() for v in vs))
    partial = st.fixed_dictionaries({}, optional={a: st.sampled_from(v) for a, v in axes.items()})
    excluded = [out for out in data.draw(st.lists(partial, max_size=3)) if out]

    def written(value):
        return f"'{value}'" if isinstance(value, str) else level_name(value)

    def mapping(assignment):
        return "{" + ", ".join(f"{a}: {written(v)}" for a, v in assignment.items()) + "}"

    lines = [f"  {axis}: [{', '.join(map(written, vs))}]" for axis, vs in axes.items()]
    lines.append(f"  exclude: [{', '.join(map(mapping, excluded))}]")
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "v.yaml").write_text("user: x\nmatrix:\n" + "\n".join(lines) + "\n")
    expected = [
        dict(zip(axes, levels, strict=True))
        for levels in itertools.product(*axes.values())
        if not any(
            all(type(a[k]) is type(v) and a[k] == v for k, v in out.items())
            for a in [dict(zip(axes, levels, strict=True))]
            for out in excluded
        )
    ]
    if not expected:
        assert "leaves nothing" in problems(load_variants, folder, "v")[0]
        return
    variants = load_variants(folder, "v")
    assert [dict(variant.vars) for variant in variants] == expected
    assert len(set(names(variants))) == len(expected)
    for variant in variants:
        assert load_variant(folder, variant.name) == variant


def test_an_axis_says_how_many_exemplars_are_shown_and_in_which_order(project, write):
    path = write(
        project / "prompts/titles/title.yaml",
        """
        matrix:
          examples: [0, 2, 3]
          order: {values: [listed, reversed, 7], nuisance: true}
        exemplars: {dataset: dishes, ids: [s1, s2, s3, s4], count: examples, order: order}
        user: Name it.
        """,
    )
    shown = {
        (v.axes["examples"], v.axes["order"]): v.exemplars.ids
        for v in load_variants(path.parent, "title")
    }
    assert shown["0", "reversed"] == ()
    assert shown["3", "listed"] == ("s1", "s2", "s3")
    assert shown["3", "reversed"] == ("s3", "s2", "s1")
    assert sorted(shown["3", "7"]) == ["s1", "s2", "s3"]
    plan = make_plan(load_suite(path.parent), Choice(only=("title",), limit=1))
    assert sorted(len(p.request.rendered.messages) for p in plan.requests()) == (
        [1] * 3 + [5] * 3 + [7] * 3
    )
    assert check(path.parent).lints == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("count: 3", "'exemplars.count' is 3: a whole number from 0 to 2 is wanted"),
        ("count: wrods", "'exemplars.count' names no variable or axis: 'wrods'"),
        ("count: -1", "from 0 to 2"),
        ("order: backwards", "'exemplars.order' names no variable or axis: 'backwards'"),
        ("order: words", "'exemplars.order' is 'many'"),
        ("order: -1", "a whole number (a seed"),
    ],
)
def test_a_count_that_cannot_be_has_its_line(project, write, written, said):
    path = write(
        project / "prompts/titles/title.yaml",
        "user: x\nvars: {words: many}\n"
        f"exemplars:\n  dataset: dishes\n  ids: [s1, s2]\n  {written}\n",
    )
    [problem] = problems(load_variants, path.parent, "title")
    assert problem.startswith(f"{path}:6: ")
    assert said in problem


def test_a_variable_that_says_the_count_can_be_set(project, write):
    from harness.config.variables import parse_setting

    path = write(
        project / "prompts/titles/title.yaml",
        "user: x\nvars: {shots: 1}\nexemplars: {dataset: dishes, ids: [s1, s2], count: shots}\n",
    )
    choice = Choice(settings=(parse_setting("title.shots=2"),))
    assert choose(load_suite(path.parent), choice).variants[1].exemplars.ids == ("s1", "s2")
    [problem] = problems(
        choose, load_suite(path.parent), Choice(settings=(parse_setting("title.shots=3"),))
    )
    assert "'exemplars.count' is 3" in problem


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ("title", ALL),
        ("title[tone=catchy]", ALL[2:]),
        ("title[length=long]", ALL[1::2]),
        ("title[length=long,tone=plain]", [ALL[1]]),
        ("title[length=long, tone=plain]", [ALL[1]]),
        (ALL[3], [ALL[3]]),
        ("plain", ["plain"]),
    ],
)
def test_only_takes_a_matrix_or_a_part_of_it(folder, only, chosen):
    assert names(choose(load_suite(folder), Choice(only=(only,))).variants) == chosen


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("titel", "no variant 'titel'\n  hint: did you mean 'title'?"),
        ("titel[tone=plain]", "no variant 'titel[tone=plain]'\n  hint: did you mean 'title'?"),
        ("title[tnoe=plain]", "no axis 'tnoe'\n  hint: did you mean 'tone'?"),
        ("title[tone=plane]", "no level 'plane' of 'tone'\n  hint: did you mean 'plain'?"),
        ("title[plain]", "'plain' is no axis=level\n  hint: for example 'title[tone=…]'"),
        ("title[]", "is no axis=level"),
        ("title[tone=plain,tone=catchy]", "'tone' stands twice"),
        ("plain[tone=plain]", "no variant 'plain[tone=plain]'"),
        ("title[*]", "is no axis=level"),
    ],
)
def test_a_part_that_is_not_there_has_the_nearest_one(folder, only, said):
    [problem] = problems(choose, load_suite(folder), Choice(only=(only,)))
    assert said in problem


def test_a_suite_lists_parts_and_a_baseline_of_a_matrix(folder):
    text = (folder / "suite.yaml").read_text()
    listed = f"[plain, 'title[tone=catchy]']\nbaseline: '{ALL[3]}'"
    (folder / "suite.yaml").write_text(text.replace("[plain, title]", listed))
    suite = load_suite(folder)
    assert names(suite.variants) == ["plain", *ALL[2:]]
    assert suite.baseline == ALL[3]


@pytest.mark.parametrize("key", ["baseline: title", "decide: {metric: CIDEr, baseline: title}"])
def test_a_whole_matrix_is_no_baseline_and_its_variants_are_listed(folder, key):
    add(folder, f"{key}")
    [problem] = problems(load_suite, folder)
    assert f"{folder / 'suite.yaml'}:6: " in problem
    assert "is 'title', which is 4 variants of a matrix: name one" in problem
    assert all(f"'{name}'" in problem for name in ALL)


def test_a_declared_baseline_may_be_one_of_a_matrix(folder):
    add(folder, f"decide: {{metric: CIDEr, baseline: '{ALL[0]}'}}")
    plan = make_plan(load_suite(folder), Choice(limit=1))
    assert len(plan.suite.decide.pairs(plan.systems)) == 4


def test_a_variant_that_is_listed_twice_is_refused(folder):
    text = (folder / "suite.yaml").read_text()
    (folder / "suite.yaml").write_text(text.replace("title]", "title, 'title[tone=plain]']"))
    assert any(f"two variants are named '{ALL[0]}'" in p for p in problems(load_suite, folder))


def test_a_variants_matrix_is_inherited_and_can_be_left_out(folder, write):
    write(folder / "child.yaml", "extends: title\ngeneration: {max_tokens: 9}\n")
    assert names(load_variants(folder, "child"))[0] == "child[tone=plain,length=short]"
    write(folder / "single.yaml", "extends: title\nmatrix: {}\nvars: {tone: dry, length: ''}\n")
    assert names(load_variants(folder, "single")) == ["single"]


def test_a_childs_axis_stands_in_the_place_of_a_parents_variable(project, write):
    folder = project / "prompts" / "titles"
    write(folder / "plain.yaml", "vars: {tone: plain}\nuser: '{{ tone }}'\n")
    write(folder / "title.yaml", "extends: plain\nmatrix: {tone: [dry, warm]}\n")
    assert [v.vars["tone"] for v in load_variants(folder, "title")] == ["dry", "warm"]
    path = write(folder / "title.yaml", "vars: {tone: a}\nmatrix: {tone: [dry]}\nuser: x\n")
    [problem] = problems(load_variants, folder, "title")
    assert problem.startswith(f"{path}:1: 'tone' is a variable here and an axis of the matrix")
    write(folder / "plain.yaml", "matrix: {tone: [a, b]}\nuser: '{{ tone }}'\n")
    path = write(folder / "title.yaml", "extends: plain\nvars: {tone: a}\n")
    [problem] = problems(load_variants, folder, "title")
    assert problem.startswith(f"{path}:2: 'tone' is a variable here")


WRONG = {
    "no level": ("{tone: []}", "the axis 'tone' has no level"),
    "a level twice": ("{tone: [plain, Plain]}", "the level names 'plain' and 'Plain' differ"),
    "a number twice": ("{n: [1, '1']}", "two levels are named '1'"),
    "a comma": ("{tone: ['a, b']}", "a level of 'tone' cannot be called 'a, b'"),
    "a bracket": ("{tone: ['a]']}", "cannot be called"),
    "a slash": ("{tone: [a/b]}", "holds a '/'"),
    "a long text": (f"{{tone: [{'a' * 41}]}}", "{values: {name: text, …}} gives a name"),
    "an empty name": ("{tone: ['']}", "is empty"),
    "a mark of direction": ('{tone: ["a\\u202eb"]}', "cannot be seen"),
    "a template": ("{tone: {values: {a: '{{ id }}'}}}", "holds a template"),
    "a name of Jinja": ("{loop: [a]}", "no axis can be called 'loop'"),
    "a name of ours": ("{images: [a]}", "no axis can be called 'images'"),
    "a name in two ways": ("{tone: [a], Tone: [b]}", "differ in capitals"),
    "no values": ("{tone: {nuisance: true}}", "'matrix.tone.values' is missing"),
    "a wrong key": ("{tone: {values: [a], nuisnace: true}}", "did you mean 'nuisance'?"),
    "no list": ("{tone: plain}", "'matrix.tone'"),
    "null": ("{tone: [null]}", "'matrix.tone"),
    "an unknown axis": ("{tone: [a], exclude: [{tnoe: a}]}", "did you mean 'tone'?"),
    "an unknown level": ("{tone: [plain], exclude: [{tone: plane}]}", "did you mean 'plain'?"),
    "nothing excluded": ("{tone: [a], exclude: [{}]}", "'matrix.exclude.0': at least 1 item"),
    "one number twice": ("{n: [1, 1.0]}", "the levels '1' and '1.0' of 'n' are one number"),
    "nothing left": ("{tone: [a], exclude: [{tone: a}]}", "'exclude' leaves nothing"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_meant_is_refused_with_its_line(project, write, kind):
    matrix, said = WRONG[kind]
    path = write(project / "prompts/titles/title.yaml", f"user: x\nmatrix: {matrix}\n")
    found = problems(load_variants, path.parent, "title")
    assert all(problem.startswith(f"{path}:2: ") for problem in found)
    assert said in "\n".join(found)


@pytest.mark.parametrize(
    ("axes", "count"), [((2,) * 9, "512"), ((30,) * 20, "348,678,440,100"), ((257,), "257")]
)
def test_more_variants_than_anybody_means_are_refused_at_once(project, write, axes, count):
    lines = "".join(f"  a{i}: {list(range(n))}\n" for i, n in enumerate(axes))
    path = write(project / "prompts/titles/title.yaml", "user: x\n")
    path.write_text(f"user: x\nmatrix:\n{lines}")
    begin = time.process_time()
    [problem] = problems(load_variants, path.parent, "title")
    assert time.process_time() - begin < 1
    assert f"the matrix gives {count}" in problem
    assert f"more than {MAX_VARIANTS}" in problem


def test_a_matrix_of_which_much_is_excluded_may_be_larger(project, write):
    path = project / "prompts/titles/title.yaml"
    outs = "".join(f", {{a: {i}}}" for i in range(1, 30))
    path.write_text(
        f"user: x\nmatrix:\n  a: {list(range(30))}\n  b: {list(range(30))}\n"
        f"  exclude: [{outs[2:]}]\n"
    )
    assert len(load_variants(path.parent, "title")) == 30


def test_an_axis_that_nothing_uses_is_named(folder, write):
    write(folder / "title.yaml", MATRIX.replace("{{ length }}", ""))
    [lint] = check(folder).lints
    assert str(lint).startswith(f"{folder / 'title.yaml'}:3: unused axis 'length'")
    assert len(lint.variants) == len(load_variants(folder, "title"))


def test_check_of_one_file_and_of_a_file_that_no_suite_lists_expands_it(folder, write):
    write(folder / "title.yaml", MATRIX.replace("{{ tone }}", "{{ tnoe }}"))
    for path in (folder / "title.yaml", folder):
        assert any("'tnoe' is undefined" in str(p) for p in check(path).problems)
    (folder / "suite.yaml").write_text(
        (folder / "suite.yaml").read_text().replace("[plain, title]", "[plain]")
    )
    assert any("'tnoe' is undefined" in str(p) for p in check(folder).problems)
