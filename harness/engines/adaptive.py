"""How many requests a server gets at a time, found out by asking; which of several gets the next.

TCP's rule, for each server by itself: doubling until something speaks against it, then one more
for every round that went well, half when the server refuses. Where answers get slow faster than
their number grows, so that fewer come a second, it goes back to where most came.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

START = 4
"""Requests at a time before anything is known."""
ROUND = 8
"""Answers that a judgement takes at least, however few requests run at a time."""
FALL = 1.5
"""So many times fewer answers a second than in the best round are not chance."""
FIRST_PAUSE = 0.5
"""Seconds of the first pause; each next one is twice as long."""
LONGEST_PAUSE = 30.0
"""Seconds."""


def pause(times: int, spread: Callable[[], float] = random.random) -> float:
    """Give the seconds to wait after something has failed ``times`` times in a row, with jitter."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(times - 1, 16))
    return longest * (0.5 + 0.5 * spread())


class AdaptiveLimit:
    """How many requests one server may have at a time, and since when it refuses them.

    All times are readings of one monotonic clock, in seconds; nothing waits here.

    Args:
        most: requests at a time that are never exceeded.
        spread: gives the jitter of pauses, 0 to 1.
    """

    def __init__(self, most: int, *, spread: Callable[[], float] = random.random) -> None:
        self.limit = float(min(START, most))
        self.active = 0
        self.paused_until = float("-inf")
        self.refusals = 0
        """Rounds in a row that the server refused."""
        self.heard: float | None = None
        """When it last said anything but no."""
        self._most = most
        self._spread = spread
        self._doubling = True
        self._changed = float("-inf")
        self._round: list[float] = []
        self._best = (0.0, self.limit)
        """Answers a second in the best round, and its limit."""

    def has_room(self, now: float) -> bool:
        """Tell whether one more request may be sent."""
        return self.active < int(self.limit) and now >= self.paused_until

    def said_something(self, now: float) -> None:
        """Count a reply that tells nothing of the server's load: it is there."""
        self.refusals = 0
        self.heard = now

    def answered(self, began: float, now: float) -> None:
        """Count an answer; after a round of them, allow more or a little less."""
        self.said_something(now)
        if began < self._changed:
            return  # it was asked under another limit
        self._round.append(now - began)
        if len(self._round) < max(ROUND, int(self.limit)):
            return
        # A server that batches answers each request later and all of them sooner: seconds an answer
        # say little, answers a second what is wanted.
        pace = self.limit * len(self._round) / max(sum(self._round), 1e-9)
        self._best = max(self._best, (pace, self.limit))
        if pace * FALL < self._best[0]:
            self._doubling = False
            self.limit = max(1.0, min(self._best[1], 0.9 * self.limit))
            # If it was not the limit's fault (longer answers), this is the new normal.
            self._best = (pace, self.limit)
        else:
            self.limit = min(self._most, 2 * self.limit if self._doubling else self.limit + 1)
        self._new_round(now)

    def too_slow(self, began: float, now: float) -> None:
        """Count a request that got no answer in time."""
        if began >= self._changed:  # what was sent together counts once
            self._doubling = False
            self.limit = max(1.0, self.limit / 2)
            self._best = (0.0, self.limit)
            self._new_round(now)

    def refused(self, began: float, now: float, wait: float = 0.0) -> None:
        """Count a refusal or a broken connection, and pause.

        Args:
            began: when the request was sent.
            now: when it was refused.
            wait: seconds that the server asks for.
        """
        if began >= self._changed:
            self.refusals += 1
            wait = max(wait, pause(self.refusals, self._spread))
        self.too_slow(began, now)
        self.paused_until = max(self.paused_until, now + wait)

    def _new_round(self, now: float) -> None:
        self._changed = now
        self._round.clear()


class Balancer:
    """Gives each request to the server with the most room; where none has any, it waits.

    Args:
        limits: of each server.
        clock: gives the time, in seconds.
    """

    def __init__(
        self, limits: Sequence[AdaptiveLimit], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock()
        self._given = [0] * len(limits)
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[int]:
        """Hold a place at a server, whose index it gives, as long as the context lasts."""
        while (index := self.choice()) is None:
            await self._change()
        self._given[index] += 1
        self._limits[index].active += 1
        try:
            yield index
        finally:
            self._limits[index].active -= 1
            self._freed.set()

    def choice(self) -> int | None:
        """Find the server that is loaded least; None where none has room."""
        now = self._clock()
        free = [i for i, limit in enumerate(self._limits) if limit.has_room(now)]
        return min(free, key=self._load, default=None)

    def silence(self) -> float:
        """Give the seconds for which every server has done nothing but refuse."""
        if not all(limit.refusals for limit in self._limits):
            return 0.0
        heard = [limit.heard for limit in self._limits if limit.heard is not None]
        return self._clock() - max(heard, default=self._began)

    def _load(self, index: int) -> tuple[float, int]:
        limit = self._limits[index]
        return limit.active / limit.limit, self._given[index]

    async def _change(self) -> None:
        """Wait until a place is given back, or a pause ends."""
        now = self._clock()
        ends = [limit.paused_until for limit in self._limits if limit.paused_until > now]
        self._freed.clear()
        try:
            async with asyncio.timeout(min(ends) - now if ends else None):
                await self._freed.wait()
        except TimeoutError:
            pass  # a pause has ended
