"""An owner of memories outside a simulated supervisor: lives, hands over, applies, checks.

Whoever notices that a memory is full tells the supervisor, so offers of one round come in any
order; and at any step the supervisor may be ended, its letters with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.errors import AskError, StoppedError
from antiphon.memory.consolidation import Failed, Result
from antiphon.memory.hand_over import HandOvers
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.catalogue import NamedStrategy
from antiphon.memory.supervisor import Collect, MemorySupervisor, Offer, Work
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
