"""The suite: repeatable, harmless to its input, harder with each severity, for any picture."""

import numpy as np
import pytest

from corruptions.sheet import draw_sheet
from corruptions.suite import SEVERITIES, SUITE, corrupt
from roadfcn.label_sets import VOID


@pytest.fixture
def street():
    """Give a picture of sky, houses and road with some texture, and its truth."""
    image = np.full((180, 240, 3), (200, 220, 240), np.uint8)
    mask = np.zeros((180, 240), np.uint8)
    image[40:90, :90] = (120, 90, 70)
    image[40:90, 160:] = (60, 80, 50)
    for row in range(90, 180):
        half = 8 + 2 * (row - 90)
        mask[row, max(0, 120 - half) : 120 + half] = 1
        image[row] = (110, 110, 100)
    image[mask == 1] = (80, 80, 85)
    grain = np.random.default_rng(0).integers(-20, 21, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8), mask


def corrupted(street, name, severity, seed=0, frame="0001TP_000001"):
    return corrupt(name, *street, severity, seed=seed, frame=frame)


def test_the_suite_is_this():
    assert list(SUITE) == [
        "rain",
        "fog",
        "dusk",
        "motion blur",
        "defocus",
        "noise",
        "jpeg",
        "overexposure",
        "underexposure",
        "pitch",
    ]
    assert SEVERITIES == (1, 2, 3)


@pytest.mark.parametrize("name", SUITE)
def test_the_same_frame_and_seed_give_the_same_bytes(street, name):
    before = street[0].copy(), street[1].copy()
    first, again = (corrupted(street, name, 2) for _ in range(2))
    assert [part.tobytes() for part in first] == [part.tobytes() for part in again]
    assert first[0].shape == street[0].shape
    assert first[0].dtype == first[1].dtype == np.uint8
    np.testing.assert_array_equal(street[0], before[0])
    np.testing.assert_array_equal(street[1], before[1])


@pytest.mark.parametrize("name", ["rain", "dusk", "noise"])
def test_other_frames_and_seeds_have_other_chances(street, name):
    pictures = [
        corrupted(street, name, 2)[0],
        corrupted(street, name, 2, seed=1)[0],
        corrupted(street, name, 2, frame="0001TP_000002")[0],
    ]
    assert len({picture.tobytes() for picture in pictures}) == 3


@pytest.mark.parametrize("name", SUITE)
def test_each_severity_changes_the_picture_more(street, name):
    changes = [
        np.abs(corrupted(street, name, severity)[0].astype(int) - street[0]).mean()
        for severity in SEVERITIES
    ]
    assert 0.5 < changes[0] < changes[1] < changes[2]


@pytest.mark.parametrize("name", SUITE)
def test_only_pitch_touches_the_truth(street, name):
    truth = corrupted(street, name, 3)[1]
    if name == "pitch":
        assert (truth == VOID).any()
        assert set(np.unique(truth)) == {0, 1, VOID}
    else:
        np.testing.assert_array_equal(truth, street[1])


@pytest.mark.parametrize("name", SUITE)
@pytest.mark.parametrize("size", [(1, 1), (2, 9), (40, 3)])
def test_a_picture_of_any_size_can_be_corrupted(name, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    seen, truth = corrupt(name, image, np.zeros(size, np.uint8), 3, seed=0, frame="tiny")
    assert seen.shape == (*size, 3)
    assert truth.shape == size


def test_a_black_picture_stays_one_in_fog_and_rain():
    black = np.zeros((40, 60, 3), np.uint8)
    for name in ("fog", "rain"):
        assert corrupt(name, black, black[..., 0], 3, seed=0, frame="night")[0].max() == 0


def test_a_sheet_shows_the_frame_and_thirty_pictures(street):
    page = draw_sheet(street[0], seed=0, frame="0001TP_000001")
    assert page.shape == (6 * (240 + 28), 2 * 3 * 326, 3)
    assert page.dtype == np.uint8
