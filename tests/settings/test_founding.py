"""What a society is founded with, or is given to live in it, is looked at there and then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import antiphon as ap
import pytest
from antiphon.actors.care.directive import Directive, always
from antiphon.errors import PluginError, SettingsError
from antiphon.tests.settings.cast import Probe


def embed(texts: list[str]) -> Any:
    return [[1.0, 0.0] for _ in texts]


@pytest.mark.parametrize("key", ["strategy", "embedding"])
def test_what_has_to_be_called_and_cannot_be_is_refused(key: str) -> None:
    given: dict[str, Any] = {key: 3}
    with pytest.raises(SettingsError, match=f"'{key}' .*must be callable, got 3"):
        ap.Society(memory_size=5, **given)


def test_an_embedding_that_nothing_would_use_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"'embedding' .*needs a memory_size above 0"):
        ap.Society(embedding=embed)
    with ap.Society(embedding=embed, memory_size=5) as society:
        society.add(Probe)
        society.step({"probe-1": None})


def test_a_strategy_and_a_directive_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = always(Directive.STOP)
    why = r"'on_crash' \(from {}\): says 'restart', and strategy says otherwise; give one of them"
    with pytest.raises(SettingsError, match=why.format("keyword")):
        ap.Society(strategy=strategy, on_crash="restart")
    monkeypatch.setenv("ANTIPHON_ON_CRASH", "restart")
    with pytest.raises(SettingsError, match=why.format("environment")):
        ap.Society(strategy=strategy)
    monkeypatch.delenv("ANTIPHON_ON_CRASH")
    with ap.Society(strategy=strategy, on_crash="resume") as society:
        assert society.source("on_crash") == "keyword"


class Promises(ap.Agent):
    async def act(self, observation: Any, context: ap.Context) -> int:
        return 1


class Yields(ap.Agent):
    def act(self, observation: Any, context: ap.Context) -> Iterator[int]:
        yield 1


class Streams(ap.Agent):
    async def act(self, observation: Any, context: ap.Context) -> AsyncIterator[int]:
        yield 1


class HearsLater(Probe):
    async def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.heard = message


@pytest.mark.parametrize(
    ("kind", "method"),
    [(Promises, "act"), (Yields, "act"), (Streams, "act"), (HearsLater, "receive")],
)
def test_an_agent_that_would_answer_with_what_is_still_to_be_run_is_refused(
    kind: type[ap.Agent], method: str
) -> None:
    with (
        ap.Society() as society,
        pytest.raises(PluginError, match=rf"'{kind.__name__}': {method} must be a plain method"),
    ):
        society.add(kind)
    assert len(society) == 0
