"""The lines of a file on which the words of its texts stand, however YAML writes a text."""

import pytest

from harness.yaml_source import load_yaml
from harness.yaml_texts import line_below

TEXTS = {
    "a block": "key: |\n  one\n\n  two\n  three\n",
    "a block behind a comment": "key: |  # about it\n  one\n  two\n",
    "a block on the next line": "key:\n  |-\n  one\n  two\n",
    "a block with an anchor and a tag": "key: &a !!str |\n  one\n  two\n",
    "a block with its anchor a line before": "key: &a\n  |\n  one\n  two\n",
    "folded": "key: >\n  one\n  two\n\n  three\n    four\n  five\n",
    "folded, blank lines first": "key: >2-\n\n\n  one\n  two\n",
    "folded, a word twice": "key: >\n  again one\n  again two\n  again\n  three\n",
    "plain": "key: one\n  two\n\n  three\n",
    "plain on the next line": "key:\n  one\n  two\n",
    "plain behind an anchor": "key: &a one\n  two\n",
    "single quotes": "key: 'one ''it''s\n  two''\n\n\n  three'\n",
    "double quotes": 'key: "one\n  two \\"2\\" \\u00e9\n\n  three"\n',
    "double quotes with line ends": 'key: "one\\n\\ntwo\\nthree\n  four\\n five"\n',
    "double quotes with a line taken away": 'key: "one\\\n  two\\\n  \\ three"\n',
    "Windows": "key: >\r\n  one\r\n  two\r\n\r\n  three\r\n",
    "letters that end a line for some": "before: 'a\u2028b\x85c'\nkey: 'one\n  two'\n",
}
WORDS = ("one", "two", "three", "four", "five")


@pytest.mark.parametrize("kind", TEXTS)
def test_each_word_of_a_text_stands_on_its_line_of_the_file(tmp_path, kind):
    text = TEXTS[kind]
    path = tmp_path / "v.yaml"
    path.write_bytes(text.encode())
    source = load_yaml(path)
    value = source.data["key"]
    where = source.text_where(("key",))
    for word in WORDS:
        if word in text:
            letter = value.index(word)
            below = value.count("\n", 0, letter)
            if where.breaks is not None:
                below = line_below(where.breaks, letter)
            assert where.line + below == text[: text.index(word)].count("\n") + 1, word


def test_a_value_behind_odd_line_ends_is_on_the_line_that_editors_show(tmp_path):
    path = tmp_path / "v.yaml"
    path.write_text("a: 'x\u2028y\x85z'\nb: 1\nb: 2\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"v.yaml:3: 'b' stands here a second time"):
        load_yaml(path)
