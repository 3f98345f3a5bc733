from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from harness.engines.adaptive import FIRST_PAUSE, LONGEST_PAUSE, AdaptiveLimit, Balancer, pause


class Server:
    """A server on a clock that the test moves: so many at a time, each after so many seconds."""

    def __init__(self, limit: AdaptiveLimit, room: int, seconds: float = 1.0) -> None:
        self.limit, self.room, self.seconds, self.now = limit, room, seconds, 0.0

    def round(self) -> None:
        """Send what may be sent; what finds no room is refused."""
        self.now = max(self.now, self.limit.paused_until)
        sent, began = int(self.limit.limit), self.now
        self.now += self.seconds
        for place in range(sent):
            if place < self.room:
                self.limit.answered(began, self.now)
            else:
                self.limit.refused(began, self.now)

    def rounds(self, count: int) -> list[int]:
        found = []
        for _ in range(count):
            self.round()
            found.append(int(self.limit.limit))
        return found


def limit(most: int = 32) -> AdaptiveLimit:
    return AdaptiveLimit(most, spread=lambda: 1.0)


def test_it_starts_small_doubles_and_stays_under_the_most():
    found = Server(limit(20), room=100).rounds(12)
    assert found[0] == 4
    assert found == sorted(found)
    assert found[-1] == 20
    assert {8, 16} <= set(found)


def test_refusals_of_one_round_halve_it_once():
    one = limit()
    one.limit = 16.0
    for _ in range(16):
        one.refused(began=1.0, now=2.0)
    assert one.limit == 8
    assert one.refusals == 1
    one.refused(began=3.0, now=4.0)
    assert one.limit == 4


def test_it_settles_around_what_a_server_takes():
    found = Server(limit(), room=10).rounds(200)
    assert min(found[20:]) >= 5
    assert max(found[20:]) <= 11


def test_it_recovers_when_the_server_does():
    server = Server(limit(), room=0)
    server.rounds(5)
    assert server.limit.limit == 1
    server.room = 100
    server.rounds(400)
    assert server.limit.limit == 32


def test_it_grows_again_by_one_a_round_and_not_by_doubling():
    one = limit()
    one.limit = 16.0
    one.refused(0.0, 1.0)
    found = Server(one, room=100)
    found.now = 2.0
    steps = found.rounds(20)
    assert {later - earlier for earlier, later in pairwise(steps)} <= {0, 1}


def test_pauses_double_to_their_longest_and_an_answer_ends_them():
    one = limit()
    now, pauses = 0.0, []
    for _ in range(10):
        one.refused(now, now)
        pauses.append(one.paused_until - now)
        assert not one.has_room(one.paused_until - 0.01)
        now = one.paused_until
        assert one.has_room(now)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    one.answered(now, now + 1)
    one.refused(now + 1, now + 1)
    assert one.paused_until == now + 1 + FIRST_PAUSE


def test_jitter_takes_off_up_to_half():
    assert pause(1, lambda: 0.0) == FIRST_PAUSE / 2
    assert pause(10_000, lambda: 1.0) == LONGEST_PAUSE


def test_the_time_a_server_asks_for_is_kept_even_by_a_late_refusal():
    one = limit()
    one.refused(began=0.0, now=1.0, wait=20.0)
    assert one.paused_until == 21
    one.refused(began=0.5, now=2.0, wait=30.0)
    assert one.paused_until == 32
    one.refused(began=0.6, now=3.0, wait=1.0)
    assert one.paused_until == 32


def test_a_request_without_an_answer_halves_without_a_pause():
    one = limit()
    one.limit = 8.0
    one.too_slow(began=1.0, now=31.0)
    assert one.limit == 4
    assert one.has_room(31.0)


def test_batching_may_make_answers_slower_as_long_as_more_come_a_second():
    server = Server(limit(), room=100)
    while server.limit.limit < 32:
        server.seconds = 1 + server.limit.limit / 40
        server.round()
        assert server.now < 200
    assert server.limit.limit == 32


def test_where_fewer_come_a_second_it_goes_back_to_where_most_came():
    server = Server(limit(), room=100)
    found = []
    for _ in range(60):
        sent = int(server.limit.limit)
        server.seconds = 1.0 if sent <= 8 else float(sent)  # it chokes on more than 8
        server.round()
        found.append(int(server.limit.limit))
    assert max(found) == 16
    assert 7 <= found[-1] <= 10


def test_longer_answers_become_the_new_normal():
    server = Server(limit(), room=100)
    server.rounds(20)
    server.seconds = 10.0
    found = server.rounds(30)
    assert min(found) >= 28
    assert found[-1] == 32


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_requests_go_to_the_server_that_is_loaded_least():
    async def scenario() -> list[int]:
        limits = [limit(), limit()]
        limits[0].limit, limits[1].limit = 2.0, 4.0
        balancer = Balancer(limits, Clock())
        places = [balancer.place() for _ in range(6)]
        given = [await place.__aenter__() for place in places]
        assert balancer.choice() is None
        for place in places:
            await place.__aexit__(None, None, None)
        return given

    given = asyncio.run(scenario())
    assert (given.count(0), given.count(1)) == (2, 4)


def test_one_after_another_they_take_turns():
    async def scenario() -> list[int]:
        balancer = Balancer([limit(), limit()], Clock())
        given = []
        for _ in range(4):
            async with balancer.place() as index:
                given.append(index)
        return given

    assert asyncio.run(scenario()) == [0, 1, 0, 1]


def test_a_server_that_pauses_gets_nothing():
    clock = Clock()
    limits = [limit(), limit()]
    balancer = Balancer(limits, clock)
    limits[0].refused(0.0, 0.0)
    assert balancer.choice() == 1
    clock.now = FIRST_PAUSE
    limits[1].refused(FIRST_PAUSE, FIRST_PAUSE)
    assert balancer.choice() == 0


def test_who_waits_goes_on_when_a_place_is_given_back():
    async def scenario() -> None:
        one = limit(1)
        balancer = Balancer([one], Clock())
        async with balancer.place():
            waiting = asyncio.ensure_future(balancer.place().__aenter__())
            await asyncio.sleep(0)
            assert not waiting.done()
        async with asyncio.timeout(5):
            assert await waiting == 0
        assert one.active == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("heard", [None, 5.0])
def test_silence_is_counted_from_the_last_word_while_all_refuse(heard):
    clock = Clock()
    limits = [limit(), limit()]
    balancer = Balancer(limits, clock)
    if heard is not None:
        limits[1].said_something(heard)
    limits[0].refused(10.0, 10.0)
    clock.now = 50.0
    assert balancer.silence() == 0  # the other may be well
    limits[1].refused(11.0, 11.0)
    assert balancer.silence() == 50 - (heard or 0)
    limits[0].said_something(50.0)
    assert balancer.silence() == 0
