"""A run in one file: another machine checks it and goes on with it, and no file does harm."""

from __future__ import annotations

import random
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal import archive
from antiphon.coordination.journal.archive import pack, unpack
from antiphon.coordination.journal.origin import World
from antiphon.errors import AntiphonError, ArchiveError, StoreCorruptError
from antiphon.memory.store.verify import verify
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Gossip, ran, resumed

SHORT = World(RING, {"length": 9})


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    ran(13, SHORT, Gossip, out=folder / "r")
    assert pack(folder / "r", folder / "r.run") == 13
    return folder / "r.run"


def test_what_is_unpacked_verifies_and_goes_on(tmp_path: Path, packed: Path) -> None:
    assert unpack(packed, tmp_path / "u") == 13
    Society.verify(tmp_path / "u")
    whole = ran(24, SHORT, Gossip)
    assert resumed(tmp_path / "u", 24).trace == whole.trace


def test_the_same_run_gives_the_same_file(tmp_path: Path, packed: Path) -> None:
    pack(packed.with_suffix(""), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == packed.read_bytes()
    assert packed.stat().st_size < 64 << 10


def test_a_run_that_is_being_written_is_packed_as_far_as_it_is(tmp_path: Path) -> None:
    def look(step: Any) -> None:
        if step.number == 290:
            assert 0 < pack(tmp_path / "r", tmp_path / "f") <= 290

    ran(291, SHORT, Gossip, out=tmp_path / "r", then=look)
    unpack(tmp_path / "f", tmp_path / "u")
    whole = ran(291, SHORT, Gossip)
    assert resumed(tmp_path / "u").trace == whole.trace


def test_nothing_is_written_over(tmp_path: Path, packed: Path) -> None:
    with pytest.raises(FileExistsError, match="there already"):
        pack(packed.with_suffix(""), packed)
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileExistsError, match="not empty"):
        unpack(packed, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no run in .*nothing"):
        pack(tmp_path / "nothing", tmp_path / "f")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def rewritten(packed: Path, to: Path, change: Callable[[zipfile.ZipFile], None]) -> Path:
    shutil.copyfile(packed, to)
    with zipfile.ZipFile(to, "a") as file:
        change(file)
    return to


def adding(name: str, content: bytes = b"x", mode: int = 0) -> Callable[[zipfile.ZipFile], None]:
    def change(file: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        file.writestr(info, content)

    return change


def without(packed: Path, to: Path, name: str, **instead: Any) -> Path:
    """Copy an archive, with one file left out or another in its place."""
    with zipfile.ZipFile(packed) as whole, zipfile.ZipFile(to, "w") as file:
        for info in whole.infolist():
            if info.filename != name:
                file.writestr(info.filename, whole.read(info), zipfile.ZIP_DEFLATED)
        if instead:
            file.writestr(name, instead["content"], instead.get("how", zipfile.ZIP_DEFLATED))
    return to


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../run.db", "a/../../b", "C:\\x", "run.db/", "sub/run.db", "run.py",
     "agents.csv", "", "run.db\n", ".", "..", "manifest.json "],
)  # fmt: skip
def test_names_that_are_no_part_of_a_run_are_refused_by_name(
    tmp_path: Path, packed: Path, name: str
) -> None:
    hostile = rewritten(packed, tmp_path / "f", adding(name))
    with pytest.raises(ArchiveError, match="is no part of a run"):
        unpack(hostile, tmp_path / "sub/u")
    assert list((tmp_path / "sub").iterdir()) == []


def test_links_are_refused(tmp_path: Path, packed: Path) -> None:
    without(packed, tmp_path / "f", "run.db")
    hostile = rewritten(tmp_path / "f", tmp_path / "g", adding("run.db", b"/x", stat.S_IFLNK))
    with pytest.raises(ArchiveError, match=r"'run\.db' is no plain file"):
        unpack(hostile, tmp_path / "u")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path, packed: Path) -> None:
    hostile = rewritten(packed, tmp_path / "f", adding("run.head"))
    with pytest.raises(ArchiveError, match="holds a file twice"):
        unpack(hostile, tmp_path / "u")


@pytest.mark.parametrize("name", ["run.db", "run.head", "manifest.json"])
def test_what_is_missing_is_named(tmp_path: Path, packed: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match=f"holds no {name}"):
        unpack(without(packed, tmp_path / "f", name), tmp_path / "u")


@pytest.mark.parametrize(
    ("name", "megabytes", "message"),
    [
        ("run.db", 40, "would grow to 4"),
        ("manifest.json", 65, "may have 67,108,864"),
        ("run.head", 2, "may have 1,048,576"),
    ],
)
def test_bombs_are_refused_before_anything_is_unpacked(
    tmp_path: Path,
    packed: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    megabytes: int,
    message: str,
) -> None:
    bomb = without(packed, tmp_path / "f", name, content=bytes(megabytes << 20))
    monkeypatch.setattr(archive, "_extract", None)
    with pytest.raises(ArchiveError, match=message):
        unpack(bomb, tmp_path / "u")
    assert not (tmp_path / "u").exists()


def test_what_a_disk_has_no_room_for_is_refused(
    tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ArchiveError, match="there are 1,000"):
        unpack(packed, tmp_path / "u")


def test_other_ways_of_packing_are_refused(tmp_path: Path, packed: Path) -> None:
    odd = without(packed, tmp_path / "f", "run.head", content=b"x", how=zipfile.ZIP_LZMA)
    with pytest.raises(ArchiveError, match=r"run\.head.* packed in a way"):
        unpack(odd, tmp_path / "u")


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all", bytes(5000)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"/f: "):
        unpack(tmp_path / "f", tmp_path / "u")


def test_a_store_that_is_not_what_was_written_is_refused(tmp_path: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed) as file:
        octets = bytearray(file.read("run.db"))
    octets[octets.index(b'"intended"') + 2] ^= 4
    bad = without(packed, tmp_path / "f", "run.db", content=bytes(octets))
    with pytest.raises(StoreCorruptError) as caught:
        unpack(bad, tmp_path / "u")
    # By the name under which somebody finds it.
    assert str(caught.value).startswith(f"{tmp_path}/f/run.db: round {caught.value.round}: row ")
    assert not (tmp_path / "u").exists()


def test_a_run_that_is_not_what_was_written_is_not_packed(tmp_path: Path) -> None:
    ran(40, SHORT, Gossip, out=tmp_path / "r")
    octets = bytearray((tmp_path / "r/run.db").read_bytes())
    octets[octets.index(b'"intended"') + 2] ^= 4
    (tmp_path / "r/run.db").write_bytes(octets)
    with pytest.raises(StoreCorruptError) as caught:
        pack(tmp_path / "r", tmp_path / "f")
    assert caught.value.path == str(tmp_path / "r/run.db")
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def fuzzed(packed: Path, folder: Path, seed: int) -> None:
    """Flip a bit or cut; either that is refused, or it is the same run."""
    rng = random.Random(seed)
    octets = bytearray(packed.read_bytes())
    if rng.random() < 0.3:
        del octets[rng.randrange(len(octets)) :]
    else:
        octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)
    (folder / "f").write_bytes(octets)
    try:
        unpack(folder / "f", folder / "u")
    except AntiphonError as error:
        assert isinstance(error, (ArchiveError, StoreCorruptError))  # noqa: PT017
        assert not (folder / "u").exists()
    else:
        with zipfile.ZipFile(packed) as file:
            assert (folder / "u/run.db").read_bytes() == file.read("run.db")
        assert verify(folder / "u").rounds == 13
        shutil.rmtree(folder / "u")


@pytest.mark.parametrize(
    "part", [0, *[pytest.param(part, marks=pytest.mark.soak) for part in range(1, 25)]]
)
def test_flipped_bits_and_cuts_are_refused_or_change_nothing(
    tmp_path: Path, packed: Path, part: int
) -> None:
    for seed in range(40 * part, 40 * part + 40):
        fuzzed(packed, tmp_path, seed)
