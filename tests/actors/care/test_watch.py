"""Each watch is told once, when the watched one dies or at once.

The last part takes one rule out at a time; the same check must notice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.care.watch import Died, Watchers
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

IDS = "abcd"


class Deaths:
    """Remembers who was told of whom."""

    def __init__(self, kind: type[Watchers] = Watchers) -> None:
        self.told: list[tuple[str, str]] = []
        self.watchers = kind(lambda watcher, died: self.told.append((watcher, died.agent_id)))

    def take(self) -> list[tuple[str, str]]:
        told, self.told = self.told, []
        return told


def test_all_who_watch_hear_of_a_death_in_the_order_of_their_ids() -> None:
    deaths = Deaths()
    for watcher in "cab":
        deaths.watchers.watch(watcher, "d")
    deaths.watchers.died("d", "stopped")
    assert deaths.told == [("a", "d"), ("b", "d"), ("c", "d")]


def test_what_they_hear_says_who_and_why() -> None:
    heard: list[Died] = []
    watchers = Watchers(lambda watcher, died: heard.append(died))
    watchers.watch("a", "b")
    watchers.died("b", "ValueError: no")
    watchers.died("b", "again")
    watchers.watch("a", "b")
    assert heard == [Died("b", "ValueError: no")] * 2


def test_whoever_hears_may_watch_again_from_where_it_hears() -> None:
    told: list[str] = []

    def tell(watcher: str, died: Died) -> None:
        told.append(watcher)
        if len(told) < 3:
            watchers.watch(watcher, died.agent_id)

    watchers = Watchers(tell)
    watchers.watch("a", "b")
    watchers.died("b", "stopped")
    assert told == ["a", "a", "a"]


def test_nobody_watches_itself() -> None:
    with pytest.raises(ValueError, match="a cannot watch itself"):
        Deaths().watchers.watch("a", "a")


def test_nothing_is_kept_of_watches_that_are_over() -> None:
    deaths = Deaths()
    for watched in "bcd":
        deaths.watchers.watch("a", watched)
    deaths.watchers.died("b", "stopped")
    deaths.watchers.unwatch("a", "c")
    deaths.watchers.watch("c", "a")
    deaths.watchers.died("a", "stopped")
    assert deaths.watchers._watchers == deaths.watchers._watched == {}


pairs = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(
    lambda pair: pair[0] != pair[1]
)
events = st.tuples(st.just("watch"), pairs) | st.tuples(st.just("unwatch"), pairs)
lives = st.lists(events | st.tuples(st.just("died"), st.sampled_from(IDS)), max_size=30)


def tells_each_watch_once(kind: type[Watchers]) -> Callable[[], None]:
    """Make the check: in any life, who is told what is as the plainest model says."""

    @given(lives)
    def check(life: list[tuple[str, Any]]) -> None:
        deaths = Deaths(kind)
        watches: set[tuple[str, str]] = set()
        dead: set[str] = set()
        for event, about in life:
            expected: list[tuple[str, str]] = []
            if event == "watch":
                deaths.watchers.watch(*about)
                if about[0] not in dead:
                    if about[1] in dead:
                        expected = [about]
                    else:
                        watches.add(about)
            elif event == "unwatch":
                deaths.watchers.unwatch(*about)
                watches.discard(about)
            else:
                deaths.watchers.died(about, "stopped")
                dead.add(about)
                watches = {pair for pair in watches if pair[0] != about}
                expected = sorted(pair for pair in watches if pair[1] == about)
                watches -= set(expected)
            assert deaths.take() == expected

    return check


def test_each_watch_is_told_exactly_once() -> None:
    tells_each_watch_once(Watchers)()


class TellsAgain(Watchers):
    def died(self, agent_id: str, reason: str) -> None:
        kept = set(self._watchers.get(agent_id, ()))
        super().died(agent_id, reason)
        self._dead.pop(agent_id)
        self._watchers[agent_id] = kept


class ForgetsTheDead(Watchers):
    def died(self, agent_id: str, reason: str) -> None:
        super().died(agent_id, reason)
        self._dead.clear()


class CountsWatches(Watchers):
    def watch(self, watcher: str, watched: str) -> None:
        if watcher in self._watchers.get(watched, ()):
            self._tell(watcher, Died(watched, ""))
        super().watch(watcher, watched)


class UnwatchesNobody(Watchers):
    def unwatch(self, watcher: str, watched: str) -> None:
        pass


class TheDeadHear(Watchers):
    def died(self, agent_id: str, reason: str) -> None:
        self._watched.pop(agent_id, None)
        super().died(agent_id, reason)


class TheDeadWatch(Watchers):
    def watch(self, watcher: str, watched: str) -> None:
        died = self._dead.pop(watcher, None)
        super().watch(watcher, watched)
        if died is not None:
            self._dead[watcher] = died


class InNoOrder(Watchers):
    def died(self, agent_id: str, reason: str) -> None:
        watchers = sorted(self._watchers.pop(agent_id, ()), reverse=True)
        super().died(agent_id, reason)
        for watcher in watchers:
            self._tell(watcher, self._dead[agent_id])


@pytest.mark.parametrize(
    "mutant",
    [
        TellsAgain,
        ForgetsTheDead,
        CountsWatches,
        UnwatchesNobody,
        TheDeadHear,
        TheDeadWatch,
        InNoOrder,
    ],
)
def test_a_rule_taken_out_is_caught(mutant: type[Watchers]) -> None:
    quick = settings(
        max_examples=2000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError):
        quick(tells_each_watch_once(mutant))()
