"""What is said of a society's mailboxes: nobody's letters are left out, and nobody's said twice."""

from __future__ import annotations

import pytest
from antiphon.actors.address import Address
from antiphon.actors.messages import GoOn
from antiphon.actors.statistics import KernelStatistics
from antiphon.coordination.ensemble import Ensemble
from antiphon.models.agent import Agent, Context
from antiphon.models.grid_world import GridWorld
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.society import Society


class Still(Agent):
    def act(self, observation: object, context: Context) -> int:
        return 0


def ensemble_of(society: Society) -> Ensemble:
    society.start()
    return society._running.ensemble


def named(figures: KernelStatistics) -> list[tuple[str, int]]:
    return [(mailbox.actor, mailbox.waiting) for mailbox in figures.largest]


def test_letters_to_those_who_share_an_actor_are_counted() -> None:
    with Society(GridWorld(agents=3), dispatcher="inline", seed=1) as society:
        society.add("explorer", 3, host="cohort")
        ensemble = ensemble_of(society)
        _, second, _ = ensemble.hosts
        second.actor_inbox.notify = None  # nobody reads them at once
        for _ in range(4):
            Address(second).tell(GoOn())
        figures = ensemble.statistics()
        assert figures.waiting == 4
        assert named(figures) == [(second.name, 4)]


@pytest.mark.parametrize("name", ["coordinator", "a"])
def test_mail_that_is_kept_is_counted_whatever_its_receiver_is_called(name: str) -> None:
    with Society(dispatcher="inline") as society:
        society.add(Still, ids=[name, "b"])
        ensemble = ensemble_of(society)
        outbox = Outbox(OUTSIDE)
        outbox.tell(name, "hello")
        ensemble._correspondence.keep(name, outbox.take())
        figures = ensemble.statistics()
        assert figures.waiting == 1
        assert named(figures) == [(name, 1)]
