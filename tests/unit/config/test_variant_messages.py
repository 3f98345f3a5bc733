"""``messages:`` of a variant: the whole chat, in the place of ``system`` and ``user``."""

import pytest

from harness.config.load import load_variant
from harness.errors import ConfigErrors, RenderError
from harness.records import FilePlace, MediaRef, Sample
from harness.render import Renderer


def sample(sample_id="s1", images="ab"):
    media = tuple(
        MediaRef(place=FilePlace(path=f"{i}.png"), sha256=i * 64, width=4, height=4) for i in images
    )
    return Sample(id=sample_id, media=media, references=(f"R of {sample_id}",), metadata={"n": 1})


@pytest.fixture
def chat(tmp_path):
    """Write a variant, and give its turns for a sample: roles with texts and images by content."""

    def render(text, exemplars=(), **files):
        for name, other in files.items():
            (tmp_path / f"{name}.yaml").write_text(other)
        (tmp_path / "v.yaml").write_text(text)
        rendered = Renderer(load_variant(tmp_path, "v"), exemplars).render(sample())
        return [
            (
                m.role,
                [getattr(p, "text", None) or rendered.media[p.index].sha256[0] for p in m.parts],
            )
            for m in rendered.messages
        ]

    return render


def problems(folder, name="v"):
    with pytest.raises(ConfigErrors) as caught:
        load_variant(folder, name)
    return [str(problem) for problem in caught.value.problems]


SHOTS = """
messages:
  - {role: system, content: You name dishes.}
  - {role: user, content: A stew of beans.}
  - {role: assistant, content: Three Sisters Stew}
  - role: user
    content: |
      Name this.
"""


def test_the_turns_are_sent_as_they_are_written(chat):
    assert chat(SHOTS) == [
        ("system", ["You name dishes."]),
        ("user", ["A stew of beans."]),
        ("assistant", ["Three Sisters Stew"]),
        ("user", ["a", "b", "Name this."]),
    ]


def test_several_images_stand_where_they_are_placed(chat):
    text = """
messages:
  - {role: user, content: "Look: {{ images[1] }} Good?"}
  - {role: assistant, content: "Yes."}
  - {role: user, content: "And {{ images[0] }} or {{ image }}"}
"""
    assert chat(text) == [
        ("user", ["Look:", "b", "Good?"]),
        ("assistant", ["Yes."]),
        ("user", ["And", "a", "or", "a", "b"]),
    ]


def test_images_that_are_placed_in_an_earlier_turn_do_not_stand_in_the_last(chat):
    text = SHOTS.replace("A stew of beans.", '"{{ image }}"')
    assert [parts for _, parts in chat(text)][1:] == [
        ["a", "b"], ["Three Sisters Stew"], ["Name this."],
    ]  # fmt: skip


def test_exemplars_stand_before_the_last_question_with_their_images(chat):
    text = SHOTS + "exemplars: {dataset: d, ids: [e]}\n"
    assert chat(text, [sample("e", "c")])[2:] == [
        ("assistant", ["Three Sisters Stew"]),
        ("user", ["c", "Name this."]),
        ("assistant", ["R of e"]),
        ("user", ["a", "b", "Name this."]),
    ]


def test_a_turn_that_renders_to_nothing_is_left_out_but_for_the_question(chat):
    text = """
vars: {rules: ""}
messages:
  - {role: system, content: "{{ rules }}"}
  - {role: user, content: "{{ rules }}"}
"""
    assert chat(text) == [("user", ["a", "b"])]


def test_one_message_of_the_user_is_the_same_question_as_user(tmp_path):
    (tmp_path / "a.yaml").write_text("user: Name it.\nsystem: You name.\n")
    (tmp_path / "b.yaml").write_text(
        "messages: [{role: system, content: You name.}, {role: user, content: Name it.}]\n"
    )
    hashes = {Renderer(load_variant(tmp_path, n)).render(sample()).sha256 for n in "ab"}
    assert len(hashes) == 1


def test_a_childs_messages_and_a_childs_user_replace_each_other(chat):
    assert chat(f"extends: p{SHOTS}", p="system: S\nuser: U\n")[0][1] == ["You name dishes."]
    assert chat("extends: p\nuser: U\n", p=SHOTS) == [("user", ["a", "b", "U"])]
    assert chat("extends: p\ngeneration: {max_tokens: 3}\n", p=SHOTS)[-1][1][-1] == "Name this."
    assert chat("extends: p\nuser: U\n", p=f"extends: q{SHOTS}", q="system: S\n") == [
        ("user", ["a", "b", "U"])
    ]


@pytest.mark.parametrize("role", ["system", "assistant", "tool"])
def test_an_image_stands_in_messages_of_the_user_alone(chat, role):
    turns = '- {role: ROLE, content: "{{ image }}"}\n- {role: user, content: x}\n'
    text = "\nmessages:\n" + turns.replace("ROLE", role)
    with pytest.raises(RenderError, match=r"v.yaml:3: an image can stand in a message of the user"):
        chat(text)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("messages: []\n", 1, "at least 1 item"),
        ("messages:\n- {role: system, content: x}\n", 1, "no message of the user"),
        (
            "messages:\n- {role: user, content: x}\n- {role: assistant, content: y}\n",
            3,
            "the last message is of 'assistant'",
        ),
        ("messages:\n- {role: usr, content: x}\n", 2, "did you mean 'user'?"),
        ("messages:\n- {role: user, contnet: x}\n", 2, "did you mean 'content'?"),
        ("messages:\n- {role: user, content: 5}\n", 2, "put it in quotes: '5'"),
        ("messages: Name it.\n", 1, "a list is wanted here"),
        ("messages:\n- {role: user, content: x}\nuser: y\n", 3, "'messages' and 'user' stand here"),
        ("messages:\n- {role: user, content: x}\nsystem: y\n", 3, "'messages' and 'system'"),
        ("extends: p\nsystem: y\n", 2, "'user' is missing"),
    ],
)
def test_a_chat_that_cannot_be_continued_has_its_line(tmp_path, text, line, said):
    (tmp_path / "p.yaml").write_text(SHOTS)
    (tmp_path / "v.yaml").write_text(text)
    found = problems(tmp_path)
    assert any(p.startswith(f"{tmp_path / 'v.yaml'}:{line}: ") and said in p for p in found), found


def test_a_mistake_in_a_turn_has_its_line(chat):
    with pytest.raises(RenderError, match=r"v.yaml:9: 'titel' is undefined"):
        chat(SHOTS + "      {{ titel }}\n")
