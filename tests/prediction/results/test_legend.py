import numpy as np
from PIL import Image

from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21
from roadfcn.prediction.results.legend import draw_legend, wants_legend, write_legend


def colours_from_the_top(legend):
    """Give the colours in the middle of the swatches' column, without white and repetitions."""
    column = [tuple(colour) for colour in legend[:, 25].tolist() if colour != [255, 255, 255]]
    return [colour for colour, before in zip(column, [None, *column], strict=False)
            if colour != before]  # fmt: skip


def test_every_class_has_its_colour_in_order_and_a_word_beside_it():
    legend = draw_legend(CAMVID_11)
    assert colours_from_the_top(legend) == list(CAMVID_11.colours)
    words = (legend[:, 60:] < 100).all(axis=2).any(axis=1)
    assert np.count_nonzero(np.diff(words.astype(int)) == 1) >= 11, "a line of text for each"
    assert (legend[:, -6:] == 255).all(), "no word is cut off"


def test_what_overlays_leave_without_colour_has_no_row():
    assert colours_from_the_top(draw_legend(VOC_21)) == list(VOC_21.colours[1:])


def test_one_colour_needs_no_legend():
    assert [wants_legend(classes) for classes in (ROAD, EGO_LANE, CAMVID_11)] == [
        False,
        False,
        True,
    ]


def test_it_is_written_beside_the_folders_of_results(tmp_path):
    path = write_legend(tmp_path / "out", CAMVID_11)
    assert path == tmp_path / "out" / "overlay-legend.png"
    np.testing.assert_array_equal(np.array(Image.open(path)), draw_legend(CAMVID_11))
