"""What has started is stopped again when the founding of a society fails behind it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.coordination.ensemble import Ensemble
from antiphon.coordination.founding import Founding
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS
from pykka import ActorRegistry


class Idle(Agent):
    def act(self, observation: Any, context: Context) -> int:
        return 0


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
@pytest.mark.parametrize(
    ("whose", "method"), [(Ensemble, "surprises"), (Founding, "_appoint_teachers")]
)
def test_ctrl_c_when_all_actors_have_just_started_leaves_none_of_them(
    whose: type, method: str, dispatcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*called: Any) -> None:
        assert len(ActorRegistry.get_all()) > 3
        raise KeyboardInterrupt

    monkeypatch.setattr(whose, method, interrupted)
    threads = set(threading.enumerate())
    society = Society(dispatcher=dispatcher, memory_size=10)
    society.add(Idle, 3)
    with pytest.raises(KeyboardInterrupt):
        society.start()
    assert ActorRegistry.get_all() == []
    assert set(threading.enumerate()) == threads
    society.stop()
