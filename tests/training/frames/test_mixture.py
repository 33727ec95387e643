import json

import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD, VOID
from roadfcn.model_card import read_card
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.batches.data import RoadData
from roadfcn.training.frames.frames import FILLER, TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.runs.run import train


@pytest.fixture
def wide_tree(tmp_path):
    """Five frames of another size and colour than those of `kitti_tree`, all road."""
    training = tmp_path / "wide" / "training"
    for index in range(5):
        image = np.full((24, 80, 3), 200 + index, np.uint8)
        write_image(training / "image_2" / f"uu_{index:06d}.png", image)
        truth = np.full((24, 80, 3), (255, 0, 255), np.uint8)
        write_image(training / "gt_image_2" / f"uu_road_{index:06d}.png", truth)
    return tmp_path / "wide"


@pytest.fixture
def mixture(kitti_tree, wide_tree):
    """Nine frames and, for a quarter of an epoch, some of five others."""
    sets = [
        TrainingFrames(open_dataset(tree, "all"), ROAD, InputFormat())
        for tree in (kitti_tree, wide_tree)
    ]
    return Mixture(sets[0], [(sets[1], 0.25)])


def test_shares_are_of_the_frames_of_an_epoch(mixture):
    main, other = mixture.parts
    assert mixture.wanted == (3,)  # of 9 / (1 - 0.25) = 12
    assert len(mixture.order(0)) == 12
    assert Mixture(main, [(other, 0.5), (other, 0.2)]).wanted == (15, 6)  # of 9 / 0.3 = 30
    assert Mixture(main, [(other, 0.001)]).wanted == (1,)  # of no frame nothing would be learned
    assert len(Mixture(main).order(0)) == 9


def test_frames_are_numbered_through_and_keep_their_pixels(mixture):
    main, other = mixture.parts
    assert len(mixture) == 14
    for index, (part, frame) in {0: (main, 0), 8: (main, 8), 9: (other, 0), 13: (other, 4)}.items():
        number, image, mask = mixture[index]
        assert number == index
        assert np.array_equal(image, part[frame][1])
        assert np.array_equal(mask, part[frame][2])


def test_a_frame_that_comes_again_keeps_the_number_it_was_asked_by(mixture):
    number, image, _ = mixture[10 + 2 * 14]
    assert number == 38
    assert np.array_equal(image, mixture[10][1])
    assert mixture[FILLER][0] == FILLER
    assert (mixture[FILLER][2] == VOID).all()


def test_names_and_sizes_are_those_of_all_sets(mixture, wide_tree):
    assert mixture.names[8] == "uu_000002"
    assert mixture.names[9] == f"uu_000000 of {wide_tree}"
    assert mixture.sizes() == {(32, 64), (24, 80)}
    assert np.array_equal(mixture.frequencies, [1] * 9 + [3 / 5] * 5)


def test_all_sets_have_to_be_in_memory(mixture):
    mixture.main.cache()
    assert not mixture.is_cached
    mixture.parts[1].cache()
    assert mixture.is_cached


def test_batches_of_both_sizes_are_padded_with_void(mixture):
    data = RoadData(mixture, mixture.main, batch_size=12, workers=0)
    (batch,) = list(data.train_dataloader())
    assert batch.masks.shape == (12, 32, 80)
    assert sorted(batch.sizes.tolist()) == [[24, 80]] * 3 + [[32, 64]] * 9
    for mask, (height, width) in zip(batch.masks, batch.sizes.tolist(), strict=True):
        assert (mask[height:] == VOID).all()
        assert (mask[:, width:] == VOID).all()


def test_a_run_notes_down_every_set_and_validates_on_the_main_one(tiny_config, wide_tree):
    config = tiny_config(
        f"data.also=[{{path: {wide_tree}, split: all, share: 0.4}}]", "trainer.epochs=1"
    )
    run = train(config).run
    (noted,) = read_card(run).provenance["also"]
    dataset = open_dataset(wide_tree, "all")
    assert (noted["data"], noted["split"]) == ("kitti-road", "all")
    assert noted["split_sha256"] == dataset.split_hash
    assert (noted["frames"], noted["frames_in_an_epoch"]) == (5, 4)  # of 6 / (1 - 0.4) = 10
    record = json.loads((run / "environment.json").read_text(encoding="utf-8"))["data"]
    assert record["also 0"]["split_sha256"] == dataset.split_hash
    assert record["also 0"]["root"] == str(wide_tree.resolve())
    scores = json.loads((run / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    assert scores["images"] == 3


def test_a_run_whose_small_set_comes_often_learns_from_it(tiny_config, wide_tree):
    """Ten frames for every one of these: each comes several times in an epoch."""
    config = tiny_config(f"data.also=[{{path: {wide_tree}, share: 0.9}}]", "trainer.epochs=1")
    frames, _ = open_frames(config)
    assert frames.wanted == (54,)
    assert train(config).best_epoch == 0
