"""Owners of claims come and go at once, and none is refused."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.store.claims import Owner


@pytest.fixture
def quick_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_an_owner_appears_while_others_leave_and_take_the_folder_with_them(tmp_path):
    folder = tmp_path / "owners"
    store = threading.Lock()  # the store is locked while an owner appears

    def come_and_go() -> None:
        for _ in range(500):
            owner = Owner(folder)
            with store:
                owner.appear()
            owner.leave()

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(come_and_go) for _ in range(4)]:
            done.result()
    assert not folder.exists()


def test_a_file_where_the_folder_belongs_is_an_error(tmp_path):
    (tmp_path / "owners").write_text("")
    with pytest.raises(OSError, match="owners"):
        Owner(tmp_path / "owners").appear()
