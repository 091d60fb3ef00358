"""A run as one file, for another machine to verify and to go on with."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ...errors import ArchiveError, StoreCorruptError, StoreError
from ...memory.store.failing import named
from ...memory.store.head import HEAD
from ...memory.store.schema import DATABASE
from ...memory.store.verify import verify
from .history import History, check_there

_JSON = ("manifest.json", "settings.json", "result.json")
_STORE = (HEAD, DATABASE)
FILES = frozenset({*_JSON, *_STORE})
"""What an archive may hold; nothing in it is code."""
_NEEDED = frozenset({"manifest.json", *_STORE})
_MOST_JSON = 64 << 20
_MOST_HEAD = 1 << 20
MOST = 1 << 36
"""Bytes of a store at most."""
_RATIO = 200
"""By how much a store may grow when it is unpacked: its digests cannot be compressed."""
_SMALL = 16 << 20
"""What any archive may grow to."""
_CHUNK = 1 << 20
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BEGINNING = (1980, 1, 1, 0, 0, 0)


def pack(run: Path, file: Path) -> int:
    """Put a run into a new file, as far as it is committed; give its last round.

    Raises:
        FileNotFoundError: there is no run.
        JournalError: nobody knows what it was made of.
        StoreError: it cannot be read, or is not what was written; nothing was made.
        FileExistsError: the file is there.
    """
    check_there(run)
    with tempfile.TemporaryDirectory(dir=_place(file)) as name:
        copy = Path(name) / "run"
        copy.mkdir()
        with History(run):
            _copy(run, copy)
        rounds = _verified(copy, of=run)
        partial = Path(name) / "archive"
        with named(file):
            _write(copy, partial)
            # Nobody finds half an archive, and none is overwritten.
            os.link(partial, file)
    return rounds


def _place(file: Path) -> Path:
    if file.exists():
        raise FileExistsError(f"{file} is there already; choose another name")
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.parent


def _copy(run: Path, to: Path) -> None:
    for name in _JSON:
        if (run / name).is_file():
            shutil.copyfile(run / name, to / name)
    # First the head: one that is behind is what a crash leaves, one that is ahead is a loss.
    with named(run / HEAD):
        shutil.copyfile(run / HEAD, to / HEAD)
    with (
        named(run / DATABASE),
        closing(sqlite3.connect(f"{(run / DATABASE).absolute().as_uri()}?mode=ro", uri=True)) as a,
        closing(sqlite3.connect(to / DATABASE)) as b,
    ):
        a.backup(b)


def _verified(copy: Path, *, of: Path) -> int:
    """See that a copy is what was written; give its last round.

    Raises:
        StoreCorruptError: it is not; names the file in what it was copied from.
    """
    try:
        return verify(copy).rounds
    except StoreCorruptError as error:
        # Nobody finds the copy any more.
        named_anew = StoreCorruptError(of / Path(error.path).name, error.rule)
        named_anew.round = error.round
        raise named_anew from error


def _write(folder: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            if path.name not in FILES:
                continue
            info = zipfile.ZipInfo(path.name, _BEGINNING)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, _CHUNK)


def unpack(file: Path, folder: Path) -> int:
    """Make a run's folder of an archive, and check it; give its last round.

    Names and sizes are looked at before anything is unpacked.

    Raises:
        ArchiveError: it is no archive of a run, or one that would do harm; nothing was made.
        StoreCorruptError: what is in it is not what was written; nothing was made.
        FileExistsError: the folder has something in it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"folder {folder} is not empty; choose another name")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _opened(file) as archive, tempfile.TemporaryDirectory(dir=folder.parent) as name:
        members = _checked(archive, file, room=shutil.disk_usage(folder.parent).free)
        copy = Path(name) / "run"
        copy.mkdir()
        for member in members:
            with named(copy / member.filename):
                _extract(archive, member, copy)
        rounds = _verified(copy, of=file)
        if folder.exists():
            folder.rmdir()
        copy.rename(folder)
    return rounds


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    with named(file):
        size = file.stat().st_size
    if size == 0:
        raise ArchiveError(file, "is empty")
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except StoreError:
        raise
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as error:
        raise ArchiveError(file, f"cannot be read: {error}") from error
    except ValueError as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(file, f"cannot be read: {error}") from error


def _checked(archive: zipfile.ZipFile, file: Path, *, room: int) -> list[zipfile.ZipInfo]:
    """Give what is to be unpacked.

    Raises:
        ArchiveError: something in it is to be neither unpacked nor passed over.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    for member in members:
        if why := _fault(member):
            raise ArchiveError(file, f"{member.filename!r:.80} {why}")
    if len(set(names)) < len(names):
        raise ArchiveError(file, "holds a file twice")
    if missing := sorted(_NEEDED.difference(names)):
        raise ArchiveError(file, f"holds no {', '.join(missing)}")
    size = sum(member.file_size for member in members)
    if size > max(_SMALL, _RATIO * file.stat().st_size):
        raise ArchiveError(file, f"would grow to {size:,} bytes, which no run does")
    if size > room:
        raise ArchiveError(file, f"needs {size:,} bytes, and there are {room:,}")
    return members


def _fault(member: zipfile.ZipInfo) -> str:
    most = _MOST_JSON if member.filename in _JSON else MOST
    if member.filename == HEAD:
        most = _MOST_HEAD
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.filename not in FILES:
        return "is no part of a run"
    if kind not in (0, stat.S_IFREG):
        return "is no plain file"
    if member.flag_bits & 1 or member.compress_type not in _WAYS:
        return "is packed in a way that runs are not"
    if member.file_size > most:
        return f"has {member.file_size:,} bytes, and may have {most:,}"
    return ""


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path) -> None:
    # No more than it says, whatever follows; and what it says was looked at.
    left = member.file_size
    with archive.open(member) as source, (to / member.filename).open("xb") as target:
        while left > 0 and (octets := source.read(min(left, _CHUNK))):
            target.write(octets)
            left -= len(octets)
    if left:
        raise zipfile.BadZipFile(f"{member.filename} is shorter than it says")
