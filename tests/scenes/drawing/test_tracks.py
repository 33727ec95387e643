"""Cycle tracks and tram beds: paved like the road beside it, and no part of it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from roadfcn.kitti.layout import CATEGORIES, FrameId
from roadfcn.scenes.description.scene import Line, Material, State
from roadfcn.scenes.description.variety import PRESETS, choose_variety
from roadfcn.scenes.drawing.draw import draw_scene
from roadfcn.scenes.drawing.streets import draw_street
from roadfcn.scenes.painter import paint

WITH = PRESETS["anywhere"]
WITHOUT = choose_variety("anywhere", ["tracks"])
STREETS = [
    tuple(
        draw_street(np.random.default_rng(seed), category, variety) for variety in (WITH, WITHOUT)
    )
    for category in CATEGORIES
    for seed in range(60)
]


def widths(road):
    return [b.right_m - a.right_m for a, b in pairwise(road.strips)]


def test_a_fair_share_of_streets_has_them_and_the_others_are_as_they_were():
    changed = [laid.road != plain.road for laid, plain in STREETS]
    assert 0.3 < np.mean(changed) < 0.8
    for laid, plain in STREETS:
        assert (laid.road == plain.road) == (laid.left == plain.left and laid.right == plain.right)


def test_the_road_itself_and_its_course_stay():
    for laid, plain in STREETS:
        for name in ("left_m", "right_m", "curve", "relief", "lane", "side_roads", "crossings"):
            assert getattr(laid.road, name) == getattr(plain.road, name)
        own = [strip for strip in laid.road.strips if strip.state == State.ROAD]
        assert own == [strip for strip in plain.road.strips if strip.state == State.ROAD]


def test_strips_stay_in_order_and_the_road_is_as_wide_as_before():
    for laid, _ in STREETS:
        assert all(width > 0 for width in widths(laid.road))
        at = next(i for i, one in enumerate(laid.road.strips) if one.state == State.ROAD)
        assert laid.road.strips[at - 1].right_m == pytest.approx(laid.road.left_m)
        assert laid.road.strips[at].right_m == pytest.approx(laid.road.right_m)


def test_a_track_is_no_road_and_what_was_there_lies_beyond_it():
    for laid, plain in STREETS:
        new = len(laid.road.strips) - len(plain.road.strips)
        assert new == sum(
            len(mine.bands) - len(theirs.bands)
            for mine, theirs in ((laid.left, plain.left), (laid.right, plain.right))
        )
        for mine, theirs in ((laid.left, plain.left), (laid.right, plain.right)):
            extra = mine.bands[: len(mine.bands) - len(theirs.bands)]
            assert all(state == State.NOT_ROAD for *_, state, _ in extra)
            assert mine.bands[len(extra) :] == theirs.bands
            moved = sum(width for width, *_ in extra)
            assert mine.front == pytest.approx(theirs.front + moved)
            assert mine.verge == pytest.approx(theirs.verge + moved)


def test_many_tracks_are_of_asphalt():
    kinds = [
        material
        for laid, plain in STREETS
        for mine, theirs in ((laid.left, plain.left), (laid.right, plain.right))
        for _, material, *_ in mine.bands[: len(mine.bands) - len(theirs.bands)]
        if material != Material.KERB
    ]
    assert kinds.count(Material.ASPHALT) > len(kinds) / 2


def test_rails_lie_in_pairs_a_gauge_apart():
    rails = [
        [line for line in laid.road.lines[len(plain.road.lines) :] if line.width_m == 0.06]
        for laid, plain in STREETS
    ]
    assert any(rails)
    for lines in rails:
        at = sorted(line.s_m for line in lines)
        assert [b - a for a, b in zip(at[::2], at[1::2], strict=True)] == pytest.approx(
            [1.435] * (len(at) // 2)
        )


def test_rails_are_seen_in_the_picture():
    def has_rails(index):
        road = draw_scene(3, "training", FrameId("um", index), WITH, (120, 160)).road
        return any(line.width_m == 0.06 for line in road.lines)

    index = next(index for index in range(200) if has_rails(index))
    scene = draw_scene(3, "training", FrameId("um", index), WITH, (120, 160))
    bare = replace(
        scene,
        road=replace(
            scene.road,
            lines=tuple(one for one in scene.road.lines if not _is_rail(one)),
        ),
    )
    seen, unseen = paint(scene, (120, 160)), paint(bare, (120, 160))
    assert not np.array_equal(seen.image, unseen.image)
    np.testing.assert_array_equal(seen.state, unseen.state)


def _is_rail(line: Line) -> bool:
    return line.width_m in (0.06, 0.16) and line.wear == 0.0
