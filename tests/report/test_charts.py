from __future__ import annotations

import pytest
from antiphon.report.charts import kinds_chart, size_chart, spark, total_chart
from antiphon.report.scale import Scale, thinned, ticks
from antiphon.report.story import AgentStory, Consolidation, Kind, Note, Size
from antiphon.tests.report.stories import Tree, climbing, saw


def marks(page: str) -> list[str]:
    return [shape["d"] or "" for shape in Tree(page).named("path") if shape.get("class") == "mark"]


def line(page: str) -> list[tuple[float, float]]:
    (shape,) = (s["d"] or "" for s in Tree(page).named("path") if s.get("class") == "line")
    return [(float(x), float(y)) for x, y in (part.split() for part in shape[1:].split("L"))]


def test_a_consolidation_is_marked_at_its_round() -> None:
    story = saw(consolidations=(Consolidation(1000, 1, 9, 9, 1, 9, 1),), alerts=())
    assert [mark.split("V")[0] for mark in marks(size_chart(story, "x"))] == ["M383 188"]
    assert (58 + 708) / 2 == 383


def test_both_axes_have_names() -> None:
    texts = Tree(size_chart(saw(), "x")).texts
    assert "experiences" in texts
    assert "round" in texts


def test_consolidations_at_one_place_share_a_mark_that_adds_them_up() -> None:
    done = tuple(Consolidation(r, 1, 9, 9, 1, 90, 10) for r in range(2001))
    page = size_chart(saw(consolidations=done), "x")
    assert len(marks(page)) == 651
    assert "rounds 0 to 1: 18 experiences became 2 items, 180 B became 20 B" in page


def test_a_line_goes_up_where_the_memory_grows_and_keeps_its_peak() -> None:
    sizes = [Size(r, 100, 0) for r in range(10_000)]
    sizes[777] = Size(777, 5000, 0)
    points = line(size_chart(AgentStory(name="a", sizes=tuple(sizes)), "x"))
    assert len(points) < 4 * 720
    assert min(y for _, y in points) < 40
    assert sum(y < 100 for _, y in points) == 1
    rising = line(size_chart(climbing(), "x"))
    assert rising == sorted(rising, key=lambda point: (point[0], -point[1]))


@pytest.mark.parametrize("sizes", [(Size(5, 3, 9),), (Size(5, 0, 0), Size(6, 0, 0))])
def test_one_moment_or_an_empty_memory_can_be_drawn(sizes: tuple[Size, ...]) -> None:
    story = AgentStory(name="a", sizes=sizes, alerts=(Note(5, "warning", "x"),))
    for page in (size_chart(story, "x"), spark(story, "x"), total_chart([story], "x")):
        assert line(page)
        assert "nan" not in page


def test_all_agents_together_are_added_up_round_by_round() -> None:
    one = AgentStory(name="a", sizes=(Size(1, 10, 0), Size(3, 30, 0)))
    two = AgentStory(name="b", sizes=(Size(2, 5, 0), Size(2, 50, 0)))
    drawn = [y for _, y in line(total_chart([one, two], "x"))]
    # 10, then 60, then 80 experiences, on an axis that ends 5 % above the most.
    assert drawn == [pytest.approx(186 - 162 * held / 84, abs=0.1) for held in (10, 60, 80)]


def test_kinds_are_drawn_by_what_they_stand_for() -> None:
    page = kinds_chart([Kind("merged", 5, 200), Kind("summary", 9, 50)], "x")
    assert [bar["width"] for bar in Tree(page).named("rect")] == ["340.0", "85.0"]
    many = kinds_chart([Kind(f"kind-{n}", 1, 1) for n in range(40)], "x")
    assert "28 more kinds are not drawn" in many
    assert "there are no items" in kinds_chart([], "x")


@pytest.mark.parametrize(
    ("high", "low", "unit", "expected"),
    [
        (500, 0, 1, [0, 200, 400]),
        (2000, 16, 1, [500, 1000, 1500, 2000]),
        (1, 0, 1, [0, 1]),
        (0, 0, 1, [0]),
        (150 * 1024, 0, 1024, [0, 50 * 1024, 100 * 1024, 150 * 1024]),
    ],
)
def test_ticks_are_round_numbers(
    high: float, low: float, unit: float, expected: list[float]
) -> None:
    assert ticks(high, low=low, unit=unit) == expected


def test_a_figure_alone_lies_at_the_start() -> None:
    assert Scale(5, 5, 10, 90)(5) == 10


def test_thinning_keeps_ends_and_extremes() -> None:
    points = [(float(n), float(n * 7919 % 1000)) for n in range(10_000)]
    kept = thinned(points, 50)
    assert len(kept) <= 200
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert {min(p[1] for p in kept), max(p[1] for p in kept)} == {0.0, 999.0}
    assert kept == sorted(kept)
    assert thinned(points[:20], 50) == points[:20]
