"""`harness render --diff`: in what two prompts differ as they are sent, for eyes and as JSON."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = "prompts/titles"
SGR = re.compile(r"\x1b\[[0-9;]*m")
MARKS = re.compile(r"\[-|-\]|\{\+|\+\}")


@pytest.fixture
def diff(project, harness):
    """Print the diff of two of the project's suite, for its first sample."""

    def diff(first, second, *words):
        done = harness("render", SUITE, "--diff", first, second, *words, cwd=project)
        assert (done.returncode, done.stderr) == (0, "")
        return re.sub("sha256 [0-9a-f]{12}", "sha256 0", done.stdout)

    return diff


@pytest.fixture
def put(project, write):
    """Write a variant of the suite, which has all that stand beside it."""
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("variants: [plain, title]\n", ""))

    def put(name, text):
        write(project / SUITE / f"{name}.yaml", text)

    return put


def test_changed_words_are_marked_in_plain_text(diff):
    assert diff("plain", "title") == (
        "--- plain\n"
        "+++ title\n"
        "sample s1 · stand-in\n"
        " [user]\n"
        " <image s1.png: 64×48, sha256 0…>\n"
        "-  Name the dish.\n"
        "+  Give a recipe title.\n"
        "alike: images, model, generation settings, exemplars, post-processing\n"
    )


def test_one_word_of_three_hundred_is_seen_at_once(diff, put):
    words = " ".join(f"word{i}" for i in range(300))
    put("long", f"user: {words}")
    put("longer", f"user: {words.replace('word170 ', 'saffron ')}")
    around = "word162 word163 word164 word165 word166 word167 word168 word169 {} word171 word172"
    assert diff("long", "longer").splitlines()[5:7] == [
        f"-  … {around.format('[-word170-]')} word173 word174 word175 word176 word177 word178 …",
        f"+  … {around.format('{+saffron+}')} word173 word174 word175 word176 word177 word178 …",
    ]


def test_far_lines_and_other_messages_are_said_in_short(diff, put):
    lines = "".join(f"  Rule {i}.\n" for i in range(20))
    put("long", f"system: You name dishes.\nuser: |\n{lines}")
    put("longer", f"extends: long\nuser: |\n{lines.replace('Rule 9.', 'Rule nine.')}")
    assert diff("long", "longer").splitlines()[3:-1] == [
        " [system] alike: 3 words",
        " [user]",
        " …",
        "   Rule 7.",
        "   Rule 8.",
        "-  Rule [-9-].",
        "+  Rule {+nine+}.",
        "   Rule 10.",
        "   Rule 11.",
        " …",
    ]


def test_an_image_that_moves_settings_exemplars_and_steps_are_shown(diff, put):
    put(
        "shots",
        """
        user: |
          Name the dish
          in a few words.
          {{ image }}
        exemplars: {dataset: dishes, ids: [s2, s3]}
        generation: {max_tokens: 20, temperature: 0.5}
        postprocess: [strip, first_line]
        """,
    )
    put("more", "extends: shots\nexemplars: {dataset: dishes, ids: [s2]}\nuser: |\n"
        "  {{ image }}\n  Name the dish\n  in a few words.\n"
        "generation: {max_tokens: 30}\npostprocess: [strip]\n")  # fmt: skip
    moved = [
        "-<image s1.png: 64×48, sha256 0…>",
        "+<image s1.png: 64×48, sha256 0…>",
        "   Name the dish",
        "   in a few words.",
    ]
    lines = diff("shots", "more").splitlines()
    question = lines[lines.index(" [user]") + 1 :]
    assert question[:4] == [moved[1], *moved[2:], moved[0]]
    assert question[4:] == [
        " generation settings",
        "-max_tokens: [-20-]",
        "+max_tokens: {+30+}",
        " exemplars",
        "-ids: s2[-, s3-]",
        "+ids: s2",
        " post-processing",
        "-steps: strip[-, first_line-]",
        "+steps: strip",
        "alike: model",
    ]
    assert "-[assistant] exemplar s3" in lines
    assert " [assistant] exemplar s2 alike: 4 words" in lines


def test_two_that_are_sent_the_same_are_said_to_be_in_a_sentence(diff, put):
    put("same", "description: Other words.\nuser: '{{ image }} {{ \"Name\" }} the dish.'\n"
        "postprocess: [strip]\n")  # fmt: skip
    sentence = "'plain' and 'same' are sent the same for sample 's1': they have one key\n"
    assert diff("plain", "same") == sentence
    put("same", "user: Name the dish.\npostprocess: [strip, lowercase]\n")
    assert diff("plain", "same") == (
        f"{sentence}--- plain\n+++ same\nsample s1 · stand-in\n"
        " post-processing\n-steps: strip\n+steps: strip{+, lowercase+}\n"
    )


def test_cells_of_a_matrix_and_controls_are_compared(project, diff, put):
    put("t", "matrix: {tone: [plain, catchy], n: [1]}\nuser: 'A {{ tone }} title, please.'\n")
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text() + "controls: [blind, shuffled]\n")
    assert diff("t[tone=plain]", "t[n=1,tone=catchy]").splitlines()[5:7] == [
        "-  A [-plain-] title, please.",
        "+  A {+catchy+} title, please.",
    ]
    assert diff("t[tone=plain]", "t[tone=plain]{blind}").splitlines()[3:6] == [
        " [user]",
        "-<image s1.png: 64×48, sha256 0…>",
        "   A plain title, please.",
    ]
    shuffled = diff("t[tone=plain]", "t[tone=plain,n=1]{shuffled}").splitlines()
    assert shuffled[4] == "-<image s1.png: 64×48, sha256 0…>"
    assert re.match(r"\+<image s[234].png: ", shuffled[5])


def test_pipelines_models_and_decodings_are_compared(project, diff, put):
    put("p", "user: Name it.\npostprocess: {raw: [strip], tidy: [strip, first_line]}\n")
    suite = project / SUITE / "suite.yaml"
    text = suite.read_text().replace(
        "models: [", "models: [{name: two, engine: fake, model: other}, "
    )
    suite.write_text(
        text + "decoding: {greedy: {temperature: 0}, warm: {temperature: 0.7, n: 2}}\n"
    )
    assert diff("two/p/greedy:raw", "two/p/greedy:tidy").splitlines()[4:] == [
        " post-processing",
        "-steps: strip",
        "+steps: strip{+, first_line+}",
    ]
    assert diff("two/p/warm", "stand-in/p/warm").splitlines()[2:] == [
        "sample s1 · two → stand-in",
        " [user] alike: 2 words, 1 image",
        " model",
        "-name: [-two-]",
        "+name: {+stand-in+}",
        "-model: [-other-]",
        "+model: {+none+}",
        "alike: messages, images, generation settings, exemplars, post-processing",
    ]
    assert diff("plain", "two/p/warm:tidy").splitlines()[:3] == [
        "--- two/plain/warm",
        "+++ two/p/warm:tidy",
        "sample s1 · two",
    ]
    assert "two, greedy (the first of 4 that both have" in diff("plain", "title")
    assert "sample s1 · stand-in, greedy (the first of 2" in diff(
        "plain", "title", "--model", "stand-in"
    )


def test_the_diff_as_json_has_every_word(diff, put):
    words = " ".join(f"word{i}" for i in range(300))
    put("long", f"user: {words}")
    put("longer", f"user: {words} more\ngeneration: {{max_tokens: 5}}")
    found = json.loads(diff("long", "longer", "--json"))
    assert [found[side]["name"] for side in ("first", "second")] == ["long", "longer"]
    assert (found["sample_id"], found["asked_alike"], found["images_alike"]) == ("s1", False, True)
    [message] = found["messages"]
    assert (message["role"], message["change"]) == ("user", "changed")
    assert [line["change"] for line in message["lines"]] == ["same", "removed", "added"]
    assert message["lines"][0]["image"]["width"] == 64
    assert message["lines"][2]["pieces"] == [
        {"text": words, "changed": False},
        {"text": " more", "changed": True},
    ]
    assert found["fields"] == [
        {"group": "decoding", "name": "max_tokens", "first": 128, "second": 5}
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("titel", "no variant or system 'titel'\n  hint: did you mean 'title'?"),
        ("stand-in/titel", "no variant or system 'stand-in/titel'\n"),
        ("title:strict", "no variant or system 'title:strict'\n"),
        ("title{blind}", "the suite has no control 'blind' of it\n  hint: 'controls:' in"),
        ("t", "what is compared is 't', which is 2 variants of a matrix: name one\n"),
        ("t[tone=bold]", "no level 'bold' of 'tone'"),
    ],
)
def test_a_name_that_is_none_ends_with_the_nearest(project, harness, put, name, said):
    put("t", "matrix: {tone: [plain, catchy]}\nuser: 'A {{ tone }} title.'\n")
    done = harness("render", SUITE, "--diff", "plain", name, cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_it_takes_no_other_names(project, harness):
    done = harness("render", SUITE, "--diff", "plain", "title", "--only", "plain", cwd=project)
    assert done.returncode == 2
    assert "leave --only and --variant out" in done.stderr


def test_help_shows_how(harness):
    text = harness("render", "--help").stdout
    assert "harness render recipe-titles --diff baseline title-style" in text


def on_a_terminal(project, *words, **environment):
    """Run the command on a terminal, and give what it wrote there."""
    ours, theirs = os.openpty()
    unset = ("NO_COLOR", "FORCE_COLOR", "COLORTERM")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    process = subprocess.Popen(
        [Path(sys.executable).parent / "harness", *words],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        env={**inherited, "TERM": "xterm-256color", "COLUMNS": "160", **environment},
    )
    os.close(theirs)
    written = b""
    try:
        while True:
            written += os.read(ours, 65536)
    except OSError as error:
        if error.errno != errno.EIO:  # how Linux says that nobody writes there any more
            raise
    os.close(ours)
    assert process.wait() == 0
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("words", [("--diff", "plain", "shots"), ()])
def test_colours_are_for_terminals_alone(project, harness, put, words):
    put("shots", "user: Name this dish.\nexemplars: {dataset: dishes, ids: [s2]}\n")
    command = ("render", SUITE, *words)
    piped = harness(*command, cwd=project).stdout
    assert "\x1b" not in piped
    coloured = on_a_terminal(project, *command)
    assert "\x1b[1;36m" in coloured  # the user
    without = on_a_terminal(project, *command, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", without)
    for shown in (coloured, without):
        assert SGR.sub("", shown) == MARKS.sub("", piped)
        if words:
            assert re.search(r"\x1b\[[0-9;]*7[0-9;]*mthe\x1b", shown)  # in reverse


def test_what_a_stranger_wrote_steers_no_terminal(project, put):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(
        rows.read_text().replace('"n": 0', '"n": "a\\u001b]52;c;eA==\\u0007\\u202eb\\n+[system]"')
    )
    put("one", "user: 'A {{ metadata.n }}'")
    put("two", "user: 'One {{ metadata.n }}'")
    shown = on_a_terminal(project, "render", SUITE, "--diff", "one", "two")
    assert not {char for char in SGR.sub("", shown) if not char.isprintable()} - {"\n"}
    assert r"a\x1b]52;c;eA==\x07\u202eb" in SGR.sub("", shown)
    assert "\n   +[system]\n" in SGR.sub("", shown)  # a text's line, not the program's


def test_the_how_to_shows_what_is_printed(repository, harness):
    page = (repository / "docs/how-to/first-prompt.md").read_text()
    done = harness("render", "recipe-titles", "--diff", "baseline", "title-style", cwd=repository)
    assert f"```text\n{done.stdout}```" in page
