from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from roadfcn.errors import TrainingError
from roadfcn.input_format import IMAGENET_RGB, VGG_BGR
from roadfcn.label_sets import CAMVID_11, ROAD, VOID
from roadfcn.metrics.confusion_matrix import ConfusionMatrix
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.frames.frames import collate
from roadfcn.training.steps.augmentation import PRESETS
from roadfcn.training.steps.losses import PixelCrossEntropy
from roadfcn.training.steps.module import MONITOR, RoadModule


class Recorder(nn.Module):
    """Remembers what it was fed; scores the first two input channels."""

    def forward(self, images):
        self.fed = images
        return images[:, :2]


def make(model, label_set=ROAD, input_format=IMAGENET_RGB, loss=None):
    module = RoadModule(
        model,
        loss=loss or PixelCrossEntropy(),
        label_set=label_set,
        input_format=input_format,
        augmentation=PRESETS["none"],
        optimizer=lambda model: torch.optim.SGD(model.parameters(), lr=1.0),
        lr_factor=lambda steps: lambda step: 1.0,
    )
    module.logged = {}
    module.log = lambda name, value, **_: module.logged.__setitem__(name, value)
    module.log_dict = module.logged.update
    return module


def batch_of(generator, *sizes, classes=2):
    items = []
    for index, size in enumerate(sizes):
        image = generator.integers(0, 256, (*size, 3), dtype=np.uint8)
        mask = generator.integers(0, classes, size, dtype=np.uint8)
        mask[0] = VOID
        items.append((index, image, mask))
    return items


@pytest.mark.parametrize("input_format", [IMAGENET_RGB, VGG_BGR])
def test_network_is_fed_what_the_input_format_says(input_format):
    items = batch_of(np.random.default_rng(0), (6, 8), (6, 8))
    module = make(Recorder(), input_format=input_format)
    module.validation_step(collate(items), 0)
    expected = np.stack([input_format.normalise(image) for _, image, _ in items])
    assert np.allclose(module.model.fed.numpy(), expected, atol=1e-4)


def test_padding_of_a_training_batch_is_grey():
    items = batch_of(np.random.default_rng(0), (6, 8), (4, 5))
    module = make(Recorder())
    module._trainer = None
    module.training_step(collate(items), 0)
    expected = IMAGENET_RGB.normalise(np.full((6, 8, 3), 127.5))
    expected[:, :4, :5] = IMAGENET_RGB.normalise(items[1][1])
    assert np.allclose(module.model.fed[1].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(("crop", "pixels"), [(None, 6 * 8 + 4 * 5), ((3, 5), 2 * 3 * 5)])
def test_all_pixels_are_those_of_the_frames_and_not_of_their_padding(crop, pixels):
    items = batch_of(np.random.default_rng(0), (6, 8), (4, 5))
    counts = []
    module = make(Recorder(), loss=PixelCrossEntropy(reduction="all-pixels"))
    module.augmentation = replace(module.augmentation, crop=crop)
    module._trainer = None
    sums = module.loss.sums
    module.loss.sums = lambda *given: counts.append(sums(*given)) or counts[-1]
    loss = module.training_step(collate(items), 0)
    (total, count) = counts[0]
    assert float(count) == pixels
    assert float(loss) == pytest.approx(float(total) / pixels)


def test_validation_counts_equal_the_confusion_matrix_of_each_frame():
    items = batch_of(np.random.default_rng(1), (6, 8), (6, 8), (7, 3))
    module = make(Recorder())
    module.on_validation_epoch_start()
    expected = ConfusionMatrix(ROAD)
    for some in (items[:2], items[2:]):
        labels = module.validation_step(collate(some), 0).numpy()
        for row, (_, _, mask) in enumerate(some):
            expected.add(mask, labels[row, : mask.shape[0], : mask.shape[1]])
    module.on_validation_epoch_end()
    assert np.array_equal(module.validation.counts, expected.counts)
    assert module.logged["val/mean_iou"] == pytest.approx(expected.mean_iou)
    assert module.logged[MONITOR] == pytest.approx(expected.iou[1])


def test_model_of_many_classes_is_chosen_by_mean_iou():
    module = make(nn.Conv2d(3, 11, 1), label_set=CAMVID_11)
    items = batch_of(np.random.default_rng(1), (6, 8), classes=11)
    module.on_validation_epoch_start()
    module.validation_step(collate(items), 0)
    module.on_validation_epoch_end()
    assert module.logged[MONITOR] == module.logged["val/mean_iou"]


def test_counts_start_anew_each_time():
    module = make(Recorder())
    batch = collate(batch_of(np.random.default_rng(1), (6, 8)))
    for _ in range(2):
        module.on_validation_epoch_start()
        module.validation_step(batch, 0)
        module.on_validation_epoch_end()
    assert module.validation.counts.sum() == 5 * 8


def test_loss_that_is_not_finite_stops_with_the_frames_named(tiny_config):
    config = tiny_config()
    frames, _ = open_frames(config)
    module = make_module(config, frames)
    module.log = lambda *_, **__: None
    with torch.no_grad():
        module.model.head.score_fr.bias.fill_(float("nan"))
    module._trainer = None
    with pytest.raises(
        TrainingError, match="the loss is nan in epoch 1, step 8, frames um_000000, umm_000001"
    ):
        module.training_step(collate([frames[0], frames[2]]), 7)


def test_frozen_norms_keep_their_statistics(tiny_config):
    config = tiny_config("optimizer.frozen=[encoder]", "model.batch_norm=true")
    frames, _ = open_frames(config)
    module = make_module(config, frames)
    module.log = lambda *_, **__: None
    module.train()
    module.on_train_epoch_start()
    before = {name: value.clone() for name, value in module.model.encoder.named_buffers()}
    module.training_step(collate([frames[0], frames[1]]), 0)
    assert before
    for name, value in module.model.encoder.named_buffers():
        assert torch.equal(value, before[name]), name
