import numpy as np
import pytest

from roadfcn.errors import ConfigError, MaskError
from roadfcn.label_sets import CAMVID_11, ROAD, VOID
from roadfcn.overlays import blend, colourise, draw_text, side_by_side, stripe_pattern, text_width

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
