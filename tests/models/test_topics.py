"""Topics and patterns: what they may be called, and who hears what."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.errors import TopicError
from antiphon.models import topics
from antiphon.models.topics import PATTERNS_EACH, Subscriptions, check_pattern, check_topic
from hypothesis import given
from hypothesis import strategies as st

levels = st.sampled_from("abc")
names = st.lists(levels, min_size=1, max_size=4).map("/".join)
patterns = st.tuples(
    st.lists(levels | st.just("*"), max_size=3), levels | st.sampled_from(["*", "**"])
).map(lambda parts: "/".join([*parts[0], parts[1]]))


def hears(pattern: str, topic: str) -> bool:
    """The rule, in so many words: the tree must say the same."""
    wanted, got = pattern.split("/"), topic.split("/")
    if wanted[-1] == "**":
        wanted = wanted[:-1]
        if len(got) <= len(wanted):
            return False
        got = got[: len(wanted)]
    return len(wanted) == len(got) and all(w in ("*", g) for w, g in zip(wanted, got, strict=True))


@pytest.mark.parametrize(
    ("pattern", "heard", "unheard"),
    [
        ("market/oil", ["market/oil"], ["market", "market/oil/brent", "market/gas"]),
        ("market/*", ["market/oil", "market/gas"], ["market", "market/oil/brent", "news/oil"]),
        ("*/oil", ["market/oil", "news/oil"], ["oil", "market/gas", "a/market/oil"]),
        ("market/**", ["market/oil", "market/oil/brent"], ["market", "news/oil"]),
        ("*/*/x", ["a/b/x"], ["a/x", "a/b/c/x"]),
        ("**", ["market", "market/oil"], []),
        ("*", ["market"], ["market/oil"]),
    ],
)
def test_a_star_is_one_level_and_two_are_one_or_more(
    pattern: str, heard: list[str], unheard: list[str]
) -> None:
    subscriptions = Subscriptions()
    assert subscriptions.subscribe("a", pattern)
    assert [subscriptions.listeners(topic) for topic in heard] == [("a",)] * len(heard)
    assert [subscriptions.listeners(topic) for topic in unheard] == [()] * len(unheard)


steps = st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "b", "c"]), patterns), max_size=30)


@given(steps, st.lists(names, min_size=1, max_size=8))
def test_who_listens_is_what_the_rule_says_after_any_comings_and_goings(
    steps: list[tuple[bool, str, str]], asked: list[str]
) -> None:
    subscriptions = Subscriptions()
    held: dict[tuple[str, str], None] = {}
    for comes, agent_id, pattern in steps:
        if comes:
            held[agent_id, pattern] = None
            assert subscriptions.subscribe(agent_id, pattern)
        else:
            held.pop((agent_id, pattern), None)
            subscriptions.unsubscribe(agent_id, pattern)
        for topic in asked:
            expected = {who for who, what in held if hears(what, topic)}
            assert subscriptions.listeners(topic) == tuple(sorted(expected))
    assert len(subscriptions) == len(held)
    assert subscriptions.patterns("a") == sorted(what for who, what in held if who == "a")
    for who, what in held:
        subscriptions.unsubscribe(who, what)
    assert not subscriptions._root.below, "nothing is kept of those who went"
    assert not subscriptions._patterns


def test_listeners_are_sorted_whatever_the_order_in_which_they_came() -> None:
    subscriptions = Subscriptions()
    for name in ("trader-10", "b", "trader-2", "a"):
        subscriptions.subscribe(name, "market/*" if name != "b" else "**")
    subscriptions.subscribe("a", "market/oil")
    assert subscriptions.listeners("market/oil") == ("a", "b", "trader-10", "trader-2")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "at least one, got ''"),
        ("/", "at least one, got ''"),
        ("market//oil", "at least one, got ''"),
        ("market/", "at least one, got ''"),
        ("market/cr ude", "got 'cr ude'"),
        ("market/oil\n", r"got 'oil\n'"),
        ("öl", "got 'öl'"),
        ("a/<script>", "got '<script>'"),
        ("mar*", "got 'mar*'"),
        ("a/" * 16 + "a", "at most 16 levels, got 17"),
        ("a" * 201, "at most 200 characters, got 201"),
        (7, "must be a string"),
        (None, "must be a string"),
        (["a"], "must be a string"),
    ],
)
def test_a_bad_name_is_refused_with_its_rule(name: Any, rule: str) -> None:
    for check, kind in [(check_topic, "topic"), (check_pattern, "pattern")]:
        with pytest.raises(TopicError) as caught:
            check(name)
        assert rule in str(caught.value)
        assert str(caught.value).startswith(kind)
        assert len(str(caught.value)) < 300
        assert caught.value.name is name
    with pytest.raises(TopicError, match=r"^key "):
        check_topic(name, "key")


def test_wildcards_are_for_patterns_only() -> None:
    for pattern in ("*", "a/*", "**"):
        assert check_pattern(pattern) == pattern
        with pytest.raises(TopicError, match="a level is letters"):
            check_topic(pattern)
    with pytest.raises(TopicError, match="may only be the last level"):
        check_pattern("a/**/b")
    assert check_topic("a/" * 15 + "A-1_.x") == check_pattern("a/" * 15 + "A-1_.x")


def test_one_agent_has_so_many_patterns_and_no_more() -> None:
    subscriptions = Subscriptions()
    assert all(subscriptions.subscribe("a", f"t/{n}") for n in range(PATTERNS_EACH))
    assert not subscriptions.subscribe("a", "one/more")
    assert subscriptions.subscribe("a", "t/0"), "it has that one already"
    assert subscriptions.subscribe("b", "one/more")
    assert subscriptions.listeners("one/more") == ("b",)
    subscriptions.unsubscribe("a", "t/0")
    assert subscriptions.subscribe("a", "one/more")


def test_what_is_kept_at_hand_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_AT_HAND", 4)
    subscriptions = Subscriptions()
    subscriptions.subscribe("a", "t/*")
    assert [subscriptions.listeners(f"t/{n}") for n in range(50)] == [("a",)] * 50
    assert len(subscriptions._at_hand) <= 4


def test_a_topic_meets_only_the_patterns_that_begin_as_it_does() -> None:
    subscriptions = Subscriptions()
    for n in range(5_000):
        subscriptions.subscribe(f"a-{n}", f"chat/{n}/*")
    met: list[object] = []

    class Counts(dict[str, Any]):
        def get(self, key: str, default: object = None) -> Any:
            met.append(key)
            return super().get(key, default)

    chat = subscriptions._root.below["chat"]
    chat.below = Counts(chat.below)
    assert subscriptions.listeners("chat/77/hello") == ("a-77",)
    assert sorted(map(str, met)) == ["*", "**", "77"]
