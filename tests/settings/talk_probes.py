"""What each setting of messages and mailboxes changes."""

from __future__ import annotations

from typing import Any

import antiphon as ap
from antiphon.tests.settings.cast import Probes


class Talker(ap.Agent):
    """Says two things in each round to the listener, and notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def act(self, observation: Any, context: ap.Context) -> int:
        if context.agent_id != "listener":
            for number in (1, 2):
                context.tell("listener", [context.round, number])
        return 1

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.heard.append(message)

    def answer(self, question: Any, sender: str, context: ap.Context) -> Any:
        return list(self.heard)


def heard(**settings: Any) -> Any:
    """Give what the listener hears of what two say in two rounds."""
    with ap.Society(dispatcher="inline", **settings) as society:
        society.add(Talker, ids=["listener", "one", "other"])
        for _ in range(2):
            society.step({"listener": None, "one": None, "other": None})
        return society.ask("listener", "what did you hear?")


def delivery(value: str) -> Any:
    return heard(delivery=value)


def heard_per_sender(value: int) -> Any:
    return heard(heard_per_sender=value)


def heard_per_round(value: int) -> Any:
    return heard(heard_per_round=value)


def waited(**settings: Any) -> Any:
    """Give what the listener hears, when it is called, of what two said in two rounds."""
    with ap.Society(dispatcher="inline", **settings) as society:
        society.add(Talker, ids=["listener", "one", "other"])
        for _ in range(2):
            society.step({"one": None, "other": None})
        society.step({"listener": None})
        return society.ask("listener", "what did you hear?")


def mailbox_capacity(value: int | None) -> Any:
    return waited(mailbox_capacity=value)


def overflow(value: str) -> Any:
    return waited(mailbox_capacity=2, overflow=value)


PROBES: Probes = {
    "delivery": (delivery, "ordered", "immediate"),
    "heard_per_sender": (heard_per_sender, 1, 2),
    "heard_per_round": (heard_per_round, 1, 3),
    "mailbox_capacity": (mailbox_capacity, 1, None),
    "overflow": (overflow, "refuse", "drop_oldest"),
}
