import itertools

from roadfcn.evaluation.drives import drawn_by, too_few


def test_frames_of_own_data_are_drawn_by_drive():
    drawn = drawn_by("folders", ["monday_01", "monday_02", "rain/7"])
    assert drawn.groups == ("monday", "monday", "rain")
    assert (drawn.unit, drawn.count, drawn.single_drive) == ("drives", 2, False)
    assert drawn.of([2, 0]) == ("rain", "monday")


def test_camvid_and_cityscapes_name_their_drives():
    assert drawn_by("camvid", ["0016E5_07959", "Seq05VD_f00000"]).groups == ("0016E5", "Seq05VD_f")
    names = ["bonn/bonn_000001_000019", "ulm/ulm_000003_000019"]
    assert drawn_by("cityscapes", names).groups == ("bonn", "ulm")


def test_of_one_drive_stretches_of_ten_frames_or_a_few_more_are_drawn():
    names = [f"0016E5_{n:05d}" for n in range(7959, 7959 + 2 * 34, 2)]
    drawn = drawn_by("camvid", names)
    assert (drawn.unit, drawn.count, drawn.single_drive) == ("stretches of a drive", 3, True)
    lengths = [len(list(frames)) for _, frames in itertools.groupby(drawn.groups)]
    assert lengths == [12, 11, 11]
    assert drawn.of([0, 33, 1]) == (drawn.groups[0], drawn.groups[33], drawn.groups[0])
    assert drawn.groups[0] != drawn.groups[33]


def test_a_stretch_follows_the_frames_numbers_whatever_the_order_of_the_list():
    names = [f"day/{n}" for n in range(20)]
    by_name = dict(zip(sorted(names), drawn_by("folders", sorted(names)).groups, strict=True))
    groups = [by_name[name] for name in names]  # 9 and 10 are neighbours, not 1 and 10
    assert len(set(groups[:10])) == len(set(groups[10:])) == 1
    assert groups[9] != groups[10]


def test_too_few_frames_of_one_drive_are_a_single_stretch():
    drawn = drawn_by("camvid", ["0016E5_07959", "0016E5_07961"])
    assert (len(set(drawn.groups)), drawn.count, drawn.single_drive) == (1, 1, True)
    one = drawn_by("camvid", ["0016E5_07959"])
    assert (one.groups, one.unit, one.count, one.single_drive) == (None, "pictures", 1, False)


def test_kittis_categories_are_no_drives():
    for layout in ("kitti-road", "voc", ""):
        drawn = drawn_by(layout, ["um_000001", "um_000002", "uu_000001"])
        assert (drawn.unit, drawn.count, drawn.single_drive) == ("pictures", 3, False)


def test_it_is_said_if_there_are_too_few_to_draw_from():
    assert too_few("stretches of a drive", 2) == (
        "2 stretches of a drive are too few to say how far other stretches of a drive would change "
        "a score: that takes 6."
    )
    assert too_few("drives", 5).startswith("5 drives are too few")
    assert too_few("stretches of a drive", 1).startswith("1 stretch of a drive is too few")
    assert too_few("pictures", 1).startswith("1 picture is too few")
    assert too_few("pictures", 6) == too_few("drives", 100) == ""
