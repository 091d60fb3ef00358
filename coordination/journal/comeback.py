"""A society that is founded again, to go on where a run was broken off or to branch from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...actors.simulated import SimulatedDispatcher
from ...clock import Clock
from ...errors import JournalError, SettingsError
from ...logs import get_logger
from ...settings import SocietySettings
from ..records.folder import RunFolder
from ..records.length import Length
from ..roster import Roster
from ..rulebook import Rulebook
from ..stage import Stage
from .charter import Came, Charter
from .history import History
from .origin import given
from .overrides import Overrides
from .rehearsal import clocks_of, rehearsal_of
from .replay import Replay

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comeback:
    """Which run a society comes from, and what is to become of it."""

    history: History
    at: int | None = None
    """After which round a new run begins, 0 for before the first; None where the old goes on."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Settings that are changed there; of agents where it is the beginning."""
    only_look: bool = False
    """Whether nothing is to be written, and nothing left out that can be compared."""

    def __post_init__(self) -> None:
        last = self.history.round
        if self.at is not None and not 0 <= self.at <= last:
            rule = f"must be one of the {last} rounds that were kept, or 0 for the beginning"
            raise ValueError(f"at {rule}, got {self.at}")
        if self.overrides and self.at is None:
            raise ValueError("overrides are for a branch; say also at which round it begins")
        if not self.begins_anew:
            self._changes.check_agents_stay()

    @property
    def branches(self) -> bool:
        return self.at is not None

    @property
    def begins_anew(self) -> bool:
        """Whether nothing that was kept is lived again, and everything may be changed."""
        return self.at == 0

    def source(self, environment: Any) -> Any:
        """Give the environment that was handed over, or what builds the one of the run."""
        return self.history.charter.build() if environment is None else environment

    def keywords(self, handed: Mapping[str, Any]) -> dict[str, Any]:
        """Give what the society is to be founded with.

        Raises:
            JournalError: something in it could not be written down, and nobody hands it over.
            SettingsError: settings of agents are changed that are added by hand.
        """
        self._check(handed)
        charter = self.history.charter
        here = {name: it for name, it in handed.items() if name not in _NOT_FOUNDED}
        values = {**charter.keywords(), "together": charter.together, **here}
        if self.begins_anew:
            values = self._changes.keywords(values)
        return {**values, "tables": False} if self.only_look else values

    @property
    def _changes(self) -> Overrides:
        return Overrides.of(self.overrides, self.history.charter.agents)

    def _check(self, handed: Mapping[str, Any]) -> None:
        for name, why in self.history.charter.absent.items():
            if handed.get(name) is None:
                raise JournalError(self.history.folder, f"{why}; {self._remedy(name)}")
        if handed.get("agents") is not None and (keys := self._changes.agents):
            rule = "is a setting of agents, which are added by hand here: change it there"
            raise SettingsError(min(keys), rule)

    def _remedy(self, name: str) -> str:
        if not self.only_look:
            return f"hand over an equal one: Society.resume(path, {name}=...)"
        return (
            "what was written has been checked and holds, and antiphon verify --no-replay looks "
            "at that alone; to play it too, hand over an equal one: "
            f"Society.verify(path, {name}=...)"
        )

    def agents(self) -> Iterator[Came]:
        """Give those who were there at the beginning."""
        for came in self.history.charter.agents:
            whole = came._replace(options=given(came.options))
            yield (
                whole._replace(options=self._changes.options(whole)) if self.begins_anew else whole
            )

    def check_agents(self, roster: Roster) -> None:
        """See that all who were there are there again.

        Raises:
            JournalError: they are not.
        """
        then = [agent_id for came in self.history.charter.agents for agent_id in came.ids]
        if list(roster.ids) != then:
            raise JournalError(self.history.folder, f"its agents were {', '.join(then[:8])}, …")

    def length(self, steps: int | None, episodes: int | None) -> Length:
        """Give how far to go: as far as the run was to go, unless somebody says otherwise."""
        if self.only_look:
            return Length(max(1, self.history.round))
        if steps is None and episodes is None:
            return self.history.length
        if steps is not None and steps < self.last:
            rule = "branch begins after {} steps" if self.branches else "run has {} steps already"
            raise ValueError(f"the {rule.format(self.last)}, got steps={steps}")
        return Length(steps, episodes)

    def folder(self, out: Any) -> RunFolder:
        """Give where to write: in the run's folder, and of a branch in a new one.

        Raises:
            ValueError: another folder was named for a run that has one.
        """
        if self.branches or self.only_look:
            folder = RunFolder(None if out is None else Path(out))
        elif out is not None:
            raise ValueError(f"the run goes on in {self.history.folder}; out is for a branch")
        else:
            folder = _SameFolder(self.history.folder)
        folder.played = self.last
        return folder

    def charter(self, charter: Charter) -> Charter:
        """Say in a branch's charter where it came from."""
        if not self.branches:
            return charter
        origin = {"run": self.history.folder.name, "round": self.at}
        return replace(charter, branched=origin)

    def check_result(self, rounds: int, **digests: str) -> None:
        """Hold what was summed up at the end, if it was, against what it comes to now.

        Raises:
            JournalError: they do not agree.
        """
        path = self.history.folder / "result.json"
        try:
            figures = json.loads(path.read_text(encoding="utf-8"))
            then = {name: figures[name] for name in ("rounds", *digests)}
        except FileNotFoundError:
            return
        except (KeyError, TypeError, ValueError) as error:
            raise JournalError(self.history.folder, f"{path.name} holds no result") from error
        for name, now in digests.items():
            if then["rounds"] == rounds and then[name] != now:
                rule = f"by {path.name} its {name} is {then[name]}, and it is {now}"
                raise JournalError(self.history.folder, rule)

    @property
    def last(self) -> int:
        """The last round that is played again."""
        return self.history.round if self.at is None else self.at

    def clocks(
        self, settings: SocietySettings, clock: Clock, simulation: SimulatedDispatcher | None
    ) -> tuple[Clock, SimulatedDispatcher | None]:
        """Give what a society that is founded again lives by until it goes on by itself."""
        if self.begins_anew:
            return clock, simulation
        timing = self.history.timing(self.last)
        then, rehearsed = clocks_of(timing, settings, clock)
        return then, rehearsed or simulation

    def replay(
        self,
        stage: Stage,
        rulebook: Rulebook,
        remove: Callable[..., object],
        *,
        clock: Clock,
        by_state: bool,
    ) -> Replay | None:
        """Give what takes the society to where the run was; None if that is its beginning.

        Errors as ``Replay``.
        """
        if self.begins_anew:
            self.history.close()
            return None
        differences = self.history.charter.differences()
        if differences:
            log.warning(
                "run.other_machine",
                run=str(self.history.folder),
                differs=differences,
                note="equal only by approximation from here on",
            )
        return Replay(
            self.history,
            stage,
            rulebook,
            remove,
            rehearsal_of(self.history.timing(self.last), rulebook.settings, stage, clock),
            last=self.last,
            # What is to be written again, or compared, has to be lived again.
            by_state=by_state and not self.only_look and not self.branches,
            exact=self.only_look or not differences,
        )


_NOT_FOUNDED: Collection[str] = frozenset({"environment", "agents"})


class _SameFolder(RunFolder):
    """The folder of a run that goes on."""

    def __init__(self, path: Path) -> None:
        self.out = self.path = path

    def write_manifest(self, settings: dict[str, Any], manifest: dict[str, Any]) -> None:
        """Leave it as it was written."""

    def write_result(self, figures: dict[str, Any]) -> None:
        """Keep them; of a run that was only looked at, keep those there are, times and all."""
        then = self._result()
        if figures["measured_rounds"] or then.get("rounds", 0) < figures["rounds"]:
            super().write_result(figures)
        elif then["rounds"] == figures["rounds"] and then["interrupted"] != figures["interrupted"]:
            super().write_result({**then, "interrupted": figures["interrupted"]})

    def _result(self) -> dict[str, Any]:
        try:
            then = json.loads((self.path / "result.json").read_text(encoding="utf-8"))
            return {**then, "rounds": int(then["rounds"]), "interrupted": then["interrupted"]}
        except (FileNotFoundError, KeyError, TypeError, ValueError):
            return {}
