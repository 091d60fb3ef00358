"""Rounds beside other frameworks: the same work, or a clear word where one is not installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from antiphon.bench import peers
from antiphon.bench.agents import Adder
from antiphon.bench.autogen_crowd import crowd as autogen
from antiphon.bench.checks import check_answers, unchanged
from antiphon.bench.harness import Absent, Variant
from antiphon.bench.mesa_crowd import crowd as mesa


def adders(n: int) -> list[Adder]:
    return [Adder(number) for number in range(1, n + 1)]


def test_who_is_not_installed_is_absent_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with peers._variants(3, 1000) as offered:
        absent = {one.name: one.why for one in offered if isinstance(one, Absent)}
        assert [one.name for one in offered if isinstance(one, Variant)] == [
            "pooled",
            "inline",
            "loop",
        ]
    assert absent == {
        "autogen_core": "not installed: pip install autogen-core",
        "mesa": "not installed: pip install mesa",
    }


class FakeMesa(ModuleType):
    """As much of Mesa as a round needs."""

    class Model:
        def __init__(self, *, rng: int) -> None:
            self.players: list[Any] = []
            self.agents = SimpleNamespace(
                do=lambda name: [getattr(one, name)() for one in self.players],
                get=lambda name: [getattr(one, name) for one in self.players],
            )

    class Agent:
        def __init__(self, model: Any) -> None:
            self.model = model
            model.players.append(self)

        @classmethod
        def create_agents(cls, model: Any, n: int, agents: list[Any]) -> None:
            for agent in agents:
                cls(model, agent)  # type: ignore[call-arg]


class FakeAutogen(ModuleType):
    """As much of autogen-core as a round needs."""

    class BaseAgent:
        at: Any

        def __init__(self, description: str) -> None:
            self.id = self.at

        @classmethod
        async def register(cls, runtime: Any, kind: str, factory: Callable[[], Any]) -> None:
            runtime.factory = factory

    class AgentId:
        def __init__(self, type: str, key: str) -> None:
            self.key = key

    class SingleThreadedAgentRuntime:
        def start(self) -> None:
            self.players: dict[str, Any] = {}

        async def send_message(self, message: Any, recipient: Any) -> Any:
            FakeAutogen.BaseAgent.at = recipient
            player = self.players.setdefault(recipient.key, None) or self.factory()
            self.players[recipient.key] = player
            return await player.on_message_impl(message, None)

        async def stop(self) -> None:
            pass

        async def close(self) -> None:
            self.players.clear()


@pytest.mark.parametrize(
    ("crowd", "package", "fake"),
    [(mesa, "mesa", FakeMesa), (autogen, "autogen_core", FakeAutogen)],
)
def test_every_agent_is_called_in_every_round_and_each_answer_is_its_own(
    crowd: Any, package: str, fake: type[ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither is a part of any extra: where one is installed it is the one that is tried.
    if importlib.util.find_spec(package) is None:
        monkeypatch.setitem(sys.modules, package, fake(package))
    with crowd(adders(5)) as play:
        assert check_answers(5, unchanged, 3, play(3)) == ""


def test_every_figure_is_of_variants_that_may_be_there() -> None:
    for case in peers.cases(small=True):
        with case.variants() as offered:
            named = {one.name for one in offered}
        assert {name for figure in case.ratios for name in figure.variants} <= named
