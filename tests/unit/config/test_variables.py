"""``vars:`` of a variant, of a suite, and ``--set``."""

import pytest

from harness.config.load import load_suite, load_variant
from harness.config.variables import parse_setting, setting
from harness.errors import ConfigError, ConfigErrors, RenderError
from harness.pipeline.asking.plan import Choice, choose, make_plan
from harness.pipeline.looking.check import check


@pytest.fixture
def folder(project, write):
    path = project / "prompts" / "titles"
    write(
        path / "plain.yaml",
        """
        vars:
          words: 5
          tone: plain
          kinds: [soup, stew]
        user: A {{ tone }} title of {{ words }} words, no {{ kinds | natural_list('or') }}.
        """,
    )
    write(path / "title.yaml", "extends: plain\nvars: {words: 9}\n")
    return path


def add(folder, text):
    path = folder / "suite.yaml"
    path.write_text(path.read_text().rstrip() + f"\n{text}\n")


def sent(folder, *settings, only=()):
    choice = Choice(only=only, settings=tuple(map(parse_setting, settings)), limit=1)
    plan = make_plan(load_suite(folder), choice)
    return [p.request.rendered.messages[-1].parts[-1].text for p in plan.requests()]


def problems(call, *args):
    with pytest.raises(ConfigErrors) as caught:
        call(*args)
    return [str(problem) for problem in caught.value.problems]


def test_variables_are_merged_name_by_name(folder):
    assert sent(folder) == [
        "A plain title of 5 words, no soup or stew.",
        "A plain title of 9 words, no soup or stew.",
    ]


def test_a_suite_gives_one_variant_another_value(folder):
    add(folder, "vars: {plain: {tone: catchy, kinds: [pie]}}")
    first, second = sent(folder)
    assert first == "A catchy title of 5 words, no pie."
    assert second.startswith("A plain title of 9")


def test_the_command_line_wins_over_the_suite(folder):
    add(folder, "vars: {plain: {tone: catchy}}")
    first, second = sent(folder, "plain.tone=dull", "title.kinds=[a, b, c]")
    assert first == "A dull title of 5 words, no soup or stew."
    assert second == "A plain title of 9 words, no a, b or c."


def test_setting_a_value_back_is_the_same_question(folder):
    def keys(*settings):
        choice = Choice(limit=1, settings=tuple(map(parse_setting, settings)))
        return [p.request.key for p in make_plan(load_suite(folder), choice).requests()]

    assert keys("title.words=9") == keys()
    assert keys("title.words=8") != keys()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v.x=5", 5),
        ("v.x=0.5", 0.5),
        ("v.x=true", True),
        ("v.x=plain words", "plain words"),
        ("v.x='5'", "5"),
        ("v.x=", ""),
        ("v.x=[a, 'b, c']", ["a", "b, c"]),
        ("v.x=Title: soup", "Title: soup"),
        ("v.x=Title:", "Title:"),
        ("v.x=a=b.c=d", "a=b.c=d"),
        ("v.x=12:30", "12:30"),
        ("v.x=2024-05-01", "2024-05-01"),
        ("v.x=*", "*"),
        ("v.x=- a", ["a"]),
    ],
)
def test_a_value_is_read_as_yaml_reads_it(text, value):
    read = parse_setting(text)
    assert (read.variant, read.name, read.value) == ("v", "x", value)


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("title[tone=plain].words=3", "title[tone=plain]"),
        ("title[tone=a,length=0.5].words=3", "title[tone=a,length=0.5]"),
        ("v1.2.words=3", "v1.2"),
    ],
)
def test_a_variant_is_named_as_it_is(text, variant):
    assert parse_setting(text).variant == variant


@pytest.mark.parametrize(
    "text",
    [
        "", "words=5", "plain.words", "=5", ".x=5", "plain.=5",
        "v.x=[a", "v.x='a", "v.x={a: 1}", "v.x=null", "v.x=[[1]]",
    ],
)  # fmt: skip
def test_what_sets_nothing_is_refused(text):
    with pytest.raises((ConfigError, ConfigErrors)):
        parse_setting(text)


def test_all_that_is_wrong_with_settings_is_said_at_once(folder):
    settings = [
        "plian.words=5", "plain.wrods=5", "plain.kinds=soup", "plain.words=[1]",
        "plain.tone={{ id }}",
    ]  # fmt: skip
    choice = Choice(settings=tuple(map(parse_setting, settings[:4])), only=("tilte",))
    found = problems(choose, load_suite(folder), choice)
    assert found == [
        "--set: no variant 'plian'\n  hint: did you mean 'plain'?",
        "--set: the variant 'plain' has no variable 'wrods'\n  hint: did you mean 'words'?",
        "--set: 'kinds' is a list in the variant 'plain', and no list here\n"
        "  hint: a list stands in brackets: [a, b]",
        "--set: 'words' is no list in the variant 'plain', and a list here\n"
        "  hint: a list stands in brackets: [a, b]",
        "suite 'titles' has no variant 'tilte'\n  hint: did you mean 'title'?",
    ]
    twice = Choice(settings=(setting("plain.words", 5), setting("plain.words", 6)))
    [problem] = problems(choose, load_suite(folder), twice)
    assert "'words' of plain is set twice" in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("plain:raw", "--only 'plain': all its post-processings are scored from it"),
        ("stand-in/plain:raw", "--only 'plain' --model 'stand-in': all its post-processings"),
        ("plain{blind}:raw", "--only 'plain{blind}': all its post-processings"),
        ("stand-in/title/greedy", "--only 'title' --model 'stand-in'"),
    ],
)
def test_of_a_systems_name_it_is_said_how_its_variant_is_chosen(folder, name, hint):
    (folder / "plain.yaml").write_text("user: x\npostprocess: {raw: [], neat: [strip]}\n")
    [problem] = problems(choose, load_suite(folder), Choice(only=(name,)))
    assert problem.startswith(
        f"suite 'titles' has no variant '{name}': it is a system's name\n  hint: {hint}"
    )


@pytest.mark.parametrize("name", ["plain:rw", "plain/x", "x/y:raw", "raw", "stand-in"])
def test_what_is_no_systems_name_is_taken_for_a_variants(folder, name):
    (folder / "plain.yaml").write_text("user: x\npostprocess: {raw: [], neat: [strip]}\n")
    [problem] = problems(choose, load_suite(folder), Choice(only=(name,)))
    assert problem.startswith(f"suite 'titles' has no variant '{name}'\n")


def test_a_suites_setting_that_means_nothing_has_its_line(folder):
    add(folder, "vars:\n  plain:\n    wrods: 5\n  tilte: {words: 3}")
    path = folder / "suite.yaml"
    assert problems(load_suite, folder) == [
        f"{path}:8: 'vars': the variant 'plain' has no variable 'wrods'\n"
        "  hint: did you mean 'words'?",
        f"{path}:9: 'vars': no variant 'tilte'\n  hint: did you mean 'title'?",
    ]


def test_names_and_values_that_cannot_be_meant_have_their_lines(project, write):
    path = write(
        project / "prompts/titles/plain.yaml",
        """
        user: x
        vars:
          image: a
          two words: b
          _x: c
          if: d
          late: "{{ id }} dish"
          list: [ok, "{% if x %}"]
          "2nd": e
        """,
    )
    found = problems(load_variant, path.parent, "plain")
    assert [p.partition(": ")[0] for p in found] == [f"{path}:{n}" for n in range(3, 10)]
    assert "no variable can be called 'image'" in found[0]
    assert "holds a template, which would not be filled in" in found[4]


@pytest.mark.parametrize("value", ["{a: 1}", "null", "[[1]]", "[null]"])
def test_a_value_is_of_one_kind(project, write, value):
    path = write(project / "prompts/titles/plain.yaml", f"user: x\nvars: {{words: {value}}}\n")
    found = problems(load_variant, path.parent, "plain")
    assert all(problem.startswith(f"{path}:2: 'vars.words") for problem in found)


def test_an_undefined_variable_says_which_there_are(folder):
    (folder / "title.yaml").write_text("extends: plain\nuser: |\n  One.\n  {{ wrods }}\n")
    with pytest.raises(RenderError) as caught:
        sent(folder)
    assert str(caught.value).startswith(f"{folder / 'title.yaml'}:4: 'wrods' is undefined")
    assert caught.value.hint == (
        "did you mean 'words'? a sample offers image, images, id, metadata.n; "
        "the variables are kinds, tone, words"
    )


def test_check_names_a_variable_that_nothing_uses(folder):
    (folder / "title.yaml").write_text("extends: plain\nvars: {spare: 1}\nuser: '{{ words }}'\n")
    [lint] = check(folder).lints
    place = f"{folder / 'title.yaml'}:2"
    assert str(lint) == f"{place}: unused variable 'spare': no template names it [unused_variable]"


def test_a_variable_that_an_included_file_uses_is_used(folder):
    (folder / "part.txt").write_text("{{ spare }}")
    (folder / "title.yaml").write_text(
        "extends: plain\nvars: {spare: 1}\nuser: '{% include \"part.txt\" %}'\n"
    )
    assert check(folder).lints == ()


def test_a_variable_that_another_variant_of_the_suite_uses_is_used_where_one_is_looked_at(folder):
    plain = folder / "plain.yaml"
    plain.write_text(plain.read_text().replace("vars:", "vars:\n  spare: 1"))
    (folder / "title.yaml").write_text("extends: plain\nuser: '{{ spare }}'\n")
    assert check(plain).lints == ()
    assert check(folder / "title.yaml").lints == ()
    (folder / "title.yaml").unlink()
    add(folder, "silence: []")
    suite = folder / "suite.yaml"
    suite.write_text(suite.read_text().replace("[plain, title]", "[plain]"))
    assert [lint.name for lint in check(plain).lints] == ["unused_variable"]
