"""torchvision's VGG16: as a convolutional network it computes what the classifier computed."""

import hashlib

import numpy as np
import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB
from roadfcn.weights.torch_nets import read_torch_weights

# features.{...} of the published VGG16, and what the Caffe networks call these layers.
PUBLISHED = {
    0: "conv1_1", 2: "conv1_2", 5: "conv2_1", 7: "conv2_2", 10: "conv3_1", 12: "conv3_2",
    14: "conv3_3", 17: "conv4_1", 19: "conv4_2", 21: "conv4_3", 24: "conv5_1", 26: "conv5_2",
    28: "conv5_3",
}  # fmt: skip


@pytest.fixture
def pictures():
    torch.manual_seed(3)
    return torch.randn(2, 3, 224, 224)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("legacy", [False, True])
@torch.no_grad()
def test_logits_of_the_classifier_come_out_of_its_convolutional_form(
    norm, legacy, make_classifier, save, encoder_of, pictures
):
    classifier = make_classifier(norm=norm)
    weights = read_torch_weights(save(classifier.state_dict(), legacy=legacy))
    features = encoder_of(weights)(pictures).fc7
    assert features.shape == (2, 24, 1, 1)
    expected = classifier(pictures)
    logits = classifier.classifier[6](features.flatten(1))
    assert (logits - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert expected.std() > 0.1, "logits that are all alike would prove nothing"


def test_names_and_order_are_those_of_the_published_definition(make_classifier, save):
    tensors = make_classifier().state_dict()
    assert [int(name.split(".")[1]) for name in tensors if "features" in name][::2] == [*PUBLISHED]
    weights = read_torch_weights(save(tensors))
    for place, layer in PUBLISHED.items():
        for part in ("weight", "bias"):
            ours = weights.tensors[f"encoder.{layer}.{part}"]
            assert np.array_equal(ours, tensors[f"features.{place}.{part}"].numpy())
    assert len(weights.tensors) == 2 * 13 + 4


def test_it_wants_rgb_and_leaves_its_last_layer_out(make_classifier, save):
    path = save(make_classifier().state_dict())
    weights = read_torch_weights(path)
    assert weights.kind == "torchvision's VGG16"
    assert weights.input_format == IMAGENET_RGB
    assert weights.left_out == ("classifier.6.weight", "classifier.6.bias")
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not weights.has_head


def test_vgg16_from_caffe_under_these_names_gets_the_format_that_was_said(make_classifier, save):
    path = save(make_classifier().state_dict())
    assert read_torch_weights(path, input_format=CAFFE_BGR).input_format == CAFFE_BGR


def test_features_alone_are_an_encoder_without_fc(make_classifier, save):
    tensors = make_classifier().state_dict()
    only = {name: tensor for name, tensor in tensors.items() if name.startswith("features.")}
    weights = read_torch_weights(save(only))
    assert len(weights.tensors) == 26
    assert weights.left_out == ()


def test_batch_norm_leaves_no_trace_but_its_name(make_classifier, save):
    weights = read_torch_weights(save(make_classifier(norm=True).state_dict()))
    assert weights.kind == "torchvision's VGG16 with batch norm, folded into its convolutions"
    assert not any("norm" in name for name in weights.tensors)
    assert sum(name.endswith("num_batches_tracked") for name in weights.left_out) == 13


def test_a_variance_below_zero_is_refused(make_classifier, save):
    tensors = make_classifier(norm=True).state_dict()
    tensors["features.1.running_var"][2] = -0.5
    with pytest.raises(ModelFileError, match=r"batch norm after conv1_1 of .* variance -0\.5"):
        read_torch_weights(save(tensors))


def test_a_batch_norm_of_another_size_is_refused(make_classifier, save):
    tensors = make_classifier(norm=True).state_dict()
    tensors["features.4.bias"] = torch.zeros(3)
    with pytest.raises(ModelFileError, match=r"after conv1_2 of .* is of sizes \[4, 3, 4, 4\]"):
        read_torch_weights(save(tensors))


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize(
    ("name", "counts"),
    [("VGG11", (1, 1, 2, 2, 2)), ("VGG13", (2,) * 5), ("VGG19", (2, 2, 4, 4, 4))],
)
def test_siblings_are_called_by_their_names(name, counts, norm, make_classifier, save):
    row = []
    for width, count in zip((4, 8, 16, 32, 32), counts, strict=True):
        row += [width] * count + ["M"]
    path = save(make_classifier(norm=norm, row=row).state_dict())
    with pytest.raises(ModelFileError, match=f"is torchvision's {name}\n"):
        read_torch_weights(path)


def test_all_that_does_not_fit_is_told_at_once(make_classifier, save):
    tensors = make_classifier().state_dict()
    del tensors["features.28.bias"], tensors["classifier.3.weight"]
    tensors["features.5.weight"] = torch.zeros(8, 5, 3, 3)
    tensors["loss.weight"] = torch.ones(5)
    tensors["features.0.bias"][0] = torch.nan
    with pytest.raises(ModelFileError) as caught:
        read_torch_weights(save(tensors))
    for problem in (
        "features.28.bias is missing",
        "classifier.3.weight is missing",
        "features.5.weight is 8 x 5 x 3 x 3 and not 8 x 4 x 3 x 3",
        "loss.weight is unknown",
        "features.0.bias has values that are not finite",
    ):
        assert problem in caught.value.found
    assert caught.value.found.count(";") == 4


def test_a_classifier_for_another_size_of_picture_is_refused(make_classifier, save):
    """One for small pictures, whose last map is 1 x 1, cannot be an fc6 of 7 x 7."""
    tensors = make_classifier().state_dict()
    tensors["classifier.0.weight"] = torch.zeros(24, 32)
    with pytest.raises(ModelFileError, match=r"classifier\.0\.weight has 32 inputs and not 49"):
        read_torch_weights(save(tensors))
