"""For tests, yours and ours: contract checks for plug-ins, and refs that record."""

from .actor_contract import check_actor
from .agent_contract import check_agent
from .recording import RecordingCall, RecordingRef

__all__ = ["RecordingCall", "RecordingRef", "check_actor", "check_agent"]
