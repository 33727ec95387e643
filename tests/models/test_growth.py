from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from roadfcn.errors import ConfigError
from roadfcn.models.fcn import FCN
from roadfcn.models.growth import grow


def coarse_scores(model: FCN, images: torch.Tensor) -> torch.Tensor:
    padded = functional.pad(images, model.alignment.input_padding(*images.shape[-2:]))
    scores: torch.Tensor = model.head.fuse(model.encoder(padded))
    return scores


@pytest.mark.parametrize("alignment", ["same", "pad-100"])
@pytest.mark.parametrize("upsampling", ["fixed", "learned", "random"])
def test_a_grown_networks_scores_are_the_old_ones_enlarged_twice(
    alignment: str, upsampling: str, build_tiny: Callable[..., FCN]
):
    images = torch.rand(1, 3, 160, 192, generator=torch.Generator().manual_seed(0))
    model = build_tiny(head="32s", alignment=alignment, upsampling=upsampling)
    for head in ("16s", "8s"):
        grown = grow(model, head)
        with torch.no_grad():
            old, new = coarse_scores(model, images), coarse_scores(grown, images)
        expected = functional.interpolate(old, scale_factor=2, mode="bilinear")
        # Without trimming, a doubled map has one more cell on every side.
        cut = 0 if alignment == "same" else 1
        new = new[..., cut : new.shape[-2] - cut, cut : new.shape[-1] - cut]
        inner = (..., slice(1, -1), slice(1, -1))
        torch.testing.assert_close(new[inner], expected[inner])
        # At the border the transposed convolution counts zeros for scores beyond the edge.
        torch.testing.assert_close(new[..., 0, 1:-1], 0.75 * expected[..., 0, 1:-1])
        model = grown


def test_shared_tensors_are_copied_and_new_skip_scores_are_zero(build_tiny: Callable[..., FCN]):
    model = build_tiny(head="16s", upsampling="learned")
    with torch.no_grad():
        model.head.get_parameter("upscore2.weight").add_(0.1)
    grown = grow(model, "8s")
    old, new = model.state_dict(), grown.state_dict()
    shared = set(old) & set(new)
    assert set(old) - shared == {"head.upscore16.weight"}
    assert all(torch.equal(old[name], new[name]) for name in shared)
    assert not new["head.score_pool3.weight"].any()
    assert not new["head.score_pool3.bias"].any()
    assert grown.architecture.head == "8s"


def test_growing_leaves_the_old_network_alone(build_tiny: Callable[..., FCN]):
    model = build_tiny(head="32s")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    grown = grow(model, "8s")
    with torch.no_grad():
        for parameter in grown.parameters():
            parameter.zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not grown.training


def test_a_grown_network_says_nearly_what_the_old_one_said(build_tiny: Callable[..., FCN]):
    images = torch.rand(1, 3, 160, 192, generator=torch.Generator().manual_seed(0))
    model = build_tiny(head="32s")
    with torch.no_grad():
        old, new = model(images), grow(model, "8s")(images)
    inner = (..., slice(32, -32), slice(32, -32))
    spread = old[inner].std().item()
    assert (old[inner] - new[inner]).abs().mean().item() < 0.1 * spread


@pytest.mark.parametrize(
    ("start", "head", "allowed"),
    [
        ("8s", "16s", "nothing: 8s is the finest head"),
        ("16s", "16s", "8s"),
        ("32s", "4s", "16s, 8s"),
    ],
)
def test_a_head_only_grows_finer(
    start: str, head: str, allowed: str, build_tiny: Callable[..., FCN]
):
    with pytest.raises(ConfigError) as caught:
        grow(build_tiny(head=start), head)  # type: ignore[arg-type]
    assert caught.value.found == f"a {start} head cannot grow to {head!r}"
    assert caught.value.allowed == allowed
