"""The memories of a society: what goes in, what is handed over, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from antiphon.actors.address import Address
from antiphon.actors.inline import InlineDispatcher
from antiphon.clock import ManualClock
from antiphon.errors import AskError, ConsolidationError, StoppedError, UnknownNameError
from antiphon.memory import consolidation
from antiphon.memory.item import Draft
from antiphon.memory.memories import Memories
from antiphon.memory.news import News
from antiphon.memory.remembered import Remembered
from antiphon.memory.settings import MemorySettings
from antiphon.memory.strategies.catalogue import strategy
from antiphon.memory.supervisor import Collect, MemorySupervisor, Offer, Work
from antiphon.memory.tombstones import Reason
from antiphon.models.experience import Experience

Strategy = Callable[[Sequence[Remembered]], Any]


def lived(round: int, seen: Any = 0) -> Experience:
    return Experience(round, seen, 1, 1, "acted", 0.5, False, False)


def one_item(window: Sequence[Remembered]) -> list[Draft]:
    return [Draft("all", len(window), f"{len(window)} things", tuple(r.sequence for r in window))]


def broken(window: Sequence[Remembered]) -> list[Draft]:
    raise ValueError("so it is")


class Between:
    """A supervisor's address that notes what it is sent, and can be told to fail."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.sent: list[Any] = []
        self.fails: BaseException | None = None
        self.swallows = False
        self.meanwhile: Callable[[Any], object] = type

    def tell(self, message: Any) -> None:
        self.sent.append(message)
        self.meanwhile(message)
        if not self.swallows:
            self._address.tell(message)

    def ask(self, message: Any, timeout: float) -> Any:
        self.sent.append(message)
        self.meanwhile(message)
        if self.fails is not None:
            raise self.fails
        return self._address.ask(message, timeout)


class Desk:
    """Memories of a few agents, with a supervisor that runs on this thread."""

    def __init__(self, call: Strategy = one_item, ids: str = "ab", **settings: Any) -> None:
        values = {"memory_size": 20, "consolidation_threshold": 10, "consolidation_window": 5}
        self.clock = ManualClock()
        self.supervisor = MemorySupervisor(strategy(call), clock=self.clock)
        self.dispatcher = InlineDispatcher()
        self.dispatcher.start([self.supervisor], 1.0)
        self.address = Between(Address(self.supervisor))
        self.ids = list(ids)
        own = MemorySettings(**{**values, "consolidation_lag": 3, **settings})
        self.memories = Memories(self.ids, own, self.address)
        self.round = 0

    def live(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.round += 1
            self.memories.open(self.round)
            self.memories.record(self.round, {i: lived(self.round) for i in self.ids})

    def kinds(self, kind: type) -> list[Any]:
        return [message for message in self.address.sent if isinstance(message, kind)]

    def stop(self) -> None:
        self.dispatcher.stop([self.supervisor], 1.0)
        self.memories.close()


@pytest.fixture
def desks() -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(*arguments: Any, **settings: Any) -> Desk:
        made.append(Desk(*arguments, **settings))
        return made[-1]

    yield make
    for desk in made:
        desk.stop()


def test_the_oldest_are_handed_over_at_the_threshold_and_replaced_at_their_round(
    desks: Callable[..., Desk],
) -> None:
    desk = desks(ids="a")
    desk.live(9)
    assert not desk.kinds(Offer)
    desk.live()
    (offer,) = desk.kinds(Offer)
    assert (offer.hand_over.agent_id, offer.hand_over.due) == ("a", 13)
    assert [one.sequence for one in offer.hand_over.entries()] == [1, 2, 3, 4, 5]
    desk.live(2)
    # However long ago it was done, nobody sees it before.
    desk.memories.work(1.0)
    assert desk.memories["a"].items() == ()
    desk.live()
    (item,) = desk.memories["a"].items()
    assert (item.first, item.last, item.count) == (1, 5, 5)
    statistics = desk.memories["a"].statistics()
    assert (statistics.current_size, statistics.consolidated) == (8, 5)


def test_what_comes_out_does_not_depend_on_when_it_was_worked_on(
    desks: Callable[..., Desk],
) -> None:
    seen = []
    for works in (False, True):
        desk = desks()
        history = []
        for _ in range(60):
            desk.live()
            if works:
                desk.memories.work(1.0)
            history.append([(m.items(), m.statistics()) for m in desk.memories.values()])
        seen.append([[([i.id for i in items], s) for items, s in row] for row in history])
    assert seen[0] == seen[1]


def test_few_are_handed_over_in_one_round_and_everybody_has_its_turn(
    desks: Callable[..., Desk],
) -> None:
    desk = desks(ids="abcdefghij", consolidation_window=10)
    desk.live(10)
    assert len(desk.kinds(Offer)) == 2
    desk.live(7)
    assert sorted({offer.hand_over.agent_id for offer in desk.kinds(Offer)}) == desk.ids


def test_in_the_long_run_each_round_hands_over_much_the_same(desks: Callable[..., Desk]) -> None:
    ids = "".join(chr(ord("a") + n) for n in range(40))
    desk = desks(ids=ids, memory_size=40, consolidation_threshold=20, consolidation_window=10)
    counts = []
    for _ in range(300):
        before = len(desk.kinds(Offer))
        desk.live()
        desk.memories.work(1.0)
        counts.append(len(desk.kinds(Offer)) - before)
    # Four fill a window up in a round; who could hand over at once does not make others wait.
    late = counts[200:]
    assert 0 not in late
    assert max(late) <= 5
    assert sum(late) == pytest.approx(400, abs=10)


def test_calls_are_no_more_than_windows(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.live(200)
    figures = desk.memories.summary()
    assert figures.written == 400 == figures.live + figures.consolidated + figures.evicted
    assert figures.calls <= figures.written / 5
    assert figures.consolidations > 60
    assert figures.items + figures.forgotten == figures.consolidations


def test_whole_windows_are_handed_over_and_nobody_is_emptied(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="abc", consolidation_window=8)
    for _ in range(80):
        desk.live()
        desk.memories.work(1.0)
    offers = desk.kinds(Offer)
    assert len(offers) > 20
    assert {len(offer.hand_over.packed) for offer in offers} == {8}
    assert all(len(memory.episodic) >= 4 for memory in desk.memories.values())


def test_a_strategy_that_fails_leaves_everything_where_it_was(desks: Callable[..., Desk]) -> None:
    desk = desks(broken, memory_size=40)
    desk.live(30)
    figures = desk.memories.summary()
    assert (figures.live, figures.consolidated, figures.evicted) == (60, 0, 0)
    assert 0 < figures.failed <= 4
    with pytest.raises(ConsolidationError, match="rests after failures"):
        desk.memories.consolidate("a")
    assert desk.memories["a"].statistics().current_size == 30


@pytest.mark.parametrize("error", [AskError("it broke"), StoppedError("it is gone")])
def test_a_supervisor_that_is_lost_loses_nothing(
    desks: Callable[..., Desk], error: BaseException
) -> None:
    desk = desks()
    desk.live(10)
    desk.address.fails = error
    desk.memories.work(1.0)
    desk.live(30)
    figures = desk.memories.summary()
    assert figures.written == 80 == figures.live + figures.evicted
    assert all(memory.statistics().frozen == 0 for memory in desk.memories.values())
    # Nor does it ask again at once for what has just come to nothing.
    assert len(desk.kinds(Collect)) < 8


@pytest.mark.parametrize("kind", [Offer, Collect, Work])
def test_a_society_that_is_stopped_meanwhile_by_another_thread_harms_nothing(
    desks: Callable[..., Desk], kind: type
) -> None:
    desk = desks(consolidation_window=1)
    desk.live(9)
    desk.address.meanwhile = lambda sent: desk.memories.close() if type(sent) is kind else None
    for _ in range(4):
        desk.live()
        desk.memories.work(1.0)
    with pytest.raises(StoppedError):
        desk.memories.consolidate("a")
    assert desk.memories.summary().written == 26
    for memory in desk.memories.values():
        memory.check_law()


def test_an_offer_that_got_lost_thaws(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="a")
    desk.address.swallows = True
    desk.live(13)
    assert desk.memories["a"].statistics().frozen == 0
    desk.address.swallows = False
    desk.live(100)
    assert desk.memories["a"].statistics().consolidated > 0


def test_it_works_only_while_there_is_something_to_do(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.live(9)
    desk.memories.work(1.0)
    assert not desk.kinds(Work)
    desk.live()
    desk.memories.work(1.0)
    assert [work.seconds for work in desk.kinds(Work)] == [0.02]


def test_everything_at_once_on_request(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="a", memory_size=100, consolidation_threshold=50)
    assert desk.memories.consolidate("a") is None
    desk.live(7)
    result = desk.memories.consolidate("a")
    assert result is not None
    assert (result.first, result.last, len(result.items)) == (1, 7, 1)
    assert len(desk.memories["a"].episodic) == 0
    desk.live(3)
    assert [item.count for item in desk.memories["a"].items()] == [7]


def test_on_request_what_is_under_way_is_not_counted_twice(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="ab")
    desk.live(11)
    result = desk.memories.consolidate("a")
    assert result is not None
    assert result.count == 11
    desk.live(20)
    figures = desk.memories.summary()
    assert figures.written == 62 == figures.live + figures.consolidated + figures.evicted


def test_without_a_supervisor_the_clean_up_alone_makes_room() -> None:
    settings = MemorySettings(memory_size=8, consolidate=False, memory_cleanup="fifo")
    memories = Memories(["a"], settings, None)
    for round in range(1, 31):
        memories.open(round)
        memories.record(round, {"a": lived(round)})
        memories.work(1.0)
    statistics = memories["a"].statistics()
    assert statistics.current_size <= 8
    assert statistics.evicted == 30 - statistics.current_size
    assert memories.consolidate("a") is None
    memories.close()


def test_what_is_not_done_by_itself_is_done_on_request(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="a", consolidate=False)
    desk.live(30)
    assert not desk.kinds(Offer)
    assert desk.memories["a"].episodic.over_high_water
    result = desk.memories.consolidate("a")
    assert result is not None
    assert (result.count, len(desk.memories["a"].episodic)) == (20, 0)
    desk.live(30)
    assert len(desk.kinds(Offer)) == 1


def clumsy(candidates: Any, count: int, round: int) -> list[int]:
    raise KeyError("which one?")


def test_failures_are_counted_and_the_first_of_each_clean_up_is_logged(
    desks: Callable[..., Desk], caplog: pytest.LogCaptureFixture
) -> None:
    desk = desks(broken, memory_size=12, memory_cleanup=clumsy)
    desk.live(30)
    figures = desk.memories.summary()
    assert figures.failed_cleanups > 4
    assert figures.evicted_by["cleanup_failed"] == figures.evicted == figures.failed_cleanups
    assert desk.memories.failures.cleanups == figures.failed_cleanups
    assert desk.memories.failures.consolidations == figures.failed > 0
    said = [r.getMessage() for r in caplog.records if "cleanup.failed" in r.getMessage()]
    assert len(said) == 2
    assert all("which one?" in line for line in said)
    words = f"{figures.failed} consolidations failed, {figures.failed_cleanups} clean-ups failed"
    assert str(figures).endswith(words)


def test_to_ask_while_the_strategy_rests_is_no_other_failure(desks: Callable[..., Desk]) -> None:
    desk = desks(broken, ids="a")
    desk.live(5)
    for _ in range(3):
        with pytest.raises(ConsolidationError):
            desk.memories.consolidate("a")
    assert desk.memories.failures.consolidations == 1
    assert "so it is" in desk.memories.failures.last_error


def test_a_window_that_never_came_to_the_strategy_is_a_failure_too(
    desks: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consolidation, "columns_of", broken)
    desk = desks(ids="a")
    desk.live(13)
    figures = desk.memories.summary()
    assert (figures.failed, figures.calls) == (1, 0)
    assert "so it is" in desk.memories.failures.last_error


def test_where_nothing_failed_nothing_is_said_of_it(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.live(30)
    assert not desk.memories.failures
    assert "failed" not in str(desk.memories.summary())


def test_how_surprised_an_agent_was_is_kept_with_what_it_lived(
    desks: Callable[..., Desk],
) -> None:
    desk = desks()
    desk.memories.surprises = {"a": lambda: 2.5}
    desk.live()
    (one,) = desk.memories["a"].episodic.snapshot()
    (other,) = desk.memories["b"].episodic.snapshot()
    assert (one.surprise, other.surprise) == (2.5, None)


def test_news_tells_all_that_has_changed_and_each_thing_once(desks: Callable[..., Desk]) -> None:
    desk = desks(ids="a", memory_size=10, consolidation_threshold=10, memory_cleanup="fifo")
    desk.memories.keep_news()
    told, gone, replaced = [], [], []
    for _ in range(40):
        desk.live()
        news = desk.memories.take_news()
        told += [one.sequence for one in news.lived.values()]
        gone += [(x.reason, a, b) for x in news.evicted for a, b in x.ranges]
        replaced += [(r.first, r.last) for r in news.replaced]
    statistics = desk.memories["a"].statistics()
    assert told == list(range(1, 41))
    assert sum(b - a + 1 for _, a, b in gone) == statistics.evicted > 0
    assert {reason for reason, _, _ in gone} == {Reason.SIZE}
    assert len(replaced) == statistics.consolidations > 0
    desk.memories.keep_no_news()
    for _ in range(2):
        desk.live(20)
        news = desk.memories.take_news()
        assert news == News()


def test_a_name_that_is_nothings_is_refused_at_once() -> None:
    with pytest.raises(UnknownNameError, match="fife"):
        Memories.found(
            ["a"], MemorySettings(memory_size=5, memory_cleanup="fife"), clock=ManualClock()
        )
    with pytest.raises(UnknownNameError, match="merger"):
        Memories.found(
            ["a"], MemorySettings(memory_size=5, consolidation="merger"), clock=ManualClock()
        )
