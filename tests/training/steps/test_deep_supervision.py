"""Scores that only learning has: where they look, what they add, and that no model keeps them."""

import math

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from roadfcn.errors import ConfigError
from roadfcn.label_sets import VOID
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.frames.frames import collate
from roadfcn.training.run_folder import BEST_MODEL, LAST_CHECKPOINT
from roadfcn.training.runs.run import train
from roadfcn.training.steps.deep_supervision import DeepSupervision
from roadfcn.training.steps.losses import PixelCrossEntropy

SUPERVISED = "loss.deep_supervision=0.4"
TINY = {"width": 0.05, "fc_channels": 8, "fc_kernel": 3, "dropout": 0.0}


def tiny(**changes):
    return build_fcn(named_architecture("slim", 2, TINY | changes)).eval()


def set_scores(supervision, feature, scores):
    """Make a score layer say the same everywhere."""
    layer = supervision.get_submodule(f"score_{feature}")
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor(scores))


@pytest.mark.parametrize("head", ["32s", "8s"])
@pytest.mark.parametrize("alignment", ["same", "pad-100"])
@pytest.mark.parametrize("size", [(1, 33), (40, 70), (64, 96)])
def test_the_network_says_what_it_says_alone_and_the_others_speak_of_blocks(head, alignment, size):
    model = tiny(head=head, alignment=alignment, fc_kernel=5)
    images = torch.rand(2, 3, *size)
    supervision = DeepSupervision(model, 0.4)
    logits = supervision(model, images)
    assert torch.equal(logits[0], model(images))
    first = 1 if alignment == "same" else 2
    blocks = tuple(len(range(first, edge, 4)) for edge in size)
    assert [each.shape for each in logits[1:]] == [(2, 2, *blocks)] * 2
    mean = supervision.mean(logits, torch.zeros(2, *size, dtype=torch.int64), PixelCrossEntropy())
    assert mean.isfinite()


def test_sum_is_that_of_the_network_and_the_weighted_mean_of_the_others():
    model = tiny()
    supervision = DeepSupervision(model, 0.4)
    set_scores(supervision, "fc7", [0.0, 2.0])
    set_scores(supervision, "pool4", [1.0, 0.0])
    masks = torch.zeros(1, 32, 32, dtype=torch.int64)
    masks[0, :, :8] = 1
    masks[0, :4] = VOID
    loss = PixelCrossEntropy(torch.tensor([1.0, 3.0]))
    logits = supervision(model, torch.rand(1, 3, 32, 32))
    main, _ = loss.sums(logits[0], masks)
    total, count = supervision.sums(logits, masks, loss, None)
    rest, road = 28 * 24, 28 * 8
    fc7 = rest * math.log(1 + math.exp(2)) + 3 * road * math.log(1 + math.exp(-2))
    pool4 = rest * math.log(1 + math.exp(-1)) + 3 * road * math.log(1 + math.exp(1))
    assert count == rest + 3 * road
    assert (total - main).item() == pytest.approx(0.4 * (fc7 + pool4) / 2, rel=1e-5)
    assert supervision.mean(logits, masks, loss).item() == pytest.approx((total / count).item())


@pytest.mark.parametrize("alignment", ["same", "pad-100"])
def test_scores_are_brought_to_where_their_cells_look(alignment):
    """Interpolates by hand, between the centres of what each cell sees."""
    model = tiny(alignment=alignment, fc_kernel=5)
    supervision = DeepSupervision(model, 0.4)
    torch.nn.init.normal_(supervision.score_pool4.weight)
    images = torch.rand(1, 3, 50, 90)
    found = supervision(model, images)[2][0].detach().numpy()
    cells = supervision.score_pool4(model.encode(images).pool4)[0].detach().numpy()
    # A cell of pool4 sees equally far around the middle of its 16 pixels of the padded picture,
    # and scores are those of the point between the four pixels in the middle of a block.
    border, first = (0, 1) if alignment == "same" else (99, 2)

    def interpolated(block, count):
        cell = min(max((first + 0.5 + 4 * block + border - 7.5) / 16, 0), count - 1)
        low = min(int(cell), count - 2)
        return low, cell - low

    for row, column in ((0, 0), (0, 21), (11, 0), (5, 10), (11, 21)):
        y, down = interpolated(row, cells.shape[1])
        x, right = interpolated(column, cells.shape[2])
        upper = cells[:, y, x] * (1 - right) + cells[:, y, x + 1] * right
        lower = cells[:, y + 1, x] * (1 - right) + cells[:, y + 1, x + 1] * right
        expected = upper * (1 - down) + lower * down
        assert np.allclose(found[:, row, column], expected, atol=1e-5), (row, column)


def test_the_encoder_is_taught_past_a_head_that_does_not_learn(tiny_config):
    config = tiny_config(SUPERVISED, "optimizer.frozen=[head]")
    frames, _ = open_frames(config)
    module = make_module(config, frames)
    module.log = lambda *_, **__: None
    module._trainer = None
    for feature in ("fc7", "pool4"):
        torch.nn.init.normal_(module.supervision.get_submodule(f"score_{feature}").weight)
    with torch.no_grad():
        for parameter in module.model.head.parameters():
            parameter.zero_()
    module.training_step(collate([frames[0], frames[1]]), 0).backward()
    assert module.model.encoder.conv1_1.weight.grad.abs().sum() > 0
    assert module.model.encoder.fc7.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "muon"])
def test_scores_learn_and_no_model_keeps_them(tiny_config, optimizer):
    run = train(tiny_config(SUPERVISED, f"optimizer.name={optimizer}")).run
    state = torch.load(run / LAST_CHECKPOINT, weights_only=True)["state_dict"]
    layers = [name for name in state if name.startswith("supervision.")]
    assert len(layers) == 4
    assert all(state[name].abs().sum() > 0 for name in layers)
    assert not [name for name in load_file(run / BEST_MODEL) if "supervision" in name]


def test_a_frozen_encoder_is_refused(tiny_config):
    with pytest.raises(ConfigError, match="1 mistake") as caught:
        tiny_config(SUPERVISED, "optimizer.frozen=[encoder]")
    assert caught.value.found.endswith(
        "loss.deep_supervision is 0.4, but the encoder, which it teaches, is frozen; allowed: 0 "
        "with optimizer.frozen=[encoder]"
    )
