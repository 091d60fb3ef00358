"""No letter is ever stranded: it is read or handed back, whatever happens in between."""

from __future__ import annotations

import dis
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pykka
import pytest
from antiphon.actors import mailbox as mailbox_module
from antiphon.actors.future import Future
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.dead_letters import DeadLetters, Reason
from antiphon.actors.mail.letters import NO_LETTERS
from antiphon.actors.mailbox import BLANK, FEW, Letter, Mailbox, refuse
from antiphon.actors.messages import Perceive
from antiphon.testing import RecordingCall
from antiphon.tests.actors.letter_box import (
    Call,
    Halt,
    Note,
    Sight,
    bounded,
    dead_of,
    notes,
    put,
    read,
)
from pykka.messages import _ActorStop

FUSE = 10.0


def asked(message: Any = "question") -> tuple[Letter, Future[Any]]:
    answer: Future[Any] = Future()
    return Letter(message, answer), answer


def perceive(call: RecordingCall) -> Letter:
    return Letter(Perceive(call, 4))


def test_letters_come_out_in_the_order_in_which_they_went_in() -> None:
    mailbox = Mailbox()
    for number in range(3):
        mailbox.put(Letter(number))
    assert [mailbox.get().message for _ in range(3)] == [0, 1, 2]
    assert mailbox.empty()


@pytest.mark.parametrize("timeout", [0, 0.001, -1])
def test_an_empty_mailbox_gives_a_blank_when_time_is_up(timeout: float) -> None:
    assert Mailbox().get(timeout) is BLANK


class Holder:
    """Looks at its letters without asking the mailbox; at what the mailbox has when it is told."""

    def __init__(self) -> None:
        self.name = "holder"
        self.mailbox = Mailbox(self)
        self.seen: list[Any] = []
        self.letters = self.mailbox.letters

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "letters" and hasattr(self, "letters"):
            self.seen.append(self.mailbox.letters)
        super().__setattr__(name, value)


def test_a_mailbox_has_no_queue_of_its_own_before_its_first_letter() -> None:
    holder = Holder()
    mailbox = holder.mailbox
    assert (mailbox.get(0), mailbox.empty(), mailbox.waiting()) == (BLANK, True, 0)
    mailbox.notify = lambda mailbox: None
    assert holder.letters is mailbox.letters is Mailbox().letters
    mailbox.put(Letter(1))
    assert holder.letters is mailbox.letters is not Mailbox().letters
    assert holder.seen == [NO_LETTERS], "who found the queue put a letter that its owner missed"
    mailbox.put(Letter(2))
    assert [mailbox.get(0).message for _ in range(2)] == [1, 2]


def test_a_closed_mailbox_without_a_queue_refuses_its_first_letter() -> None:
    mailbox = Mailbox()
    mailbox.close()
    assert mailbox.letters is NO_LETTERS
    letter, answer = asked()
    mailbox.put(letter)
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)


class LooksOnce(Mailbox):
    """The mutant: it does not look again whether another thread has made the queue."""

    def queue(self) -> deque[Letter]:
        if self.letters is NO_LETTERS:
            self.letters = mailbox_module.deque()
        return self.letters


@pytest.mark.parametrize(("kind", "read"), [(Mailbox, ["b", "a"]), (LooksOnce, ["a", None])])
def test_two_first_letters_are_put_into_one_queue(
    kind: type[Mailbox], read: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = kind()
    others = iter([Letter("b")])

    def make() -> deque[Letter]:
        for letter in others:
            mailbox.put(letter)  # another thread is quicker
        return deque()

    monkeypatch.setattr(mailbox_module, "deque", make)
    mailbox.put(Letter("a"))
    assert [mailbox.get(0).message for _ in range(2)] == read


class Finalizing:
    """Whoever looks at its letters runs a finalizer, as Python may in any call."""

    name = "finalizing"

    def __init__(self, finalizer: Callable[[], object]) -> None:
        self._finalizer = finalizer
        self._letters = NO_LETTERS

    @property
    def letters(self) -> deque[Letter]:
        self._finalizer()
        return self._letters

    @letters.setter
    def letters(self, letters: deque[Letter]) -> None:
        self._letters = letters


def test_a_finalizer_that_runs_while_a_queue_is_made_may_put_first_letters_anywhere() -> None:
    elsewhere, finalized = Mailbox(), iter([1])

    def finalizer() -> None:
        for _ in finalized:
            mailbox.put(Letter("here"))
            elsewhere.put(Letter("elsewhere"))

    owner = Finalizing(finalizer)
    mailbox = Mailbox(owner)
    putting = threading.Thread(target=mailbox.put, args=(Letter("first"),), daemon=True)
    putting.start()
    putting.join(FUSE)
    assert not putting.is_alive(), "it waits for itself"
    assert owner.letters is mailbox.letters
    assert [mailbox.get(0).message for _ in range(2)] == ["here", "first"]
    assert elsewhere.get(0).message == "elsewhere"


def test_wake_lets_a_waiting_reader_go() -> None:
    mailbox = Mailbox()
    got: list[Letter] = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    reader.start()
    mailbox.wake()
    reader.join(FUSE)
    assert got == [BLANK]


def test_close_answers_what_waits_and_all_that_comes_after() -> None:
    mailbox = Mailbox()
    waiting, first = asked()
    coming, second = asked()
    mailbox.put(waiting)
    mailbox.close()
    mailbox.put(coming)
    for answer in (first, second):
        with pytest.raises(pykka.ActorDeadError):
            answer.get(timeout=0)
    assert mailbox.empty()


def test_a_closed_mailbox_hands_a_call_back_as_lost() -> None:
    mailbox = Mailbox()
    before, after = RecordingCall(), RecordingCall()
    mailbox.put(perceive(before))
    mailbox.close()
    mailbox.put(perceive(after))
    for call in (before, after):
        assert [(a.index, a.how) for a in call.answers] == [(4, "lose")]


def test_a_stop_that_nobody_reads_is_answered_as_done() -> None:
    mailbox = Mailbox()
    letter, answer = asked(_ActorStop())
    mailbox.put(letter)
    mailbox.close()
    assert answer.get(timeout=0) is None


def test_a_message_that_nobody_waits_for_is_dropped_in_peace() -> None:
    mailbox = Mailbox()
    mailbox.close()
    mailbox.put(Letter("told"))
    assert mailbox.empty()


def test_a_reader_that_was_woken_and_overtaken_by_close_still_wakes() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    mailbox.close()
    assert mailbox.get(0) is BLANK
    mailbox.wake()
    mailbox.put(Letter("late"))
    assert mailbox.get(FUSE) is BLANK


def test_refuse_tells_both_kinds_of_waiting() -> None:
    error = ValueError("no")
    letter, answer = asked()
    refuse(letter, error)
    call = RecordingCall()
    refuse(perceive(call), error)
    with pytest.raises(ValueError, match="no"):
        answer.get(timeout=0)
    assert [(a.how, a.value) for a in call.answers] == [("fail", error)]


def test_each_letter_is_announced_once_until_the_mailbox_closes() -> None:
    announced: list[int] = []
    mailbox = Mailbox()
    mailbox.notify = lambda box: announced.append(1)
    mailbox.put(Letter(1))
    mailbox.put(Letter(2))
    mailbox.close()
    mailbox.put(Letter(3))
    assert len(announced) == 2


KINDS = [Note, Sight, Call, Halt]
BACKLOGS: dict[str, list[Any]] = {
    "nothing": [],
    "one": notes("a", [-1]),
    "a flood": notes("a", range(-3 * FEW, 0)),
    "a crowd": [Note("abc"[i % 3], i) for i in range(-3 * FEW, 0)],
}


class Interrupted(deque[Letter]):
    """A queue at which something happens just before, or just after, a letter goes in."""

    def __init__(self, letters: deque[Letter], moment: str, happens: Callable[[], object]) -> None:
        super().__init__(letters)
        self._moment = moment
        self._happens = happens

    def append(self, letter: Letter) -> None:
        self._interrupt("before", letter)
        super().append(letter)
        self._interrupt("after", letter)

    def _interrupt(self, moment: str, letter: Letter) -> None:
        if self._moment == moment and letter is not BLANK:
            self._moment = "over"
            self._happens()


class LooksFirst(Mailbox):
    """The mutant: it looks whether it is closed, and then adds the letter."""

    def put(self, letter: Letter, /) -> None:
        if self._closed:
            super().put(letter)
        else:
            self.queue().append(letter)


def is_answered(mailbox: Mailbox, moment: str, kind: type[Note], backlog: str) -> bool:
    """Close a mailbox while a letter is put; whether somebody hears of that letter."""
    put(mailbox, *BACKLOGS[backlog])
    if backlog == "a crowd":
        read(mailbox)
    mailbox.letters = Interrupted(mailbox.letters, moment, mailbox.close)
    letter, answer = asked(kind("z"))
    mailbox.put(letter)
    return answer.is_set()


@pytest.mark.parametrize("backlog", BACKLOGS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_letter_put_while_the_mailbox_closes_is_answered(
    moment: str, kind: type[Note], backlog: str
) -> None:
    mailbox = Mailbox()
    assert is_answered(mailbox, moment, kind, backlog)
    assert mailbox.empty()
    assert mailbox.lanes is None
    check_law([mailbox])


@pytest.mark.parametrize("backlog", BACKLOGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_mailbox_that_looks_before_it_adds_is_caught(kind: type[Note], backlog: str) -> None:
    assert not is_answered(LooksFirst(), "before", kind, backlog)


class Stirring(Mailbox):
    """Something happens just when the reader has got up and told others so."""

    stirs: Callable[[], object] | None = None

    @property
    def _quiet(self) -> int:
        return self._level

    @_quiet.setter
    def _quiet(self, level: int) -> None:
        self._level = level
        if level > 0 and self.stirs is not None:
            stirs, self.stirs = self.stirs, None
            stirs()


def test_a_letter_that_comes_while_the_reader_of_a_closed_mailbox_gets_up_is_answered() -> None:
    mailbox = Stirring()
    mailbox.close()
    letter, answer = asked()
    mailbox.stirs = lambda: mailbox.put(letter)
    assert mailbox.get(FUSE) is BLANK
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)
    later, answer = asked()
    mailbox.put(later)
    assert answer.is_set()


@pytest.mark.parametrize("capacity", [None, 2, 2 * FEW])
@pytest.mark.parametrize("backlog", BACKLOGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_of_any_kind_is_announced_once(
    kind: type[Note], backlog: str, capacity: int | None
) -> None:
    announced: list[Mailbox] = []
    mailbox = bounded(capacity)
    put(mailbox, *BACKLOGS[backlog])
    mailbox.notify = announced.append
    for count in (1, 2):
        put(mailbox, kind("z", count))
        assert announced == [mailbox] * count
    mailbox.notify = None
    put(mailbox, kind("z", 3))
    assert len(announced) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_of_any_kind_wakes_a_sleeping_reader(kind: type[Note]) -> None:
    mailbox = Mailbox()
    got: list[Letter] = []
    # Twice, for the second time it has been awake before.
    reader = threading.Thread(target=lambda: got.extend([mailbox.get(FUSE), mailbox.get(FUSE)]))
    reader.start()
    for number in range(2):
        while not mailbox._asleep and reader.is_alive():
            pass
        put(mailbox, kind("a", number))
    reader.join(FUSE)
    assert [letter.message for letter in got] == [kind("a", 0), kind("a", 1)]


class Deaf:
    """Somebody who raises when told that no answer will come."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def set_exception(self, info: Any = None) -> None:
        raise self._error


@pytest.mark.parametrize("error", [ValueError(), SystemExit()])
def test_one_who_cannot_be_told_keeps_nobody_else_from_being_told(error: BaseException) -> None:
    mailbox = Mailbox()
    mailbox.put(Letter("question", Deaf(error)))  # type: ignore[arg-type]
    letter, answer = asked()
    mailbox.put(letter)
    mailbox.close()
    assert answer.is_set()
    assert mailbox.counts().dead == 2


def test_what_dies_in_a_mailbox_is_recorded_with_its_reason_receiver_and_sender() -> None:
    mailbox = bounded(1)
    put(mailbox, Note("a", 0), Note("b", 1))
    mailbox.close()
    put(mailbox, "late", Call("k", 2))
    assert [(d.message, d.reason, d.receiver, d.sender) for d in dead_of(mailbox).last()] == [
        (Note("b", 1), Reason.REFUSED, "reader", "b"),
        (Note("a", 0), Reason.CLOSED, "reader", "a"),
        ("late", Reason.CLOSED, "reader", None),
        (Call("k", 2), Reason.CLOSED, "reader", None),
    ]


LETS_OTHERS_IN = ("CALL", "PRECALL", "JUMP_BACKWARD", "RESUME", "SEND", "YIELD", "FOR_ITER")


def gaps_in(function: Callable[..., Any], name: str) -> list[str]:
    """Give what happens between reading an attribute and setting it, where others get in."""
    steps = list(dis.get_instructions(function))
    touched = [(i, s.opname) for i, s in enumerate(steps) if s.argval == name]
    first = min(i for i, what in touched if what == "LOAD_ATTR")
    last = max(i for i, what in touched if what == "STORE_ATTR")
    return [s.opname for s in steps[first:last] if s.opname.startswith(LETS_OTHERS_IN)]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (Mailbox.put, "sent"),
        (Mailbox._bury, "dead"),
        (Mailbox._crowd, "lanes"),
        (DeadLetters.record, "count"),
    ],
)
def test_no_other_thread_gets_in_between_reading_and_setting_what_all_of_them_set(
    function: Callable[..., Any], name: str
) -> None:
    assert gaps_in(function, name) == []


class Careless:
    count = 0

    def record(self) -> None:
        self.count = len([self.count]) + self.count + len("")


def test_a_count_with_a_gap_in_it_is_caught() -> None:
    assert gaps_in(Careless.record, "count") != []
