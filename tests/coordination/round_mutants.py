"""Rounds with one rule taken out, for the tests of their protocol to notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antiphon.coordination.absence import Absences, News
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.notices import Returned
from antiphon.coordination.round import Round
from antiphon.models.experience import Experience


class ForgetsItsRound(RoundCall):
    """An answer goes to whatever round is the latest."""

    latest: RoundCall

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        ForgetsItsRound.latest = self

    def accept(self, *arguments: Any) -> None:
        RoundCall.accept(ForgetsItsRound.latest, *arguments)


class CountsInOrderOfArrival(RoundCall):
    """The first answer is the first member's."""

    def accept(self, index: int, *arguments: Any) -> None:
        empty = [i for i in range(len(self.members)) if self._round.status(i) is None]
        super().accept(empty[0] if empty else index, *arguments)


class BatchIgnored(Round):
    def call_next(self, now: float) -> Sequence[int]:
        self._batch_size = len(self.members)
        return super().call_next(now)


class StaleWordCloses(Coordinator):
    def _close_if(self, number: int) -> None:
        self._close()


class LateNotCounted(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late = 0


class DuplicateIsLate(Coordinator):
    def _welcome(self, message: Returned) -> None:
        super()._welcome(message)
        self._late += message.late and message.agent_id not in self._absences.busy


class NobodyIsBusy(Absences):
    def leave(self, agent_ids: Any, round: int) -> None:
        pass


class BackFromAnyRound(Absences):
    def come_back(self, agent_id: str, round: int) -> bool:
        return self._busy.pop(agent_id, None) is not None


class MissedForgotten(Absences):
    def miss(self, agent_id: str, experience: Experience) -> None:
        pass


class MissedOutOfOrder(Absences):
    def news(self, members: Sequence[str], previous: Mapping[str, Experience]) -> News:
        told = super().news(members, previous)
        told._older = {agent_id: older[::-1] for agent_id, older in told._older.items()}
        return told


class UnheardForgotten(Absences):
    def give_back(self, agent_id: str, experiences: Any) -> None:
        pass


class UnheardToldLast(Absences):
    def give_back(self, agent_id: str, experiences: Any) -> None:
        for experience in experiences:
            self.miss(agent_id, experience)
