"""What we rely on in Pykka, where it calls things private; and that its own ways still work.

A failure here after an upgrade says which of our overrides has to be looked at.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.future import Future
from antiphon.actors.mailbox import Mailbox
from antiphon.errors import StartError
from pykka import ActorRegistry, messages
from pykka._envelope import Envelope

FUSE = 10.0


class Plain(Actor):
    """An actor as a user of Pykka would write it, on our base."""

    colour = "blue"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.life: list[str] = []
        self.numbers = [1]

    def on_start(self) -> None:
        self.life.append("started")

    def on_stop(self) -> None:
        self.life.append("stopped")

    def on_failure(self, *info: Any) -> None:
        self.life.append("failed")

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Exception):
            raise message
        return ("got", message, threading.current_thread().name)

    def double(self, value: int) -> int:
        return 2 * value


@pytest.fixture
def ref() -> Iterator[pykka.ActorRef[Plain]]:
    started = Plain.start("plain-1")
    yield started
    started.stop(timeout=FUSE)


# Its own ways


def test_ask_and_tell(ref: pykka.ActorRef[Plain]) -> None:
    ref.tell("told")
    assert ref.ask("asked", timeout=FUSE) == ("got", "asked", "plain-1")
    assert ref.ask("later", block=False).get(timeout=FUSE)[:2] == ("got", "later")


def test_proxies(ref: pykka.ActorRef[Plain]) -> None:
    proxy: Any = ref.proxy()
    assert proxy.double(4).get(timeout=FUSE) == 8
    assert proxy.colour.get(timeout=FUSE) == "blue"
    proxy.colour = "red"
    assert proxy.colour.get(timeout=FUSE) == "red"
    assert proxy.numbers.get(timeout=FUSE) == [1]
    assert proxy.double.defer(1) is None


def test_stop_answers_true_once_and_runs_the_hook_once(ref: pykka.ActorRef[Plain]) -> None:
    actor = ref._actor_weakref()
    assert actor is not None
    assert ref.stop(timeout=FUSE) is True
    assert actor.ended.wait(FUSE)
    assert ref.stop(timeout=FUSE) is False
    assert actor.life == ["started", "stopped"]
    assert not ref.is_alive()
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("too late")
    with pytest.raises(pykka.ActorDeadError):
        ref.ask("too late", timeout=FUSE)


def test_stop_without_waiting_and_the_registry(ref: pykka.ActorRef[Plain]) -> None:
    assert ActorRegistry.get_by_class(Plain) == [ref]
    assert ActorRegistry.get_by_urn(ref.actor_urn) is ref
    assert ref.stop(block=False).get(timeout=FUSE) is True
    assert ActorRegistry.get_by_class(Plain) == []


def test_what_a_handler_raises_reaches_the_asker_and_the_actor_lives(
    ref: pykka.ActorRef[Plain],
) -> None:
    with pytest.raises(ValueError, match="asked"):
        ref.ask(ValueError("asked"), timeout=FUSE)
    ref.tell(ValueError("told"))
    proxy: Any = ref.proxy()
    assert proxy.life.get(timeout=FUSE) == ["started", "failed"]


def test_stop_all_stops_ours_too() -> None:
    refs = [Plain.start() for _ in range(3)]
    assert ActorRegistry.stop_all(timeout=FUSE) == [True, True, True]
    assert not any(ref.is_alive() for ref in refs)


def test_a_start_that_fails_reaches_the_caller() -> None:
    class Stillborn(Plain):
        def on_start(self) -> None:
            raise LookupError("no start")

    with pytest.raises(StartError, match=r"stillborn did not start.*LookupError: no start") as info:
        Stillborn.start("stillborn")
    assert isinstance(info.value.__cause__, LookupError)
    assert ActorRegistry.get_by_class(Stillborn) == []


def test_actors_of_both_kinds_talk() -> None:
    class Stock(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            return message["ask"].ask("from stock", timeout=FUSE)

    ours, stock = Plain.start("plain-2"), Stock.start()
    assert stock.ask({"ask": ours}, timeout=FUSE) == ("got", "from stock", "plain-2")
    stock.stop(timeout=FUSE)
    ours.stop(timeout=FUSE)


# What we rely on


def test_pykka_is_of_the_series_that_was_tried() -> None:
    assert importlib.metadata.version("pykka").split(".")[:2] == ["4", "5"]


def test_what_makes_mailbox_and_future_is_static_and_called_without_self() -> None:
    assert isinstance(inspect.getattr_static(pykka.Actor, "_create_actor_inbox"), staticmethod)
    assert isinstance(inspect.getattr_static(pykka.Actor, "_create_future"), staticmethod)
    actor = Plain()
    assert isinstance(actor.actor_inbox, Mailbox)
    assert isinstance(actor._create_future(), Future)


def test_an_actor_is_whole_before_it_is_started_or_registered() -> None:
    actor = Plain()
    assert actor.actor_ref.actor_inbox is actor.actor_inbox
    assert actor.actor_ref.actor_stopped is actor.actor_stopped
    assert actor.actor_ref.actor_urn == actor.actor_urn
    assert actor.actor_ref.is_alive()
    assert ActorRegistry.get_by_class(Plain) == []


def test_start_registers_and_then_starts_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def start_loop(self: Plain) -> None:
        seen.append(self.actor_ref in ActorRegistry.get_all())
        ActorRegistry.unregister(self.actor_ref)

    monkeypatch.setattr(Plain, "_start_actor_loop", start_loop)
    Plain.start()
    assert seen == [True]


def test_a_ref_asks_by_an_envelope_with_the_future_of_the_actors_class() -> None:
    actor = Plain()
    future = actor.actor_ref.ask("question", block=False)
    letter = actor.actor_inbox.get(0)
    assert isinstance(future, Future)
    assert (letter.message, letter.reply_to) == ("question", future)


def test_a_ref_tells_by_an_envelope_without_a_future_and_stops_by_a_message() -> None:
    actor = Plain()
    actor.actor_ref.tell("told")
    letter = actor.actor_inbox.get(0)
    assert (letter.message, letter.reply_to) == ("told", None)
    future = actor.actor_ref.stop(block=False)
    letter = actor.actor_inbox.get(0)
    assert isinstance(letter.message, messages._ActorStop)
    assert letter.reply_to is not None
    letter.reply_to.set()
    assert future.get(timeout=0) is True


def test_whatever_has_set_and_set_exception_can_be_a_reply_address() -> None:
    class Slot:
        answer: Any = None

        def set(self, value: Any = None) -> None:
            self.answer = value

        def set_exception(self, info: Any = None) -> None:
            self.answer = info

    actor, slot = Plain(), Slot()
    actor.handle(Envelope("hello", slot))  # type: ignore[arg-type]
    assert slot.answer[:2] == ("got", "hello")
    actor.handle(Envelope(ValueError("no"), slot))  # type: ignore[arg-type]
    assert slot.answer[0] is ValueError


def test_envelopes_have_two_slots() -> None:
    assert list(Envelope.__slots__) == ["message", "reply_to"]


def test_handle_receive_takes_stops_and_proxies_and_hands_the_rest_on() -> None:
    actor = Plain()
    assert actor._handle_receive("hello")[:2] == ("got", "hello")
    call = messages.ProxyCall(attr_path=("double",), args=(3,), kwargs={})
    assert actor._handle_receive(call) == 6
    actor._handle_receive(messages._ActorStop())
    assert actor.actor_stopped.is_set()
    assert actor.life == ["stopped"]


def test_unregistering_a_stranger_is_no_error() -> None:
    ActorRegistry.unregister(Plain().actor_ref)
