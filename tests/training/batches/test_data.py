from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD, VOID
from roadfcn.training.batches.data import RoadData
from roadfcn.training.frames.dealing import EpochBatches
from roadfcn.training.frames.epoch_order import EpochOrder
from roadfcn.training.frames.frames import FILLER, TrainingFrames
from roadfcn.training.frames.mixture import Mixture


@pytest.fixture
def frames(kitti_tree):
    return TrainingFrames(open_dataset(kitti_tree, "all"), ROAD, InputFormat())


def seen(loader):
    return [index for batch in loader for index in batch.indices.tolist()]


def share(frames, *, replicas, rank, **kwargs):
    data = RoadData(Mixture(frames), frames, batch_size=2, workers=0, **kwargs)
    data.trainer = SimpleNamespace(world_size=replicas, global_rank=rank)
    return data


def test_every_frame_comes_once_per_epoch_in_an_order_of_its_own(frames):
    loader = RoadData(Mixture(frames), frames, batch_size=4, workers=0, seed=3).train_dataloader()
    orders = []
    for epoch in range(3):
        loader.batch_sampler.sampler.set_epoch(epoch)
        orders.append(seen(loader))
        assert sorted(orders[-1]) == list(range(9))
    assert orders[0] != orders[1] != orders[2]


def test_order_depends_on_seed_and_epoch_only(frames):
    first, second = (
        seen(RoadData(Mixture(frames), frames, batch_size=4, workers=0, seed=3).train_dataloader())
        for _ in range(2)
    )
    other = seen(
        RoadData(Mixture(frames), frames, batch_size=4, workers=0, seed=4).train_dataloader()
    )
    assert first == second != other


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4])
def test_processes_see_every_frame_once_in_equally_many_steps(frames, processes, batch_size):
    shares = []
    for rank in range(processes):
        data = share(frames, replicas=processes, rank=rank)
        data.batch_size = batch_size
        shares.append([batch.indices.tolist() for batch in data.train_dataloader()])
    assert len({len(batches) for batches in shares}) == 1
    dealt = [index for batches in shares for batch in batches for index in batch]
    assert sorted(index for index in dealt if index != FILLER) == list(range(9))
    fillers = dealt.count(FILLER)
    assert fillers == (-9 % processes if batch_size == 1 else 0)
    assert all(1 <= len(batch) <= batch_size for batches in shares for batch in batches)


@pytest.mark.parametrize("further", [(), ((20, 4), (2, 3))])
def test_updates_hold_the_same_frames_however_many_processes_share_them(further):
    order = EpochOrder(9, further, seed=5)

    def updates(processes, batch_size):
        dealt = [
            list(EpochBatches(order, batch_size=batch_size, processes=processes, rank=rank))
            for rank in range(processes)
        ]
        return [set(chain(*parts)) - {FILLER} for parts in zip(*dealt, strict=True)]

    assert updates(1, 4) == updates(2, 2) == updates(4, 1)


def test_batches_differ_by_one_frame_at_most():
    assert [len(batch) for batch in EpochBatches(EpochOrder(9), batch_size=4)] == [3, 3, 3]
    assert [len(batch) for batch in EpochBatches(EpochOrder(10), batch_size=4)] == [4, 3, 3]


def test_filler_has_a_size_but_no_truth(frames):
    index, image, mask = frames[FILLER]
    assert index == FILLER
    assert np.array_equal(image, frames[0][1])
    assert mask.shape == image.shape[:2]
    assert (mask == VOID).all()


def test_two_processes_validate_every_frame_once(frames):
    shares = [seen(share(frames, replicas=2, rank=rank).val_dataloader()) for rank in (0, 1)]
    assert sorted(shares[0] + shares[1]) == list(range(9))


def test_loader_processes_give_the_same_batches(frames):
    alone = RoadData(Mixture(frames), frames, batch_size=4, workers=0).val_dataloader()
    helped = RoadData(Mixture(frames), frames, batch_size=4, workers=1).val_dataloader()
    for first, second in zip(alone, helped, strict=True):
        assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_frames_are_validated_one_by_one(frames):
    data = RoadData(Mixture(frames), frames, batch_size=4, workers=0)
    assert [len(batch.indices) for batch in data.val_dataloader()] == [1] * 9


def test_cached_frames_need_no_loader_processes(frames):
    data = RoadData(Mixture(frames), frames, batch_size=4)
    assert data.val_dataloader().num_workers > 0
    frames.cache()
    assert data.val_dataloader().num_workers == 0
