import numpy as np
import pytest

from roadfcn import overlays as module
from roadfcn.errors import ConfigError, MaskError
from roadfcn.label_sets import CAMVID_11, ROAD, VOID
from roadfcn.overlays import (
    blend,
    colourise,
    draw_outlines,
    draw_text,
    side_by_side,
    stripe_pattern,
    text_width,
)

GREY = np.full((40, 60, 3), 100, np.uint8)


def test_colourise_gives_the_display_colours_and_black_for_void():
    labels = np.array([[0, 3], [10, VOID]], np.uint8)
    assert colourise(labels, CAMVID_11).tolist() == [
        [[128, 128, 128], [128, 64, 128]],
        [[0, 128, 192], [0, 0, 0]],
    ]


def test_blend_leaves_the_background_uncoloured_and_mixes_the_road_colour_in():
    labels = np.zeros((40, 60), np.uint8)
    labels[20:] = 1
    picture = blend(GREY, labels, ROAD, opacity=0.5)
    assert (picture[:20] == 100).all()
    # (0, 200, 83) and (100, 100, 100) in equal parts; 91.5 rounds to either side.
    assert picture[30, 30].tolist() in ([50, 150, 92], [50, 150, 91])


def test_blend_colours_every_class_of_a_set_without_background():
    labels = np.zeros((40, 60), np.uint8)
    assert (blend(GREY, labels, CAMVID_11, opacity=1.0) == 128).all()


def test_void_is_hatched_light_and_dark_and_never_in_a_class_colour():
    labels = np.ones((40, 60), np.uint8)
    labels[10:20] = VOID
    picture = blend(GREY, labels, ROAD)
    void = picture[10:20].reshape(-1, 3)
    assert (void[:, 0] == void[:, 1]).all()
    assert (void[:, 1] == void[:, 2]).all()
    assert len(np.unique(void)) == 2
    assert void.min() < 100 < void.max()


def test_blend_does_not_write_into_the_photograph():
    image = GREY.copy()
    blend(image, np.ones((40, 60), np.uint8), ROAD)
    assert (image == 100).all()


def test_a_label_map_of_another_size_is_refused():
    with pytest.raises(MaskError, match=r"a label map of \(40, 61\) is to be drawn over a picture"):
        blend(GREY, np.zeros((40, 61), np.uint8), ROAD)


@pytest.mark.parametrize("opacity", [9, -0.1, float("nan")])
def test_an_opacity_that_is_no_share_is_refused(opacity):
    with pytest.raises(ConfigError, match="the opacity of the colours is") as caught:
        blend(GREY, np.ones((40, 60), np.uint8), ROAD, opacity)
    assert caught.value.allowed.startswith("0 (none of the colour) to 1")


@pytest.mark.parametrize("upright", [True, False])
def test_an_outline_is_a_white_line_with_a_darkened_rim(upright):
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 30:] = 3
    image = GREY.copy()
    if not upright:
        labels, image = labels.T, image.transpose(1, 0, 2)
    draw_outlines(image, labels)
    lines = image[0] if upright else image[:, 0]
    assert lines[:, 0].tolist() == [100] * 29 + [50, 255, 50] + [100] * 28
    assert (image == (lines[None] if upright else lines[:, None])).all()


@pytest.mark.parametrize(("side", "expected"), [(700, 1), (1080, 2), (2160, 4)])
def test_outlines_are_wider_in_larger_pictures(side, expected):
    labels = np.zeros((side, side), np.uint8)
    labels[300:] = VOID
    image = np.full((side, side, 3), 100, np.uint8)
    draw_outlines(image, labels)
    assert np.count_nonzero((image == 255).all(axis=2)) == expected * side
    assert np.count_nonzero((image == 50).all(axis=2)) == 2 * side
    assert (image[[0, -1]] == 100).all()


def test_where_all_is_of_one_class_there_is_no_outline():
    image = GREY.copy()
    draw_outlines(image, np.full((40, 60), 7, np.uint8))
    assert (image == 100).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (120, 90), (1080, 1000)])
def test_outlines_drawn_in_bands_are_those_of_the_whole(monkeypatch, shape):
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 3, (-(-shape[0] // 9), -(-shape[1] // 9)), np.uint8)
    labels = coarse.repeat(9, axis=0).repeat(9, axis=1)[: shape[0], : shape[1]]
    whole = generator.integers(0, 256, (*shape, 3), np.uint8)
    bands = whole.copy()
    draw_outlines(whole, labels)
    monkeypatch.setattr(module, "_BAND_PIXELS", 4 * shape[1])
    draw_outlines(bands, labels)
    np.testing.assert_array_equal(bands, whole)


def test_outlines_of_another_size_are_refused():
    with pytest.raises(MaskError, match=r"a label map of \(40, 61\) is to be drawn over a picture"):
        draw_outlines(GREY.copy(), np.zeros((40, 61), np.uint8))


def test_stripes_run_diagonally_in_two_greys():
    stripes = stripe_pattern(120, 200)
    assert stripes.shape == (120, 200, 3)
    assert (stripes[1:, :-1] == stripes[:-1, 1:]).all()
    assert len(np.unique(stripes)) == 2


def test_side_by_side_scales_to_the_first_height_and_leaves_a_white_gap():
    tall = np.zeros((80, 20, 3), np.uint8)
    row = side_by_side([GREY, tall, GREY])
    assert row.shape == (40, 60 + 4 + 10 + 4 + 60, 3)
    assert (row[:, 60:64] == 255).all()
    assert (row[:, 64:74] == 0).all()
    assert side_by_side([GREY, GREY[:20]]).shape == (40, 60 + 4 + 120, 3)


def test_side_by_side_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one picture"):
        side_by_side([])


def test_text_is_written_where_it_was_asked_and_as_wide_as_announced():
    page = np.full((40, 300, 3), 255, np.uint8)
    draw_text(page, "um_000000", (20, 50), size_px=16, colour=(0, 0, 0))
    inked = np.flatnonzero((page < 128).any(axis=(0, 2)))
    assert inked[0] >= 50
    assert inked[-1] <= 50 + text_width("um_000000", size_px=16)
    rows = np.flatnonzero((page < 128).any(axis=(1, 2)))
    assert 8 <= rows[0] <= rows[-1] <= 32
