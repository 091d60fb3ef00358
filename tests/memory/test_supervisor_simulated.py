"""The memory supervisor in simulated runs: whatever comes first, and wherever it crashes.

The owner of the memories is outside. Whoever notices that a memory is full tells the
supervisor, so offers of one round come in any order; and at any step the supervisor may be
ended, its letters with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.errors import AskError, StoppedError
from antiphon.memory import consolidation as consolidation_module
from antiphon.memory import supervisor as supervisor_module
from antiphon.memory.consolidation import Consolidation, Failed, Result
from antiphon.memory.consolidations import Consolidations
from antiphon.memory.drafting import Drafting
from antiphon.memory.hand_over import HandOver, HandOvers
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.catalogue import NamedStrategy
from antiphon.memory.supervisor import Collect, MemorySupervisor, Offer, Work
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.memory.consolidating import each_alone, forms, lived, packed

IDS = ("a", "b", "c")
ROUNDS = 8
WINDOW = 4
LAG = 2
FUSE = 1000.0


class Clerk(Actor):
    """Tells the supervisor what it is told to, whichever supervisor there is."""

    def __init__(self, name: str, desk: Desk) -> None:
        super().__init__(name, clock=desk.simulation.clock)
        self._desk = desk

    def on_receive(self, message: Any) -> None:
        if isinstance(message, Offer):
            self._desk.address.tell(message)
        else:
            # All at once, so that nobody is quicker than another.
            for clerk, offer in zip(self._desk.clerks, message, strict=False):
                Address(clerk).tell(offer)


class Desk:
    """Lives, hands over, and applies what comes back; the law is checked in every round."""

    def __init__(self, simulation: SimulatedDispatcher, *, crash: bool) -> None:
        self.simulation = simulation
        self.written = dict.fromkeys(IDS, 0)
        self.kept: dict[str, list[int]] = {agent_id: [] for agent_id in IDS}
        """The sequences that are whole in memory."""
        self.consolidated: dict[str, list[int]] = {agent_id: [] for agent_id in IDS}
        """Those that items stand for."""
        self.made: list[tuple[int, str, list[bytes]]] = []
        self.book = HandOvers(LAG)
        self.crashes_at = simulation.choices.pick(120) if crash else -1
        self.clerks = [Clerk(f"clerk-{agent_id}", self) for agent_id in IDS]
        self.boss = Clerk("boss", self)
        simulation.start([*self.clerks, self.boss], 1.0)
        self.hire()
        simulation.watch = self.perhaps_crash

    def hire(self) -> None:
        clock = self.simulation.clock

        def slow(window: Sequence[Remembered]) -> Iterator[Draft | None]:
            for draft in each_alone(window):
                clock.advance(0.25)
                yield draft

        self.actor = MemorySupervisor(NamedStrategy("slow", slow, None), clock=clock)
        self.address = Address(self.actor)
        self.simulation.start([self.actor], 1.0)

    def perhaps_crash(self, step: int) -> None:
        if step == self.crashes_at:
            self.simulation.kill(self.actor.name)

    def play(self) -> None:
        for round in range(1, ROUNDS + 1):
            self.apply(round, self.sure(Collect(round)))
            self.live(round)
            self.sure(Work(0.25 * self.simulation.choices.pick(40)))
            self.check_law()
        rest = ROUNDS + LAG + 1
        self.apply(rest, self.sure(Collect(rest)))
        self.check_law()
        assert self.book.under_way == ()

    def live(self, round: int) -> None:
        offers = []
        for agent_id in IDS:
            for _ in range(2):
                self.written[agent_id] += 1
                self.kept[agent_id].append(self.written[agent_id])
            free = self.kept[agent_id][:WINDOW]
            if len(free) == WINDOW and not self.book.is_open(agent_id):
                window = [lived(sequence) for sequence in free]
                made = self.book.open(agent_id, packed(*window, first=free[0]), round=round)
                offers.append(Offer(made))
        Address(self.boss).tell(offers)

    def sure(self, message: Any) -> Any:
        """Ask, and if the supervisor is gone ask the next one, which is offered all again."""
        try:
            answer = self.address.ask(message, FUSE)
        except (AskError, StoppedError):
            self.start_again()
            return self.sure(message)
        # The last letters of one that was ended are lost, and nobody was told.
        if isinstance(message, Collect) and self.lost(message.round, answer):
            self.start_again()
            return self.sure(message)
        return answer

    def lost(self, round: int, answer: Sequence[Result]) -> bool:
        return {m.agent_id for m in self.book.due(round)} > {r.agent_id for r in answer}

    def start_again(self) -> None:
        if self.actor.ended.is_set():
            self.hire()
        for made in self.book.under_way:
            self.address.tell(Offer(made))

    def apply(self, round: int, results: Sequence[Result]) -> None:
        for result in results:
            made = self.book.settle(result)
            if made is not None:
                if isinstance(result, Failed):
                    continue
                sequences = [one.sequence for one in made.entries()]
                for sequence in sequences:
                    self.kept[made.agent_id].remove(sequence)
                of_items = [n for item in result.items for n in range_of(item)]
                self.consolidated[made.agent_id] += of_items
                self.made.append((round, made.agent_id, forms(result)))

    def check_law(self) -> None:
        for agent_id in IDS:
            together = [*self.kept[agent_id], *self.consolidated[agent_id]]
            assert sorted(together) == list(range(1, self.written[agent_id] + 1))


def range_of(item: Any) -> list[int]:
    return [n for first, last in item.members for n in range(first, last + 1)]


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
    simulate(game(expected(), crash=crash), seeds=range(150))


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
    monkeypatch.setitem(globals(), "HandOvers", BookThatForgets)
    fails(control, crash=True)


def test_results_that_come_twice_take_effect_once_and_a_book_that_trusts_all_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control = expected()
    monkeypatch.setattr(supervisor_module, "Consolidations", GivesTwice)
    simulate(game(control, crash=True), seeds=range(30))
    monkeypatch.setitem(globals(), "HandOvers", BookThatTrustsAll)
    fails(control, crash=False)


def test_a_supervisor_that_checks_no_partition_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = each_alone

    def forgetful(window: Sequence[Remembered]) -> Iterator[Draft | None]:
        yield from whole(window[2:])

    monkeypatch.setitem(globals(), "each_alone", forgetful)
    # Held to the rules, such a strategy fails, and all stays in memory.
    desk = Desk(SimulatedDispatcher(0), crash=False)
    desk.play()
    assert desk.made == []
    monkeypatch.setattr(consolidation_module, "Drafting", ChecksNoPartition)
    fails([], crash=False)
