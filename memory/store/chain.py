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
    kind, agent, number, body = row
    name = kind.encode()
    header = _HEADER.pack(seq, round, agent, number, len(name))
    # In one piece: most rows are short, and each update would cost as much as its bytes.
    return blake2b(b"".join((before, header, name, body)), digest_size=HASH_SIZE).digest()


def follows(row: StoredRow, before: bytes) -> bool:
    """Tell whether a row is what was written behind the one with hash ``before``."""
    new = NewRow(row.kind, row.agent, row.number, row.body)
    return link(before, row.seq, row.round, new) == row.hash
