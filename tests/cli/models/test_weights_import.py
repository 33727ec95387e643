"""`roadfcn weights import`: foreign files become ours, and the command says what they were."""

import json

import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file

from caffe_small_nets import small_net
from caffe_writing import caffemodel
from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import CAFFE_BGR, VGG_BGR, InputFormat
from roadfcn.label_sets import CAMVID_11
from roadfcn.model_card import read_card
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.transfer.opening import open_pretrained


def tiny_fcn(classes, head="16s"):
    torch.manual_seed(0)
    return build_fcn(
        FCNArchitecture(
            classes,
            head=head,
            alignment="pad-100",
            width=1 / 64,
            fc_channels=4,
            score_start="normal",
        )
    )


@pytest.fixture
def port_file(tmp_path):
    """Give a function that writes an FCN as the PyTorch port of FCN does."""

    def write(classes=21, head="16s"):
        state = {
            name.removeprefix("encoder.").removeprefix("head."): tensor
            for name, tensor in tiny_fcn(classes, head).state_dict().items()
        }
        torch.save({"model_state_dict": state}, tmp_path / f"fcn{head}.pth")
        return tmp_path / f"fcn{head}.pth"

    return write


@pytest.fixture
def plain_file(tmp_path):
    """An encoder under the Caffe networks' names, which does not say what it wants to be fed."""
    state = {
        name.removeprefix("encoder."): tensor
        for name, tensor in tiny_fcn(2).state_dict().items()
        if name.startswith("encoder.")
    }
    torch.save(state, tmp_path / "plain.pth")
    return tmp_path / "plain.pth"


def test_an_imported_network_predicts_at_once(roadfcn, port_file, pictures, tmp_path):
    out = tmp_path / "fcn16s.safetensors"
    result = roadfcn("weights", "import", port_file(), out)
    assert result.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert "PyTorch port" in lines["found:"]
    assert lines["classes:"] == "21 of 'voc-21'"
    assert lines["predict:"] == f"roadfcn predict PICTURES --model {out} --out predictions"
    card = read_card(out)
    assert card.input_format == CAFFE_BGR
    assert roadfcn("predict", pictures, "--model", out, "--out", tmp_path / "p").exit_code == 0


def test_the_json_has_what_a_script_wants(roadfcn, port_file, tmp_path):
    out = tmp_path / "fcn16s.safetensors"
    result = roadfcn("weights", "import", port_file(), out, "--json", "-")
    found = json.loads(result.stdout)
    tensors = tiny_fcn(21).state_dict().values()
    assert found["path"] == str(out)
    assert found["parameters"] == sum(tensor.numel() for tensor in tensors)
    assert found["classes"][:2] == ["background", "aeroplane"]
    assert len(found["sha256"]) == 64


def test_of_many_tensors_that_are_left_out_six_are_named_and_the_json_has_all(
    roadfcn, plain_file, tmp_path
):
    """An optimizer leaves two for each weight, in one line of thousands of characters."""
    state = torch.load(plain_file, weights_only=True)
    names = [f"head.{number}" for number in range(87)]
    for few, said in ((names, ", ".join(names[:6]) + " and 81 more"), (names[:6], None)):
        torch.save(state | {name: torch.zeros(1) for name in few}, plain_file)
        found, out = tmp_path / "found.json", tmp_path / "m.safetensors"
        options = ("--encoder", "--input-format", "vgg-bgr", "--json", found)
        lines = roadfcn("weights", "import", plain_file, out, *options).stdout.splitlines()
        (left,) = (line for line in lines if line.startswith("left: "))
        assert left.split(maxsplit=1)[1] == (said or ", ".join(few))
        assert json.loads(found.read_text())["left_out"] == few
        out.unlink()


def test_classes_can_be_named_by_a_set_or_a_file(roadfcn, port_file, tmp_path):
    out = tmp_path / "m.safetensors"
    roadfcn("weights", "import", port_file(11), out, "--label-set", "camvid-11")
    assert read_card(out).label_set == CAMVID_11
    labels = tmp_path / "labels.yaml"
    classes = [{"name": name, "value": value} for value, name in enumerate(("grass", "mud", "ice"))]
    labels.write_text(yaml.safe_dump({"classes": classes, "void": {"value": 255}}))
    roadfcn("weights", "import", port_file(3), out, "--label-set", labels)
    assert read_card(out).label_set.classes == ("grass", "mud", "ice")
    with pytest.raises(ConfigError, match="there is no label set, and no file, called camvid"):
        roadfcn("weights", "import", port_file(3), out, "--label-set", "camvid")


def test_an_encoder_alone_can_be_kept_of_a_network_and_of_a_run(
    roadfcn, port_file, road_run, tmp_path
):
    for source in (port_file(), road_run):
        out = tmp_path / "encoder.safetensors"
        result = roadfcn("weights", "import", source, out, "--encoder")
        assert f"train:   roadfcn train CONFIG weights={out}" in result.stdout
        weights = open_pretrained(out)
        assert all(name.startswith("encoder.") for name in weights.tensors)
        assert weights.head is None


def test_how_a_head_was_trained_is_asked_only_where_it_is_kept(roadfcn, port_file, tmp_path):
    source, out = port_file(head="8s"), tmp_path / "m.safetensors"
    out.write_bytes(b"something older")
    with pytest.raises(ModelFileError, match="nothing in it says whether it is FCN8s or"):
        roadfcn("weights", "import", source, out)
    assert out.read_bytes() == b"something older"
    roadfcn("weights", "import", source, out, "--encoder")
    assert open_pretrained(out).head is None


def test_the_card_of_a_runs_encoder_remembers_the_run(roadfcn, road_run, tmp_path):
    out = tmp_path / "encoder.safetensors"
    roadfcn("weights", "import", road_run, out, "--encoder")
    with safe_open(out, "pt") as file:
        card = json.loads(file.metadata()["roadfcn_encoder_card"])
    assert card["provenance"]["kind"] == "a model of roadfcn"
    assert card["provenance"]["imported_from"] == "model.safetensors"


def test_a_model_of_ours_needs_no_import(roadfcn, road_run, tmp_path):
    with pytest.raises(ConfigError, match="is a model of roadfcn already"):
        roadfcn("weights", "import", road_run, tmp_path / "m.safetensors")


def test_bgr_weights_become_rgb_ones(roadfcn, plain_file, tmp_path):
    out = tmp_path / "rgb.safetensors"
    words = (plain_file, out, "--input-format", "vgg-bgr")
    roadfcn("weights", "import", *words)
    bgr = open_pretrained(out)
    assert bgr.input_format == VGG_BGR
    roadfcn("weights", "import", *words, "--rgb")
    rgb = open_pretrained(out)
    assert rgb.input_format == InputFormat("rgb", 1.0, VGG_BGR.mean[::-1], (1.0, 1.0, 1.0))
    assert torch.equal(
        rgb.tensors["encoder.conv1_1.weight"], bgr.tensors["encoder.conv1_1.weight"].flip(1)
    )


def test_plain_weights_want_their_input_format_named(roadfcn, plain_file, tmp_path):
    with pytest.raises(ModelFileError, match="input") as caught:
        roadfcn("weights", "import", plain_file, tmp_path / "m.safetensors")
    assert "vgg-bgr" in caught.value.allowed + caught.value.do


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (
            ("nothing-of-the-kind", "m.safetensors"),
            "there is no file or folder nothing-of-the-kind",
        ),
        (("text.txt", "m.safetensors"), "text.txt is a text file that begins 'hello'"),
        (("text.txt", "m.pth"), "the imported weights would be called m.pth"),
    ],
)
def test_mistakes_are_one_message_and_leave_nothing(command, tmp_path, monkeypatch, words, found):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("hello")
    done = command("weights", "import", *words)
    assert done.code == 2
    assert found in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


@pytest.mark.parametrize(
    ("option", "found"),
    [
        (("--input-format", "imagenet-rgb"), "which wants InputFormat(channel_order='bgr'"),
        (("--at-once",), "was said to be trained at once"),
    ],
)
def test_options_that_contradict_the_file_are_refused(roadfcn, tmp_path, option, found):
    path = tmp_path / "small.caffemodel"
    path.write_bytes(caffemodel(small_net("8s")))
    with pytest.raises(ModelFileError) as caught:
        roadfcn("weights", "import", path, tmp_path / "m.safetensors", *option)
    assert found in caught.value.found
    assert not (tmp_path / "m.safetensors").exists()


def test_an_imported_encoder_is_shown(roadfcn, plain_file, tmp_path):
    out = tmp_path / "encoder.safetensors"
    roadfcn("weights", "import", plain_file, out, "--input-format", "vgg-bgr")
    shown = roadfcn("weights", "show", out)
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["encoder", str(out)] in lines
    assert ["SHA-256", sha256_of(out)] in lines
    assert ["from", plain_file.name] in lines
    assert f"roadfcn train CONFIG weights={out}" in shown.stdout
    values = json.loads(roadfcn("weights", "show", out, "--json", "-").stdout)
    tensors = load_file(out).values()
    assert values["parameters"] == sum(tensor.numel() for tensor in tensors)
    assert values["card"]["encoder"] == "vgg16"
    assert values["bytes"] == out.stat().st_size
