"""What a strategy may make of its window, and how that is held to it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..errors import ModelError, PayloadError
from ..models.crowds.pupil import Pupil
from ..models.learning.replay import Taught
from ..models.payload import seal
from .item import Draft

MOST_SAMPLES = 16
"""How many experiences a draft may keep whole."""
LONGEST_KIND = 64
LONGEST_TEXT = 1 << 16
_WHOLE = frozenset({int})


class DraftError(ValueError):
    """A draft breaks a rule; the message says which. Whoever knows whose it is says that."""


class Drafting:
    """Takes drafts in one by one, until each experience of the window is in exactly one."""

    def __init__(self, sequences: Iterable[int]) -> None:
        self._left = set(sequences)
        self._window = frozenset(self._left)
        self.drafts: list[Draft] = []
        """What was taken in, in a form that nobody can change any more."""

    def take(self, draft: Any) -> None:
        """Take the next one in.

        Raises:
            DraftError: it is none, or not as it has to be.
        """
        if not isinstance(draft, Draft):
            raise DraftError(f"must yield drafts, or None to pause; got {_type(draft)}")
        members = self._members(draft)
        self.drafts.append(
            Draft(
                kind=_text("kind", draft.kind, LONGEST_KIND, least=1),
                content=_content(draft.content),
                text=_text("text", draft.text, LONGEST_TEXT),
                members=tuple(sorted(members)),
                importance=_importance(draft.importance),
                samples=_samples(draft.samples, members),
            )
        )
        self._left -= members

    def end(self) -> None:
        """Say that no more will come.

        Raises:
            DraftError: some experience is in none.
        """
        if self._left:
            raise DraftError(
                "drafts must hold each experience of the window once; "
                f"{len(self._left):,} of {len(self._window):,} are in none, "
                f"the first of them {min(self._left)}"
            )

    def _members(self, draft: Draft) -> set[int]:
        members = _sequences("members", draft.members)
        if not members:
            raise DraftError("a draft must stand for at least one experience")
        if not members <= self._left:
            wrong = min(members - self._left)
            what = "is in a draft before" if wrong in self._window else "is not in the window"
            raise DraftError(f"drafts must hold each experience of the window once; {wrong} {what}")
        return members


class Teaching:
    """Takes what a strategy teaches: at most once, somebody who can be taught, what fits."""

    def __init__(self, pupil: Pupil | None) -> None:
        self._pupil = pupil
        self.taught: Taught | None = None

    def take(self, taught: Taught) -> None:
        """Take it in.

        Raises:
            DraftError: it is not as it has to be.
        """
        if self._pupil is None:
            raise DraftError("must not teach an agent that cannot be taught")
        if self.taught is not None:
            raise DraftError("must teach once, got a second gain")
        try:
            self._pupil.after(taught)
        except ModelError as error:
            raise DraftError(f"must teach what fits the agent: {error}") from error
        self.taught = taught


def _sequences(field: str, given: Any) -> set[int]:
    if not isinstance(given, tuple | list) or not _WHOLE.issuperset(map(type, given)):
        raise DraftError(f"{field} must be a tuple of whole numbers")
    if len(unique := set(given)) < len(given):
        raise DraftError(f"{field} must hold each number once")
    return unique


def _samples(given: Any, members: set[int]) -> tuple[int, ...]:
    samples = _sequences("samples", given)
    if not samples <= members:
        raise DraftError(f"samples must be members; {min(samples - members)} is none")
    if len(samples) > MOST_SAMPLES:
        raise DraftError(f"samples must be at most {MOST_SAMPLES}, got {len(samples)}")
    return tuple(sorted(samples))


def _content(content: Any) -> Any:
    try:
        return seal(content)
    except PayloadError as error:
        field = error.field.replace("payload", "content", 1)
        raise DraftError(f"{field} {error.rule}") from error


def _text(field: str, given: Any, most: int, least: int = 0) -> str:
    if not isinstance(given, str):
        raise DraftError(f"{field} must be a text, got {_type(given)}")
    if not least <= len(given) <= most:
        raise DraftError(f"{field} must have {least} to {most:,} characters, got {len(given):,}")
    return str(given)


def _importance(given: Any) -> float:
    if not isinstance(given, int | float) or not 0 <= given < math.inf:
        raise DraftError(f"importance must be a finite number >= 0, got {given!r:.40}")
    return float(given)


def _type(value: Any) -> str:
    return f"type {type(value).__name__}"
