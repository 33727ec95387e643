from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.growth import grow
from roadfcn.models.named_architectures import named_architecture

SLIM_4S = {"head": "4s", "decoder_channels": 64}


def test_slim_with_it_stays_below_a_million_and_a_half_parameters():
    with torch.device("meta"):
        model = build_fcn(named_architecture("slim", 11, SLIM_4S))
    # By hand: encoder 1,288,096; laterals 256*64+64, 128*64, 64*64, 32*64; three norms of 128,
    # three 3x3 of 64*64*9 with a norm of 128; score 64*11+11; upscore4 11*11*8*8.
    encoder = sum(parameter.numel() for parameter in model.encoder.parameters())
    head = 16_448 + 8_192 + 4_096 + 2_048 + 3 * (128 + 36_864 + 128) + 715 + 7_744
    assert sum(parameter.numel() for parameter in model.parameters()) == encoder + head
    assert encoder + head < 1_500_000


@pytest.mark.parametrize(
    ("head", "layers"),
    [
        ("32s", []),
        ("16s", ["join_pool4"]),
        ("8s", ["join_pool4", "join_pool3"]),
        ("4s", ["join_pool4", "join_pool3", "join_pool2"]),
    ],
)
def test_a_finer_head_has_one_join_more(
    head: str, layers: list[str], build_tiny: Callable[..., FCN]
):
    model = build_tiny(head=head, decoder_channels=4)
    last = f"upscore{head.removesuffix('s')}"
    assert [name for name, _ in model.head.named_children()] == [
        "lateral_fc7",
        *layers,
        "score",
        last,
    ]


@pytest.mark.parametrize("size", [(1, 1), (33, 70), (64, 96)])
@pytest.mark.parametrize("head", ["32s", "16s", "8s", "4s"])
def test_scores_have_the_size_of_any_picture(
    head: str, size: tuple[int, int], build_tiny: Callable[..., FCN]
):
    model = build_tiny(head=head, decoder_channels=4, batch_norm=True)
    with torch.no_grad():
        assert model(torch.zeros(2, 3, *size)).shape == (2, 3, *size)


def _by_hand(model: FCN, images: Tensor) -> Tensor:
    """Compute a 4s head without batch norm out of its weights and the encoder's layers."""
    weights, current, pools = model.state_dict(), images, {}
    for name, layer in model.encoder.named_children():
        current = layer(current)
        pools[name] = current

    def convolve(name: str, feature: Tensor, padding: int = 0) -> Tensor:
        weight, bias = weights[f"head.{name}.weight"], weights[f"head.{name}.bias"]
        return functional.conv2d(feature, weight, bias, padding=padding)

    def double(maps: Tensor) -> Tensor:
        height, width = maps.shape[-2:]
        # Bilinear with edges repeated: a quarter of the neighbour, three quarters of the cell.
        padded = functional.pad(maps, (1, 1, 1, 1), mode="replicate")
        rows = torch.empty(*maps.shape[:2], 2 * height, width + 2, dtype=maps.dtype)
        rows[:, :, 0::2] = 0.25 * padded[:, :, :-2] + 0.75 * padded[:, :, 1:-1]
        rows[:, :, 1::2] = 0.75 * padded[:, :, 1:-1] + 0.25 * padded[:, :, 2:]
        both = torch.empty(*maps.shape[:2], 2 * height, 2 * width, dtype=maps.dtype)
        both[..., 0::2] = 0.25 * rows[..., :-2] + 0.75 * rows[..., 1:-1]
        both[..., 1::2] = 0.75 * rows[..., 1:-1] + 0.25 * rows[..., 2:]
        return both

    joined = convolve("lateral_fc7", current)
    for level in ("pool4", "pool3", "pool2"):
        name = f"join_{level}"
        joined = (double(joined) + convolve(f"{name}.lateral", pools[level])).relu()
        joined = convolve(f"{name}.mix", joined, padding=1).relu()
    scores = convolve("score", joined)
    return functional.conv_transpose2d(
        scores, weights["head.upscore4.weight"], None, stride=4, padding=2
    )


def test_features_are_doubled_added_and_mixed(build_tiny: Callable[..., FCN]):
    model = build_tiny(head="4s", decoder_channels=5).double()
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(2)).double()
    with torch.no_grad():
        torch.testing.assert_close(model(images), _by_hand(model, images), atol=1e-12, rtol=1e-9)


def test_every_part_of_it_learns(build_tiny: Callable[..., FCN]):
    model = build_tiny(head="4s", decoder_channels=4, batch_norm=True, upsampling="learned").train()
    model(torch.rand(2, 3, 64, 64)).square().mean().backward()
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert still == []


def test_a_card_from_before_it_means_that_scores_are_joined():
    card = named_architecture("slim", 2).to_dict()
    assert "decoder_channels" not in card  # and older versions can read it still
    assert FCNArchitecture.from_dict(card).decoder_channels == 0


def test_a_card_from_before_fc6_could_be_spread_means_that_it_is_not():
    card = named_architecture("slim", 2).to_dict()
    assert "fc_dilation" not in card
    assert FCNArchitecture.from_dict(card).fc_dilation == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"head": "4s"}, "head is '4s'"),
        ({"decoder_channels": -1}, "decoder_channels is -1"),
        ({"decoder_channels": 1025}, "decoder_channels is 1025"),
        ({"decoder_channels": 1.5}, "decoder_channels is 1.5"),
        ({"decoder_channels": 64, "alignment": "pad-100", "fc_kernel": 7}, "0 where the alignment"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], words: str):
    with pytest.raises(ConfigError, match=words):
        named_architecture("slim", 2, changes)


def test_it_cannot_grow(build_tiny: Callable[..., FCN]):
    with pytest.raises(ConfigError, match="joins features cannot grow"):
        grow(build_tiny(head="16s", decoder_channels=4), "8s")
