"""Games of many rounds in which more and more goes wrong."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest import mock

from antiphon.actors.address import Address
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.coordination import coordinator as coordinator_module
from antiphon.testing.simulation import Play
from antiphon.tests.society.simulated_cast import LONGEST, rounds

MISDEEDS = Faults(slow=0.3, hang=0.02, crash=0.1, repeat=0.2, longest=LONGEST)
MISFORTUNES = Faults(
    slow=0.3, hang=0.02, crash=0.1, repeat=0.2, stall=0.1, kill=0.01, longest=LONGEST
)


class SlowPost(Address):
    """Hands on what hosts tell the coordinator: now, later, or now and then again."""

    simulation: SimulatedDispatcher

    def tell(self, message: Any) -> None:
        chosen = self.simulation.choices.weigh((0.1, 0.1))
        if chosen != 1:
            super().tell(message)
        if chosen:
            self.simulation._agenda.ready.append(partial(super().tell, message))


def by_slow_post(play: Play) -> Play:
    def slowly(simulation: SimulatedDispatcher) -> None:
        post = type("SlowPost", (SlowPost,), {"simulation": simulation})
        with mock.patch.object(coordinator_module, "Address", post):
            play(simulation)

    return slowly


def named(games: dict[str, tuple[Play, Faults]]) -> dict[str, tuple[Play, Faults]]:
    """Give each of them its name, by which its failures are kept."""
    for name, (play, _) in games.items():
        play.__name__ = name
    return games


GAMES = named(
    {
        "nothing goes wrong": (rounds(), Faults()),
        "agents misbehave": (rounds(), MISDEEDS),
        "agents misbehave, one at a time": (rounds(members=4, batch_size=1), MISDEEDS),
        "agents misbehave, two at a time": (rounds(members=5, batch_size=2), MISDEEDS),
        "all goes wrong": (rounds(members=4), MISFORTUNES),
        "all goes wrong, two at a time": (rounds(members=4, batch_size=2), MISFORTUNES),
        "word of it comes late or twice": (by_slow_post(rounds(members=4)), MISFORTUNES),
    }
)
