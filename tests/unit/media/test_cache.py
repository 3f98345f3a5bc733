"""How often pictures are made, and how much of them is held."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from harness.media import PictureCache, pictures
from harness.media.cache import ENTRY_BYTES

MEGA = 1024 * 1024


def megabyte():
    return Image.new("RGB", (512, 512))


class Maker:
    """Makes pictures of one megabyte and counts them."""

    def __init__(self, cache, seconds=0.0):
        self.cache = cache
        self.made = []
        self.at_once = self.most_at_once = 0
        self.most_held = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self, name, needs=MEGA):
        def make():
            with self._lock:
                self.made.append(name)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            time.sleep(self._seconds)
            with self._lock:
                self.at_once -= 1
            return megabyte()

        made = self.cache.get(name, make, needs)
        with self._lock:
            self.most_held = max(self.most_held, self.cache.held)
        return made


def test_what_was_made_is_kept_until_its_bytes_are_needed():
    ask = Maker(PictureCache(4 * (MEGA + ENTRY_BYTES), MEGA))
    for name in "abcd":
        ask(name)
    ask("a")  # so b is the one not asked for the longest
    ask("e")
    assert ask.made == list("abcde")
    for name in "acde":
        ask(name)
    assert ask.made == list("abcde")
    ask("b")
    assert ask.made == list("abcdeb")
    assert ask.most_held <= 4 * (MEGA + ENTRY_BYTES)


def test_of_small_ones_many_are_kept_and_of_large_ones_the_last():
    cache = PictureCache(MEGA, MEGA)
    for number in range(500):
        cache.get(number, lambda: "x" * 100, 0)
    assert cache.held == 500 * (100 + ENTRY_BYTES)
    ask = Maker(cache)
    ask("larger than all that may be kept")
    ask("larger than all that may be kept")
    assert ask.made == ["larger than all that may be kept"]
    assert cache.held == MEGA + ENTRY_BYTES


def test_all_who_ask_at_once_wait_for_the_one_that_makes():
    ask = Maker(PictureCache(10 * MEGA, 10 * MEGA), seconds=0.1)
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(ask, "ababababababab"))
    assert sorted(ask.made) == ["a", "b"]
    assert len({id(picture) for picture in got}) == 2


def test_only_so_many_bytes_are_decoded_at_once():
    ask = Maker(PictureCache(MEGA, 3 * MEGA), seconds=0.02)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(24)))
    assert len(ask.made) == 24
    assert ask.most_at_once <= 3


def test_one_that_needs_more_than_all_is_made_alone():
    ask = Maker(PictureCache(MEGA, 3 * MEGA), seconds=0.02)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: ask(name, needs=100 * MEGA), range(6)))
    assert (len(ask.made), ask.most_at_once) == (6, 1)


def test_room_is_made_for_what_a_prompt_shows():
    cache = PictureCache(2 * MEGA, MEGA)
    ask = Maker(cache)
    for request in range(10):  # eight exemplars, then the sample's own picture
        cache.fit([*(ask(f"exemplar {i}") for i in range(8)), ask(f"sample {request}")])
    # Twice the exemplars: it knows what a prompt shows when the first one is together.
    assert len(ask.made) <= 2 * 8 + 10
    assert all(name.startswith("sample") for name in ask.made[-8:])


def test_a_failure_is_told_to_all_who_wait_and_not_kept():
    cache = PictureCache(MEGA, MEGA)
    began, go = threading.Event(), threading.Event()

    def fail():
        began.set()
        go.wait(10)
        raise ValueError("broken")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.get, "a", fail, 1)
        assert began.wait(10)
        others = [pool.submit(cache.get, "a", megabyte, 1) for _ in range(2)]
        while not all(other.running() for other in others):
            time.sleep(0.01)
        go.set()
        for asked in (first, *others):
            with pytest.raises(ValueError, match="broken"):
                asked.result(10)
    assert cache.get("a", megabyte, 1).size == (512, 512)


def test_after_its_workers_were_shut_down_it_fails_and_does_not_wait():
    cache = PictureCache(MEGA, MEGA)
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    future, fresh = cache.submit("a", megabyte, 1, pool)
    assert fresh
    with pytest.raises(RuntimeError):
        future.result(1)
    assert cache.get("a", megabyte, 1).size == (512, 512)


def test_what_is_forgotten_is_made_again():
    cache = PictureCache(10 * MEGA, MEGA)
    ask = Maker(cache)
    ask("a")
    cache.clear()
    assert cache.held == 0
    ask("a")
    assert ask.made == ["a", "a"]


def test_a_process_has_one_cache():
    assert pictures() is pictures()
