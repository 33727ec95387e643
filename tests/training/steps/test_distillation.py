"""Learning from a teacher: what it adds to the loss, what it is fed, and that it stays as it is."""

import math

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from roadfcn.checkpoints import load_model
from roadfcn.input_format import IMAGENET_RGB, VGG_BGR
from roadfcn.label_sets import VOID
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.frames.feature_store import weights_digest
from roadfcn.training.frames.frames import collate
from roadfcn.training.run_folder import BEST_MODEL, LAST_CHECKPOINT
from roadfcn.training.runs.run import train
from roadfcn.training.steps.distillation import STEP, Distillation
from roadfcn.training.steps.losses import PixelCrossEntropy
from roadfcn.training.steps.module import RoadModule

TINY = {"width": 0.05, "fc_channels": 8, "fc_kernel": 3, "dropout": 0.5}
TAUGHT = "distillation.teacher=slim-road"


def tiny(classes=2):
    model = build_fcn(named_architecture("slim", classes, TINY))
    for weights in model.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.1)
    return model


def teacher(weight=1.0, temperature=1.0, input_format=IMAGENET_RGB, classes=2):
    return Distillation(tiny(classes), input_format, weight=weight, temperature=temperature)


def test_loss_is_the_divergence_from_the_teacher_weighted_as_the_truth_is():
    distillation = teacher(weight=0.5, temperature=2.0)
    # At temperature 2 the teacher is sure of the first class to 3/4, the network to 1/2.
    opinion = torch.tensor([0.75, 0.25]).log().view(1, 2, 1, 1).expand(1, 2, 4, 4)
    logits = torch.full((1, 2, 8, 8), 7.0)
    masks = torch.zeros(1, 8, 8, dtype=torch.int64)
    masks[0, :, :2] = 1  # 4 of the 16 pixels that are compared
    masks[0, :4] = VOID  # the upper half
    loss = PixelCrossEntropy(torch.tensor([1.0, 3.0]))
    divergence = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    weights = STEP**2 * (6 * 1.0 + 2 * 3.0)
    found = distillation.sum(logits, opinion, masks, loss)
    assert found.item() == pytest.approx(0.5 * 2**2 * weights * divergence, rel=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_gradient_is_that_of_hinton_s_paper(temperature):
    """Equation 2: (q - p) / T for each logit, times T^2."""
    distillation = teacher(temperature=temperature, classes=5)
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 5, 4, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    taught = torch.randn(1, 5, 2, 3, generator=generator, dtype=torch.float64)
    masks = torch.zeros(1, 4, 6, dtype=torch.int64)
    opinion = (taught / temperature).log_softmax(1)
    distillation.sum(logits, opinion, masks, PixelCrossEntropy()).backward()
    small = logits.detach()[..., ::2, ::2].numpy() / temperature
    said = np.exp(small) / np.exp(small).sum(1, keepdims=True)
    expected = temperature * STEP**2 * (said - opinion.exp().numpy())
    assert np.allclose(logits.grad[..., ::2, ::2].numpy(), expected)
    assert not logits.grad[..., 1::2, :].any()


def test_nothing_is_to_be_learned_from_oneself_and_nothing_from_void():
    distillation = teacher(temperature=2.0)
    frames = torch.rand(2, 3, 32, 40)
    logits = distillation.teacher(distillation._normalise(frames))
    opinion = distillation.opinion(frames)
    masks = torch.zeros(2, 32, 40, dtype=torch.int64)
    loss = PixelCrossEntropy()
    assert distillation.sum(logits, opinion, masks, loss).item() == pytest.approx(0, abs=1e-3)
    assert distillation.sum(logits + frames[:, :2] * 9, opinion, masks, loss) > 1
    assert distillation.sum(-logits, opinion, torch.full_like(masks, VOID), loss) == 0


def test_teacher_is_fed_in_its_own_form_and_in_eval_mode():
    distillation = teacher(input_format=VGG_BGR)
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 40, 3), dtype=np.uint8)
    fed = torch.from_numpy(np.stack([VGG_BGR.normalise(frame) for frame in frames])).float()
    with torch.no_grad():
        expected = distillation.teacher(fed)[..., ::2, ::2].log_softmax(1)
    assert not any(part.training for part in distillation.teacher.modules())
    found = distillation.opinion(torch.from_numpy(frames).permute(0, 3, 1, 2) / 255)
    assert expected.std() > 0.02
    assert torch.allclose(found, expected, atol=1e-4)
    assert not found.requires_grad


def test_training_step_adds_the_teacher_to_the_loss(tiny_config):
    frames, _ = open_frames(tiny_config())
    batch = collate([frames[0], frames[1]])
    sums = []
    for overrides in ((), (TAUGHT,), (TAUGHT, "distillation.weight=2")):
        torch.manual_seed(0)
        module = make_module(tiny_config(*overrides), frames)
        module.log = lambda *_, **__: None
        module._trainer = None
        sums.append(module.training_step(batch, 0).item())
    assert sums[1] > sums[0] + 1e-3
    assert sums[2] - sums[0] == pytest.approx(2 * (sums[1] - sums[0]), rel=1e-4)


def test_the_teacher_sees_frames_as_they_were_changed(tiny_config):
    frames, _ = open_frames(tiny_config())
    config = tiny_config(TAUGHT, "augmentation.flip=1", "model.input_format=vgg-bgr")
    module = make_module(config, frames)
    module.log = lambda *_, **__: None
    module._trainer = None
    seen, answer = [], module.distillation.opinion
    module.distillation.opinion = lambda shown: seen.append(shown) or answer(shown)
    module.training_step(collate([frames[0], frames[1]]), 0)
    expected = np.stack([frames[index][1][:, ::-1] for index in (0, 1)]).transpose(0, 3, 1, 2)
    assert np.allclose(seen[0].numpy(), expected / 255, atol=1e-6)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "64-true"])
def test_the_teacher_stays_as_it_is_and_is_in_no_file_of_the_run(
    tiny_config, precision, monkeypatch
):
    teachers = []
    begin = RoadModule.on_fit_start

    def remember(module):
        begin(module)
        teachers.append(module.distillation)

    monkeypatch.setattr(RoadModule, "on_fit_start", remember)
    run = train(tiny_config(TAUGHT, f"trainer.precision={precision}")).run
    (after,) = teachers
    # In its own type again, too: it is brought back where learning ends.
    assert weights_digest(after.teacher.state_dict()) == after.digest
    state = torch.load(run / LAST_CHECKPOINT, weights_only=True)["state_dict"]
    assert not [name for name in state if not name.startswith("model.")]
    size = sum(values.nbytes for values in load_file(run / BEST_MODEL).values())
    own, _ = load_model("slim-road")
    assert size < sum(weights.nbytes for weights in own.state_dict().values()) / 10


def test_truth_and_teacher_are_both_heard():
    """Where the loss is least, probabilities are the mean of both, by their weights."""
    distillation, weight = teacher(weight=0.75), 0.75 * STEP**2
    opinion = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64).log().view(1, 3, 1, 1)
    truth = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64).view(1, 3, 1, 1)
    best = ((truth + weight * opinion.exp()) / (1 + weight)).log().requires_grad_()
    masks, loss = torch.ones(1, 1, 1, dtype=torch.int64), PixelCrossEntropy()
    total = loss.sums(best, masks)[0] + distillation.sum(best, opinion, masks, loss)
    total.backward()
    assert best.grad.abs().max() < 1e-12
