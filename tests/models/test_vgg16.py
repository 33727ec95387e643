import pytest
import torch

from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import slim_fcn, vgg16_fcn
from roadfcn.models.vgg16 import VGG16

CONVOLUTIONS = {
    "conv1_1": (64, 3, 3, 3),
    "conv1_2": (64, 64, 3, 3),
    "conv2_1": (128, 64, 3, 3),
    "conv2_2": (128, 128, 3, 3),
    "conv3_1": (256, 128, 3, 3),
    "conv3_2": (256, 256, 3, 3),
    "conv3_3": (256, 256, 3, 3),
    "conv4_1": (512, 256, 3, 3),
    "conv4_2": (512, 512, 3, 3),
    "conv4_3": (512, 512, 3, 3),
    "conv5_1": (512, 512, 3, 3),
    "conv5_2": (512, 512, 3, 3),
    "conv5_3": (512, 512, 3, 3),
    "fc6": (4096, 512, 7, 7),
    "fc7": (4096, 4096, 1, 1),
}


def make_encoder(width: float = 0.25, **changes: object) -> VGG16:
    arguments = {
        "batch_norm": False,
        "fc_channels": 128,
        "fc_kernel": 7,
        "fc_dilation": 1,
        "fc_padding": 3,
        "dropout": 0.5,
    }
    torch.manual_seed(0)
    return VGG16(width=width, **{**arguments, **changes})  # type: ignore[arg-type]


def test_the_whole_encoder_has_vgg16s_names_and_shapes():
    with torch.device("meta"):
        model = build_fcn(vgg16_fcn(2))
    shapes = {name: tuple(tensor.shape) for name, tensor in model.encoder.state_dict().items()}
    expected = {f"{name}.weight": shape for name, shape in CONVOLUTIONS.items()}
    expected |= {f"{name}.bias": shape[:1] for name, shape in CONVOLUTIONS.items()}
    assert shapes == expected
    assert sum(tensor.numel() for tensor in model.encoder.parameters()) == 134_260_544


def test_batch_norm_takes_the_place_of_biases():
    with torch.device("meta"):
        names = list(build_fcn(slim_fcn(2)).encoder.state_dict())
    assert "conv1_1.norm.running_mean" in names
    assert "fc7.norm.weight" in names
    assert not [name for name in names if name.endswith("_1.bias") or name == "fc6.bias"]


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_spread_fc6_is_a_larger_kernel_with_zeros_in_between(dilation: int):
    spread = make_encoder(fc_kernel=3, fc_dilation=dilation, fc_padding=dilation).eval()
    extent = 2 * dilation + 1
    whole = make_encoder(fc_kernel=extent, fc_padding=dilation).eval()
    whole.load_state_dict({**spread.state_dict(), "fc6.weight": whole.fc6.weight.detach() * 0})
    with torch.no_grad():
        whole.fc6.weight[:, :, ::dilation, ::dilation] = spread.fc6.weight
        images = torch.randn(1, 3, 160, 224)
        torch.testing.assert_close(spread(images).fc7, whole(images).fc7)


def test_features_lie_at_strides_8_16_and_32():
    features = make_encoder(1 / 32)(torch.zeros(1, 3, 64, 96))
    assert features.pool3.shape == (1, 8, 8, 12)
    assert features.pool4.shape == (1, 16, 4, 6)
    assert features.fc7.shape == (1, 128, 2, 3)


def test_pooling_keeps_the_last_odd_row_and_column():
    features = make_encoder(1 / 32)(torch.zeros(1, 3, 33, 17))
    assert features.pool3.shape[-2:] == (5, 3)
    assert features.fc7.shape[-2:] == (2, 1)


def test_the_signal_stays_alive_through_sixteen_layers_without_batch_norm():
    encoder = make_encoder(fc_channels=256).eval()
    images = torch.randn(2, 1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one, other = (encoder(image).fc7 for image in images)
    strength = one.square().mean().sqrt().item()
    difference = (one - other).square().mean().sqrt().item()
    # With PyTorch's own start the strength is 0.02, and two pictures differ by 1e-5 of that.
    assert 0.2 < strength < 5
    assert difference > 0.05 * strength


def test_dropout_drops_elements_and_not_whole_channels():
    encoder = make_encoder()
    torch.manual_seed(0)
    dropped = encoder.drop6(torch.ones(1, 64, 8, 8))
    share = (dropped == 0).float().mean(dim=(0, 2, 3))
    assert 0.2 < share.min().item() < share.max().item() < 0.8
    assert dropped.max().item() == 2.0
    assert encoder.eval().drop7(torch.ones(1, 1, 2, 2)).tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]


def test_a_layer_has_at_least_one_channel():
    assert make_encoder(0.001).conv1_1.out_channels == 1
