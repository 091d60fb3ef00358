"""The picture of a tree of calls."""

from __future__ import annotations

import itertools
from collections import defaultdict
from xml.etree import ElementTree as ET

import pytest
from antiphon.report.profile.call_tree import Node
from antiphon.report.profile.code import Code, name_of
from antiphon.report.profile.flame import WIDTH, boxes_of, flame
from antiphon.report.profile.parts import Part
from antiphon.tests.report.stories import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def node(code: Code, own: float, *children: Node) -> Node:
    made = Node(code)
    made.own, made.calls = own, 1
    made.children = {f"{place}": child for place, child in enumerate(children)}
    return made


def by_name(code: Code) -> Part | None:
    return Part.__members__.get(name_of(code).upper())


TREE = node(
    "all",
    0.1,
    node("coordination", 1.0, node("inference", 2.0, node("math.exp", 0.5)), node("world", 3.0)),
    node("records", 0.4),
)


def drawn(root: Node) -> ET.Element:
    return ET.fromstring(flame(root, by_name, title="2 steps", steps=2).encode())


def test_callers_are_as_wide_as_those_they_call_and_their_own_time() -> None:
    boxes = {name_of(box.node.code): box for box in boxes_of(TREE, by_name)}
    second = boxes["all"].width / 7
    assert boxes["all"].seconds == pytest.approx(7.0)
    assert boxes["coordination"].width == pytest.approx(6.5 * second)
    assert boxes["inference"].width == pytest.approx(2.5 * second)
    assert boxes["math.exp"].width == pytest.approx(0.5 * second)


def test_boxes_stand_below_their_caller_and_beside_each_other() -> None:
    rows = defaultdict(list)
    root, *_ = boxes = list(boxes_of(TREE, by_name))
    for box in boxes:
        rows[box.row].append(box)
    for row in rows.values():
        row.sort(key=lambda box: box.x)
        assert sum(box.width for box in row) <= root.width + 1e-9
        assert row[0].x >= root.x
        assert row[-1].x + row[-1].width <= root.x + root.width + 1e-9
        for left, right in itertools.pairwise(row):
            assert left.x + left.width <= right.x + 1e-9
    assert root.x + root.width <= WIDTH


def test_a_library_has_the_colour_of_its_caller() -> None:
    parts = {name_of(box.node.code): box.part for box in boxes_of(TREE, by_name)}
    assert parts["math.exp"] is Part.INFERENCE
    assert parts["all"] is Part.REST
    assert parts["world"] is Part.WORLD


def test_what_is_too_narrow_to_be_seen_is_left_out() -> None:
    tree = node("all", 0.0, node("world", 1.0), node("records", 1e-6, node("json", 0.0)))
    assert [name_of(box.node.code) for box in boxes_of(tree, by_name)] == ["all", "world"]


def test_a_title_says_how_long_and_how_often() -> None:
    titles = [group[0].text or "" for group in drawn(TREE).iter(f"{SVG}g")]
    (told,) = (title.split("\n") for title in titles if title.startswith("inference\n"))
    assert told == [
        "inference",
        "1.25e+03 ms a step, 35.7% of all",
        "1e+03 ms a step of its own, 1 call",
        "inference",
    ]


def test_a_hostile_name_is_nothing_but_text() -> None:
    plain = [one.tag for one in drawn(node("all", 0, node("bob", 1.0))).iter()]
    for text in HOSTILE:
        picture = drawn(node("all", 0, node(text, 1.0)))
        assert [one.tag for one in picture.iter() if one.tag != f"{SVG}text"] == [
            tag for tag in plain if tag != f"{SVG}text"
        ], text


def test_a_picture_brings_all_it_needs_and_has_a_dark_side() -> None:
    text = flame(TREE, by_name, title="2 steps", steps=2)
    assert "prefers-color-scheme: dark" in text
    assert text.count("http") == 1
    assert "<script" not in text
    assert "url(" not in text


def test_a_deep_tree_and_an_empty_one_can_be_drawn() -> None:
    root = node("all", 1.0)
    for _ in range(5000):
        root = node("f", 0.0, root)
    assert len(list(boxes_of(root, by_name))) == 5001
    assert len(list(drawn(node("all", 0.0)).iter(f"{SVG}rect"))) == 2
