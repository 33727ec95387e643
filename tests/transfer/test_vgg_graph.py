"""load_vgg gives what the graph in data/vgg gives, and a network together with a decoder."""

import numpy as np
import pytest
import torch
from torch.nn import functional

import roadfcn
from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import IMAGENET_RGB, VGG_BGR, InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.transfer.importing import save_imported
from roadfcn.weights.vgg16_shape import CONVOLUTIONS


@pytest.fixture
def encoder_file(build, foreign, tmp_path):
    """Give a function that writes an encoder that was imported, and its network."""

    def make(**changes):
        model = build(**changes)
        return save_imported(foreign(model, head=False), tmp_path / "vgg.safetensors").path, model

    return make


@pytest.fixture
def vgg(encoder_file):
    return roadfcn.load_vgg(encoder_file()[0])


def pictures(batch=1, height=64, width=96, seed=0):
    """Give RGB pictures of whole numbers 0..255, N,3,H,W float32."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (batch, 3, height, width), generator=generator).float()


def graph_in_tensorflow(tensors, image_input):
    """Follow the saved graph: RGB split, means taken off, BGR; convolutions; pools."""
    red, green, blue = image_input.split(1, dim=1)
    current = torch.cat([blue - 103.939, green - 116.779, red - 123.68], dim=1)
    pools = []
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            name = f"encoder.conv{block}_{number}"
            weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
            current = functional.conv2d(current, weight, bias, padding="same").relu()
        current = functional.max_pool2d(current, 2)
        pools.append(current)
    for name in ("encoder.fc6", "encoder.fc7"):
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        current = functional.conv2d(current, weight, bias, padding="same").relu()
    return pools[2], pools[3], current


@pytest.mark.parametrize("size", [(32, 32), (64, 96)])
@pytest.mark.parametrize("kernel", [3, 7])
def test_layers_3_4_and_7_are_those_of_the_saved_graph(encoder_file, size, kernel):
    path, model = encoder_file(fc_kernel=kernel)
    vgg, images = roadfcn.load_vgg(path), pictures(2, *size)
    with torch.no_grad():
        layer3, layer4, layer7 = vgg(images, keep_prob=1.0)
        expected = graph_in_tensorflow(model.state_dict(), images)
    height, width = size
    assert layer3.shape[-2:] == (height // 8, width // 8)
    assert layer7.shape[-2:] == (height // 32, width // 32)
    for ours, theirs in zip((layer3, layer4, layer7), expected, strict=True):
        assert float((ours - theirs).abs().max()) <= 1e-5 * float(theirs.abs().max())


def test_layer_7_of_a_spread_fc6_is_as_far_spread(build, tmp_path):
    trained = build(fc_kernel=3, fc_dilation=2)
    card = ModelCard(trained.architecture.to_dict(), ROAD, VGG_BGR)
    save_model(tmp_path / "m.safetensors", trained, card)
    vgg, images = roadfcn.load_vgg(tmp_path / "m.safetensors"), pictures(1, 64, 160)
    weight, bias = (torch.from_numpy(part).view(-1, 1, 1) for part in VGG_BGR.affine())
    fed = images.flip(1) * weight + bias
    with torch.no_grad():
        torch.testing.assert_close(vgg(images, keep_prob=1.0)[2], trained.encode(fed).fc7)


def test_bytes_are_pictures_too(vgg):
    images = pictures()
    with torch.no_grad():
        for ours, theirs in zip(vgg(images.to(torch.uint8)), vgg(images), strict=True):
            assert torch.equal(ours, theirs)


def test_the_normalising_is_that_of_the_weights(build, tmp_path):
    """A run of ours may have been fed RGB in 0..1, with batch norm behind it."""
    model = build(batch_norm=True)
    card = ModelCard(model.architecture.to_dict(), ROAD, IMAGENET_RGB)
    save_model(tmp_path / "run" / "model.safetensors", model, card)
    images = pictures()
    fed = IMAGENET_RGB.normalise(images[0].to(torch.uint8).permute(1, 2, 0).numpy())
    vgg = roadfcn.load_vgg(str(tmp_path / "run"))
    with torch.no_grad():
        expected = model.encoder(torch.from_numpy(fed)[None])
        for ours, theirs in zip(vgg(images), expected[:3], strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_torchvisions_file_is_a_vgg_too(build, tmp_path):
    """Its 7x7 dense layer has columns C,H,W, and it was fed RGB in 0..1."""
    model, numbers = build(fc_kernel=7), (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    layers = zip(CONVOLUTIONS, (f"features.{number}" for number in numbers), strict=True)
    names = dict(layers) | {"fc6": "classifier.0", "fc7": "classifier.3"}
    theirs = {
        f"{name}.{part}": getattr(model.encoder.get_submodule(ours), part).detach()
        for ours, name in names.items()
        for part in ("weight", "bias")
    }
    dense = {n: t.flatten(1) for n, t in theirs.items() if n.startswith("clas") and t.ndim > 1}
    torch.save(theirs | dense, tmp_path / "vgg16.pth")
    images = pictures()
    fed = IMAGENET_RGB.normalise(images[0].to(torch.uint8).permute(1, 2, 0).numpy())
    with torch.no_grad():
        expected = model.encoder(torch.from_numpy(fed)[None])
        outputs = roadfcn.load_vgg(tmp_path / "vgg16.pth")(images)
    for ours, known in zip(outputs, expected[:3], strict=True):
        torch.testing.assert_close(ours, known, rtol=1e-5, atol=1e-5)


def make_dropout_visible(vgg):
    """Let fc6 be 1 everywhere and fc7 a copy of it: what is left shows what was dropped."""
    with torch.no_grad():
        vgg.encoder.fc6.weight.zero_()
        vgg.encoder.fc6.bias.fill_(1.0)
        vgg.encoder.fc7.weight.copy_(torch.eye(64)[:, :, None, None])
        vgg.encoder.fc7.bias.zero_()


@pytest.mark.parametrize("mode", [True, False])
def test_keep_prob_keeps_that_share_of_single_elements_twice(encoder_file, mode):
    """x * floor(keep_prob + u) / keep_prob, u uniform for each element, after fc6 and fc7."""
    vgg = roadfcn.load_vgg(encoder_file(fc_channels=64)[0]).train(mode)
    make_dropout_visible(vgg)
    torch.manual_seed(1)
    with torch.no_grad():
        left = vgg(pictures(8, 128, 128), keep_prob=0.8).layer7_out
    assert {round(value, 4) for value in left.unique().tolist()} == {0.0, round(1 / 0.64, 4)}
    count = left.numel()
    assert count == 8 * 64 * 16
    deviation = (0.64 * 0.36 / count) ** 0.5
    kept = left > 0
    assert float(kept.float().mean()) == pytest.approx(0.64, abs=4 * deviation)
    # Were whole channels or whole cells dropped, all of a channel's 16 cells would be alike; of
    # single elements, as good as none are (0.64^16 + 0.36^16 = 0.0008).
    alike = (kept == kept[..., :1, :1]).flatten(2).all(2).float().mean()
    assert float(alike) < 0.01
    assert not (kept == kept[:, :1]).all()


def test_all_is_kept_at_one_even_in_training(vgg):
    images = pictures()
    with torch.no_grad():
        plain = vgg(images).layer7_out
        assert torch.equal(vgg.train()(images, keep_prob=1.0).layer7_out, plain)


def test_without_keep_prob_the_mode_decides_and_half_is_kept(encoder_file):
    vgg = roadfcn.load_vgg(encoder_file(fc_channels=64)[0])
    make_dropout_visible(vgg)
    images = pictures(8, 128, 128)
    assert not vgg.training
    with torch.no_grad():
        vgg(images, keep_prob=0.9)  # leaves nothing behind
        assert (vgg(images).layer7_out == 1).all()
        left = vgg.train()(images).layer7_out
    assert set(left.unique().tolist()) == {0.0, 4.0}
    assert float((left > 0).float().mean()) == pytest.approx(0.25, abs=0.02)


def test_every_weight_of_both_parts_learns(vgg):
    decoder = roadfcn.layers(2, vgg.channels)
    decoder(*vgg(pictures(), keep_prob=1.0)).square().mean().backward()
    named = [*vgg.named_parameters(), *decoder.named_parameters()]
    assert len(named) == 2 * 15 + 2 * 6
    assert [name for name, parameter in named if parameter.grad is None] == []
    assert vgg.encoder.conv1_1.weight.grad.any()


@pytest.mark.parametrize("keep_prob", [0, -0.5, 1.5, float("nan")])
def test_an_impossible_keep_prob_is_refused(vgg, keep_prob):
    with pytest.raises(ConfigError, match="keep_prob is") as caught:
        vgg(pictures(), keep_prob=keep_prob)
    assert "the share that is kept" in caught.value.allowed


def test_tensorflows_order_of_axes_is_refused(vgg):
    with pytest.raises(ConfigError, match=r"have the shape \(1, 64, 96, 3\)") as caught:
        vgg(pictures().permute(0, 2, 3, 1))
    assert "images.permute(0, 3, 1, 2)" in caught.value.do


@pytest.mark.parametrize("size", [(375, 1242), (32, 60), (0, 32)])
def test_sizes_at_which_the_layers_do_not_meet_are_refused(vgg, size):
    with pytest.raises(ConfigError, match=f"pictures are {size[0]} x {size[1]} px") as caught:
        vgg(torch.zeros(1, 3, *size))
    assert "multiples of 32" in caught.value.allowed
    assert "join()" in caught.value.do


def test_the_joined_network_gives_the_same_logits(vgg):
    decoder, image = roadfcn.layers(2, vgg.channels), pictures()
    model, card = vgg.join(decoder, ROAD)
    fed = card.input_format.normalise(image[0].to(torch.uint8).permute(1, 2, 0).numpy())
    with torch.no_grad():
        by_hand = decoder(*vgg(image))
        joined = model(torch.from_numpy(fed)[None])
    assert by_hand.std() > 0
    torch.testing.assert_close(joined, by_hand)
    assert model(torch.zeros(1, 3, 37, 50)).shape == (1, 2, 37, 50)


def test_what_is_trained_by_hand_is_trained_in_the_joined_network(vgg):
    decoder, images = roadfcn.layers(2, vgg.channels), pictures()
    model, _ = vgg.join(decoder, ROAD)
    optimizer = torch.optim.SGD([*vgg.parameters(), *decoder.parameters()], lr=0.01)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    decoder(*vgg(images, keep_prob=1.0)).square().mean().backward()
    optimizer.step()
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert {"encoder.conv1_1.weight", "head.upscore8.bias"} <= changed


def test_the_joined_network_is_saved_and_labels_as_by_hand(vgg, tmp_path):
    decoder, image = roadfcn.layers(2, vgg.channels), pictures(1, 32, 64)
    model, card = vgg.join(decoder, ROAD, image_shape=(32, 64))
    roadfcn.save_model(tmp_path / "fcn.safetensors", model, card)
    with torch.no_grad():
        by_hand = decoder(*vgg(image)).argmax(1)[0].numpy()
    assert 0 < by_hand.mean() < 1
    predictor = Predictor(open_backend(tmp_path / "fcn.safetensors", precision="float32"))
    picture = image[0].to(torch.uint8).permute(1, 2, 0).numpy()
    assert np.array_equal(predictor.predict(np.ascontiguousarray(picture)).labels, by_hand)
    # A larger picture is brought to the size that was trained on, its labels back.
    assert predictor.predict(np.zeros((64, 130, 3), np.uint8)).labels.shape == (64, 130)
    loaded = load_model(tmp_path / "fcn.safetensors")[1]
    assert loaded.input_format == InputFormat(
        VGG_BGR.channel_order, VGG_BGR.scale, VGG_BGR.mean, VGG_BGR.std, (32, 64)
    )
    assert loaded.provenance["weights"]["kind"] == "an encoder that roadfcn imported"
    assert loaded.architecture["upsampling"] == "random"


def test_a_joined_network_is_weights_to_load_again(vgg, tmp_path):
    model, card = vgg.join(roadfcn.layers(2, vgg.channels), ROAD)
    roadfcn.save_model(tmp_path / "fcn.safetensors", model, card)
    again = roadfcn.load_vgg(tmp_path / "fcn.safetensors")
    with torch.no_grad():
        for ours, theirs in zip(again(pictures()), vgg(pictures()), strict=True):
            assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("classes", "label_set"), [(2, CAMVID_11), (11, ROAD)])
def test_a_decoder_for_other_classes_joins_nothing(vgg, classes, label_set):
    with pytest.raises(ConfigError, match=f"{classes} classes meets a VGG16"):
        vgg.join(roadfcn.layers(classes, vgg.channels), label_set)


def test_a_decoder_for_another_width_joins_nothing(vgg):
    with pytest.raises(ConfigError, match=r"\(256, 512, 4096\) channels") as caught:
        vgg.join(roadfcn.layers(2), ROAD)
    assert "vgg.channels" in caught.value.do


def test_weights_without_fc_layers_have_no_layer_7(build, foreign, tmp_path):
    path = save_imported(foreign(build(), head=False, fc=False), tmp_path / "vgg.safetensors").path
    with pytest.raises(ModelFileError, match="without fc6 and fc7, which layer7_out comes from"):
        roadfcn.load_vgg(path)


def test_an_encoder_with_a_tensor_of_another_shape_is_refused(build, foreign, tmp_path):
    weights = foreign(build(), head=False)
    weights.tensors["encoder.fc7.bias"] = np.zeros(3, np.float32)
    path = save_imported(weights, tmp_path / "vgg.safetensors").path
    with pytest.raises(ModelFileError, match=r"of another shape are fc7\.bias"):
        roadfcn.load_vgg(path)
