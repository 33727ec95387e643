from roadfcn.evaluation.data_names import data_name, shown_names, split_name


def test_pictures_are_called_by_their_layout_unless_they_are_others():
    assert data_name("camvid", "") == "camvid"
    assert data_name("", "") == ""
    scenes = data_name("kitti-road", "generated scenes")
    assert scenes == "generated scenes (KITTI Road's layout)"


def test_kittis_name_for_all_road_pictures_is_kittis_alone():
    assert shown_names("kitti-road", "") == {}
    others = {"urban_road": "all pictures"}
    assert shown_names("kitti-road", "generated scenes") == shown_names("folders", "") == others


def test_a_split_is_named_with_its_pictures():
    assert split_name("camvid", "", "val") == "camvid val"
    of_scenes = split_name("kitti-road", "generated scenes", "test")
    assert of_scenes == "generated scenes (KITTI Road's layout), test"
    assert split_name("", "", "val") == "val"
    assert split_name("", "", "") == ""
