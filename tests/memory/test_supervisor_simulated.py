"""The memory supervisor in simulated runs: whatever comes first, and wherever it crashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.memory import consolidation as consolidation_module
from antiphon.memory import supervisor as supervisor_module
from antiphon.memory.consolidation import Consolidation, Result
from antiphon.memory.consolidations import Consolidations
from antiphon.memory.drafting import Drafting
from antiphon.memory.hand_over import HandOver, HandOvers
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.memory import desk as desk_module
from antiphon.tests.memory.consolidating import each_alone
from antiphon.tests.memory.desk import Desk


def expected() -> list[tuple[int, str, list[bytes]]]:
    """What is made when nothing goes wrong and no choice is made."""
    desk = Desk(SimulatedDispatcher(0), crash=False)
    desk.play()
    return desk.made


def game(control: list[Any], *, crash: bool) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        desk = Desk(simulation, crash=crash)
        desk.play()
        assert desk.made == control

    return play


@pytest.mark.parametrize("crash", [False, True])
def test_in_any_order_and_wherever_it_crashes_the_same_items_take_effect_in_the_same_rounds(
    *, crash: bool
) -> None:
    simulate(game(expected(), crash=crash), seeds=range(40))


@pytest.mark.soak
def test_that_many_thousand_times() -> None:
    simulate(game(expected(), crash=True), seeds=range(10_000))


class GivesTwice(Consolidations):
    """What was given is given again in the next round."""

    def collect(self, round: int) -> tuple[Result, ...]:
        given = dict(self._given)
        return tuple({**given, **{r.agent_id: r for r in super().collect(round)}}.values())


class GivesInTheOrderOfArrival(Consolidations):
    def _jobs_due(self, round: int) -> list[Any]:
        return [job for job in self._jobs.values() if job.hand_over.due <= round]

    def collect(self, round: int) -> tuple[Result, ...]:
        due = [agent_id for agent_id, job in self._jobs.items() if job.hand_over.due <= round]
        return tuple(sorted(super().collect(round), key=lambda r: due.index(r.agent_id)))


class GivesWhenDone(Consolidations):
    """What is done is given at once."""

    def _jobs_due(self, round: int) -> list[Any]:
        done = {job.hand_over.agent_id: job for job in self._jobs.values() if job.done}
        due = {job.hand_over.agent_id: job for job in super()._jobs_due(round)}
        return [job for _, job in sorted({**done, **due}.items())]


class ForgetsWhatIsNotDone(Consolidations):
    """A round that is collected while work is under way loses it."""

    def _jobs_due(self, round: int) -> list[Any]:
        jobs = super()._jobs_due(round)
        for job in jobs:
            if not job.done:
                self.forget(job.hand_over.agent_id, job.hand_over.number)
        return [job for job in jobs if job.done]


class ChecksNoPartition(Drafting):
    def end(self) -> None:
        pass


class LosesTheLast(Consolidation):
    """An item gets lost on its way."""

    def result(self, retry_at: int) -> Result:
        self.items = self.items[:-1]
        return super().result(retry_at)


class BookThatTrustsAll(HandOvers):
    """Whatever comes is the result of the agent's last hand-over."""

    def __init__(self, lag: int) -> None:
        super().__init__(lag)
        self._last: dict[str, HandOver] = {}

    def settle(self, result: Any) -> HandOver | None:
        made = self._under_way.pop(result.agent_id, None) or self._last[result.agent_id]
        self._last[result.agent_id] = made
        return made


class BookThatForgets(HandOvers):
    """Nothing is handed over again."""

    @property
    def under_way(self) -> tuple[HandOver, ...]:
        return ()

    def due(self, round: int) -> tuple[HandOver, ...]:
        return ()


MUTANTS = [GivesInTheOrderOfArrival, GivesWhenDone, ForgetsWhatIsNotDone]


def fails(control: list[Any], *, crash: bool) -> None:
    with pytest.raises((AssertionError, ValueError, KeyError, RecursionError)):
        simulate(game(control, crash=crash), seeds=range(60), patience=0)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_supervisor_with_a_rule_taken_out_is_caught(
    mutant: type[Consolidations], monkeypatch: pytest.MonkeyPatch
) -> None:
    control = expected()
    monkeypatch.setattr(supervisor_module, "Consolidations", mutant)
    fails(control, crash=False)


def test_work_that_loses_an_item_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    control = expected()
    monkeypatch.setattr(supervisor_module, "Consolidation", LosesTheLast)
    fails(control, crash=False)


def test_a_book_that_forgets_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    control = expected()
    monkeypatch.setattr(desk_module, "HandOvers", BookThatForgets)
    fails(control, crash=True)


def test_results_that_come_twice_take_effect_once_and_a_book_that_trusts_all_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control = expected()
    monkeypatch.setattr(supervisor_module, "Consolidations", GivesTwice)
    simulate(game(control, crash=True), seeds=range(30))
    monkeypatch.setattr(desk_module, "HandOvers", BookThatTrustsAll)
    fails(control, crash=False)


def test_a_supervisor_that_checks_no_partition_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        yield from each_alone(window[2:])

    monkeypatch.setattr(desk_module, "each_alone", forgetful)
    # Held to the rules, such a strategy fails, and all stays in memory.
    desk = Desk(SimulatedDispatcher(0), crash=False)
    desk.play()
    assert desk.made == []
    monkeypatch.setattr(consolidation_module, "Drafting", ChecksNoPartition)
    fails([], crash=False)
