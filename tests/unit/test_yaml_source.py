import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigErrors
from harness.yaml_source import load_yaml


def problems(path):
    with pytest.raises(ConfigErrors) as caught:
        load_yaml(path)
    return [str(problem) for problem in caught.value.problems]


def test_every_value_knows_its_line(tmp_path, write):
    path = write(
        tmp_path / "a.yaml",
        """
        first: 1
        user: |
          line one
          line two
        list:
          - x
          - {y: 2}
        """,
    )
    source = load_yaml(path)
    assert source.data == {"first": 1, "user": "line one\nline two\n", "list": ["x", {"y": 2}]}
    assert source.where(("user",)).line == 2
    assert source.text_where(("user",)).line == 3
    assert source.where(("list", 1, "y")).line == 7
    assert source.where(("list", 1, "absent")).line == 7


def test_a_key_that_stands_twice_is_refused_with_both_lines(tmp_path, write):
    path = write(tmp_path / "a.yaml", "user: one\nsystem: x\nuser: two\n")
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:3: 'user' stands here a second time")
    assert "line 1" in problem


def test_syntax_errors_name_the_line(tmp_path, write):
    path = write(tmp_path / "a.yaml", "user: Title: name it\n")
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:1: not valid YAML")


def test_aliases_that_unfold_without_end_are_refused(tmp_path):
    bomb = tmp_path / "bomb.yaml"
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    bomb.write_text("\n".join(levels))
    (problem,) = problems(bomb)
    assert "aliases that unfold to too much" in problem


def test_one_long_text_that_is_named_often_is_refused(tmp_path):
    """Each of its names costs a pointer here, and its letters wherever the texts are joined."""
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text(f"a: &a {'x' * 500_000}\nb: [{'*a, ' * 20}]\n")
    (problem,) = problems(bomb)
    assert ":2: aliases that unfold to too much" in problem


def test_of_many_problems_the_first_are_told(tmp_path):
    (tmp_path / "a.yaml").write_text("a: 1\n" * 1000)
    said = problems(tmp_path / "a.yaml")
    assert len(said) == 101
    assert "899 further problems" in said[-1]


def test_an_alias_of_itself_is_refused(tmp_path):
    loop = tmp_path / "loop.yaml"
    loop.write_text("a: &a [*a]\n")
    (problem,) = problems(loop)
    assert "an alias of what it stands in" in problem


def test_python_tags_are_refused(tmp_path):
    evil = tmp_path / "evil.yaml"
    evil.write_text("a: !!python/object/apply:os.system ['true']\n")
    (problem,) = problems(evil)
    assert "is not allowed" in problem


def test_a_date_is_refused_until_it_is_quoted(tmp_path):
    (tmp_path / "a.yaml").write_text("user: 2026-01-01\n")
    (problem,) = problems(tmp_path / "a.yaml")
    assert "timestamp is not allowed" in problem


def test_a_missing_file_is_named(tmp_path):
    (problem,) = problems(tmp_path / "none.yaml")
    assert "no such file" in problem


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        # Traces until 2026-11-25.
        (b"user: a\nx: \0\n", 2, "U+0000 is not allowed"),
        (b"a: !!int abc", 1, "'abc' is not a whole number"),
        (b"\na: " + b"[" * 1000, 2, "nested more than 100 deep"),
        (b"a: !!bool maybe", 1, "'maybe' is not true or false"),
        (b"a: !!float x", 1, "'x' is not a number"),
        (b"a: 0x_", 1, "'0x_' is not a whole number"),
        (b"a: " + b"9" * 5000, 1, "is not a whole number"),
        (b'a: 1\nb: "\\UFFFFFFFF"', 2, "not valid YAML"),
        (b"%YAML 9" + b"9" * 5000 + b"\n---\na", 1, "not valid YAML"),
        (b"".join(b" " * i + b"a:\n" for i in range(400)), 102, "nested more than 100 deep"),
        (b"a: 1\n" + b"b: " + b"{a: " * 3000, 2, "nested more than 100 deep"),
        (b"a: 1\nb: \xe9\n", 2, "not UTF-8: the byte 0xe9"),
        (b"a" * 1_000_001, None, "more than 1,000,000 bytes"),
        (b"a: !!seq x", 1, "is not allowed"),
        (b"a: !!int [1]", 1, "is not allowed"),
        # Taken in silence until then.
        (b"a: 1\nb: .nan", 2, "'b' is nan, no number to reckon with"),
        (b"a: [1, -.inf]", 1, "'a.1' is -inf, no number"),
        (b"a: 1.0e+999", 1, "'a' is inf, no number"),
        (b"a: 99999999999999999999", 1, "too large a number"),
        (b"a: 0x" + b"f" * 3000, 1, "too large a number"),
        (b'a: "\\ud800"', 1, "half a character"),
        (b'"\\udfff": 1', 1, "half a character"),
        (b'a: "x\\0"', 1, "'a' holds a NUL, which no text or path can"),
        (b'"\\0": 1', 1, "a key holds a NUL"),
        (b"a: 1:30", 1, "'1:30' is read as 90, in base 60: put it in quotes"),
        # The right line, and a hint for this mistake.
        (b"a:\n\tb: 1", 2, "YAML indents with spaces"),
        (b"a: |\n\tx", 2, "YAML indents with spaces"),
        (b"a: 'x\nb: 1\nc: 2\n", 1, "must end with the same one"),
        (b'a: 1\nb: "x\nc: 1\n---\n', 2, "must end with the same one"),
        (b"a: 1\nuser: {{ image }} Name it", 2, "put the text in quotes, or under 'user: |'"),
        (b"a: 1\nuser: {{ image }}", 2, "put the text in quotes, or under 'user: |'"),
        (b"a: 1\nuser: {% if x %}a{% endif %}", 2, "put the text in quotes, or under 'user: |'"),
        (b"user: {{ a }}: b", 1, "put the text in quotes, or under 'user: |'"),
        (b"user: Title: name it", 1, "needs quotes; a long one goes under 'user: |'"),
        (b"a: 1\n  b: 2", 2, "begin in the same column"),
        (b"a:\n  b: 1\n c: 2", 3, "begin in the same column"),
        (b"a: 1\nb: [1, 2\nc: 1", 2, "a list that opens with [ ends with ]"),
        (b"a: 1\nb: {c: 1\nd: 2", 2, "ends with }"),
        (b"a: [", 1, "ends with ]"),
        (b"a: **Bold** x", 1, "begins with * in quotes"),
        (b"a: *star", 1, "begins with * in quotes"),
        (b"a: !important x", 1, "begins with ! in quotes"),
        (b"a: @x", 1, "put the text in quotes"),
        (b"a: 2026-01-01", 1, "put a date in quotes"),
        (b'a: "\\d"', 1, "write '…' instead"),
        (b'a: "x" y', 1, "put the whole in '…'"),
        (b"user: Name it\nin two lines\n", 2, "goes under 'key: |'"),
        (b"a: 1\n---\nb: 2", 2, "no '---' but on its first line"),
    ],
)
def test_a_mistake_has_its_line_and_a_hint_that_fits(tmp_path, content, line, said):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    begin = time.process_time()
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert said in problem
    assert time.process_time() - begin < 10


MARKUP = st.sampled_from(
    [b"a", b": ", b":", b"\n", b" ", b"\t", b"- ", b"[", b"]", b"{", b"}", b",", b"'", b'"', b"|",
     b">", b"!", b"!!", b"!!int ", b"!!binary ", b"&a ", b"*a", b"%", b"%YAML ", b"---", b"...",
     b"?", b"#", b"<<: ", b"1", b".", b"e+9", b"0x", b"0b", b"~", b".nan", b"\\", b"\\u", b"\\x",
     b"\xc3", b"\xa9", b"\0", b"\r", b"\xef\xbb\xbf", b"=", b"_", b"2026-01-01", b"`", b"@"]
)  # fmt: skip


@given(st.binary() | st.lists(MARKUP, max_size=30).map(b"".join) | st.text().map(str.encode))
def test_any_bytes_give_values_or_errors_with_a_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    try:
        source = load_yaml(path)
    except ConfigErrors as error:
        found = error.problems
    else:
        assert repr(source.data).encode()  # no half characters
        found = []
    assert all(problem.where.line >= 1 for problem in found)


def test_a_name_that_no_file_can_have_is_an_error(tmp_path):
    (problem,) = problems(tmp_path / "a\0b.yaml")
    assert "cannot be read" in problem
    (problem,) = problems(tmp_path)
    assert "cannot be read" in problem
