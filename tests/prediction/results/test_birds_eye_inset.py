import numpy as np
import pytest

from roadfcn.errors import CalibrationError, ConfigError
from roadfcn.kitti.calibration import Calibration
from roadfcn.label_sets import ROAD
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset
from roadfcn.prediction.results.outputs import Outputs

SIZE = (376, 1242)
GREEN, GREY = (0, 200, 0), (90, 90, 90)


@pytest.fixture
def camera():
    """A camera 1.6 m above the road that looks straight ahead, like KITTI's."""
    p2 = np.array([[720.0, 0, 621, 0], [0, 720, 173, 0], [0, 0, 1, 0]])
    to_road = np.eye(3, 4)
    to_road[1, 3] = -1.6
    return Calibration(p2, np.eye(3), to_road)


def map_of(overlay, camera, **where):
    """Draw the map, and give the pixels that are new: the smallest box around them."""
    before = overlay.copy()
    BirdsEyeInset(camera, **where).draw(overlay)
    changed = (overlay != before).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return overlay[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], rows[0], columns[-1]


def test_the_map_is_in_the_upper_right_corner_half_as_wide_as_it_is_tall(camera):
    found, top, right = map_of(np.full((*SIZE, 3), 90, np.uint8), camera)
    height, width = found.shape[:2]
    assert top < 20
    assert SIZE[1] - right < 20
    assert height == pytest.approx(0.62 * SIZE[0], abs=4)
    assert width == pytest.approx(height / 2, abs=4)


@pytest.mark.parametrize("vertical", ["upper", "lower"])
@pytest.mark.parametrize("horizontal", ["left", "right"])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_map_is_where_and_as_large_as_wanted(camera, vertical, horizontal, share):
    where = {"corner": f"{vertical}-{horizontal}", "share": share}
    found, top, right = map_of(np.full((*SIZE, 3), 90, np.uint8), camera, **where)
    height, width = found.shape[:2]
    assert height == pytest.approx(min(share, 0.95) * SIZE[0], abs=4)
    above, below = top, SIZE[0] - top - height
    at_the_left, at_the_right = right - width, SIZE[1] - right
    assert (above if vertical == "upper" else below) == pytest.approx(9, abs=1)
    assert (at_the_left if horizontal == "left" else at_the_right) == pytest.approx(9, abs=2)


@pytest.mark.parametrize("share", [0, 0.05, 1.1, float("nan")])
def test_a_map_of_no_sensible_size_is_refused(camera, share):
    with pytest.raises(ConfigError, match="the map is to have") as caught:
        BirdsEyeInset(camera, share=share)
    assert caught.value.allowed == "0.1 to 1"


def test_what_is_left_of_the_camera_is_left_on_the_map(camera):
    overlay = np.full((*SIZE, 3), GREY, np.uint8)
    overlay[174:, :621] = GREEN
    found, _, _ = map_of(overlay, camera)
    is_green = (found[..., 1] > 150) & (found[..., 0] < 100)
    middle = found.shape[1] // 2
    lower = slice(found.shape[0] // 4, found.shape[0] * 2 // 3)  # without text, dark corners
    assert is_green[lower, 4 : middle - 3].mean() > 0.95
    assert is_green[lower, middle + 3 :].mean() < 0.01


def test_distances_are_where_the_camera_sees_them(camera):
    """The road from 20 m on: row v = 173 + 720 * 1.6 / 20 = 230.6 and above."""
    overlay = np.full((*SIZE, 3), GREY, np.uint8)
    overlay[174:231] = GREEN
    found, _, _ = map_of(overlay, camera)
    column = found[3:-3, found.shape[1] // 3].astype(int)
    is_green = column[:, 1] - column[:, 0] > 60
    border = int(np.flatnonzero(~is_green & (np.arange(len(column)) > len(column) // 3))[0])
    # 46 m is at the top, 6 m at the bottom.
    assert 46 - 40 * border / len(column) == pytest.approx(20, abs=0.7)


def test_what_the_camera_does_not_see_is_dark(camera):
    found, _, _ = map_of(np.full((*SIZE, 3), 200, np.uint8), camera)
    corner = found[-8:-3, 3:6]  # 6 m ahead and 10 m to the left
    assert corner.max() < 60


def test_a_picture_that_is_too_small_for_a_map_is_left_as_it_is(camera):
    scale = np.array([[30 / 376], [30 / 376], [1]])
    small = Calibration(camera.p2 * scale, camera.r0_rect, camera.tr_cam_to_road)
    overlay = np.full((30, 99, 3), 90, np.uint8)
    BirdsEyeInset(small).draw(overlay)
    assert (overlay == 90).all()


def test_a_calibration_of_another_camera_is_refused(camera):
    inset = BirdsEyeInset(camera, "calib/um_000000.txt")
    with pytest.raises(
        CalibrationError, match=r"calib/um_000000\.txt has the camera's optical axis"
    ):
        inset.check((376, 2000))


def test_outlines_are_no_part_of_the_map(camera):
    """A line of one pixel is, from above and far away, a block as large as a car."""
    labels = np.zeros(SIZE, np.uint8)
    labels[220:, 400:900] = 1
    answer, place = LabelMap(labels, None, ROAD), (slice(20, 240), slice(1115, 1205))
    maps = []
    for outlines in (False, True):
        image = np.full((*SIZE, 3), GREY, np.uint8)
        Outputs(inset=BirdsEyeInset(camera), outlines=outlines).draw(image, answer)
        maps.append(image[place].copy())
        lines = (image[230:, 400] == 255).all()
        assert lines == outlines
    assert np.array_equal(*maps)
