"""What fits starts from the weights, what does not starts fresh and is listed, and nothing else."""

import re
from dataclasses import replace

import pytest
import torch

from roadfcn.checkpoints import save_model
from roadfcn.errors import ConfigError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import build_fcn
from roadfcn.models.growth import grow
from roadfcn.models.named_architectures import named_architecture
from roadfcn.transfer.fitting import start_from
from roadfcn.transfer.opening import from_foreign, open_pretrained
from roadfcn.weights.shipped_models import shipped_path

HEAD_LAYERS = 5
"""score_fr, score_pool4, score_pool3 with weight and bias each; upsampling layers with neither."""


def same(model, weights, names):
    return all(torch.equal(model.state_dict()[name], weights.tensors[name]) for name in names)


def test_all_of_a_network_with_the_same_classes_is_taken(build, foreign):
    weights, model = from_foreign(foreign(build(seed=1))), build(seed=2)
    transfer = start_from(model, weights, ROAD)
    assert set(transfer.taken) == set(model.state_dict())
    assert transfer.fresh == ()
    assert transfer.unused == ()
    images = torch.randn(1, 3, 50, 70)
    assert torch.equal(model(images), build(seed=1)(images))


def test_with_another_number_of_classes_the_head_starts_fresh(build, foreign):
    weights, model, untouched = from_foreign(foreign(build())), build(11, 5), build(11, 5)
    transfer = start_from(model, weights, CAMVID_11)
    assert {name for name, _ in transfer.fresh} == {
        name for name in model.state_dict() if name.startswith("head.")
    }
    assert all(
        reason == "other classes: the weights have 2 of 'road'" for _, reason in transfer.fresh
    )
    assert same(model, weights, transfer.taken)
    for name, _ in transfer.fresh:
        assert torch.equal(model.state_dict()[name], untouched.state_dict()[name])


def test_as_many_classes_are_not_the_same_classes(build, foreign):
    """A head that told the own lane from the rest is no start for telling all road from it."""
    weights = from_foreign(foreign(build()), EGO_LANE)
    assert {name for name, _ in start_from(build(), weights, ROAD).fresh} >= {
        "head.score_fr.weight"
    }


def test_fc_layers_that_are_missing_or_of_another_size_start_fresh(build, foreign):
    without = start_from(build(), from_foreign(foreign(build(), head=False, fc=False)), ROAD)
    assert ("encoder.fc6.weight", "the weights have none") in without.fresh
    larger = build(fc_kernel=7)
    transfer = start_from(build(), from_foreign(foreign(larger, head=False)), ROAD)
    reasons = dict(transfer.fresh)
    assert reasons["encoder.fc6.weight"] == (
        "another shape: 8 x 16 x 7 x 7 in the weights, 8 x 16 x 3 x 3 here"
    )
    assert "encoder.fc7.weight" in transfer.taken


def test_the_lines_for_people_name_each_layer_once(build, foreign):
    weights = from_foreign(foreign(build(), head=False, fc=False))
    lines = list(start_from(build(), weights, ROAD).lines())
    assert lines[0] == "26 tensors taken over"
    assert lines[1] == "fresh: encoder.fc6 (weight, bias): the weights have none"
    assert len(lines) == 1 + 2 + 6  # fc6, fc7; three scores and three upsampling layers


def test_what_the_network_has_no_place_for_is_listed(build, foreign):
    coarse = build(head="32s")
    transfer = start_from(coarse, from_foreign(foreign(build(head="8s"))), ROAD)
    assert "head.score_pool3.weight" in transfer.unused
    assert ("head.upscore.weight", "the weights have none") in transfer.fresh
    assert any(line.startswith("not used: head.upscore2.weight") for line in transfer.lines())
    assert transfer.remarks[-1].endswith("to start from the whole network: model.head=8s")


def test_of_many_that_are_not_used_a_few_are_named(build, foreign):
    transfer = start_from(build(head="32s"), from_foreign(foreign(build(head="8s"))), ROAD)
    unused = ("a", "b", "c", "d", "e")
    assert "not used: a, b, c and 2 more" in list(replace(transfer, unused=unused).lines())
    assert "not used: a, b, c" in list(replace(transfer, unused=unused[:3]).lines())


def test_a_head_that_is_left_behind_is_told_with_the_settings_that_bring_it_along():
    weights = open_pretrained(shipped_path("slim-road"))
    plain = build_fcn(named_architecture("slim", 2))
    (line,) = (line for line in start_from(plain, weights, ROAD).lines() if "left behind" in line)
    settings = re.findall(r"model\.(\w+)=(\w+)", line)
    assert settings == [("head", "4s"), ("decoder_channels", "64"), ("fc_dilation", "3")]
    changes = {key: value if key == "head" else int(value) for key, value in settings}
    whole = build_fcn(named_architecture("slim", 2, changes))
    weights = open_pretrained(shipped_path("slim-road"))
    transfer = start_from(whole, weights, ROAD)
    assert not transfer.fresh
    assert not transfer.unused
    assert not transfer.remarks


def test_a_head_of_other_classes_is_left_behind_without_a_word():
    weights = open_pretrained(shipped_path("slim-camvid11"))
    plain = build_fcn(named_architecture("slim", 2))
    assert not any("left behind" in line for line in start_from(plain, weights, ROAD).lines())


@pytest.mark.parametrize("upsampling", ["fixed", "learned", "random"])
def test_a_finer_head_starts_as_one_that_was_grown(build, foreign, upsampling):
    coarse = build(head="32s", upsampling=upsampling)
    model = build(head="16s", upsampling=upsampling, seed=3)
    start_from(model, from_foreign(foreign(coarse)), ROAD)
    grown = grow(coarse, "16s")
    images = torch.randn(1, 3, 64, 64)
    assert torch.equal(model(images), grown(images))
    assert not model.state_dict()["head.score_pool4.weight"].any()


def test_encoders_of_other_widths_are_refused_with_all_differences(build, foreign):
    weights = from_foreign(foreign(build(width=1 / 16)))
    with pytest.raises(ConfigError) as caught:
        start_from(build(), weights, ROAD)
    assert "encoder.conv1_1.weight is 4 x 3 x 3 x 3 and not 2 x 3 x 3 x 3" in caught.value.found
    assert caught.value.found.count(" and not ") == 26
    assert "model.width=0.0625 and model.batch_norm=false" in caught.value.do


def test_batch_norm_that_the_weights_lack_is_told(build, foreign):
    with pytest.raises(ConfigError, match="they have no batch norm, and the network has") as caught:
        start_from(build(batch_norm=True), from_foreign(foreign(build())), ROAD)
    assert "model.batch_norm=false" in caught.value.do


def test_the_full_vgg16_is_recommended_by_its_name(build, foreign):
    """Meant for who gives VGG16 to the default network; made of shapes alone."""
    weights = from_foreign(foreign(build()))
    weights.tensors["encoder.conv5_3.weight"] = torch.empty(512, 512, 3, 3, device="meta")
    with pytest.raises(ConfigError) as caught:
        start_from(build(), weights, ROAD)
    assert "model.name=vgg16 (or tensorflow)" in caught.value.do


def test_other_scales_of_the_skips_are_made_up_for(build, foreign):
    """At-once networks scale pool4 and pool3; staged ones do not: both can say the same."""
    theirs = build(skip_scales=(0.01, 0.0001), upsampling="learned")
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "score_pool" in name:
                parameter.mul_(1000)
    model = build(skip_scales=(1.0, 0.5), upsampling="learned", seed=9)
    transfer = start_from(model, from_foreign(foreign(theirs)), ROAD)
    images = torch.randn(1, 3, 64, 96)
    torch.testing.assert_close(model(images), theirs(images), rtol=1e-4, atol=1e-5)
    assert "head.score_pool4.weight is multiplied by 0.01: skip_scales differ" in transfer.remarks
    assert transfer.remarks == tuple(transfer.lines())[1:]


def test_learned_upsampling_does_not_replace_fixed_kernels(build, foreign):
    theirs = build(upsampling="random")
    model = build(upsampling="fixed")
    bilinear = model.state_dict()["head.upscore8.weight"].clone()
    transfer = start_from(model, from_foreign(foreign(theirs)), ROAD)
    assert torch.equal(model.state_dict()["head.upscore8.weight"], bilinear)
    assert ("head.upscore8.weight", "fixed here, and learned in the weights") in transfer.fresh
    assert "head.score_fr.weight" in transfer.taken


def test_another_alignment_is_told(build, foreign):
    weights = from_foreign(foreign(build(alignment="pad-100", fc_kernel=7)))
    remarks = start_from(build(fc_kernel=7), weights, ROAD).remarks
    assert remarks == ("alignment was pad-100, is same: scores shift near the borders",)


def test_an_fc6_that_was_spread_otherwise_is_told(build, tmp_path):
    trained = build(fc_kernel=3, fc_dilation=3)
    card = ModelCard(trained.architecture.to_dict(), ROAD, InputFormat())
    save_model(tmp_path / "trained.safetensors", trained, card)
    weights = open_pretrained(tmp_path / "trained.safetensors")
    remarks = start_from(build(fc_kernel=3), weights, CAMVID_11).remarks
    assert remarks == ("fc_dilation was 3, is 1: fc6 looks at other cells than it learned from",)
    assert start_from(build(fc_kernel=3, fc_dilation=3), weights, ROAD).remarks == ()
    # An fc6 of another size starts fresh, and has nothing to unlearn.
    assert start_from(build(fc_kernel=7), weights, ROAD).remarks == ()


def test_a_head_that_joins_features_is_taken_with_its_norms(build, tmp_path):
    settings = {"head": "4s", "decoder_channels": 4, "batch_norm": True, "upsampling": "learned"}
    trained, model = build(seed=1, **settings), build(seed=2, **settings)
    for name, statistic in trained.named_buffers():
        if name.endswith("running_mean"):
            statistic.normal_()
    card = ModelCard(trained.architecture.to_dict(), ROAD, InputFormat())
    save_model(tmp_path / "trained.safetensors", trained, card)
    transfer = start_from(model, open_pretrained(str(tmp_path / "trained.safetensors")), ROAD)
    assert transfer.fresh == ()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(model.eval()(images), trained(images))
