"""antiphon: societies of message-driven agents that answer in time.

The names below are imported when first used, so that ``import antiphon`` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antiphon.actors.agent_actor import AgentActor, Seat
    from antiphon.actors.care.directive import Directive
    from antiphon.actors.workers.pool import blocking
    from antiphon.clock import Clock, ManualClock, SystemClock
    from antiphon.coordination.member import Member
    from antiphon.coordination.outcome import Outcome, Status
    from antiphon.coordination.records.run import Run
    from antiphon.coordination.tuner import TunerSettings
    from antiphon.coordination.vitals.health import Health, HealthSettings
    from antiphon.coordination.vitals.monitor import PerformanceMonitor
    from antiphon.coordination.vitals.recommend import recommend
    from antiphon.coordination.vitals.recommendation import Recommendation
    from antiphon.coordination.vitals.warning import HealthWarning
    from antiphon.errors import AntiphonError
    from antiphon.memory.item import Draft, Item
    from antiphon.memory.monitor import MemoryMonitor
    from antiphon.memory.profiler import MemoryProfiler
    from antiphon.memory.settings import MemorySettings
    from antiphon.models.active_inference import ActiveInference
    from antiphon.models.agent import Agent, Context, Place
    from antiphon.models.board import Board
    from antiphon.models.experience import Experience
    from antiphon.models.explorer import Explorer
    from antiphon.models.generative import GenerativeModel
    from antiphon.models.grid_world import GridWorld
    from antiphon.models.profile import InferenceSettings, Profile
    from antiphon.models.pymdp_agent import PymdpAgent
    from antiphon.models.random_agent import RandomAgent
    from antiphon.settings import SocietySettings
    from antiphon.society import Society
    from antiphon.sweeps.sweep import Sweep, sweep

__version__ = "0.1.0"

_HOMES = {
    "ActiveInference": "models.active_inference",
    "Agent": "models.agent",
    "AgentActor": "actors.agent_actor",
    "AntiphonError": "errors",
    "Board": "models.board",
    "Clock": "clock",
    "Context": "models.agent",
    "Directive": "actors.care.directive",
    "Draft": "memory.item",
    "Experience": "models.experience",
    "Explorer": "models.explorer",
    "GenerativeModel": "models.generative",
    "GridWorld": "models.grid_world",
    "Health": "coordination.vitals.health",
    "HealthSettings": "coordination.vitals.health",
    "HealthWarning": "coordination.vitals.warning",
    "InferenceSettings": "models.profile",
    "Item": "memory.item",
    "ManualClock": "clock",
    "Member": "coordination.member",
    "MemoryMonitor": "memory.monitor",
    "MemoryProfiler": "memory.profiler",
    "MemorySettings": "memory.settings",
    "Outcome": "coordination.outcome",
    "PerformanceMonitor": "coordination.vitals.monitor",
    "Place": "models.agent",
    "Profile": "models.profile",
    "PymdpAgent": "models.pymdp_agent",
    "RandomAgent": "models.random_agent",
    "Recommendation": "coordination.vitals.recommendation",
    "Run": "coordination.records.run",
    "Seat": "actors.agent_actor",
    "Society": "society",
    "SocietySettings": "settings",
    "Status": "coordination.outcome",
    "Sweep": "sweeps.sweep",
    "SystemClock": "clock",
    "TunerSettings": "coordination.tuner",
    "blocking": "actors.workers.pool",
    "recommend": "coordination.vitals.recommend",
    "sweep": "sweeps.sweep",
}

__all__ = [
    "ActiveInference",
    "Agent",
    "AgentActor",
    "AntiphonError",
    "Board",
    "Clock",
    "Context",
    "Directive",
    "Draft",
    "Experience",
    "Explorer",
    "GenerativeModel",
    "GridWorld",
    "Health",
    "HealthSettings",
    "HealthWarning",
    "InferenceSettings",
    "Item",
    "ManualClock",
    "Member",
    "MemoryMonitor",
    "MemoryProfiler",
    "MemorySettings",
    "Outcome",
    "PerformanceMonitor",
    "Place",
    "Profile",
    "PymdpAgent",
    "RandomAgent",
    "Recommendation",
    "Run",
    "Seat",
    "Society",
    "SocietySettings",
    "Status",
    "Sweep",
    "SystemClock",
    "TunerSettings",
    "blocking",
    "recommend",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name == "testing":
        return importlib.import_module("antiphon.testing")
    if name not in _HOMES:
        raise AttributeError(f"module 'antiphon' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"antiphon.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
