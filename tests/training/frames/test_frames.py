import numpy as np
import pytest
import torch

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, LabelSetError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD, VOID
from roadfcn.training.frames.frames import TrainingFrames, collate, resize_mask


@pytest.fixture
def frames(kitti_tree):
    return TrainingFrames(open_dataset(kitti_tree, "all"), ROAD, InputFormat())


def test_frames_are_those_of_the_data_set(frames, kitti_tree):
    dataset = open_dataset(kitti_tree, "all")
    assert len(frames) == len(dataset) == 9
    index, image, mask = frames[4]
    assert index == 4
    assert np.array_equal(image, dataset[4].image)
    assert np.array_equal(mask, dataset[4].mask)


def test_cached_frames_equal_read_ones_and_progress_is_told(frames):
    fresh = [frames[index] for index in range(len(frames))]
    told = []
    frames.cache(lambda done, total: told.append((done, total)))
    assert frames.is_cached
    assert told == [(n, 9) for n in range(1, 10)]
    for index, (_, image, mask) in enumerate(fresh):
        assert frames[index][0] == index
        assert np.array_equal(frames[index][1], image)
        assert np.array_equal(frames[index][2], mask)


def test_resized_frames_have_the_size_and_unblended_masks(kitti_tree):
    frames = TrainingFrames(open_dataset(kitti_tree, "all"), ROAD, InputFormat(size=(20, 30)))
    _, image, mask = frames[0]
    assert image.shape == (20, 30, 3)
    assert mask.shape == (20, 30)
    assert set(np.unique(mask)) <= {0, 1, VOID}
    assert frames.cache_bytes() == 9 * 20 * 30 * 4


def test_cache_size_is_that_of_the_pixels(frames):
    assert frames.cache_bytes() == 9 * 32 * 64 * 4
    assert frames.fits_in_memory()


def test_split_without_truth_is_refused(kitti_tree, tmp_path):
    from roadfcn.image_files import write_image

    for index in range(2):
        image = np.zeros((8, 8, 3), np.uint8)
        write_image(tmp_path / "testing" / "image_2" / f"um_{index:06d}.png", image)
        write_image(tmp_path / "training" / "image_2" / f"um_{index:06d}.png", image)
        truth = np.full((8, 8, 3), (255, 0, 0), np.uint8)
        write_image(tmp_path / "training" / "gt_image_2" / f"um_road_{index:06d}.png", truth)
    dataset = open_dataset(tmp_path, "test")
    with pytest.raises(DatasetError, match="without truth"):
        TrainingFrames(dataset, ROAD, InputFormat())


def test_classes_that_do_not_translate_are_refused(kitti_tree):
    with pytest.raises(LabelSetError, match="cannot be translated"):
        TrainingFrames(open_dataset(kitti_tree, "all"), CAMVID_11, InputFormat())


def test_batch_of_unequal_frames_is_padded_with_void():
    items = [
        (3, np.full((4, 6, 3), 9, np.uint8), np.ones((4, 6), np.uint8)),
        (5, np.full((5, 2, 3), 7, np.uint8), np.zeros((5, 2), np.uint8)),
    ]
    batch = collate(items)
    assert batch.images.shape == (2, 3, 5, 6)
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.sizes.tolist() == [[4, 6], [5, 2]]
    assert batch.indices.tolist() == [3, 5]
    assert (batch.masks[0, :4] == 1).all()
    assert (batch.masks[0, 4:] == VOID).all()
    assert (batch.masks[1, :, :2] == 0).all()
    assert (batch.masks[1, :, 2:] == VOID).all()
    assert (batch.images[1, :, :, :2] == 7).all()


def test_resizing_a_mask_keeps_its_classes():
    mask = np.array([[0, 10], [VOID, 3]], np.uint8)
    assert np.array_equal(resize_mask(mask, (4, 4)), np.kron(mask, np.ones((2, 2), np.uint8)))
    assert resize_mask(mask, (2, 2)) is mask
