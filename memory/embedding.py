"""Texts as vectors, so that what is about the same thing lies near: our own way, or a user's."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..actors.failures import describe
from ..errors import PluginError

Vectors: TypeAlias = npt.NDArray[np.float32]
"""float32, shape (number of texts, dimensions), each row of length 1 or all zero."""
Embedding: TypeAlias = Callable[[list[str]], Any]
"""Gives a row of finite numbers for each text, always of as many dimensions."""

# 11 bits after the point: products then have 22 and their sums, which no order of adding can
# bring to 2, fit into the 24 of a float32. So every dot product comes out exact, to the same
# bits, whatever the library, the number of its threads or the place of a row.
_STEPS = 2.0**11

_WORD = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+")


class HashingEmbedding:
    """Embeds by the words in a text: each one, each pair, and the threes of letters in them.

    It needs no model and no training, and gives the same in every process. Texts are near
    when they share words, or forms of a word; it knows nothing of meaning.

    Source: Weinberger et al. (2009), feature hashing with a hashed sign.
    """

    def __init__(self, dimensions: int = 256) -> None:
        """Take the number of dimensions.

        Raises:
            ValueError: there are fewer than 8, where everything would be near to everything.
        """
        if dimensions < 8:
            raise ValueError(f"dimensions must be >= 8, got {dimensions!r}")
        self.dimensions = dimensions

    def __call__(self, texts: list[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text):
                code = zlib.crc32(feature.encode("utf-8", "backslashreplace"))
                # The sign is the highest bit, the place comes from the lower ones.
                row[(code & 0x7FFFFFFF) % self.dimensions] += -weight if code >> 31 else weight
        return rows


def _features(text: str) -> Iterator[tuple[str, float]]:
    before = ""
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        yield word, 1.0
        if before:
            yield f"{before} {word}", 0.5
        before = word
        if word[-1].isalpha() and len(word) > 3:
            for start in range(len(word) - 2):
                yield f"#{word[start : start + 3]}", 0.25


class CheckedEmbedding:
    """Calls an embedding and lets nothing through that breaks the contract.

    Any thread may call it; the embedding is called by that thread.
    """

    def __init__(self, embedding: Embedding) -> None:
        """Take the embedding.

        Raises:
            TypeError: it cannot be called.
        """
        if not callable(embedding):
            raise TypeError(f"an embedding is called with a list of texts, got {embedding!r}")
        self._embedding = embedding
        self.name = str(getattr(embedding, "__qualname__", type(embedding).__qualname__))
        self.dimensions: int | None = None
        """None until the first text came."""

    def __call__(self, texts: list[str]) -> Vectors:
        """Give a row for each text.

        Raises:
            PluginError: the embedding raised, or what it gave has another shape, holds
                anything but finite numbers, or has more or fewer dimensions than before.
        """
        try:
            given = self._embedding(list(texts))
            rows = np.asarray(given, np.float64)
        except Exception as error:
            # Whatever a user's embedding raises is its own fault; it is named and chained.
            rule = f"could not embed {len(texts):,} texts: {describe(error)}"
            raise PluginError(self.name, rule) from error
        self._check(rows, len(texts))
        return _unit(rows)

    def _check(self, rows: npt.NDArray[np.float64], count: int) -> None:
        if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
            wanted = f"must give shape ({count}, dimensions) for {count} texts"
            raise PluginError(self.name, f"{wanted}, got {rows.shape}")
        if not np.isfinite(rows).all():
            raise PluginError(self.name, "must give finite numbers, got nan or infinity")
        if self.dimensions is None:
            self.dimensions = rows.shape[1]
        if rows.shape[1] != self.dimensions:
            wanted = f"must always give as many dimensions, {self.dimensions} at first"
            raise PluginError(self.name, f"{wanted}, got {rows.shape[1]}")


def _unit(rows: npt.NDArray[np.float64]) -> Vectors:
    # By the largest first: squares of huge and of tiny numbers leave what a float holds.
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    rows /= np.where(length > 0, length, 1.0)
    exact: Vectors = (np.rint(rows * _STEPS) / _STEPS).astype(np.float32)
    return exact
