"""A journal that is not what was written is refused by name, or says what it said."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal import charter
from antiphon.coordination.journal.archive import pack
from antiphon.coordination.journal.export import export
from antiphon.coordination.journal.origin import World
from antiphon.errors import DivergedError, StartError, StoreCorruptError, StoreError
from antiphon.memory.store.access import Access
from antiphon.memory.store.batch import Batch, Row
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import (
    KEEPER,
    RING,
    Diary,
    Gossip,
    Moody,
    ran,
    resumed,
)

SHORT = World(RING, {"length": 9})
STEPS = 14
# The head is there twice, so that hardly any harm is done to it.
STORE = ("run.db", "run.db", "run.db", "run.db", "run.head")


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str, str]]:
    """Give runs that were broken off, with the trace that each ends with."""
    folder = tmp_path_factory.mktemp("journals")
    kept = []
    for name, case in {"states": (KEEPER, Diary), "messages": (SHORT, Gossip)}.items():
        ran(STEPS, *case, out=folder / name, state_interval=5)
        kept.append((folder / name, ran(STEPS + 4, *case).trace, name))
    return kept


def harmed(folder: Path, rng: random.Random) -> None:
    """Flip a bit of the store, cut it, or put two of its pages in each other's place."""
    path = folder / rng.choice(STORE)
    octets = bytearray(path.read_bytes())
    match rng.randrange(5):
        case 0:
            del octets[rng.randrange(len(octets)) :]
        case 1 if len(octets) > 2 * 4096:
            one, other = (4096 * rng.randrange(len(octets) // 4096) for _ in range(2))
            page = octets[one : one + 4096]
            octets[one : one + 4096] = octets[other : other + 4096]
            octets[other : other + 4096] = page
        case _:
            octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
    path.write_bytes(octets)


def what_becomes_of(journal: tuple[Path, str, str], folder: Path, seed: int) -> str:
    kept, trace, _ = journal
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder)
    harmed(folder, random.Random(seed))
    try:
        again = resumed(folder, STEPS + 4)
    except (StoreError, StartError) as error:
        assert "run." in f"{error}{error.__cause__}", "it names the file"  # noqa: PT017
        return "refused"
    assert again.trace == trace, f"seed {seed}"
    return "identical"


@pytest.mark.parametrize(
    "part", [0, *[pytest.param(part, marks=pytest.mark.soak) for part in range(1, 71)]]
)
def test_what_is_not_what_was_written_is_refused_or_ends_the_same(
    tmp_path: Path, journals: list[tuple[Path, str, str]], part: int
) -> None:
    found: Counter[str] = Counter()
    for seed in range(5 * part, 5 * part + 5):
        for journal in journals:
            found[what_becomes_of(journal, tmp_path / "r", seed)] += 1
    assert found["refused"] > 0


@pytest.mark.parametrize("look", [resumed, Society.verify, lambda run: export(run, run / "t")])
def test_rows_that_end_too_early_are_named(
    tmp_path: Path, look: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(STEPS, SHORT, Gossip, out=tmp_path / "r")
    found = Access._some

    def some(self: Access, kind: str, *bounds: int, **options: Any) -> list[Any]:
        return [row for row in found(self, kind, *bounds, **options) if kind or row.round < 9]

    monkeypatch.setattr(Access, "_some", some)
    with pytest.raises(StoreCorruptError, match=r"run\.db: round 9: lacks row \d+"):
        look(tmp_path / "r")


@pytest.mark.parametrize("head", [None, b"", bytes(8192)])
@pytest.mark.parametrize(
    "look",
    [resumed, lambda run: export(run, run / "t"), lambda run: pack(run, run / "f")],
    ids=["resumed", "export", "pack"],
)
def test_a_run_whose_head_is_lost_is_not_taken_for_one_that_has_not_begun(
    tmp_path: Path, look: Callable[[Path], object], head: bytes | None
) -> None:
    ran(STEPS, SHORT, Gossip, out=tmp_path / "r")
    (tmp_path / "r/run.head").unlink()
    if head is not None:
        (tmp_path / "r/run.head").write_bytes(head)
    with pytest.raises(StoreCorruptError, match=r"r/run\.head: is not there or blank"):
        look(tmp_path / "r")


def in_another_order(folder: Path, one: int, other: int) -> Path:
    """Copy a store with two of its rounds in each other's place, by somebody who makes chains."""
    copy = folder.with_name("other")
    copy.mkdir()
    shutil.copy(folder / "manifest.json", copy)
    place = {one: other, other: one}
    batches: dict[int, list[Row]] = {}
    with Reader(folder) as reader:
        rounds = sorted({stored.round for stored in reader.stored()})
        for kind in ("run", "members", "lived", "events", "state", "world"):
            for round, row in reader.rows(kind):
                to = round if kind in ("run", "members") else place.get(round, round)
                number = row.number + ((to - round) << 16 if kind == "lived" else to - round)
                batches.setdefault(to, []).append(row._replace(number=number if row.number else 0))
    database = Database(copy)
    database.commit([Batch(number, rows=batches.get(number, [])) for number in rounds])
    database.close()
    return copy


@pytest.mark.parametrize(("one", "other"), [*pairwise((3, 4, 9, 12))])
def test_rounds_in_another_order_are_named_though_their_chain_is_sound(
    tmp_path: Path, one: int, other: int
) -> None:
    ran(STEPS, KEEPER, Diary, out=tmp_path / "r")
    copy = in_another_order(tmp_path / "r", one, other)
    assert verify(copy).rounds == STEPS
    with pytest.raises(DivergedError) as caught:
        Society.verify(copy)
    assert (caught.value.round, caught.value.agent_id) == (one, "a")


@pytest.mark.parametrize("version", [0, 2])
def test_a_journal_of_an_older_or_a_newer_version_is_refused_by_name(
    tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(charter, "VERSION", version)
        ran(3, out=tmp_path / "r")
    with pytest.raises(StoreCorruptError, match=rf"run\.db.*journal of version {version}"):
        resumed(tmp_path / "r")


def test_another_version_of_a_plug_in_is_named_and_what_was_answered_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(charter, "version", lambda package: "1.0")
    run = ran(STEPS, RING, Moody, out=tmp_path / "r")
    monkeypatch.setattr(charter, "version", lambda package: "2.0")
    monkeypatch.setattr(Moody, "mood", 1)
    again = resumed(tmp_path / "r")
    assert (again.trace, again.events) == (run.trace, run.events)
    assert "plugins.antiphon was 1.0, is 2.0" in caplog.text
    # To be told apart is what somebody verifies for.
    with pytest.raises(DivergedError, match="round 7 goes another way: intended of agent b"):
        Society.verify(tmp_path / "r")
