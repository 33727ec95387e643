"""Training in float64 from one start: gradients, and five steps of Adam, here and there.

The loss is the mean cross-entropy of all pixels and 1e-3 times half the squares of the decoder's
kernels, nothing is dropped, and Adam's rate is 1e-3.
"""

import numpy as np
import pytest
import torch

from roadfcn.training.optimizers.optimization import parameter_groups
from roadfcn.training.optimizers.tensorflow_adam import TensorFlowAdam
from roadfcn.training.steps.losses import PixelCrossEntropy

pytestmark = pytest.mark.tensorflow

RATE = DECAY = 1e-3

DECODER = {
    "score_fr": "conv2d",
    "score_pool4": "conv2d_1",
    "score_pool3": "conv2d_2",
    "upscore2": "conv2d_transpose",
    "upscore_pool4": "conv2d_transpose_1",
    "upscore8": "conv2d_transpose_2",
}


def theirs(name):
    """Give TensorFlow's name of a parameter of ours."""
    part, layer, leaf = name.split(".")
    if part == "head":
        return f"{DECODER[layer]}/{'kernel' if leaf == 'weight' else 'bias'}"
    kernel = "weights" if layer.startswith("fc") else "filter"
    return f"{layer}/{kernel if leaf == 'weight' else 'biases'}"


def apart(ours, theirs):
    """Give the norm of the difference relative to the norm of TensorFlow's array."""
    turned = theirs.transpose(3, 2, 0, 1) if theirs.ndim == 4 else theirs
    assert np.linalg.norm(turned) > 0
    return np.linalg.norm(ours.detach().numpy() - turned) / np.linalg.norm(turned)


@pytest.fixture
def start(read, network):
    weights = read("training")
    return weights, network(weights).double()


def entropy(weights, model, told):
    pictures = told["image"][..., ::-1] - np.array(weights.input_format.mean)
    images = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())
    return PixelCrossEntropy()(model(images), torch.from_numpy(told["truth"]))


def train(weights, model, optimizer, told):
    """Take five steps; give what they changed in each parameter."""
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    for _ in range(5):
        optimizer.zero_grad()
        entropy(weights, model, told).backward()
        optimizer.step()
    return {name: one.detach() - before[name] for name, one in model.named_parameters()}


def test_loss_and_every_gradient_are_tensorflows(start, told):
    weights, model = start
    kernels = [model.head.get_submodule(layer).weight for layer in DECODER]
    penalty = sum(DECAY * kernel.square().sum() / 2 for kernel in kernels)
    loss = entropy(weights, model, told("training")) + penalty
    assert loss.item() == pytest.approx(float(told("training")["loss"]), rel=1e-7)
    loss.backward()
    gradients = {name: one.grad for name, one in model.named_parameters()}
    assert len(gradients) == 42
    for name, gradient in gradients.items():
        assert apart(gradient, told("training")[f"gradient {theirs(name)}"]) <= 1e-5, name


def test_five_steps_of_our_optimizer_change_all_weights_as_tensorflows_do(start, told):
    weights, model = start
    groups = parameter_groups(model, lr=RATE, weight_decay=DECAY, encoder_decay_factor=0.0)
    changes = train(weights, model, TensorFlowAdam(groups, lr=RATE), told("training"))
    for name, change in changes.items():
        assert apart(change, told("training")[f"change {theirs(name)}"]) <= 1e-3, name


def test_torchs_own_adam_changes_them_otherwise(start, told):
    weights, model = start
    groups = parameter_groups(model, lr=RATE, weight_decay=DECAY, encoder_decay_factor=0.0)
    changes = train(weights, model, torch.optim.Adam(groups, lr=RATE), told("training"))
    worst = max(
        apart(change, told("training")[f"change {theirs(name)}"])
        for name, change in changes.items()
    )
    assert worst > 1e-3
