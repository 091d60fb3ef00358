"""Which agents share an actor, and what their cohort knows of them."""

from __future__ import annotations

from antiphon.actors.address import Address
from antiphon.actors.messages import Retire
from antiphon.actors.workers.cohort_sweep import Rank
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society


def test_a_letter_to_a_member_is_seen_by_a_rank_that_was_made_before_it_came() -> None:
    with Society(GridWorld(agents=2), dispatcher="inline", seed=1) as society:
        society.add("explorer", 2, host="cohort")
        society.start()
        hosts = list(society._running.ensemble.hosts)
        rank = Rank(hosts)
        assert rank.is_idle(hosts[0].episode)
        hosts[1].actor_inbox.notify = None  # nobody reads it at once
        Address(hosts[1]).tell(Retire())
        assert not rank.is_idle(hosts[0].episode)
