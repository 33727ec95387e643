from roadfcn.evaluation.drives import drawn_by


def test_frames_of_own_data_are_drawn_by_drive():
    drawn = drawn_by("folders", ["monday_01", "monday_02", "rain/7"])
    assert drawn.groups == ("monday", "monday", "rain")
    assert (drawn.unit, drawn.count, drawn.single_drive) == ("drives", 2, False)
    assert drawn.of([2, 0]) == ("rain", "monday")


def test_camvid_and_cityscapes_name_their_drives():
    assert drawn_by("camvid", ["0016E5_07959", "Seq05VD_f00000"]).groups == ("0016E5", "Seq05VD_f")
    names = ["bonn/bonn_000001_000019", "ulm/ulm_000003_000019"]
    assert drawn_by("cityscapes", names).groups == ("bonn", "ulm")


def test_pictures_of_one_drive_are_drawn_one_by_one_and_told():
    drawn = drawn_by("camvid", ["0016E5_07959", "0016E5_07961"])
    assert drawn.groups is None
    assert (drawn.unit, drawn.count, drawn.single_drive) == ("pictures", 2, True)
    assert drawn.of([0]) is None


def test_kittis_categories_are_no_drives():
    for layout in ("kitti-road", "voc", ""):
        drawn = drawn_by(layout, ["um_000001", "um_000002", "uu_000001"])
        assert (drawn.unit, drawn.count, drawn.single_drive) == ("pictures", 3, False)
