import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.scan import scan_frames
from roadfcn.image_files import read_image


def test_a_scan_counts_what_a_plain_loop_counts(make_kitti):
    dataset = open_dataset(make_kitti({"um": 2, "uu": 1}), "all")
    scans = scan_frames(dataset)
    assert [scan.frame.name for scan in scans] == ["um_000000", "um_000001", "uu_000000"]
    for scan in scans:
        image = read_image(scan.frame.image_path)
        assert scan.size == (24, 80)
        assert scan.rgb_sum.tolist() == image.reshape(-1, 3).astype(int).sum(axis=0).tolist()
        assert scan.class_px.tolist() == [1400, 480]
        assert scan.void_px == 40
        assert scan.problems == ()


def test_progress_is_told_after_each_frame(make_kitti):
    told = []
    scan_frames(open_dataset(make_kitti({"um": 3}), "all"), lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_problems_are_recorded_and_the_other_frames_still_scanned(make_kitti):
    root = make_kitti({"um": 2})
    part = root / "training"
    (part / "image_2" / "um_000000.png").write_bytes(b"no picture")
    calibration = part / "calib" / "um_000000.txt"
    lines = [line for line in calibration.read_text().splitlines() if line[:2] != "P2"]
    calibration.write_text("\n".join(lines))
    broken, sound = scan_frames(open_dataset(root, "all"))
    assert len(broken.problems) == 2
    assert "cannot be read as a picture" in broken.problems[0].found
    assert "lacks P2" in broken.problems[1].found
    assert (broken.size, broken.digest) == (None, None)
    assert broken.class_px.tolist() == [1400, 480]
    assert sound.problems == ()


def test_the_digest_is_of_pixels_not_of_files(make_camvid):
    from PIL import Image

    root = make_camvid({"train": 2})
    first, second = root / "train" / "train_000.png", root / "train" / "train_001.png"
    with Image.open(first) as picture:
        picture.save(second, compress_level=0)
    assert first.read_bytes() != second.read_bytes()
    one, other = scan_frames(open_dataset(root))
    assert one.digest == other.digest


@pytest.mark.parametrize("shape", [(24, 80), (80, 24)])
def test_the_digest_tells_sizes_apart(make_camvid, shape):
    from PIL import Image

    root = make_camvid({"train": 2})
    for name, size in (("train_000", shape), ("train_001", (40, 48))):
        Image.fromarray(np.zeros((*size, 3), np.uint8)).save(root / "train" / f"{name}.png")
    one, other = scan_frames(open_dataset(root))
    assert one.digest != other.digest
