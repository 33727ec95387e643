from collections.abc import Callable

import pytest
import torch

from roadfcn.models.fcn import FCN
from roadfcn.models.heads import crop
from roadfcn.models.vgg16 import Features

LAYERS = {
    "32s": ["score_fr", "upscore"],
    "16s": ["score_fr", "upscore2", "score_pool4", "upscore16"],
    "8s": ["score_fr", "upscore2", "score_pool4", "upscore_pool4", "score_pool3", "upscore8"],
}


@pytest.mark.parametrize("head", LAYERS)
def test_layers_have_the_names_of_the_caffe_networks(head: str, build_tiny: Callable[..., FCN]):
    model = build_tiny(head=head)
    assert [name for name, _ in model.head.named_children()] == LAYERS[head]


@pytest.mark.parametrize(
    ("alignment", "head", "size"),
    [("same", "32s", 2), ("same", "16s", 4), ("same", "8s", 8), ("pad-100", "16s", 6)],
)
def test_fused_scores_lie_on_the_grid_that_the_head_is_named_after(
    alignment: str, head: str, size: int, build_tiny: Callable[..., FCN]
):
    model = build_tiny(head=head, alignment=alignment)
    channels = model.encoder.channels
    features = Features(
        torch.zeros(1, channels[0], 30, 30) if alignment == "pad-100" else torch.zeros(1, 8, 8, 8),
        torch.zeros(1, channels[1], 15, 15) if alignment == "pad-100" else torch.zeros(1, 16, 4, 4),
        torch.zeros(1, channels[2], 2, 2),
    )
    assert model.head.fuse(features).shape == (1, 3, size, size)


def test_scales_act_on_the_feature_before_it_is_scored(build_tiny: Callable[..., FCN]):
    plain = build_tiny()
    scaled = build_tiny(skip_scales=(0.01, 0.0001))
    features = Features(torch.rand(1, 8, 8, 8), torch.rand(1, 16, 4, 4), torch.rand(1, 8, 2, 2))
    shrunk = Features(features.pool3 * 0.0001, features.pool4 * 0.01, features.fc7)
    torch.testing.assert_close(scaled.head.fuse(features), plain.head.fuse(shrunk))

    scaled.head.fuse(features).sum().backward()
    plain.head.fuse(features).sum().backward()
    slow, fast = (model.head.get_parameter("score_pool3.weight").grad for model in (scaled, plain))
    assert slow is not None
    assert fast is not None
    torch.testing.assert_close(slow, fast * 0.0001)


def test_cropping_cuts_from_the_top_and_left_alike():
    maps = torch.arange(30.0).reshape(1, 1, 5, 6)
    assert crop(maps, 2, (2, 3)).tolist() == [[[[14.0, 15.0, 16.0], [20.0, 21.0, 22.0]]]]
