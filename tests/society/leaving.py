"""Societies that somebody leaves, and who hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Does
from antiphon.tests.society.talking_cast import ALL, Speaker
from pykka import ActorRegistry

everywhere = pytest.mark.parametrize("dispatcher", ALL)


class Watcher(Speaker):
    """Writes down whose death it hears of."""

    def agent_died(self, agent_id: str, reason: str, context: Context) -> None:
        self.heard.append((agent_id, reason, context.round))


def trio(dispatcher: str = "inline", **settings: Any) -> Society:
    society = Society(dispatcher=dispatcher, timeout=FUSE, tables=False, **settings)
    society.add(Does, ids=["a", "b", "c"])
    return society


def living() -> set[str]:
    return {ref.actor_inbox.owner.name for ref in ActorRegistry.get_all()}
