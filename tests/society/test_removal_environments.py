"""An environment keeps its agents, or lets them go as far as it can do without them."""

from __future__ import annotations

import pytest
from antiphon.errors import MembershipError
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does, Ring
from antiphon.tests.society.leaving import everywhere


def test_an_environment_with_fixed_agents_keeps_them() -> None:
    with Society(Ring(), tables=False) as society:
        society.add(Does)
        for _ in range(2):
            with pytest.raises(MembershipError, match=r"'b' cannot be removed: .*fixed place"):
                society.remove("b")
            society.run(1)
        assert len(society) == 3


class Strict(GridWorld):
    """Takes no joint action that lacks an agent."""

    partial_actions = False


def test_an_open_environment_that_needs_all_actions_lets_go_before_the_start_alone() -> None:
    with Society(Strict(size=6), tables=False) as society:
        society.add(Does, ids=["a", "b", "c"])
        society.remove("a")
        society.run(1)
        with pytest.raises(MembershipError, match=r"'b' cannot be removed: .*has started"):
            society.remove("b")
        society.run(1)


@everywhere
def test_in_an_open_environment_the_rounds_go_on_without_it(dispatcher: str) -> None:
    world = GridWorld(size=6, max_steps=4)
    with Society(world, dispatcher=dispatcher, tables=False, timeout=FUSE) as society:
        society.add(Does, ids=["a", "b", "c"], act=lambda seen, context: context.round % 5)
        assert society.run(2).outcomes == {"acted": 6}
        society.remove("b")
        # Over the end of an episode, since a new one calls all who live there.
        run = society.run(4)
        assert run.outcomes == {"acted": 8}
        assert society.run(1).outcomes == {"acted": 2}
        assert world.positions.shape == (3,)
