"""For tests, yours and ours: contract checks for plug-ins, refs that record, simulated runs."""

from ..actors.simulated import SimulatedDispatcher
from ..actors.simulation.choices import Choices, RecordedChoices, SeededChoices
from ..actors.simulation.faults import Faults
from ..actors.simulation.virtual_clock import VirtualClock
from .actor_contract import check_actor
from .agent_contract import check_agent
from .memory_contract import check_cleanup, check_embedding, check_strategy
from .protocol_contract import check_protocol
from .recording import RecordingCall, RecordingRef
from .simulation import replay, simulate

__all__ = [
    "Choices",
    "Faults",
    "RecordedChoices",
    "RecordingCall",
    "RecordingRef",
    "SeededChoices",
    "SimulatedDispatcher",
    "VirtualClock",
    "check_actor",
    "check_agent",
    "check_cleanup",
    "check_embedding",
    "check_protocol",
    "check_strategy",
    "replay",
    "simulate",
]
