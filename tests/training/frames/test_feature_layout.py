import pytest
import torch

from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.frames.feature_layout import feature_layout

SMALL = {"width": 0.05, "fc_channels": 6, "fc_kernel": 1, "dropout": 0.0}


def make(**changes):
    torch.manual_seed(0)
    return build_fcn(named_architecture("slim", 3, SMALL | changes)).eval()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"head": "32s"}, ("fc7",)),
        ({"head": "16s"}, ("fc7", "pool4")),
        ({"head": "8s"}, ("fc7", "pool4", "pool3")),
        ({"head": "8s", "alignment": "pad-100", "fc_kernel": 7}, ("fc7", "pool4", "pool3")),
        ({"head": "8s", "decoder_channels": 5}, ("fc7", "pool4", "pool3")),
        ({"head": "4s", "decoder_channels": 5}, ("fc7", "pool4", "pool3", "pool2")),
    ],
)
def test_what_comes_back_from_bytes_scores_as_the_picture_does(changes, names):
    model = make(**changes)
    images = torch.randn(2, 3, 41, 70)
    masks = torch.randint(0, 256, (2, 41, 70), dtype=torch.uint8)
    layout = feature_layout(model, [(41, 70)], views=1, precision="32-true")
    assert layout.names == names
    with torch.no_grad():
        records = layout.pack(model.encode(images), masks)
        assert records.shape == (2, layout.total_bytes)
        features, truth = layout.unpack(list(records), (41, 70))
        assert torch.equal(truth, masks)
        assert torch.allclose(model.decode(features, (41, 70)), model(images), atol=1e-6)


def test_half_as_many_bytes_are_as_good_where_convolutions_take_bfloat16():
    model = make()
    images = torch.randn(1, 3, 64, 64)
    masks = torch.zeros(1, 64, 64, dtype=torch.uint8)
    layout = feature_layout(model, [(64, 64)], views=1, precision="bf16-mixed")
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        features, _ = layout.unpack(list(layout.pack(model.encode(images), masks)), (64, 64))
        assert torch.equal(model.decode(features, (64, 64)), model(images))


def test_records_of_several_sizes_lie_one_after_another():
    sizes = [(32, 64), (64, 64), (32, 64)]
    layout = feature_layout(make(head="32s"), sizes, views=2, precision="16-mixed")
    small, large = 2 * 6 * 2 + 32 * 64, 4 * 6 * 2 + 64 * 64  # cells, channels, bytes; and the mask
    assert [layout.offset(frame, 0) for frame in range(3)] == [0, small, small + large]
    assert layout.offset(1, 1) == 3 * small + large
    assert layout.total_bytes == 2 * (2 * small + large)
    assert layout.records == 6
