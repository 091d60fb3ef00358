"""How two processes tell where a message ends: its length goes first."""

from __future__ import annotations

from typing import IO

LARGEST = 1 << 30
"""Bytes; whoever says that more will come is not who we think."""

_LENGTH = 8


def write_frame(pipe: IO[bytes], content: bytes) -> None:
    """Write one message, and have it on its way."""
    pipe.write(len(content).to_bytes(_LENGTH, "little"))
    pipe.write(content)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes | None:
    """Read one message; None where there is no whole one any more.

    Raises:
        ValueError: it says that it is larger than any.
    """
    head = pipe.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    size = int.from_bytes(head, "little")
    # Before anything is allocated for it.
    if size > LARGEST:
        raise ValueError(f"a frame must have at most {LARGEST:,} bytes, got {size:,}")
    content = pipe.read(size)
    return content if len(content) == size else None
