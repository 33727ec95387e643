import math

import numpy as np
import pytest
import torch

from roadfcn.label_sets import VOID
from roadfcn.training.steps.losses import PixelCrossEntropy


def slow_loss(logits, target, weights=None, smoothing=0.0):
    """Sum of weighted cross-entropies and sum of weights, pixel by pixel."""
    total, weight_sum = 0.0, 0.0
    batch, classes, height, width = logits.shape
    for n in range(batch):
        for row in range(height):
            for column in range(width):
                truth = int(target[n, row, column])
                if truth == VOID:
                    continue
                scores = logits[n, :, row, column]
                logsum = math.log(sum(math.exp(score) for score in scores))
                weight = 1.0 if weights is None else weights[truth]
                weight_sum += weight
                for k in range(classes):
                    share = smoothing / classes + (1 - smoothing) * (k == truth)
                    own = 1.0 if weights is None else weights[k]
                    total += own * share * (logsum - scores[k])
    return total, weight_sum


@pytest.fixture
def case():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(2, 3, 4, 5))
    target = generator.integers(0, 3, (2, 4, 5))
    target[0, 0] = VOID
    return logits, target


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 3.0]])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_mean_loss_equals_the_slow_form(case, weights, smoothing):
    logits, target = case
    loss = PixelCrossEntropy(
        None if weights is None else torch.tensor(weights), label_smoothing=smoothing
    )
    total, weight_sum = slow_loss(logits, target, weights, smoothing)
    found = loss(torch.from_numpy(logits), torch.from_numpy(target))
    assert float(found) == pytest.approx(total / weight_sum, rel=1e-6)


def test_summed_loss_is_divided_by_the_batch_only(case):
    logits, target = case
    found = PixelCrossEntropy(reduction="sum")(torch.from_numpy(logits), torch.from_numpy(target))
    assert float(found) == pytest.approx(slow_loss(logits, target)[0] / 2, rel=1e-9)


def test_void_pixels_get_no_gradient(case):
    logits, target = case
    scores = torch.from_numpy(logits).requires_grad_()
    PixelCrossEntropy()(scores, torch.from_numpy(target)).backward()
    assert (scores.grad[0, :, 0] == 0).all()
    assert (scores.grad[1] != 0).all()


def test_batch_without_truth_has_loss_zero_and_no_gradient():
    scores = torch.randn(1, 2, 3, 3, requires_grad=True)
    loss = PixelCrossEntropy(torch.tensor([1.0, 2.0]))(scores, torch.full((1, 3, 3), VOID))
    loss.backward()
    assert float(loss.detach()) == 0
    assert (scores.grad == 0).all()


def test_half_precision_logits_are_summed_in_single():
    scores = torch.zeros(1, 2, 300, 300, dtype=torch.bfloat16)
    loss = PixelCrossEntropy()(scores, torch.zeros(1, 300, 300, dtype=torch.int64))
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(math.log(2), rel=1e-6)


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 3.0]])
def test_kittisegs_loss_is_divided_by_all_pixels(case, weights):
    """As its program has it: the mean over one-hot truth, of which void pixels have none."""
    logits, target = case
    hot = np.stack([target == k for k in range(3)], 1).astype(float)
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    weighted = hot * np.reshape(weights or [1.0, 1.0, 1.0], (1, 3, 1, 1))
    expected = -np.mean(np.sum(weighted * np.log(softmax), 1))
    given = None if weights is None else torch.tensor(weights)
    loss = PixelCrossEntropy(given, reduction="all-pixels")
    found = loss(torch.from_numpy(logits), torch.from_numpy(target))
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "all-pixels", "sum"])
def test_sums_of_shared_batches_give_the_loss_of_the_whole(case, reduction):
    logits, target = (torch.from_numpy(part) for part in case)
    loss = PixelCrossEntropy(reduction=reduction)
    pairs = [loss.sums(logits[n : n + 1], target[n : n + 1]) for n in range(2)]
    total, count = (sum(column) for column in zip(*pairs, strict=True))
    assert float(total / count) == pytest.approx(float(loss(logits, target)), rel=1e-12)
    assert float(loss.sums(logits[:1], target[:1])[0]) != pytest.approx(float(total) / 2)


def test_padding_of_smaller_frames_is_no_pixel():
    logits, target = torch.zeros(1, 2, 4, 6), torch.full((1, 4, 6), VOID)
    target[:, :3, :5] = 1
    target[:, 0] = VOID
    total, count = PixelCrossEntropy(reduction="all-pixels").sums(logits, target, pixels=15)
    assert float(count) == 15
    assert float(total) == pytest.approx(10 * math.log(2))
