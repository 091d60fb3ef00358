"""What the kernel tells about itself."""

from __future__ import annotations

from antiphon.actors.statistics import MailboxStatistics, PoolStatistics, fullest


def test_the_fullest_mailboxes_are_named_in_order_and_the_empty_are_not() -> None:
    waiting, largest = fullest([("a", 0), ("c", 2), ("b", 2), ("d", 7)], capacity=10, count=5)
    assert waiting == 11
    assert largest == (
        MailboxStatistics("d", 7, 10),
        MailboxStatistics("b", 2, 10),
        MailboxStatistics("c", 2, 10),
    )


def test_all_letters_are_counted_also_those_of_mailboxes_that_are_not_named() -> None:
    waiting, largest = fullest(((f"a-{k}", 1) for k in range(1000)), count=2)
    assert waiting == 1000
    assert len(largest) == 2


def test_workers_that_do_not_rest_are_busy() -> None:
    pool = PoolStatistics(workers=5, idle=2, awake=1, waiting=0, peak=6, maximum=8)
    assert pool.busy == 3
