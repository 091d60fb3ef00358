"""A run of a society: what is written down before it, its steps, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

from .journal.kept import Keeps, kept
from .records.course import Course
from .records.manifest import manifest
from .records.progress import Progress
from .records.run import Run
from .rollout import Step


def undertake(keeps: Keeps, advance: Callable[[], Step], progress: Progress) -> Run:
    """Go step by step, and keep each where there is a folder; errors as ``Society.run``.

    Args:
        advance: takes one step.
    """
    _write_manifest(keeps)
    memories = keeps.stage.memories
    course = Course(
        keeps.length,
        keeps.rulebook.settings,
        keeps.folder,
        progress,
        len(keeps.membership.roster),
        keeps.stage.ensemble.statistics,
        None if memories is None else memories.summary,
    )
    with kept(advance, keeps) as advance_and_keep:
        return course.take(advance_and_keep)


def _write_manifest(keeps: Keeps) -> None:
    if keeps.charter is None:
        return
    environment = keeps.environment
    settings = keeps.rulebook.to_dict()
    facts = manifest(
        environment.name, environment.names, keeps.membership.roster.residents, settings
    )
    keeps.folder.write_manifest(settings, {**facts, "journal": keeps.announcement})
