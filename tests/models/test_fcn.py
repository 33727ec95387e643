import dataclasses
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from roadfcn.models.architecture import FCNArchitecture, HeadName
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.named_architectures import slim_fcn, tensorflow_fcn, vgg16_fcn

HEADS: tuple[HeadName, ...] = ("32s", "16s", "8s")


def random_images(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [
        (vgg16_fcn(21, "32s"), 134_346_581),
        (vgg16_fcn(21, "16s"), 134_357_354),
        (vgg16_fcn(21, "8s"), 134_362_751),
        (tensorflow_fcn(2), 134_271_436),
        (slim_fcn(11), 1_323_121),
    ],
)
def test_networks_have_the_published_number_of_trainable_parameters(
    architecture: FCNArchitecture, parameters: int
):
    with torch.device("meta"):
        model = build_fcn(architecture)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def caffe_forward(weights: dict[str, Tensor], images: Tensor, head: str) -> Tensor:
    """Follow the published networks layer by layer, with their constants written out."""

    def convolve(name: str, current: Tensor, padding: int = 0) -> Tensor:
        owner = "head" if name.startswith("score") else "encoder"
        prefix = f"{owner}.{name}"
        return functional.conv2d(
            current, weights[f"{prefix}.weight"], weights[f"{prefix}.bias"], padding=padding
        )

    def enlarge(name: str, current: Tensor, stride: int) -> Tensor:
        return functional.conv_transpose2d(current, weights[f"head.{name}.weight"], stride=stride)

    height, width = images.shape[-2:]
    current, pools = images, []
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            first = (block, number) == (1, 1)
            current = convolve(f"conv{block}_{number}", current, 100 if first else 1).relu()
        current = functional.max_pool2d(current, 2, 2, ceil_mode=True)
        pools.append(current)
    scores = convolve("score_fr", convolve("fc7", convolve("fc6", current).relu()).relu())
    if head == "32s":
        return enlarge("upscore", scores, 32)[..., 19 : 19 + height, 19 : 19 + width]
    scores = enlarge("upscore2", scores, 2)
    rows, columns = scores.shape[-2:]
    scores = scores + convolve("score_pool4", pools[3])[..., 5 : 5 + rows, 5 : 5 + columns]
    if head == "16s":
        return enlarge("upscore16", scores, 16)[..., 27 : 27 + height, 27 : 27 + width]
    scores = enlarge("upscore_pool4", scores, 2)
    rows, columns = scores.shape[-2:]
    scores = scores + convolve("score_pool3", pools[2])[..., 9 : 9 + rows, 9 : 9 + columns]
    return enlarge("upscore8", scores, 8)[..., 31 : 31 + height, 31 : 31 + width]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("size", [(1, 1), (47, 90)])
def test_pad_100_computes_what_the_caffe_networks_compute(
    head: str, size: tuple[int, int], build_tiny: Callable[..., FCN]
):
    model = build_tiny(head=head, alignment="pad-100").double()
    images = random_images(2, 3, *size).double()
    with torch.no_grad():
        expected = caffe_forward(model.state_dict(), images, head)
        torch.testing.assert_close(model(images), expected, atol=1e-12, rtol=1e-9)


def test_same_alignment_computes_what_tensorflows_same_padding_computes(
    build_tiny: Callable[..., FCN],
):
    model = build_tiny(upsampling="random", upsampling_bias=True).double()
    weights = dict(model.state_dict())
    images = random_images(1, 3, 64, 96).double()
    current, pools = images, []
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            name = f"encoder.conv{block}_{number}"
            weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            current = functional.conv2d(current, weight, bias, padding="same").relu()
        current = functional.max_pool2d(current, 2)
        pools.append(current)
    for name in ("encoder.fc6", "encoder.fc7"):
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        current = functional.conv2d(current, weight, bias, padding="same").relu()

    def score(name: str, feature: Tensor) -> Tensor:
        return functional.conv2d(
            feature, weights[f"head.{name}.weight"], weights[f"head.{name}.bias"]
        )

    def enlarge(name: str, scores: Tensor, stride: int) -> Tensor:
        return functional.conv_transpose2d(
            scores,
            weights[f"head.{name}.weight"],
            weights[f"head.{name}.bias"],
            stride=stride,
            padding=stride // 2,
        )

    scores = enlarge("upscore2", score("score_fr", current), 2) + score("score_pool4", pools[3])
    scores = enlarge("upscore_pool4", scores, 2) + score("score_pool3", pools[2])
    with torch.no_grad():
        torch.testing.assert_close(
            model(images), enlarge("upscore8", scores, 8), atol=1e-12, rtol=1e-9
        )


SIZES = st.integers(1, 70)


@settings(max_examples=40, deadline=None)
@given(height=SIZES, width=SIZES, head=st.sampled_from(HEADS))
@pytest.mark.parametrize(
    ("alignment", "fc_kernel"), [("same", 7), ("same", 3), ("pad-100", 7), ("pad-100", 5)]
)
def test_logits_have_the_size_of_the_picture(
    alignment: str, fc_kernel: int, height: int, width: int, head: HeadName
):
    architecture = FCNArchitecture(
        4, head, width=1 / 64, fc_channels=2, fc_kernel=fc_kernel, alignment=alignment
    )
    with torch.device("meta"):
        logits = build_fcn(architecture)(torch.empty(2, 3, height, width))
    assert logits.shape == (2, 4, height, width)


@pytest.mark.parametrize("alignment", ["same", "pad-100"])
def test_a_picture_of_one_pixel_gets_finite_logits(alignment: str, build_tiny: Callable[..., FCN]):
    logits = build_tiny(alignment=alignment)(random_images(1, 3, 1, 1))
    assert logits.shape == (1, 3, 1, 1)
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", [(40, 75), (33, 64)])
def test_padding_to_a_multiple_of_32_is_the_same_as_doing_it_beforehand(
    size: tuple[int, int], build_tiny: Callable[..., FCN]
):
    model = build_tiny()
    images = random_images(1, 3, *size)
    padded = torch.zeros(1, 3, 64, 96)
    padded[..., : size[0], : size[1]] = images
    padded = padded[..., : -(-size[1] // 32) * 32]
    expected = model(padded)[..., : size[0], : size[1]]
    torch.testing.assert_close(model(images), expected)


def test_moving_the_picture_by_32_px_moves_the_logits_by_32_px(build_tiny: Callable[..., FCN]):
    # fc6 of 1x1 keeps the field of view at 212 px: +- 128 px reach no border in the middle.
    model = build_tiny(fc_kernel=1)
    images = random_images(1, 3, 32, 448)
    with torch.no_grad():
        here, there = model(images), model(images.roll(32, dims=-1))
    torch.testing.assert_close(there[..., 192:288], here[..., 160:256], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(there[..., 192:288], here[..., 192:288], atol=1e-3)


@pytest.mark.parametrize("alignment", ["same", "pad-100"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_parameter_gets_a_gradient(
    alignment: str, batch_norm: bool, build_tiny: Callable[..., FCN]
):
    model = build_tiny(
        alignment=alignment, batch_norm=batch_norm, upsampling="random", upsampling_bias=True
    ).train()
    model(random_images(2, 3, 64, 64)).square().sum().backward()
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert still == []


def test_parameters_belong_to_the_encoder_or_the_head(build_tiny: Callable[..., FCN]):
    prefixes = {name.split(".")[0] for name, _ in build_tiny().named_parameters()}
    assert prefixes == {"encoder", "head"}


def test_evaluation_is_repeatable_and_training_drops_at_random(build_tiny: Callable[..., FCN]):
    model = build_tiny(dropout=0.5)
    images = random_images(1, 3, 64, 64)
    assert torch.equal(model(images), model(images))
    model.train()
    assert not torch.equal(model(images), model(images))


def test_the_same_seed_gives_the_same_weights():
    architecture = dataclasses.replace(slim_fcn(2), width=1 / 64, fc_channels=2)
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(build_fcn(architecture).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_memory_format_changes_nothing(build_tiny: Callable[..., FCN]):
    model = build_tiny(batch_norm=True)
    images = random_images(2, 3, 40, 72)
    expected = model(images)
    model.to(memory_format=torch.channels_last)
    logits = model(images.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(logits, expected)


def test_the_picture_is_not_changed(build_tiny: Callable[..., FCN]):
    images = random_images(1, 3, 64, 64)
    before = images.clone()
    build_tiny()(images)
    assert torch.equal(images, before)


def test_a_network_without_batch_norm_learns_from_scratch(build_tiny: Callable[..., FCN]):
    """The left half of every picture is class 0, whatever it shows; pictures differ by side."""
    model = build_tiny(num_classes=2, width=1 / 8, fc_channels=32, upsampling="learned").train()
    truth = torch.zeros(2, 64, 64, dtype=torch.long)
    truth[..., 32:] = 1
    images = random_images(2, 3, 64, 64) + truth[:, None]
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(30):
        loss = functional.cross_entropy(model(images), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2
