import pickle
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.backends.opening import open_backend
from roadfcn.errors import ExportError, ModelFileError
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.export.parity import ParityError, insist, measure_all, measure_parity
from roadfcn.export.pictures import Picture, PictureSet, scene_pictures
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD, LabelSet
from roadfcn.model_card import ModelCard

LOOSE = Bounds(None, 0, 1, 1)
STRICT = BOUNDS["f32"]


class ByBrightness:
    """Takes what is brighter than a threshold for road; keeps what it was asked."""

    def __init__(self, threshold=0.5, slope=1.0, broken=False):
        self.card = ModelCard({}, ROAD, InputFormat(mean=(0, 0, 0), std=(1, 1, 1)))
        self.threshold, self.slope, self.broken = threshold, slope, broken
        self.shapes = []

    def logits(self, batch):
        self.shapes.append(batch.shape)
        road = self.slope * (batch[:, 0] - self.threshold)
        logits = np.stack([np.zeros_like(road), road], axis=1).astype(np.float32)
        if self.broken:
            logits[0, 1, 0, 0] = np.nan
        return logits


def steps(truth=True):
    """Give a picture of eight blocks, from 15 to 240 bright, with road from block 4 on."""
    image = np.repeat(np.arange(15, 256, 32, np.uint8), 16)[None, :, None].repeat(64, 0)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[:, 64:] = 1
    mask[:16] = 255
    return Picture(image.repeat(3, 2), mask if truth else None)


def a_set(*pictures):
    return PictureSet("steps", pictures)


def test_figures_are_those_of_hand_arithmetic():
    # 128 columns less one. Bright from 143 on, block 4, is road for the first. The second wants
    # more than 0.7 * 255 = 178.5: block 4 and 5 (175) are lost to it, 2 of 8 blocks.
    first, second = ByBrightness(0.5), ByBrightness(0.7)
    parity = measure_parity(first, second, a_set(steps()))
    assert (parity.measured, parity.pictures, parity.count) == ("IoU of road", "steps", 1)
    whole = parity.sizes[0]
    assert (whole.height, whole.width, whole.pixels) == (63, 127, 63 * 127)
    assert whole.largest_logit == pytest.approx(0.5 - 15 / 255)
    assert whole.largest_logit_difference == pytest.approx(0.2, abs=1e-6)
    # Shrinking by a pixel blurs the edges of blocks: about a column is another's.
    assert whole.equal_labels == pytest.approx(6 / 8, abs=2 / 127)
    assert whole.iou_lost == pytest.approx(2 / 4, abs=2 / 63)
    assert whole.reference_iou == pytest.approx(1, abs=2 / 63)
    assert whole.candidate_iou == pytest.approx(2 / 4, abs=2 / 63)
    assert whole.truth_iou_lost == whole.reference_iou - whole.candidate_iou


def test_a_refusal_keeps_its_figures_on_its_way_through_another_process():
    first, second = ByBrightness(0.5), ByBrightness(0.7)
    with pytest.raises(ParityError, match="scores differ by up to") as caught:
        insist(measure_parity(first, second, a_set(steps())), STRICT)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.parity == measure_parity(first, second, a_set(steps()))
    # Scores, labels and the IoU, each at three sizes.
    assert len(copy.failures) == 9


def test_scores_that_are_not_finite_have_no_number_in_json():
    parity = measure_parity(ByBrightness(), ByBrightness(broken=True), a_set(steps()))
    assert parity.to_dict()["sizes"][0]["largest_logit_difference"] is None


def test_three_sizes_are_compared_and_none_is_a_multiple_of_32():
    first, second = ByBrightness(), ByBrightness()
    measure_parity(first, second, a_set(steps(), steps()))
    assert first.shapes == second.shapes
    sizes = [shape[2:] for shape in first.shapes]
    assert sizes == [(63, 127)] * 2 + [(48, 95)] * 2 + [(31, 63)] * 2
    assert all(side % 32 for size in sizes for side in size)


def test_sizes_follow_what_the_model_wants_to_see():
    first, second = ByBrightness(), ByBrightness()
    first.card = replace(first.card, input_format=InputFormat(size=(96, 200)))
    measure_parity(first, second, a_set(steps()))
    assert [shape[2:] for shape in first.shapes] == [(95, 200), (72, 150), (48, 100)]


def test_equal_engines_pass_the_strictest_bounds_and_progress_is_told():
    told = []
    parity = measure_parity(
        *(ByBrightness(), ByBrightness(), a_set(steps(), steps(truth=False))),
        progress=lambda done, total: told.append((done, total)),
    )
    insist(parity, STRICT)
    assert told == [(done, 6) for done in range(1, 7)]
    for size in parity.sizes:
        assert (size.equal_labels, size.iou_lost, size.truth_iou_lost) == (1, 0, 0)
        assert size.largest_logit_difference == 0
    assert parity.failures(STRICT) == []


def test_what_is_out_of_bounds_is_named_with_its_size():
    with pytest.raises(ExportError) as refused:
        insist(measure_parity(ByBrightness(0.5), ByBrightness(0.7), a_set(steps())), STRICT)
    found = refused.value.found
    assert "does not answer as the one it came from" in found
    assert "at 63 x 127 pixels scores differ by up to 0.2 (allowed: 0.000441)" in found
    assert "at 31 x 63 pixels scores differ by" in found
    assert "% of the labels are equal (allowed: from 99.990 %)" in found
    assert "the IoU of road against truth loses" in found
    assert "the first model's labels" not in found  # where there is truth, it decides
    assert "on 1 picture (steps)" in refused.value.allowed
    assert "f32 before f16" in refused.value.do


@pytest.mark.parametrize(
    ("bounds", "words", "truth"),
    [
        (replace(LOOSE, logit_difference=0.1), "scores differ", True),
        (replace(LOOSE, equal_labels=0.9), "of the labels are equal", True),
        (replace(LOOSE, iou_lost=0.3), "against the first model's labels loses", False),
        (replace(LOOSE, truth_iou_lost=0.3), "against truth loses", True),
    ],
    ids=["scores", "labels", "IoU", "IoU against truth"],
)
def test_each_bound_alone_stops_an_export(bounds, words, truth):
    parity = measure_parity(ByBrightness(0.5), ByBrightness(0.7), a_set(steps(truth)))
    assert parity.failures(LOOSE) == []
    failures = parity.failures(bounds)
    assert len(failures) == 3  # one for each size
    assert all(words in failure for failure in failures)


def test_scores_may_grow_without_another_label_where_only_labels_count():
    parity = measure_parity(ByBrightness(), ByBrightness(slope=1.5), a_set(steps()))
    assert parity.failures(BOUNDS["int8"]) == []
    assert len(parity.failures(BOUNDS["bf16"])) == 3


def test_scores_that_are_no_numbers_never_pass():
    with pytest.raises(ExportError, match="at 63 x 127 pixels scores are not finite"):
        insist(measure_parity(ByBrightness(), ByBrightness(broken=True), a_set(steps())), LOOSE)
    with pytest.raises(ModelFileError, match="scores that are not finite"):
        measure_parity(ByBrightness(broken=True), ByBrightness(), a_set(steps()))


def test_without_truth_there_is_no_score_against_it():
    parity = measure_parity(ByBrightness(), ByBrightness(), a_set(steps(truth=False)))
    assert {size.reference_iou for size in parity.sizes} == {None}
    assert parity.to_dict()["sizes"][0]["truth_iou_lost"] is None
    assert parity.failures(STRICT) == []


@pytest.mark.parametrize(
    ("name", "turned", "failure"),
    [
        # 25 of 25,000 labels are one in a thousand.
        ("bf16", 25, None),
        ("bf16", 26, "99.896 % of the labels are equal (allowed: from 99.900 %)"),
        # 62 of 12,500 pixels of road are 0.496 points of IoU.
        ("int8", 62, None),
        ("int8", 63, "IoU of road against truth loses 0.50 points (allowed: 0.5)"),
    ],
)
def test_so_many_labels_may_turn_over_and_not_one_more(name, turned, failure):
    grey = np.zeros((100, 250), np.uint8)
    grey[:, 125:] = 255
    truth = (grey == 255).astype(np.uint8)
    grey[np.unravel_index(np.flatnonzero(grey)[:turned], grey.shape)] = 128
    picture = Picture(grey[..., None].repeat(3, 2), truth)
    # 128 of 255 is 0.502: road for the first only.
    parity = measure_parity(ByBrightness(0.5), ByBrightness(0.503), a_set(picture))
    found = [one for one in parity.failures(BOUNDS[name]) if one.startswith("at 100 x 250")]
    assert found == [] if failure is None else [failure] == [one[-len(failure) :] for one in found]


def test_several_engines_are_compared_with_one_that_runs_once():
    reference = ByBrightness()
    others = [ByBrightness(0.6), ByBrightness(0.7)]
    both = measure_all(reference, others, a_set(steps()))
    assert both == [measure_parity(ByBrightness(), one, a_set(steps())) for one in others]
    assert both[0] != both[1]
    assert len(reference.shapes) == 3  # the sizes


THREE = LabelSet("three", ("rest", "road", "post"), ((0, 0, 0), (1, 0, 0), (2, 0, 0)))


class ByGrey:
    """Takes a pixel's grey level for its class; `lost` turns a class into rest."""

    def __init__(self, lost=None):
        self.card = ModelCard({}, THREE, InputFormat(mean=(0, 0, 0), std=(1, 1, 1)))
        self.lost = lost

    def logits(self, batch):
        labels = np.rint(batch[:, 0] * 255)
        labels[labels == self.lost] = 0
        return np.stack([labels == one for one in range(3)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("with_truth", "against"), [(True, "truth"), (False, "the first model's labels")]
)
def test_a_class_that_is_lost_shows_in_the_mean_alone(with_truth, against):
    # Posts are 1 pixel in 300: no bound of road or of equal labels looks there.
    image = np.zeros((199, 150), np.uint8)
    image[:, :80] = 1
    image[:2, 100:] = 2
    truth = image.copy()
    picture = Picture(
        image[..., None].repeat(3, 2), *((truth == 1).astype(np.uint8), truth) if with_truth else ()
    )
    parity = measure_parity(ByGrey(), ByGrey(lost=2), a_set(picture))
    size = parity.sizes[0]
    rest = 199 * 70 - 100
    # Rest has the posts too many; posts are gone; road is as before.
    mean = (rest / (rest + 100) + 1 + 0) / 3
    assert size.iou_lost == 0
    assert size.mean.lost == pytest.approx(1 - mean)
    assert (size.mean.reference, size.mean.candidate) == (
        (1, pytest.approx(mean)) if with_truth else (None, None)
    )
    failures = [one for one in parity.failures(BOUNDS["int8"]) if one.startswith("at 199")]
    assert len(failures) == 1
    assert f"the mean IoU over the classes against {against}" in failures[0]
    assert parity.to_dict()["sizes"][0]["mean"]["lost"] == size.mean.lost
    assert measure_parity(ByGrey(), ByGrey(), a_set(picture)).failures(STRICT) == []


def test_a_model_that_no_longer_knows_poles_does_not_pass_in_eight_bits():
    reference = open_backend("slim-camvid11", device="cpu", precision="float32")

    class WithoutPoles:
        card = reference.card

        def logits(self, batch):
            logits = reference.logits(batch).copy()
            logits[:, CAMVID_11.index("pole")] = -50
            return logits

    scenes = scene_pictures(CAMVID_11, 2, seed=11, size=(188, 621))
    parity = measure_parity(reference, WithoutPoles(), scenes)
    assert parity.sizes[0].iou_lost < 0.005  # road is as before
    lost = [one for one in parity.failures(BOUNDS["int8"]) if "mean IoU over the classes" in one]
    assert len(lost) == 3  # the sizes


def test_labels_say_nothing_where_the_first_model_finds_no_road():
    dark = Picture(np.zeros((100, 100, 3), np.uint8), np.ones((100, 100), np.uint8))
    parity = measure_parity(ByBrightness(), ByBrightness(0.6), a_set(dark))
    assert parity.sizes[0].equal_labels == 1
    assert parity.blind == parity.to_dict()["blind"]
    assert parity.blind == (
        "the first model finds no road in any of the pictures (steps), so that equal labels and "
        "the IoU say nothing"
    )
    assert measure_parity(ByBrightness(), ByBrightness(), a_set(dark, steps())).blind == ""
