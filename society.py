"""A society: agents in a world, called round by round."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .actors.agent_actor import AgentActor
from .actors.care.directive import Strategy
from .actors.mail.dead_letters import DeadLetters
from .actors.simulated import SimulatedDispatcher
from .clock import Clock, SystemClock
from .coordination.environment import Environment
from .coordination.founding import Founding, check_given, simulation_of
from .coordination.journal.kept import Keeps
from .coordination.journal.returns import Returns
from .coordination.life import Life
from .coordination.member import Member
from .coordination.membership import Membership
from .coordination.outcome import Outcome
from .coordination.records.folder import RunFolder
from .coordination.records.length import Length
from .coordination.records.progress import Progress, Silence, for_terminal
from .coordination.records.run import Run
from .coordination.rollout import Rollout, Step
from .coordination.rulebook import Rulebook
from .coordination.stage import Stage
from .coordination.talk.voice import Voice
from .coordination.undertaking import undertake
from .coordination.vitals.checks import examine
from .coordination.vitals.health import Health
from .errors import MembershipError, MemoryOffError, RunInterrupted, StoppedError
from .layers import Layers
from .models.agent import Agent
from .settings import SocietySettings

if TYPE_CHECKING:
    from .memory.embedding import Embedding
    from .memory.memories import Memories


class Society(Life, Voice, Returns):
    """Agents that answer in time: add them, run them, ask them, stop them.

    Use it as a context manager, so that it is stopped. One thread drives a society; any
    thread may ``tell`` and ``ask``. How it starts and stops is in ``Life``, what is said to
    agents in ``Voice``, and how a run that was kept comes back in ``Returns``.
    """

    def __init__(
        self,
        environment: Any = None,
        *,
        config: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
        simulation: SimulatedDispatcher | None = None,
        strategy: Strategy | None = None,
        together: Sequence[Sequence[str]] = (),
        embedding: Embedding | None = None,
        **settings: Any,
    ) -> None:
        """Found a society; nothing runs before the first ``run``, ``step``, ``tell`` or ``ask``.

        Args:
            environment: a PettingZoo parallel environment, something that builds one, an
                import string such as "mpe2/simple_spread_v3", or None.
            config: a TOML or INI file with settings.
            simulation: what runs the agents, with dispatcher="simulated"; by default one that
                the seed drives. Time is its own.
            strategy: what becomes of an agent that failed, in place of ``on_crash``.
            together: groups of ids; with one of them, all its group are restarted.
            embedding: turns texts into vectors, by which agents recall; by their words if None.
            settings: fields of ``SocietySettings``, ``MemorySettings``, ``HealthSettings`` and
                ``TunerSettings``, which say what each does.

        Raises:
            SettingsError: a setting is unknown or breaks its rule.
            UnknownNameError: no environment has this name.
        """
        super().__init__()
        if simulation is not None or settings.get("latency") is not None:
            settings.setdefault("dispatcher", "simulated")
        self._rulebook = Rulebook(Layers.read(config), settings)
        self._simulated = simulation is not None
        check_given(self._rulebook, strategy, embedding)
        self._simulation = simulation_of(clock, simulation, self._rulebook)
        self._clock = self._simulation.clock if self._simulation else clock or SystemClock()
        self._strategy = strategy
        self._embedding = embedding
        self._environment: Environment | None = None
        self._rollout: Rollout | None = None
        if environment is not None:
            self._environment = Environment(environment)
            self._rollout = Rollout(self._environment, self.settings.seed)
        self._membership = Membership(self._rulebook, self._environment, together)
        self._roster = self._membership.roster
        self._called: list[str] = []

    def add(
        self,
        kind: str | type[Agent],
        n: int | None = None,
        *,
        ids: Sequence[str] | None = None,
        host: str | type[AgentActor] = AgentActor,
        **options: Any,
    ) -> list[str]:
        """Add agents of one type; give their ids.

        Args:
            kind: a class, a name from ``antiphon agents list``, or ``package.module:Class``.
            n: how many; by default all that the environment has left, else one.
            ids: under which ids.
            host: the actor that each is put into; "cohort" for one that they share, a few for
                all of them, where they are answered for together, as explorers are.
            options: for the agent: settings of its type, and what its ``create`` takes.

        Raises:
            UnknownNameError: nothing has this name.
            PluginError: it cannot be loaded, or is no agent type.
            AgentIdError, ValueError: ids or count do not fit.
            SettingsError, TypeError: an option is unknown or breaks its rule.
        """
        self._not_started("agents are added")
        return self._membership.add(kind, n, ids, host, options)

    def remove(self, *agent_ids: str) -> list[str]:
        """Take agents out, all of these or none; from then on they are nobody's ids.

        In a society that runs, each stops ahead of what waits for it, whoever watches it is
        told with the next round, and all of them together have the grace to come back from
        what they are at. What they remember stays to be read in ``memories``. In an
        environment their bodies stay too, and do nothing of their own any more.

        Returns:
            Those that did not come back in time; their threads are given up.

        Raises:
            UnknownNameError: an id is nobody's.
            MembershipError: the environment does not let it go, or a round is open.
            StoppedError: the society has been stopped.
        """
        self._home.check("the society")
        leaving = list(dict.fromkeys(agent_ids))
        stage = None if self._stage is None and not self._stopped else self._running
        self._membership.check_may_leave(leaving, started=stage is not None)
        if self._in_round and leaving:
            raise MembershipError(leaving[0], "a round is open; remove it between two rounds")
        self._membership.remove(leaving)
        self._called = []
        late = [] if stage is None else stage.remove(leaving, self.settings.grace)
        self.abandoned += late
        return late

    @property
    def open(self) -> bool:
        """Whether any number of agents may be added, and any be removed."""
        return self._membership.open

    def __repr__(self) -> str:
        where = "no environment" if self._environment is None else self._environment.name
        state = "stopped" if self._stopped else "running" if self._stage else "not started"
        return f"<society of {len(self)} in {where}, {state}>"

    def __len__(self) -> int:
        return len(self._roster)

    def __bool__(self) -> bool:
        # By its length it would be nothing until the first agent comes, and `given or default`
        # would take the default in place of a society that was given.
        return True

    def __contains__(self, agent_id: object) -> bool:
        return agent_id in self._roster

    def __iter__(self) -> Iterator[str]:
        return iter([resident.agent_id for resident in self._roster.residents])

    def __getitem__(self, agent_id: str) -> Member:
        return Member(self, self._known(agent_id))

    def run(
        self,
        steps: int | None = None,
        *,
        episodes: int | None = None,
        out: str | os.PathLike[str] | None = None,
        progress: Progress | None = None,
        parallelize: bool | None = None,
        baseline: bool = False,
    ) -> Run:
        """Go on from where the society stands, until so many steps or episodes are done.

        Args:
            steps: environment steps, counted across episodes.
            episodes: how many to finish; with both, whatever comes first. With neither, a
                society that was resumed goes on to the length its run was to have.
            out: a new folder for the journal of the run, by which ``resume`` goes on with it,
                manifest, settings and tables.
            progress: what shows how far it is; by default a bar on a terminal.
            parallelize: False for agents one after another (the inline dispatcher), True
                for a thread each; None for what the settings say.
            baseline: afterwards run as many steps of the same society inline, from its
                start, and report the ratio as ``speedup``.

        Raises:
            RunInterrupted: Ctrl-C; it carries the run until then.
            RoundIncompleteError: an action is missing, and ``on_missing`` is "raise".
            RoundOpenError: a round is open, as it is while an agent acts.
        """
        comeback = self._comeback
        length = Length(steps, episodes) if comeback is None else comeback.length(steps, episodes)
        if self._environment is None:
            raise ValueError("run needs an environment; without one, call step with observations")
        self._check_no_round()
        if parallelize is not None:
            self._choose_dispatcher("threaded" if parallelize else "inline")
        recipe = self._environment.recipe if baseline else None
        folder = _folder(out) if comeback is None else comeback.folder(out)
        self.start()
        keeps = self._keeps(folder, length)
        run = undertake(keeps, self._advance, progress or for_terminal())
        self._comeback = None
        # The run itself is whole, whatever becomes of what follows.
        folder.write_result(run.to_dict())
        try:
            self._hear_out()
            if recipe is not None and run.metrics.measured:
                run = self._with_speedup(run, recipe)
                folder.write_result(run.to_dict())
        except KeyboardInterrupt as cut_short:
            raise RunInterrupted(run) from cut_short
        return run

    def step(self, observations: Mapping[str, Any], *, timeout: float | None = None) -> Outcome:
        """Play one round without the environment: observations in, outcome out.

        Args:
            observations: by agent id; who is not in it is not called.
            timeout: seconds for this round alone.

        Raises:
            TypeError: observations are no mapping.
            UnknownNameError: an id is nobody's.
            RoundIncompleteError: an action is missing, and ``on_missing`` is "raise".
            RoundOpenError: a round is open, as it is while an agent acts.
        """
        if not isinstance(observations, Mapping):
            kind = type(observations).__name__
            raise TypeError(f"step takes observations by agent id, got a {kind}")
        # Its time runs from here on, and not from when the actors are up.
        asked = None if self._stage is None else self._clock.now()
        ids = list(observations)
        # Most rounds call the same as the last one, and comparing is quicker than looking up.
        if ids != self._called:
            for agent_id in ids:
                self._known(agent_id)
            self._called = ids
        self.start()
        book = self._rulebook
        rules = book.rules if timeout is None else book.rules_for(timeout=timeout)
        with self._round_open():
            return self._running.play(observations, rules, asked=asked)

    def health(self) -> Health:
        """Say how the society is, with warnings of what is not as it should be.

        Any thread may ask, at any time; a society that has not started is well.
        """
        self._home.check("the society")
        stage = self._stage
        vitals = Health(len(self)) if stage is None else stage.vitals(running=not self._stopped)
        return examine(vitals, self._rulebook.health)

    @property
    def dead_letters(self) -> DeadLetters:
        """What nobody read: the latest, counts by reason, and ``listen`` to hear of each.

        Also when the society has stopped, with those that died by that.
        """
        return self._ensemble_to_read.dead_letters

    @property
    def memories(self) -> Memories:
        """What the agents remember, by id, for reading; ``society["a"].memory`` is one of them.

        Also when the society has stopped.

        Raises:
            MemoryOffError: it was founded without ``memory_size``.
        """
        memories = self._stage_to_read.memories
        if memories is None:
            raise MemoryOffError
        return memories

    @property
    def settings(self) -> SocietySettings:
        """What holds now."""
        return self._rulebook.settings

    def source(self, key: str) -> str:
        """Say where a setting's value comes from: default, a path, environment or keyword."""
        return self._rulebook.source(key)

    def configure(self, **changes: Any) -> None:
        """Change settings while the society lives; they hold from the next round.

        Raises:
            SettingsError: a key is unknown, breaks its rule, or is fixed.
        """
        self._rulebook.change(**changes)

    def _begin(self) -> Stage:
        self._membership.check_may_start()
        return Founding(
            rulebook=self._rulebook,
            roster=self._roster,
            environment=self._environment,
            rollout=self._rollout,
            clock=self._clock,
            simulation=self._simulation,
            strategy=self._strategy,
            together=self._membership.together,
            embedding=self._embedding,
        ).stage()

    def _end(self, stage: Stage | None) -> None:
        if self._comeback is not None:
            self._comeback.history.close()
        if stage is not None:
            self._clear(stage)
        if self._environment is not None:
            self._environment.close()

    def _clear(self, stage: Stage) -> None:
        self.abandoned = stage.ensemble.stop(self.settings.grace)
        if stage.memories is not None:
            stage.memories.close()

    def _known(self, agent_id: str) -> str:
        return self._roster.check(agent_id)

    def _choose_dispatcher(self, dispatcher: str) -> None:
        if self._stage is not None:
            self._stage.ensemble.switch(dispatcher)
        self._rulebook.set_dispatcher(dispatcher)

    def _keeps(self, folder: RunFolder, length: Length) -> Keeps:
        assert self._environment is not None
        return Keeps(
            folder=folder,
            stage=self._running,
            rulebook=self._rulebook,
            membership=self._membership,
            environment=self._environment,
            clock=self._clock,
            length=length,
            objects={
                "strategy": self._strategy,
                "embedding": self._embedding,
                "simulation": self._simulation if self._simulated else None,
            },
            comeback=self._comeback,
            remove=self.remove,
        )

    def _advance(self) -> Step:
        with self._round_open():
            return self._running.advance(self._rulebook.rules)

    def _hear_out(self) -> None:
        # Whoever has been stopped meanwhile, by another thread, hears nothing more.
        with suppress(StoppedError):
            self._running.ensemble.hear_out(self.settings.timeout)

    def _with_speedup(self, run: Run, recipe: Callable[[], Any]) -> Run:
        keywords = {**self._rulebook.values(), "dispatcher": "inline", "latency": None}
        rules: dict[str, Any] = {
            "strategy": self._strategy,
            "together": self._membership.together,
            "embedding": self._embedding,
        }
        with Society(recipe, **rules, **keywords) as twin:
            for kind, ids, host, options in self._membership.additions:
                twin.add(kind, ids=ids, host=host, **options)
            inline = twin.run(run.metrics.measured, progress=Silence())
        return dataclasses.replace(run, speedup=inline.seconds / run.seconds)


def _folder(out: str | os.PathLike[str] | None) -> RunFolder:
    return RunFolder(None if out is None else Path(out))
