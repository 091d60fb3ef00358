"""How a society comes back from a run that was kept: to go on, to branch, or to be looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..records.progress import Progress

if TYPE_CHECKING:
    from ...memory.store.verify import Verified
    from .comeback import Comeback


class Returns:
    """Founds societies again; what they are, the society says."""

    _comeback: Comeback | None = None
    """Which run it comes from, until it has been taken through it."""

    @classmethod
    def resume(
        cls,
        path: str | os.PathLike[str],
        environment: Any = None,
        *,
        at: int | None = None,
        overrides: Mapping[str, Any] | None = None,
        agents: Callable[[Self], object] | None = None,
        **handed: Any,
    ) -> Self:
        """Found the society of a run again; its ``run()`` goes on where that was broken off.

        What was kept is played again first: the environment from its seed and the actions that
        were executed, agents from their last state and what they have seen since, or from the
        beginning. It goes on to the length that the run was to have, in the same folder.

        Args:
            path: the run's folder. What it names is imported: resume runs of those you trust.
            environment: one like that of the run, which nobody has played in; needed if it was
                given as an object.
            at: branch after this round, 0 for before the first: ``run(out=...)`` is a new run, in
                a new folder.
            overrides: settings that are changed there: those of the society that may change while
                one runs, as by ``configure``. With ``at=0`` any, also of agents, such as
                ``profile`` or ``gamma``, for all of them.
            agents: adds everyone again; needed if their types or options were objects.
            handed: what else was given as an object, such as ``strategy``.

        Raises:
            JournalError: there is no such run, or something is missing to play it again.
            StoreCorruptError: it is not what was written.
            SettingsError: an override is nobody's, breaks its rule, or is for the beginning only.
        """
        handed = {**handed, "environment": environment, "agents": agents}
        return cls._come_back(path, handed, at=at, overrides=overrides or {})

    @classmethod
    def verify(
        cls,
        path: str | os.PathLike[str],
        environment: Any = None,
        *,
        agents: Callable[[Self], object] | None = None,
        progress: Progress | None = None,
        **handed: Any,
    ) -> Verified:
        """See that a run is what was written, and goes the same way when it is played again.

        Every agent is called in every round; nothing is written. Arguments as ``resume``.

        Raises:
            StoreCorruptError: its store is not what was written, or does not add up.
            DivergedError: it goes another way; names the first round, and the agent.
            JournalError: something is missing to play it again.
        """
        from ...memory.store.verify import verify

        verified = verify(Path(path))
        handed = {**handed, "environment": environment, "agents": agents}
        society: Any = cls._come_back(path, handed, only_look=True)
        comeback = society._comeback  # noqa: SLF001
        try:
            run = society.run(progress=progress)
        finally:
            society.stop()
        comeback.check_result(run.rounds, trace=run.trace, events=run.events)
        return verified

    @classmethod
    def _come_back(
        cls, path: str | os.PathLike[str], handed: Mapping[str, Any], **how: Any
    ) -> Self:
        """Found the society of a run, with all its agents; nothing is left of it if that fails.

        Args:
            how: as of ``Comeback``.
        """
        from .comeback import Comeback  # with the store, where it is wanted
        from .history import History

        found: Any = cls
        with ExitStack() as undo:
            history = undo.enter_context(History(Path(path)))
            comeback = Comeback(history=history, **how)
            keywords = comeback.keywords(handed)
            society = found(comeback.source(handed.get("environment")), **keywords)
            undo.callback(society.stop)  # lets go of its environment
            _populate(society, comeback, handed.get("agents"))
            now = society._clock, society._simulation  # noqa: SLF001  it is one of us
            then = comeback.clocks(society.settings, *now)
            undo.pop_all()
        society._clock, society._simulation = then  # noqa: SLF001
        society._comeback = comeback  # noqa: SLF001
        back: Self = society
        return back


def _populate(society: Any, comeback: Comeback, add_all: Callable[[Any], object] | None) -> None:
    if add_all is not None:
        add_all(society)
    else:
        for came in comeback.agents():
            society.add(came.kind, ids=came.ids, host=came.host, **came.options)
    comeback.check_agents(society._roster)  # noqa: SLF001  as above
