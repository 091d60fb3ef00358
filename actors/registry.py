"""Pykka's registry of running actors, made quick for many of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, cast, overload

from pykka import ActorRef, ActorRegistry

from ..forks import free_in_children, in_children

Ref = ActorRef[Any]


class Registered(Protocol):
    """An actor that can say its ref."""

    @property
    def actor_ref(self) -> Ref: ...


class Refs:
    """What Pykka takes for its list of refs; taking one out costs the same for any number.

    Of our actors it keeps the actor, which makes its ref when somebody asks for it: most
    are never asked. Guarded by the registry's own lock, as the list was.
    """

    def __init__(self, refs: Sequence[Ref]) -> None:
        # By identity: what a user's host takes for equal are two actors all the same.
        self._entries: dict[int, Any] = {}
        for ref in refs:
            self.append(ref)

    def enter(self, actor: Registered) -> None:
        self._entries[id(actor)] = actor

    def leave(self, entry: object) -> None:
        """Take an actor or a ref out, if it is in."""
        self._entries.pop(id(entry), None)

    def append(self, ref: Ref) -> None:
        entry = _entry_of(ref)
        self._entries[id(entry)] = entry

    def remove(self, ref: Ref) -> None:
        """Take a ref out; as with a list, ValueError if it is not there."""
        try:
            del self._entries[id(_entry_of(ref))]
        except KeyError:
            raise ValueError("the ref is not registered") from None

    def __contains__(self, ref: object) -> bool:
        return isinstance(ref, ActorRef) and id(_entry_of(ref)) in self._entries

    def __iter__(self) -> Iterator[Ref]:
        for entry in self._entries.values():
            yield entry if isinstance(entry, ActorRef) else entry.actor_ref

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, at: int) -> Ref: ...
    @overload
    def __getitem__(self, at: slice) -> list[Ref]: ...
    def __getitem__(self, at: int | slice) -> Ref | list[Ref]:
        return list(self)[at]


def _entry_of(ref: Ref) -> Any:
    owner = getattr(ref.actor_inbox, "owner", None)
    return ref if owner is None else owner


def register(actor: Registered) -> None:
    """Enter one of ours; as ``ActorRegistry.register``, which formats a line for the log."""
    with ActorRegistry._actor_refs_lock:
        _refs().enter(actor)


def unregister(actor: Registered) -> None:
    """Take one of ours out, if it is in."""
    with ActorRegistry._actor_refs_lock:
        _refs().leave(actor)


def _refs() -> Refs:
    refs: Any = ActorRegistry._actor_refs
    if isinstance(refs, Refs):
        return refs
    # Whatever was registered before us stays registered.
    ours = Refs(refs)
    # It has everything that Pykka uses of a list.
    ActorRegistry._actor_refs = cast("Any", ours)
    return ours


def _begin_anew() -> None:
    # Kept, so that no finalizer of an agent runs here for something that the parent has.
    _PARENTS.append(ActorRegistry._actor_refs)
    ActorRegistry._actor_refs = cast("Any", Refs(()))


_PARENTS: list[Any] = []
free_in_children(ActorRegistry._actor_refs_lock)
in_children(_begin_anew)
