from types import SimpleNamespace

import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.training.data import RoadData
from roadfcn.training.frames import TrainingFrames


@pytest.fixture
def frames(kitti_tree):
    return TrainingFrames(open_dataset(kitti_tree, "all"), ROAD, InputFormat())


def seen(loader):
    return [index for batch in loader for index in batch.indices.tolist()]


def share(frames, *, replicas, rank, **kwargs):
    data = RoadData(frames, frames, batch_size=2, workers=0, **kwargs)
    data.trainer = SimpleNamespace(world_size=replicas, global_rank=rank)
    return data


def test_every_frame_comes_once_per_epoch_in_an_order_of_its_own(frames):
    loader = RoadData(frames, frames, batch_size=4, workers=0, seed=3).train_dataloader()
    orders = []
    for epoch in range(3):
        loader.sampler.set_epoch(epoch)
        orders.append(seen(loader))
        assert sorted(orders[-1]) == list(range(9))
    assert orders[0] != orders[1] != orders[2]


def test_order_depends_on_seed_and_epoch_only(frames):
    first, second = (
        seen(RoadData(frames, frames, batch_size=4, workers=0, seed=3).train_dataloader())
        for _ in range(2)
    )
    other = seen(RoadData(frames, frames, batch_size=4, workers=0, seed=4).train_dataloader())
    assert first == second != other


def test_two_processes_share_the_training_frames(frames):
    shares = [seen(share(frames, replicas=2, rank=rank).train_dataloader()) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1]) == 5
    assert set(shares[0]) | set(shares[1]) == set(range(9))


def test_two_processes_validate_every_frame_once(frames):
    shares = [seen(share(frames, replicas=2, rank=rank).val_dataloader()) for rank in (0, 1)]
    assert sorted(shares[0] + shares[1]) == list(range(9))


def test_loader_processes_give_the_same_batches(frames):
    alone = RoadData(frames, frames, batch_size=4, workers=0).val_dataloader()
    helped = RoadData(frames, frames, batch_size=4, workers=1).val_dataloader()
    for first, second in zip(alone, helped, strict=True):
        assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_frames_of_different_sizes_are_validated_one_by_one(tmp_path):
    for index, height in enumerate((16, 16, 20)):
        folder = tmp_path / "training"
        name = f"um_{index:06d}"
        write_image(folder / "image_2" / f"{name}.png", np.zeros((height, 24, 3), np.uint8))
        truth = np.full((height, 24, 3), (255, 0, 0), np.uint8)
        write_image(folder / "gt_image_2" / f"um_road_{index:06d}.png", truth)
    frames = TrainingFrames(open_dataset(tmp_path, "all"), ROAD, InputFormat())
    data = RoadData(frames, frames, batch_size=2, workers=0)
    for _ in range(2):
        assert [len(batch.indices) for batch in data.val_dataloader()] == [1, 1, 1]
        assert [len(batch.indices) for batch in data.train_dataloader()] == [2, 1]
        frames.cache()
    resized = TrainingFrames(open_dataset(tmp_path, "all"), ROAD, InputFormat(size=(8, 8)))
    loader = RoadData(resized, resized, batch_size=2, workers=0).val_dataloader()
    assert [len(batch.indices) for batch in loader] == [2, 1]


def test_cached_frames_need_no_loader_processes(frames):
    data = RoadData(frames, frames, batch_size=4)
    assert data.val_dataloader().num_workers > 0
    frames.cache()
    assert data.val_dataloader().num_workers == 0
