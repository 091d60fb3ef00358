"""Programs in which everyone answers anyone: big and banking.

They too follow Savina and count what they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from ..models import chance
from .programs import Begin, Program, Role

_SEED = 7
_CHOICES = 1_009
"""So many random choices are made before the start; then they come round again."""
_TELLER = _STARTER = 0


@dataclass(frozen=True, slots=True)
class Ping:
    """Heard by a talker: answer the one with this index."""

    sender: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Heard by a talker: here is the answer."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Heard by an account: take so much from your own and hand it to another."""

    source: int
    to: int
    amount: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """Heard by an account: take this in."""

    amount: int


@dataclass(frozen=True, slots=True)
class Done:
    """Heard by who waits for others: one part of the work is done."""


PONG, DONE = Pong(), Done()


class Big(Program):
    """Everyone pings others at random, one after the answer of another; a unit is a ping."""

    def __init__(self, talkers: int) -> None:
        self._talkers = [Talker(index, talkers) for index in range(1, 1 + talkers)]
        super().__init__([Starter(talkers), *self._talkers])

    def check(self, units: int, result: Any) -> str:
        share = units // len(self._talkers)
        expected = Counter[int]()
        for talker in self._talkers:
            expected.update(islice(cycle(talker.partners), share))
        pings, pongs = zip(*(talker.take() for talker in self._talkers), strict=True)
        if list(pings) != [expected[talker.index] for talker in self._talkers]:
            return f"{sum(pings)} pings of {units}, or not to those meant"
        if list(pongs) != [share] * len(self._talkers) or sum(pongs) != units:
            return f"{sum(pongs)} pongs for {units} pings, or not to those that asked"
        return ""


class Starter(Role):
    """Sets the talkers going and waits for all of them."""

    def __init__(self, talkers: int) -> None:
        self._talkers = self._left = talkers

    def receive(self, message: Any) -> None:
        match message:
            case Done():
                self._left -= 1
                if not self._left:
                    self.done(None)
            case Begin():
                self._left = self._talkers
                for tell in self.tells[1:]:
                    tell(Begin(message.units // self._talkers))


class Talker(Role):
    """Answers whoever pings, and pings its partners one after the other."""

    def __init__(self, index: int, talkers: int) -> None:
        self.index = index
        strides = chance.generator(_SEED, "big", index).integers(1, talkers, _CHOICES).tolist()
        self.partners = [1 + (index - 1 + stride) % talkers for stride in strides]
        self._ping = Ping(index)
        self._left = self._pings = self._pongs = 0

    def receive(self, message: Any) -> None:
        match message:
            case Ping():
                self._pings += 1
                self.tells[message.sender](PONG)
            case Pong():
                self._pongs += 1
                self._go_on()
            case Begin():
                self._partner = cycle(self.partners)
                self._left = message.units
                self._go_on()

    def _go_on(self) -> None:
        if self._left:
            self._left -= 1
            self.tells[next(self._partner)](self._ping)
        else:
            self.tells[_STARTER](DONE)

    def take(self) -> tuple[int, int]:
        """Give how many pings and pongs it heard, and count anew."""
        heard = self._pings, self._pongs
        self._pings = self._pongs = 0
        return heard


class Bank(Program):
    """Banking: money goes from account to account; a unit is a transfer, three messages."""

    def __init__(self, accounts: int) -> None:
        self._transfers = _transfers(accounts)
        self._accounts = [Account() for _ in range(accounts)]
        super().__init__([Teller(self._transfers), *self._accounts])

    def check(self, units: int, result: Any) -> str:
        expected = [0] * len(self._accounts)
        for transfer in islice(cycle(self._transfers), units):
            expected[transfer.source - 1] -= transfer.amount
            expected[transfer.to - 1] += transfer.amount
        balances = [account.take() for account in self._accounts]
        if balances != expected or result != units:
            return f"{result} transfers of {units} confirmed, balances off or {sum(balances)} made"
        return ""


def _transfers(accounts: int) -> list[Transfer]:
    rng = chance.generator(_SEED, "bank")
    sources = rng.integers(accounts, size=_CHOICES).tolist()
    strides = rng.integers(1, accounts, _CHOICES).tolist()
    amounts = rng.integers(1, 100, _CHOICES).tolist()
    return [
        Transfer(1 + source, 1 + (source + stride) % accounts, amount)
        for source, stride, amount in zip(sources, strides, amounts, strict=True)
    ]


class Teller(Role):
    """Orders transfers, all at once, and counts those confirmed."""

    def __init__(self, transfers: Sequence[Transfer]) -> None:
        self._transfers = transfers
        self._ordered = self._confirmed = 0

    def receive(self, message: Any) -> None:
        match message:
            case Done():
                self._confirmed += 1
                if self._confirmed == self._ordered:
                    self.done(self._confirmed)
            case Begin():
                self._ordered, self._confirmed = message.units, 0
                for transfer in islice(cycle(self._transfers), message.units):
                    self.tells[transfer.source](transfer)


class Account(Role):
    """Takes out, hands on, takes in."""

    def __init__(self) -> None:
        self._balance = 0

    def receive(self, message: Any) -> None:
        match message:
            case Transfer():
                self._balance -= message.amount
                self.tells[message.to](Deposit(message.amount))
            case Deposit():
                self._balance += message.amount
                self.tells[_TELLER](DONE)

    def take(self) -> int:
        """Give the balance, and open anew with nothing."""
        balance, self._balance = self._balance, 0
        return balance
