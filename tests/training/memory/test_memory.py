import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError
from roadfcn.machine import Memory
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.assembly import opening_frames
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.memory import memory_check
from roadfcn.training.memory.memory import prediction_memory, step_memory
from roadfcn.training.memory.memory_check import memory_need
from roadfcn.training.steps.losses import PixelCrossEntropy

MIB = 2**20
TOLERANCE = 0.35  # of the measured peak; small networks are mostly kernels' own needs

MEASURE = """
import resource, sys
import torch
from torch.optim import AdamW
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.steps.losses import PixelCrossEntropy

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

batch, height, width = (int(value) for value in sys.argv[1:])
model = build_fcn(named_architecture("slim", 2, {})).to(memory_format=torch.channels_last)
optimizer = AdamW(model.parameters(), fused=True)
weights = sum(parameter.nbytes for parameter in model.parameters())
before = resident() - weights
images = torch.rand(batch, 3, height, width).contiguous(memory_format=torch.channels_last)
target = torch.randint(0, 2, (batch, height, width))
for _ in range(2):
    loss = PixelCrossEntropy()(model(images), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    del loss
# Not ru_maxrss: that begins with the peak of the process which started this one.
with open("/proc/self/status") as file:
    peak = next(line.split()[1] for line in file if line.startswith("VmHWM:"))
print(int(peak) * 1024 - before)
"""


def need(model, **kwargs):
    settings = {
        "batch_size": 2,
        "size": (64, 96),
        "precision": "32-true",
        "optimizer": "adamw",
    }
    return step_memory(model, PixelCrossEntropy(), **settings | kwargs)


@pytest.fixture(scope="module")
def slim():
    return build_fcn(named_architecture("slim", 2, {}))


def test_step_of_a_network_that_can_be_counted_by_hand():
    model = nn.Conv2d(3, 2, 1)  # 8 weights
    found = need(model, batch_size=1, size=(10, 10), optimizer="sgd")
    weights = 8 * 4
    assert found.weights == 2 * weights  # momentum
    images, target, logits = 3 * 100 * 4, 100 * 8, 2 * 100 * 4
    # Kept for the backward pass: pictures, truth, log-softmax. Its peak holds the gradients of
    # log-softmax and logits too; masks and sums are bytes to a pixel.
    kept = images + target + logits
    assert kept + logits <= found.step <= kept + 4 * logits + 4 * target


def test_step_grows_with_frames_and_weights_do_not(slim):
    one, two, four = (need(slim, batch_size=count) for count in (1, 2, 4))
    assert one.weights == two.weights == four.weights
    assert four.step - two.step == pytest.approx(2 * (two.step - one.step), rel=0.05)


def test_optimizer_and_processes_hold_weights_again(slim):
    weights = sum(parameter.nbytes for parameter in slim.parameters())
    buffers = sum(buffer.nbytes for buffer in slim.buffers())
    assert need(slim, optimizer="sgd").weights == 2 * weights + buffers
    for name in ("adam", "adamw", "tensorflow-adam"):
        assert need(slim, optimizer=name).weights == 3 * weights + buffers
    assert need(slim, optimizer="muon").weights == 2 * weights + buffers
    assert need(slim, optimizer="adam", processes=2).weights == 4 * weights + buffers


def test_half_precision_takes_less_and_double_takes_more(slim):
    half, single, double = (
        need(slim, precision=name, size=(160, 192)).step
        for name in ("bf16-mixed", "32-true", "64-true")
    )
    assert half < 0.75 * single
    assert double > 1.8 * single


def test_prediction_keeps_no_activations(slim):
    predicting = prediction_memory(slim, size=(64, 96), precision="32-true")
    training = need(slim, batch_size=1)
    assert predicting - training.scratch < training.step / 2


def test_network_and_random_state_stay_as_they_are(slim):
    state = torch.random.get_rng_state()
    before = {name: value.clone() for name, value in slim.state_dict().items()}
    need(slim)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in slim.state_dict().items())
    assert all(parameter.grad is None for parameter in slim.parameters())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_estimate_is_near_the_measured_peak(slim):
    batch, height, width = 4, 160, 192
    estimated = need(slim, batch_size=batch, size=(height, width)).total
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(batch), str(height), str(width)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert estimated == pytest.approx(int(measured.stdout), rel=TOLERANCE)


@pytest.fixture
def estimate(tiny_config, monkeypatch):
    """Estimate a tiny recipe with so many free bytes."""

    def run(free, *overrides):
        monkeypatch.setattr(memory_check, "read_memory", lambda: Memory(free, free))
        config = tiny_config("data.size=[320, 640]", *overrides)
        train, val = open_frames(config)
        return memory_need(config, make_module(config, train), train, val)

    return run


def test_run_that_fits_says_what_it_takes(estimate):
    found = estimate(2**34)
    assert str(found) == (
        f"about {found.total / 2**30:.1f} GiB for training (weights 0.0, "
        f"step {found.step / 2**30:.1f}), 16.0 GiB free in memory"
    )
    assert found.to_dict()["total"] == found.total


def test_scores_that_only_learning_has_take_memory_too(estimate):
    without, with_them = estimate(2**34), estimate(2**34, "loss.deep_supervision=0.4")
    logits = 4 * 2 * (320 // 4) * (640 // 4) * 4  # a batch of four, two classes, float32
    assert with_them.step >= without.step + 2 * logits
    assert with_them.weights > without.weights


def test_a_teacher_takes_memory_too(estimate):
    without, taught = estimate(2**34), estimate(2**34, "distillation.teacher=slim-road")
    teacher, _ = load_model("slim-road")
    own = sum(weights.nbytes for weights in teacher.state_dict().values())
    assert taught.weights == without.weights + own
    # It is larger than the network, so that its pass is the fullest moment: conv1_1 and conv1_2
    # of a batch of four are there at once, at two bytes or four.
    channels = teacher.encoder.conv1_1.out_channels
    assert taught.step > max(without.step, 2 * 4 * channels * 320 * 640 * 2)


@pytest.mark.parametrize("too_many", [5, 7])  # of six that fit, four keep the updates as large
def test_run_that_does_not_fit_is_refused_with_a_batch_that_does(estimate, too_many):
    free = estimate(2**34, f"trainer.batch_size={too_many}").total - 1
    with pytest.raises(ConfigError, match=r"set trainer.batch_size=4 trainer.accumulate=2;") as got:
        estimate(free, "trainer.batch_size=8")
    assert "the run does not fit: about" in str(got.value)
    assert "trainer.check_memory=false" in str(got.value)
    assert estimate(free, "trainer.batch_size=4").total <= free
    assert estimate(free, "trainer.batch_size=8", "trainer.check_memory=false").total > free


def test_frames_that_are_too_large_are_to_be_cropped(estimate):
    with pytest.raises(ConfigError, match=r"batch_size=1 'augmentation.crop=\[\d+, \d+\]'"):
        estimate(estimate(2**34, "trainer.batch_size=1").total - 1, "trainer.batch_size=2")


def test_network_that_is_too_large_is_to_be_replaced(estimate):
    with pytest.raises(ConfigError, match="take a smaller network"):
        estimate(10 * MIB)


def test_frames_in_memory_are_given_up_first(estimate):
    whole = estimate(2**34)
    cached = 9 * 320 * 640 * 4
    with pytest.raises(ConfigError, match=r"set data\.cache=false"):
        estimate(whole.total - cached // 2, "data.cache=true")


def test_frames_that_do_not_fit_are_not_read_into_memory(tiny_config, monkeypatch):
    monkeypatch.setattr(opening_frames, "read_memory", lambda: Memory(2**20, 2**20))
    config = tiny_config("data.size=[320, 640]", "data.cache=true")
    with pytest.raises(ConfigError, match=r"data.cache=true takes 0.0 GiB for the split 'train'"):
        open_frames(config)


def test_every_process_counts(estimate):
    one = estimate(2**34)
    two = estimate(2**34, "trainer.devices=2", "trainer.strategy=ddp")
    assert two.total > 2 * one.total
    assert "in each of 2 processes" in str(two)


def test_frames_of_further_sets_count(estimate, kitti_tree):
    two = ("trainer.devices=2", "trainer.strategy=ddp")
    also = f"data.also=[{{path: {kitti_tree}, split: val, share: 0.5}}]"
    more = estimate(2**34, *two, also).copies - estimate(2**34, *two).copies
    assert more == 3 * 320 * 640 * 4  # kept in memory by the second process


def test_loader_processes_count(estimate):
    one = estimate(2**34, "data.cache=false", "data.workers=0")
    two = estimate(2**34, "data.cache=false", "data.workers=2")
    assert two.total - one.total == two.loaders > 4 * 64 * MIB
