"""A simulated run that failed once, kept in a small file so that it is played again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from ..actors.simulated import SimulatedDispatcher
from ..actors.simulation.choices import RecordedChoices
from ..actors.simulation.faults import Faults


@dataclass(frozen=True, slots=True)
class Regression:
    """What it takes to have a failure again."""

    name: str
    """Of what was played."""
    seed: int
    faults: Faults
    choices: tuple[int, ...]
    error: str
    """How it failed; for whoever reads the file."""

    def dispatcher(self) -> SimulatedDispatcher:
        """Give a dispatcher that goes the same way."""
        return SimulatedDispatcher(choices=RecordedChoices(self.choices), faults=self.faults)

    def write(self, folder: Path) -> Path:
        """Keep it in a folder; one more of the same name and seed takes its place."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{_file_name(self.name)}.{self.seed}.json"
        # One line of numbers: a diff is to show one changed line.
        text = asdict(self) | {"choices": " ".join(map(str, self.choices))}
        path.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one back.

        Raises:
            ValueError: the file holds something else.
        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            fields["choices"] = tuple(map(_choice, fields["choices"].split()))
            fields["faults"] = Faults(**fields["faults"])
            return cls(**fields)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} holds no simulated run: {error}") from error

    @classmethod
    def all_in(cls, folder: Path, name: str) -> Iterator[tuple[Path, Self]]:
        """Give all that were kept of one play, with their files, in the order of names."""
        for path in sorted(folder.glob(f"{_file_name(name)}.*.json")):
            yield path, cls.read(path)


def _choice(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"choices are whole numbers from 0, got {text!r}")
    return int(text)


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "play"
