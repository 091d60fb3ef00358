"""Who may run an actor, where threads are shared: a token that one of them has at a time.

As a lock that is never waited for. Taking the only item out of a list and putting it back is as
atomic as taking a lock, and a fraction of the price, which is paid for each agent in each round.
It is a plain list, of one item when made: CPython neither frees nor grows what such a list
holds, as it does at each pop and append of a class made of it.
"""

from __future__ import annotations

Turn = list[None]


def new_turn() -> Turn:
    """Make one that nobody has."""
    return [None]


def take(turn: Turn) -> bool:
    """Take it, if it is there; whether it was."""
    try:
        turn.pop()
    except IndexError:
        return False
    return True


def give_back(turn: Turn) -> None:
    """Put it back; for whoever took it."""
    turn.append(None)


def is_taken(turn: Turn) -> bool:
    """Whether somebody has it."""
    return not turn
