import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError, DatasetError
from roadfcn.image_files import write_image
from roadfcn.label_sets import CAMVID_11, VOID
from roadfcn.model_card import read_card
from roadfcn.training.assembly.opening_frames import open_evaluation_split, open_frames
from roadfcn.training.runs.run import train as run_training


def test_a_size_given_as_width_times_height_is_refused_with_the_right_one(tiny_config):
    with pytest.raises(ConfigError, match=r"data.size is 64 x 32 .* are 32 x 64\n") as caught:
        open_frames(tiny_config("data.size=[64, 32]"))
    assert caught.value.do == "set data.size=[32, 64]"


@pytest.mark.parametrize("size", ["[32, 64]", "[32, 32]", "[36, 32]", "null"])
def test_sizes_that_lie_as_the_pictures_do_or_are_nearly_square_are_taken(tiny_config, size):
    train, _ = open_frames(tiny_config(f"data.size={size}"))
    assert len(train)


def test_pictures_above_the_most_pixels_are_shrunk_with_their_masks(tiny_config):
    train, val = open_frames(tiny_config("data.size=null", "data.max_pixels=512"))
    for frames in (train, val):  # of 32 x 64: a quarter of the pixels is half of each side
        _, image, mask = frames[0]
        assert image.shape == (16, 32, 3)
        assert mask.shape == (16, 32)
    assert val.sizes() == {(16, 32)}
    assert val.cache_bytes() == len(val) * 16 * 32 * 4


def test_a_size_and_a_most_of_pixels_exclude_each_other(tiny_config):
    with pytest.raises(ConfigError, match=r"data.size and data.max_pixels are both set"):
        tiny_config("data.size=[32, 64]", "data.max_pixels=512")


def test_held_out_drives_validate_and_are_scored_at_the_end(tiny_config, drives):
    config = tiny_config(f"data.path={drives}", "data.held_out_drives=[0006R0]")
    train, val = open_frames(config)
    judged_on = open_evaluation_split(config)
    assert train.names == ["0001TP_006690", "0016E5_00390"]
    held = ["0006R0_f00930", "0006R0_f00960"]
    assert [frame.name for frame in val.dataset.frames] == held
    assert [frame.name for frame in judged_on.frames] == held
    assert judged_on.split == "0006R0 of train"


def test_a_split_to_score_on_stays_as_it_was_asked_for(tiny_config, drives):
    held = "data.held_out_drives=[0016E5]"
    config = tiny_config(f"data.path={drives}", held, "data.evaluate_split=val")
    assert [frame.name for frame in open_evaluation_split(config).frames] == ["0016E5_07959"]


def test_a_run_without_a_drive_says_so_in_its_card(tiny_config, drives):
    config = tiny_config(f"data.path={drives}", "data.held_out_drives=[0001TP]", "trainer.epochs=1")
    result = run_training(config)
    provenance = read_card(result.run).provenance
    assert provenance["split"] == "train without 0001TP"
    whole = open_dataset(drives, "train")
    assert provenance["split_sha256"] != whole.split_hash
    assert result.evaluation.per_image.names == ("0001TP_006690",)
    again = run_training(config, resume=result.run)
    assert again.was_finished


def test_sets_of_other_classes_are_refused_with_both_lists(tiny_config, kitti_tree, drives):
    also = f"data.also=[{{path: {drives}, share: 0.5}}]"
    with pytest.raises(ConfigError) as caught:
        open_frames(tiny_config(also))
    assert f"data.also.0 ({drives}) has the 11 classes sky, building" in caught.value.found
    assert f"data.path ({kitti_tree}) the 2 classes background, road" in caught.value.found
    assert "set data.label_set=road" in caught.value.do


def test_sets_are_folded_to_road_together(tiny_config, drives):
    also = f"data.also=[{{path: {drives}, share: 0.5}}]"
    train, _ = open_frames(tiny_config(also, "data.label_set=road"))
    _, image, mask = train[len(train.main)]
    assert image.shape == (16, 16, 3)
    own = open_dataset(drives, "train")[0].mask
    assert ((mask == 1) == (own == CAMVID_11.index("road"))).all()
    assert set(np.unique(mask)) == {0, 1, VOID}


def test_frames_of_every_set_are_kept_in_memory(tiny_config, kitti_tree):
    also = f"data.also=[{{path: {kitti_tree}, split: val, share: 0.5}}]"
    told = []
    train, val = open_frames(tiny_config(also), lambda done, total: told.append((done, total)))
    assert train.is_cached
    assert val.is_cached
    assert [pair for pair in told if pair[0] == pair[1]] == [(6, 6), (3, 3), (3, 3)]


def test_a_further_set_is_checked_like_the_main_one(tiny_config, kitti_tree, tmp_path):
    with pytest.raises(DatasetError, match="there is no folder"):
        open_frames(tiny_config(f"data.also=[{{path: {tmp_path / 'none'}, share: 0.5}}]"))
    tall = np.zeros((64, 32, 3), np.uint8)
    write_image(tmp_path / "training" / "image_2" / "um_000000.png", tall)
    write_image(tmp_path / "training" / "gt_image_2" / "um_road_000000.png", tall)
    also = f"data.also=[{{path: {tmp_path}, split: all, share: 0.5}}]"
    with pytest.raises(ConfigError, match=f"the pictures of {tmp_path} are 64 x 32"):
        open_frames(tiny_config(also, "data.size=[32, 64]"))
