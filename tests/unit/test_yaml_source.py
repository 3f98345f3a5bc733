import pytest

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
    assert "aliases that unfold without end" in problem


def test_an_alias_of_itself_is_refused(tmp_path):
    loop = tmp_path / "loop.yaml"
    loop.write_text("a: &a [*a]\n")
    (problem,) = problems(loop)
    assert "aliases that unfold without end" in problem


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
