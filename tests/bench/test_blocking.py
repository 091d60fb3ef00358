from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from antiphon.bench import agents, blocking, ours
from antiphon.bench.agents import Sleeper
from antiphon.bench.harness import Variant

pytestmark = pytest.mark.alone

NAMES = ["detected", "declared", "thread_each", "first", "threaded"]


def variant(name: str) -> Variant:
    with blocking._variants(5, 2) as variants:
        return next(one for one in variants if one.name == name)


def done(variant: Variant) -> str:
    with variant.turn():
        return variant.check(variant.units, variant.run(variant.units))


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_does_the_work_that_it_is_checked_for(name: str) -> None:
    assert done(variant(name)) == ""


@pytest.mark.parametrize("name", NAMES)
def test_agents_that_do_not_sleep_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    awake = SimpleNamespace(sleep=lambda seconds: None, monotonic=time.monotonic)
    monkeypatch.setattr(agents, "time", awake)
    assert done(variant(name))


@pytest.mark.parametrize("name", ["detected", "declared", "first"])
def test_only_the_declared_say_that_they_block(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[type[Sleeper]] = []

    @contextmanager
    def crowd(dispatcher: str, kind: type[Sleeper], n: int, **options: Any) -> Iterator[Any]:
        assert dispatcher == "pooled"
        kinds.append(kind)
        yield lambda rounds: []

    monkeypatch.setattr(ours, "crowd", crowd)
    with variant(name).turn():
        assert [getattr(kind, "blocking", False) for kind in kinds] == [name == "declared"]


def test_the_first_round_of_a_pool_is_measured_without_a_warm_up() -> None:
    first, detected = variant("first"), variant("detected")
    with first.turn():
        first.warm()
        assert [outcome.round for outcome in first.run(1)] == [1]
    with detected.turn():
        detected.warm()
        assert [outcome.round for outcome in detected.run(1)] == [blocking._WARM_UP + 1]
