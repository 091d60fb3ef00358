"""Pykka's own registry knows our actors as its own, whatever their number."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.registry import Refs, register, unregister
from pykka import ActorRegistry

FUSE = 10.0


class Ours(Actor):
    pass


class Others(pykka.ThreadingActor):
    use_daemon_thread = True


class Alike(Actor):
    """An actor of a user, for whom all of them are equal and none can be a key."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


@pytest.fixture
def ours() -> Iterator[list[Ours]]:
    actors = [Ours(f"ours-{n}") for n in range(3)]
    for actor in actors:
        register(actor)
    yield actors
    for actor in actors:
        unregister(actor)


@pytest.fixture
def other() -> Iterator[Any]:
    ref = Others.start()
    yield ref
    ref.stop(timeout=FUSE)


def test_pykka_finds_ours_and_its_own_in_the_order_in_which_they_came(
    other: Any, ours: list[Ours]
) -> None:
    assert ActorRegistry.get_all() == [other, *(actor.actor_ref for actor in ours)]
    assert ActorRegistry.get_by_class(Ours) == [actor.actor_ref for actor in ours]
    assert ActorRegistry.get_by_class_name("Others") == [other]
    assert ActorRegistry.get_by_urn(ours[1].actor_urn) is ours[1].actor_ref


def test_pykka_takes_ours_out_and_puts_them_in(ours: list[Ours]) -> None:
    ref = ours[1].actor_ref
    ActorRegistry.unregister(ref)
    ActorRegistry.unregister(ref)
    assert ref not in ActorRegistry.get_all()
    ActorRegistry.register(ref)
    ActorRegistry.register(ref)
    assert ActorRegistry.get_all().count(ref) == 1


def test_pykka_tells_all_of_them(ours: list[Ours]) -> None:
    ActorRegistry.broadcast("hello", target_class=Ours)
    assert [actor.actor_inbox.get(0).message for actor in ours] == ["hello"] * 3


def test_one_can_be_taken_out_twice(ours: list[Ours]) -> None:
    unregister(ours[0])
    unregister(ours[0])
    assert len(ActorRegistry.get_all()) == 2


def test_nobody_is_asked_for_its_ref_before_somebody_wants_it() -> None:
    asked: list[str] = []

    class Counts(Actor):
        @property
        def actor_ref(self) -> Any:
            asked.append(self.name)
            return super().actor_ref

    actors = [Counts(f"counts-{n}") for n in range(3)]
    for actor in actors:
        register(actor)
    assert len(ActorRegistry._actor_refs) == 3
    assert asked == []
    ActorRegistry.get_all()
    assert asked == ["counts-0", "counts-1", "counts-2"]
    for actor in actors:
        unregister(actor)
    assert len(asked) == 3


def test_actors_that_a_user_takes_for_equal_are_two() -> None:
    first, second = Alike("first"), Alike("second")
    register(first)
    register(second)
    assert [ref.actor_urn for ref in ActorRegistry.get_all()] == [
        first.actor_urn,
        second.actor_urn,
    ]
    unregister(first)
    assert [ref.actor_urn for ref in ActorRegistry.get_all()] == [second.actor_urn]
    unregister(second)
    assert ActorRegistry.get_all() == []


def test_it_is_what_pykka_uses_of_a_list(ours: list[Ours]) -> None:
    a, b, c = (actor.actor_ref for actor in ours)
    refs = Refs([a, b])
    assert (len(refs), refs[0], refs[1:], list(refs)) == (2, a, [b], [a, b])
    assert a in refs
    assert c not in refs
    assert "a" not in refs
    refs.append(c)
    refs.remove(a)
    assert refs[:] == [b, c]
    with pytest.raises(ValueError, match="not registered"):
        refs.remove(a)


def test_any_thread_may_enter_and_leave() -> None:
    def come_and_go() -> None:
        for number in range(200):
            actor = Ours(f"ours-{number}")
            register(actor)
            ActorRegistry.get_all()
            unregister(actor)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    assert ActorRegistry.get_all() == []
