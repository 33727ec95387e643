import itertools

import numpy as np
import pytest
import torch

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.models.reach import reach
from roadfcn.prediction.network.tiling import (
    AUTO_TILE,
    Tiling,
    covering_overlap,
    read_tiling,
    spans,
    tiled_rows,
)

LENGTHS = (1, 63, 64, 65, 100, 128, 129, 200, 1000)
LAYOUTS = list(itertools.product(LENGTHS, ((64, 32), (128, 32), (128, 64))))


@pytest.mark.parametrize(("length", "layout"), LAYOUTS)
def test_the_weights_of_all_windows_sum_to_one_at_every_pixel(length, layout):
    total = np.zeros(length)
    for span in spans(length, *layout):
        assert span.start <= span.first < span.last <= span.stop
        total[span.first : span.last] += span.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize(("length", "layout"), LAYOUTS)
def test_windows_begin_on_the_grid_and_share_at_least_the_overlap(length, layout):
    tile, overlap = layout
    laid = spans(length, tile, overlap)
    assert (laid[0].start, laid[-1].stop) == (0, length)
    assert all(span.start % 32 == 0 and span.stop - span.start <= tile for span in laid)
    # At the end of the axis one may be shorter: it, too, begins on the grid.
    assert all(span.stop - span.start > min(tile, length) - 32 for span in laid)
    for span, following in itertools.pairwise(laid):
        assert span.stop - following.start >= overlap


def test_scores_near_a_windows_edge_are_not_used():
    first, second = spans(200, 128, 64)[:2]
    # They share 64 px, 64 to 128; the middle 32 are the transition.
    assert (first.first, first.last, second.first) == (0, 112, 80)
    assert first.weights[79] == 1
    assert second.weights[32] == 1
    assert first.weights[80] == pytest.approx(0.5 + 0.5 * np.cos(np.pi / 64))


def test_a_pictures_own_values_come_back_from_its_windows():
    picture = np.random.default_rng(0).normal(size=(3, 200, 170)).astype(np.float32)
    seen = []

    def score(rows, columns):
        seen.append((rows.stop - rows.start, columns.stop - columns.start))
        return picture[:, rows, columns]

    bands = list(tiled_rows(score, (200, 170), (96, 128), 32))
    np.testing.assert_allclose(np.concatenate(bands, axis=1), picture, atol=1e-6)
    assert max(seen) == (96, 128)
    assert max(band.shape[1] for band in bands) < 96


@pytest.mark.parametrize(
    "changes",
    [
        {"head": "32s", "fc_kernel": 1},
        {"head": "8s", "fc_kernel": 3},
        {"head": "4s", "fc_kernel": 3, "decoder_channels": 4},
        {"head": "8s", "fc_kernel": 3, "fc_dilation": 2},
        {"head": "8s", "fc_kernel": 5, "alignment": "pad-100"},
    ],
    ids=["32s", "8s", "4s", "spread fc6", "pad-100"],
)
def test_windows_that_overlap_by_what_the_network_sees_give_the_scores_of_the_whole(changes):
    torch.manual_seed(0)
    architecture = FCNArchitecture(
        2, **{"width": 1 / 32, "fc_channels": 4, "score_start": "normal", **changes}
    )
    network = build_fcn(architecture).eval()
    height, width = 700, 997
    picture = torch.randn(3, height, width)

    def score(rows, columns):
        return network(picture[None, :, rows, columns])[0].numpy()

    overlap = covering_overlap(reach(architecture))
    tile = 2 * overlap - 64 if overlap > 352 else 640
    with torch.inference_mode():
        whole = score(slice(None), slice(None))
        tiled = np.concatenate(
            list(tiled_rows(score, (height, width), (tile, tile), overlap)), axis=1
        )
        fewer = np.concatenate(list(tiled_rows(score, (height, width), (256, 256), 32)), axis=1)
    spread = whole.std()
    assert np.abs(tiled - whole).max() < 1e-4 * spread
    # Less overlap than that does show: the agreement is no matter of course.
    assert np.abs(fewer - whole).max() > 1e-2 * spread


def test_windows_are_taken_above_a_number_of_pixels_or_where_they_are_asked_for():
    assert Tiling().tile_for(2048, 2048, 245) is None
    assert Tiling().tile_for(2048, 2049, 245) == (1088, 2048)
    assert Tiling().tile_for(3, 2**21, 245) == (1088, 2048)
    assert Tiling(tile=None).tile_for(20_000, 20_000, 245) is None
    assert Tiling(tile=512).tile_for(512, 512, 245) is None
    assert Tiling(tile=512).tile_for(100, 513, 245) == (512, 512)


@pytest.mark.parametrize("reach", [0, 211, 245, 246, 275, 435, 600])
def test_windows_that_are_chosen_leave_room_for_what_the_network_needs(reach):
    tile = Tiling().tile_for(5000, 5000, reach)
    assert Tiling().overlap_for(tile, reach) == covering_overlap(reach)
    assert Tiling().thin_overlap(tile, reach) is None


def test_the_overlap_covers_what_the_network_sees_up_to_half_a_window():
    # 2 * 211 + 32 = 454, and the next multiple of 32.
    assert Tiling().overlap_for(AUTO_TILE, 211) == 480
    assert Tiling().overlap_for(AUTO_TILE, 245) == 544
    assert Tiling(512).overlap_for((512, 512), 211) == 256
    assert Tiling(512, 64).overlap_for((512, 512), 211) == 64


@pytest.mark.parametrize(
    ("tiling", "reach", "overlap"),
    [
        (Tiling(512), 211, "overlap by 256 px, and only from 480 px on"),
        (Tiling(1024, 448), 211, "overlap by 448 px, and only from 480 px on"),
        (Tiling(928), 211, "overlap by 448 px, and only from 480 px on"),
        (Tiling(960), 211, None),
        (Tiling(1024, 480), 211, None),
        (Tiling(), 245, None),
        (Tiling(), 300, None),
        (Tiling(1088), 300, "windows of 1088 x 1088 px overlap by 544 px, and only from 640 px on"),
    ],
)
def test_an_overlap_that_does_not_cover_what_the_network_sees_is_told(tiling, reach, overlap):
    told = tiling.thin_overlap(tiling.tile_for(3000, 3000, reach), reach)
    assert (told is None) == (overlap is None)
    assert overlap is None or overlap in told


def test_options_are_read_from_words():
    assert read_tiling("auto", "auto") == Tiling()
    assert read_tiling("none", "auto") == Tiling(tile=None)
    assert read_tiling("1024", "256") == Tiling(1024, 256)


@pytest.mark.parametrize(
    ("tile", "overlap", "words"),
    [
        ("1000", "auto", "windows of 1000 px"),
        ("32", "auto", "windows of 32 px"),
        ("32768", "auto", "windows of 32768 px"),
        ("512", "288", "an overlap of 288 px for windows of 512 px"),
        ("512", "100", "an overlap of 100 px for windows of 512 px"),
        ("auto", "0", "an overlap of 0 px for windows of auto px"),
        ("large", "auto", "windows of 'large' px that overlap by 'auto'"),
        ("-64", "auto", "windows of '-64' px that overlap by 'auto'"),
        ("512", "none", "windows of '512' px that overlap by 'none'"),
        ("9" * 5000, "auto", "windows of '999"),
        ("512", "9" * 5000, "windows of '512' px that overlap by '999"),
        ("²56", "auto", "windows of '²56' px"),
    ],
)
def test_tilings_that_make_no_sense_are_refused_with_those_that_do(tile, overlap, words):
    with pytest.raises(ConfigError, match=f"a picture cannot be cut into {words}") as told:
        read_tiling(tile, overlap)
    assert "windows of 64 to 16384 px, auto or none" in told.value.allowed
    assert "--tile 1024 --tile-overlap 256" in told.value.do
