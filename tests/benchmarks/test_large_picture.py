import re

import numpy as np
from PIL import Image

import large_picture


def test_every_step_is_told_with_its_memory_and_time(capsys):
    large_picture.main(["--side", "70", "--windows", "1"])
    *steps, last = capsys.readouterr().out.splitlines()
    assert [step[:12].strip() for step in steps] == ["model loaded", "read", "labelled", "written"]
    assert all(re.search(r"\d\.\d\d GB +\d+\.\d s$", step) for step in steps)
    assert last == "70 x 70 pixels, slim-camvid11, 1 windows"


def test_without_its_limit_a_model_sees_a_large_picture_in_windows(capsys):
    large_picture.main(["--side", "2112", "--windows", "1", "--no-limit"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("slim-camvid11, 6 windows")
    large_picture.main(["--side", "2112", "--windows", "1"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("slim-camvid11, 1 windows")


def test_the_picture_is_one_that_others_read(tmp_path):
    large_picture.write_picture(tmp_path / "x.png", 120)
    with Image.open(tmp_path / "x.png") as picture:
        assert (picture.size, picture.mode) == ((120, 120), "RGB")
        columns = np.asarray(picture)
    assert (columns[0] == columns[2]).all()
    assert (columns[0] != columns[119]).any()
