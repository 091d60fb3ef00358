from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from antiphon.errors import PluginError
from antiphon.memory.embedding import CheckedEmbedding
from antiphon.memory.item import Item
from antiphon.memory.recall import Recalled, Recollection, Weights
from antiphon.memory.remembered import Remembered
from antiphon.memory.semantic import SemanticMemory
from antiphon.memory.vectors import Entry, Shelf
from antiphon.models.experience import Experience

FUSE = 10.0
"""Seconds; a wait that lasts as long has failed."""


def lived(sequence: int, observation: Any = "nothing", *, importance: float = 1.0) -> Remembered:
    experience = Experience(sequence, observation, 1, 1, "acted", None, False, False)
    return Remembered(sequence, experience, importance, None)


def item(number: int, text: str, *, importance: float = 1.0, round: int = 1) -> Item:
    return Item(
        id=f"{number}-{number}.0",
        kind="merged",
        content=None,
        text=text,
        first=number,
        last=number,
        count=1,
        members=((number, number),),
        samples=(),
        importance=importance,
        round=round,
        reward=None,
    )


def knowing(*items: Item, **options: Any) -> Recollection:
    memory = SemanticMemory(limit=10**6)
    memory.add(items)
    return Recollection(memory, **options)


def names(found: list[Recalled]) -> list[Any]:
    return [one.memory.id if isinstance(one.memory, Item) else one.memory.sequence for one in found]


RELEVANCE = Weights(recency=0, importance=0)
IMPORTANCE = Weights(recency=0, relevance=0)
RECENCY = Weights(importance=0, relevance=0)
FOREST = (
    item(1, "a wolf by the river", importance=1, round=90),
    item(2, "apples on the market", importance=5, round=50),
    item(3, "rain all day", importance=3, round=100),
)


@pytest.mark.parametrize(
    ("weights", "order"),
    [
        (RELEVANCE, ["1-1.0", "3-3.0", "2-2.0"]),
        (IMPORTANCE, ["2-2.0", "3-3.0", "1-1.0"]),
        (RECENCY, ["3-3.0", "1-1.0", "2-2.0"]),
    ],
)
def test_each_of_the_three_orders_by_itself(weights: Weights, order: list[str]) -> None:
    found = knowing(*FOREST).recall(
        "a wolf at the river at night, rain", 3, now=100, weights=weights
    )
    assert names(found) == order
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_score_is_the_weighed_mean_of_three_that_go_from_0_to_1() -> None:
    weights = Weights(recency=1, importance=2, relevance=3)
    found = knowing(*FOREST).recall("wolf", 3, now=100, weights=weights)
    for part in ("recency", "importance", "relevance"):
        values = [getattr(one, part) for one in found]
        assert (min(values), max(values)) == (0, 1)
    for one in found:
        mean = (one.recency + 2 * one.importance + 3 * one.relevance) / 6
        assert one.score == pytest.approx(mean)


def test_recency_fades_with_every_round() -> None:
    recollection = knowing(item(1, "", round=98), item(2, "", round=99), item(3, "", round=100))
    found = recollection.recall("", 3, now=100, weights=RECENCY)
    faded = (0.995 - 0.995**2) / (1 - 0.995**2)
    assert [one.recency for one in found] == pytest.approx([1, faded, 0])


def test_the_search_finds_what_a_plain_loop_finds() -> None:
    rng = np.random.default_rng(3)
    table = rng.standard_normal((301, 32))
    vectors = {str(n): row for n, row in enumerate(table)}
    items = [
        item(n, str(n), importance=float(rng.random()), round=int(rng.integers(500)))
        for n in range(1, 301)
    ]
    recollection = knowing(*items, embedding=lambda texts: [vectors[text] for text in texts])
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)

    def scaled(values: Any) -> Any:
        values = np.asarray(values)
        return (values - values.min()) / (values.max() - values.min())

    score = (
        scaled([0.995 ** (500 - one.round) for one in items])
        + scaled([one.importance for one in items])
        + scaled(unit[1:] @ unit[0])
    )
    # Rounding to 11 bits moves a cosine by a few in ten thousand.
    found = recollection.recall("0", 20, now=500)
    assert [one.score * 3 for one in found] == pytest.approx(sorted(score)[::-1][:20], abs=5e-3)
    assert set(names(found)[:15]) <= {items[row].id for row in np.argsort(-score)[:20]}


def test_of_equal_scores_the_latest_comes_first() -> None:
    recollection = knowing(*[item(n, "the same") for n in range(1, 201)])
    assert names(recollection.recall("the same", 3, now=9)) == [
        "200-200.0",
        "199-199.0",
        "198-198.0",
    ]


def test_experiences_of_late_are_found_beside_the_items() -> None:
    recent = [lived(n, f"sight {n}") for n in range(10, 20)]
    recollection = knowing(*FOREST, recent=lambda: recent, lately=5)
    found = recollection.recall("sight 12 and sight 17", 99, now=100, weights=RELEVANCE)
    assert names(found)[0] == 17
    assert set(names(found)) == {15, 16, 17, 18, 19, "1-1.0", "2-2.0", "3-3.0"}
    assert names(knowing(recent=lambda: recent, lately=0).recall("sight", now=1)) == []


def test_an_observation_or_an_experience_may_be_the_question() -> None:
    seen = {"wolf": 2, "at": np.array([3.0, 4.0])}
    recollection = knowing(*FOREST, recent=lambda: [lived(1, seen), lived(2, {"apples": 7})])
    assert names(recollection.recall(seen, 1, now=2, weights=RELEVANCE)) == [1]
    assert names(recollection.recall(lived(3, seen), 1, now=2, weights=RELEVANCE)) == [1]
    assert names(recollection.recall(lived(3, seen).experience, 1, now=2, weights=RELEVANCE)) == [1]


class Counting:
    """An embedding that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> Any:
        self.asked += texts
        return [[len(text), 1.0] for text in texts]


def test_every_memory_is_embedded_once_and_only_when_something_is_asked() -> None:
    embedding, memory, recent = Counting(), SemanticMemory(), [lived(1, "first")]
    recollection = Recollection(memory, lambda: recent, embedding=embedding)
    memory.add(FOREST)
    assert embedding.asked == []
    recollection.recall("why", now=1)
    assert len(embedding.asked) == 1 + 3 + 1
    assert recollection._shelved is memory.items()
    recent.append(lived(2, "second"))
    memory.add([item(4, "the fourth")])
    recollection.recall("why", now=2)
    assert embedding.asked[5:] == ["why", "saw second; did 1", "the fourth"]


def test_what_was_forgotten_is_not_recalled_and_its_room_is_used_again() -> None:
    embedding, memory = Counting(), SemanticMemory(limit=70)
    recollection = Recollection(memory, embedding=embedding)
    for n in range(1, 1001):
        memory.add([item(n, f"text {n}", importance=float(n % 7))])
        if n % 50 == 0:
            found = recollection.recall("text", 1000, now=n)
            assert sorted(names(found)) == sorted(one.id for one in memory.items())
            assert all(one.text == one.memory.text for one in found)
    assert recollection._items._vectors.shape == (2, 128)


def test_how_the_vectors_came_to_lie_does_not_show() -> None:
    rng = np.random.default_rng(11)
    items = [item(n, f"sight {rng.integers(9)} {rng.integers(9)}") for n in range(1, 400)]
    at_once, bit_by_bit, memory = knowing(*items[100:]), None, SemanticMemory(limit=299)
    bit_by_bit = Recollection(memory)
    for one in items:
        memory.add([one])
        bit_by_bit.recall("sight 3", now=1)
    for query in ("sight 3 4", "4 3 sight", "5"):
        asked = [r.recall(query, 50, now=9) for r in (at_once, bit_by_bit)]
        assert names(asked[0]) == names(asked[1])
        assert [one.score for one in asked[0]] == [one.score for one in asked[1]]


def test_few_and_many_dimensions_are_searched_to_the_same_bits() -> None:
    rng = np.random.default_rng(5)
    shelf: Shelf[str] = Shelf()
    embed = CheckedEmbedding(lambda texts: rng.standard_normal((len(texts), 64)))
    rows = embed(["."] * 300)
    shelf.put([Entry(n, str(n), 1, 1.0, n) for n in range(300)], rows)
    for told in range(65):
        query = rows[told].copy()
        query[told:] = 0
        assert np.array_equal(shelf.nearness(query), rows.astype(np.float64) @ query)


def test_nothing_is_recalled_where_nothing_is_known() -> None:
    assert knowing().recall("anything", now=1) == []


def test_an_embedding_that_fails_fails_that_recall_and_no_other() -> None:
    broken = [True]

    def embed(texts: list[str]) -> Any:
        if broken[0] and len(texts) > 1:
            raise OSError("away")
        return [[1.0]] * len(texts)

    recollection = knowing(*FOREST, embedding=embed)
    with pytest.raises(PluginError, match="could not embed 3 texts: OSError: away"):
        recollection.recall("wolf", now=1)
    broken[0] = False
    assert len(recollection.recall("wolf", now=1)) == 3


def test_an_embedding_that_hangs_holds_up_neither_writer_nor_other_readers() -> None:
    reached, go = threading.Event(), threading.Event()

    def embed(texts: list[str]) -> Any:
        if "hang" in texts:
            reached.set()
            assert go.wait(FUSE)
        return [[1.0]] * len(texts)

    memory = SemanticMemory()
    memory.add(FOREST)
    recollection = Recollection(memory, embedding=embed)
    found: list[Recalled] = []
    hung = threading.Thread(target=lambda: found.extend(recollection.recall("hang", 9, now=1)))
    hung.start()
    try:
        assert reached.wait(FUSE)
        memory.add([item(4, "while it hangs")])
        assert len(recollection.recall("wolf", 9, now=1)) == 4
    finally:
        go.set()
        hung.join(FUSE)
    assert len(found) == 4


def test_readers_beside_a_writer_see_one_moment_each() -> None:
    memory = SemanticMemory(limit=40)
    recollection = Recollection(memory)
    wrong: list[object] = []

    def ask(query: str) -> None:
        for _ in range(60):
            found = names(recollection.recall(query, 100, now=1))
            # What is added together is there together.
            odd = [
                name for name in found if str(int(name.split("-")[0]) ^ 1) + "-" not in str(found)
            ]
            wrong.extend(odd)

    readers = [threading.Thread(target=ask, args=(f"number {n}",)) for n in range(3)]
    for reader in readers:
        reader.start()
    for n in range(2, 1000, 2):
        memory.add([item(n, f"number {n}"), item(n + 1, f"number {n + 1}")])
    for reader in readers:
        reader.join(FUSE)
    assert wrong == []


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"decay": 0.0}, r"decay must be in \(0, 1\], got 0.0"),
        ({"decay": float("nan")}, "decay must be in"),
        ({"lately": -1}, "lately must be >= 0, got -1"),
    ],
)
def test_odd_options_are_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        knowing(**options)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"recency": -1}, "recency must be a finite number >= 0, got -1"),
        ({"relevance": float("nan")}, "relevance must be a finite number"),
        ({"importance": "much"}, "importance must be a finite number"),
        ({"recency": 0, "importance": 0, "relevance": 0}, "one of recency, importance, relevance"),
    ],
)
def test_odd_weights_are_refused(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Weights(**given)


def test_fewer_than_one_are_not_asked_for() -> None:
    with pytest.raises(ValueError, match="k must be >= 1, got 0"):
        knowing().recall("wolf", 0, now=1)
