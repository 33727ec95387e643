import numpy as np
import pytest
import torch

from roadfcn.errors import TrainingError
from roadfcn.label_sets import VOID
from roadfcn.training.frames.dealing import EpochBatches
from roadfcn.training.frames.epoch_order import EpochOrder
from roadfcn.training.frames.feature_frames import FeatureFrames, Turn, TurnBatches
from roadfcn.training.frames.feature_layout import FeatureLayout
from roadfcn.training.frames.feature_store import feature_store
from roadfcn.training.frames.frames import FILLER

SIZE = (2, 2)
LAYOUT = FeatureLayout(("fc7",), torch.float32, {SIZE: ((1, 1, 1),)}, (SIZE,) * 3, views=2)


@pytest.fixture
def frames(tmp_path, monkeypatch):
    """Three frames, of which the only feature is 10 times the view plus the frame's number."""
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path))
    store = feature_store(LAYOUT, {})

    def write(file):
        for view in range(2):
            for frame in range(3):
                file.write(np.float32(10 * view + frame).tobytes() + bytes([frame, view, 0, 1]))

    store.make(write)
    return FeatureFrames(store)


def learned(frames, *turns):
    return frames.collate([frames[Turn(*turn)] for turn in turns]).features.fc7.flatten().tolist()


def test_views_come_in_turn(frames):
    assert [learned(frames, (2, epoch)) for epoch in range(5)] == [[2], [12], [2], [12], [2]]


def test_a_frame_that_comes_again_in_an_epoch_comes_in_another_view(frames):
    assert learned(frames, (1, 0), (1 + 3, 0), (1 + 6, 0)) == [1, 11, 1]


def test_batches_hold_masks_sizes_and_numbers(frames):
    batch = frames.collate([frames[Turn(1, 1)], frames[Turn(3, 1)]])
    assert batch.masks.tolist() == [[[1, 1], [0, 1]], [[0, 0], [0, 1]]]
    assert batch.sizes.tolist() == [[2, 2]] * 2
    assert batch.indices.tolist() == [1, 3]
    assert batch.features.pool3.numel() == batch.features.pool4.numel() == 0


def test_fillers_teach_nothing(frames):
    batch = frames.collate([frames[Turn(FILLER, 7)]])
    assert (batch.masks == VOID).all()
    assert batch.indices.tolist() == [FILLER]


def test_batches_are_those_of_the_frames_with_their_epoch():
    batches = EpochBatches(EpochOrder(5, seed=2), batch_size=2, start=(1, 1))
    turns = TurnBatches(batches)
    assert len(turns) == 3
    for epoch in (1, 2):
        turns.sampler.set_epoch(epoch)
        found = list(turns)
        assert [[turn.number for turn in batch] for batch in found] == list(batches)
        assert {turn.epoch for batch in found for turn in batch} == {epoch}


@pytest.mark.parametrize("left", [None, 40])
def test_features_that_are_gone_or_cut_are_told(frames, left):
    file = frames.store.folder / "features.bin"
    if left is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:left])
    assert not frames.store.is_here
    with pytest.raises(TrainingError, match="cannot be read any more: ") as caught:
        frames[Turn(2, 1)]
    assert "roadfcn train --resume RUN, which computes them again" in caught.value.do
