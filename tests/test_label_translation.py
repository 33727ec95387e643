"""Translation of label sets: folding, summing, and void kept apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadfcn.errors import LabelSetError
from roadfcn.label_sets import CAMVID_11, CITYSCAPES_19, ROAD, VOC_21, VOID, LabelSet
from roadfcn.label_translation import common_label_set, translate


def test_camvid_folds_to_road_and_void_stays_void():
    mask = np.array([[3, 4, VOID], [0, 10, 3]], np.uint8)
    folded = translate(CAMVID_11, ROAD).fold_mask(mask)
    assert folded.tolist() == [[1, 0, VOID], [0, 0, 1]]
    assert folded.dtype == np.uint8


def test_probabilities_are_summed_before_deciding():
    """0.4 road against 0.3 building and 0.3 tree: the best single class is road, the sum is not."""
    probabilities = np.zeros((11, 1, 1), np.float32)
    for name, share in (("road", 0.4), ("building", 0.3), ("tree", 0.3)):
        probabilities[CAMVID_11.index(name)] = share
    summed = translate(CAMVID_11, ROAD).sum_probabilities(probabilities)
    assert summed.shape == (2, 1, 1)
    assert summed.dtype == np.float32
    np.testing.assert_allclose(summed[:, 0, 0], [0.6, 0.4], atol=1e-7)


@given(st.integers(0, 2**32 - 1))
def test_summed_probabilities_keep_their_total(seed):
    scores = np.random.default_rng(seed).random((19, 2, 3), np.float32)
    probabilities = scores / scores.sum(0)
    summed = translate(CITYSCAPES_19, ROAD).sum_probabilities(probabilities)
    np.testing.assert_allclose(summed.sum(0), 1, atol=1e-5)
    np.testing.assert_array_equal(summed[1], probabilities[CITYSCAPES_19.index("road")])


def test_a_set_translates_to_itself_unchanged():
    assert translate(CAMVID_11, CAMVID_11).table == tuple(range(11))


@pytest.mark.parametrize(
    ("fine", "coarse", "words"),
    [
        (ROAD, CAMVID_11, "'road' lacks sky, building"),
        (VOC_21, ROAD, "'voc-21' lacks road"),
        (CAMVID_11, CITYSCAPES_19, "'camvid-11' lacks sidewalk"),
        (
            CAMVID_11,
            LabelSet("two", ("road", "sky"), ((0, 0, 0), (1, 1, 1))),
            "'two' has no place for building",
        ),
    ],
)
def test_impossible_translations_say_what_is_in_the_way(fine, coarse, words):
    with pytest.raises(LabelSetError, match=words):
        translate(fine, coarse)


def test_common_set_is_the_coarser_one_in_either_order():
    assert common_label_set(CAMVID_11, ROAD) is ROAD
    assert common_label_set(ROAD, CAMVID_11) is ROAD
    assert common_label_set(CAMVID_11, CAMVID_11) is CAMVID_11
    with pytest.raises(LabelSetError, match="have no common classes to score on"):
        common_label_set(CAMVID_11, CITYSCAPES_19)
