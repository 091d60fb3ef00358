from __future__ import annotations

import base64
import functools
import hashlib
import re

import pytest
from antiphon.report.page import agent_page, society_page
from antiphon.report.story import AgentStory
from antiphon.tests.report.stories import HOSTILE, Tree, climbing, hostile, saw, society, told


@functools.cache
def pages(text: str) -> list[str]:
    """Give every page with this text wherever an agent or a user can put one."""
    told = society(hostile(text), title=text, **{text: text})
    return [agent_page(hostile(text)), society_page(told)]


def test_a_hostile_text_leaves_the_element_tree_of_bob() -> None:
    bob = [Tree(page).elements for page in pages("bob")]
    for text in HOSTILE:
        trees = [Tree(page) for page in pages(text)]
        assert [tree.elements for tree in trees] == bob, text
        assert [tree.others for tree in trees] == [[], []], text


def test_nothing_in_a_page_is_hidden_from_its_reader() -> None:
    for text in HOSTILE:
        page = "".join(pages(text))
        assert [char for char in page if not char.isprintable() and char != "\n"] == [], text
        page.encode("utf-8")


def test_a_plain_text_is_read_as_it_was_said() -> None:
    tree = Tree(agent_page(saw("a<b & c", items=(told("x < y & 'z' &amp;"),))))
    assert "a<b & c" in tree.texts
    assert "x < y & 'z' &amp;" in tree.texts


@pytest.mark.parametrize("page", [agent_page(saw()), society_page(society(saw(), climbing()))])
def test_a_page_brings_all_it_needs_and_asks_for_nothing(page: str) -> None:
    tree = Tree(page)
    assert {tag for _, tag, _ in tree.elements}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"}
    )
    assert all(
        url.startswith("#") for url in tree.attributes("href", "src", "xlink:href", "action")
    )
    assert not any(name.startswith("on") for _, _, attrs in tree.elements for name, _ in attrs)
    assert list(tree.attributes("style")) == []
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    page = agent_page(saw())
    (policy,) = (m for m in Tree(page).named("meta") if "http-equiv" in m)
    assert policy["http-equiv"] == "Content-Security-Policy"
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_a_page_is_for_light_and_dark() -> None:
    page = agent_page(saw())
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_every_picture_says_what_it_shows_and_links_lead_somewhere() -> None:
    tree = Tree(society_page(society(saw("a"), climbing("b"), saw("c"))))
    ids = list(tree.attributes("id"))
    assert len(ids) == len(set(ids))
    pictures = tree.named("svg")
    assert len(pictures) > 6
    for picture in pictures:
        assert picture["role"] == "img"
        assert set((picture["aria-labelledby"] or "").split()) <= set(ids)
    assert {url[1:] for url in tree.attributes("href")} <= set(ids)
    assert tree.elements[0] == (0, "html", (("lang", "en"),))


def test_it_tells_whose_memory_grew_when_it_was_consolidated_and_what_was_kept() -> None:
    text = Tree(society_page(society(saw("steady"), climbing("greedy")))).text
    assert "Of 2 agents, 1 had a growing memory: greedy." in text
    assert "▲ growing" in text
    assert (
        "It was consolidated 9 times, before rounds 400, 600, 800, 1,000, 1,200, 1,400, 1,600, "
        "1,800 and 1 more: 1,800 experiences became 126 items, in 25 % of the bytes." in text
    )
    assert "round 400: 200 experiences became 14 items, 39.1 KiB became 9.8 KiB" in text
    assert "met a wolf" in text
    assert "stands for 40 experiences (#1-#30, #35-#44)" in text
    assert "#7 in round 7: saw wolf 1; did 0" in text
    assert "nearly full" in text


def test_those_that_grow_come_first() -> None:
    tree = Tree(society_page(society(saw("a"), saw("b"), climbing("z")), detailed=1))
    assert [text for text in tree.texts if text in {"a", "b", "z"}][:2] == ["z", "a"]
    assert list(tree.attributes("href")) == ["#agent-1"]


def test_a_name_stays_whole_in_the_table_that_scrolls() -> None:
    page = society_page(society(saw("explorer-9")))
    assert ".wide bdi { white-space: nowrap; }" in page
    assert ".wide td { overflow-wrap: break-word; }" in page
    assert "<bdi>explorer-9</bdi>" in page.partition('<div class="wide">')[2].partition("</div>")[0]


def test_a_picture_has_its_figures_in_a_table_too() -> None:
    page = agent_page(saw())
    assert page.count("<svg") == 3
    assert "The figures as a table" in page
    assert '<td class="number">2,000</td>' in page
    assert "#1-#200" in page


def test_a_memory_of_which_nothing_is_known_has_a_page() -> None:
    text = Tree(agent_page(AgentStory(name="new"))).text
    assert "No size of this memory was recorded." in text
    assert "It was never consolidated." in text
    assert Tree(society_page(society())).text.count("No memory of 0 agents is growing.") == 1


def test_the_page_of_a_large_society_and_of_a_long_run_stays_small() -> None:
    few = saw().sizes[::10]
    many = society_page(society(*(saw(f"agent-{n}", sizes=few) for n in range(520))))
    assert len(many) < 2_500_000
    assert "20 more agents are in the JSON." in many
    long = saw().consolidations * 2000
    assert len(agent_page(saw(consolidations=long))) < 400_000
    assert "18,000 times" in agent_page(saw(consolidations=long))
