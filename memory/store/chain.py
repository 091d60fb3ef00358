"""Every row's hash holds that of the row before, so that none can change or go unseen."""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

HASH_SIZE = 32
GENESIS = blake2b(b"antiphon store 1", digest_size=HASH_SIZE).digest()
"""What the first row follows. The 1 is the version of the chain's form."""

_HEADER = Struct("<qqqqB")


class NewRow(NamedTuple):
    """A row that has no place in the chain yet."""

    kind: str
    agent: int
    number: int
    body: bytes


class StoredRow(NamedTuple):
    """A row as it lies in the database, in the order of its columns."""

    seq: int
    """1 for the first row, and no number is left out."""
    round: int
    kind: str
    agent: int
    """The number of an agent; 0 for nobody."""
    number: int
    hash: bytes
    body: bytes


def link(before: bytes, seq: int, round: int, row: NewRow) -> bytes:
    """Give the hash of a row that follows the one with hash ``before``."""
    name = row.kind.encode()
    digest = blake2b(before, digest_size=HASH_SIZE)
    digest.update(_HEADER.pack(seq, round, row.agent, row.number, len(name)))
    digest.update(name)
    digest.update(row.body)
    return digest.digest()


def follows(row: StoredRow, before: bytes) -> bool:
    """Tell whether a row is what was written behind the one with hash ``before``."""
    new = NewRow(row.kind, row.agent, row.number, row.body)
    return link(before, row.seq, row.round, new) == row.hash
