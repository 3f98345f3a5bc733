import math

import pytest

from harness.fingerprint import (
    canonical_json,
    sha256_folder,
    sha256_json,
    sha256_json_list,
    sha256_text,
)


def test_the_order_of_keys_does_not_matter():
    assert sha256_json({"a": 1, "b": "é"}) == sha256_json({"b": "é", "a": 1})
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'


def test_nan_is_refused():
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json(math.nan)


def test_lone_surrogates_are_hashed():
    assert sha256_text("\ud800") != sha256_text("?")


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 1000])
def test_a_list_that_is_never_held_has_the_hash_of_one_that_is(size):
    members = [[str(i), {"b": i, "a": "\ud800]"}] for i in range(size)]
    assert sha256_json_list(iter(members)) == sha256_json(members)


def test_a_folder_is_its_names_and_bytes(tmp_path):
    (tmp_path / "a").write_text("x")
    first = sha256_folder(tmp_path)
    (tmp_path / ".hidden").write_text("y")
    assert sha256_folder(tmp_path) == first
    (tmp_path / "a").write_text("z")
    assert sha256_folder(tmp_path) != first
