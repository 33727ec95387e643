"""The page for people from the TensorFlow project: its code runs, what it says is true."""

import inspect
import re
from pathlib import Path

import pytest
import torch
import yaml

import roadfcn
from roadfcn.input_format import VGG_BGR
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture, tensorflow_fcn
from roadfcn.training.optimizers.optimization import parameter_groups
from roadfcn.training.recipes.config_files import make_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "coming-from-tensorflow.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def cells(text):
    """Give the rows of all tables in a text, as lists of cells."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows]


def section(title):
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_code_runs_from_top_to_bottom(tmp_path, monkeypatch):
    torch.manual_seed(0)
    architecture = roadfcn.FCNArchitecture(2, width=1 / 32, fc_channels=8, fc_kernel=3)
    card = ModelCard(architecture.to_dict(), roadfcn.ROAD, VGG_BGR)
    model = build_fcn(architecture)
    roadfcn.save_model(tmp_path / "data" / "vgg" / "model.safetensors", model, card)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(block, names)
    assert names["layer3_out"].shape == (1, 8, 20, 72)
    assert names["layer7_out"].shape == (1, 8, 5, 18)
    assert names["nn_last_layer"].shape == (1, 2, 160, 576)
    assert names["decoder"].head.upscore8.bias.any()  # a step was made
    loaded, card = roadfcn.load_model(Path("runs/by-hand"))
    assert torch.equal(loaded.head.upscore8.bias, names["decoder"].head.upscore8.bias)
    assert card.input_format.size == (160, 576)
    decays = {group["name"]: group["weight_decay"] for group in names["groups"]}
    assert decays == {
        "encoder weights": 0,
        "encoder biases": 0,
        "head weights": 1e-3,
        "head biases": 0,
    }


def test_the_two_functions_take_what_the_page_says():
    assert next(iter(inspect.signature(roadfcn.load_vgg).parameters)) == "vgg_path"
    assert list(inspect.signature(roadfcn.layers).parameters) == ["num_classes", "channels"]


def test_the_decoders_layers_are_those_of_the_network_in_their_order():
    named = re.findall(r"`(head\.\w+)`", section("layers, line by line"))
    built = build_fcn(named_architecture("tensorflow", 2, {"width": 1 / 64, "fc_channels": 2}))
    of_network = dict.fromkeys(name.rpartition(".")[0] for name in built.head.state_dict())
    assert named == [f"head.{layer}" for layer in of_network]


def test_the_parameters_are_as_many_as_the_page_says():
    with torch.device("meta"):
        whole = build_fcn(tensorflow_fcn(2))
    head, all_of_them = (sum(p.numel() for p in part.parameters()) for part in (whole.head, whole))
    assert f"{head:,} parameters, with VGG16 {all_of_them:,}" in PAGE


def test_the_recipe_is_the_projects():
    path, override = re.search(r"`roadfcn train (configs/\S+) (weights=\S+)`", PAGE).groups()
    config = make_config(yaml.safe_load((ROOT / path).read_text("utf-8")), [override])
    assert config.weights == "data/vgg"
    assert config.data.size == (160, 576)
    made = named_architecture(config.model.name, 2, config.model.changes())
    assert made == tensorflow_fcn(2)
    settings = config.optimizer
    groups = parameter_groups(
        build_fcn(named_architecture("tensorflow", 2, {"width": 1 / 64, "fc_channels": 2})),
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        encoder_decay_factor=settings.encoder_decay_factor,
        head_decay_factor=settings.head_decay_factor,
        decay_biases=settings.decay_biases,
    )
    assert {group["name"] for group in groups if group["weight_decay"]} == {"head weights"}
    assert {group["lr"] for group in groups} == {1e-4}


@pytest.mark.parametrize(
    "row",
    [row for row in cells(PAGE) if re.match(r"`[a-z_]+\.[a-z_]+: ", row[-1])],
    ids=lambda row: row[0],
)
def test_settings_in_the_tables_are_settings(row):
    place, value = re.match(r"`([a-z_.]+): (.*?)`", row[-1]).groups()
    make_config({"data": {"path": "data"}}, [f"{place}={value}"])


FUNCTIONS = (
    "load_vgg(sess, vgg_path)",
    "layers(vgg_layer3_out, vgg_layer4_out, vgg_layer7_out, num_classes)",
    "optimize(nn_last_layer, correct_label, learning_rate, num_classes)",
    "train_nn(sess, epochs, batch_size, get_batches_fn, train_op, cross_entropy_loss, "
    "input_image, correct_label, keep_prob, learning_rate)",
    "maybe_download_pretrained_vgg(data_dir)",
    "gen_batch_function(data_folder, image_shape)",
    "gen_test_output(sess, logits, keep_prob, image_pl, data_folder, image_shape)",
    "save_inference_samples(runs_dir, data_dir, sess, image_shape, logits, keep_prob, input_image)",
    "test_for_kitti_dataset(data_dir)",
)
"""Of the course project, as its starter code declares them."""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.split("(")[0])
def test_every_function_of_the_project_is_on_the_page_with_all_its_arguments(function):
    assert f"{function}`" in PAGE
    assert "…)`" not in PAGE.replace("(layer8, …", "")  # no argument is left out


def test_every_argument_stands_in_a_row_beside_that_of_its_function():
    rows = " ".join(row[0] for row in cells(PAGE))
    for function in FUNCTIONS:
        rows = rows.replace(function, "")
    for function in FUNCTIONS:
        for argument in re.findall(r"\w+", function.partition("(")[2]):
            assert re.search(rf"\b{argument}\b", rows), (function, argument)


def test_the_tests_that_the_page_names_compare_with_tensorflow():
    named = re.findall(r"`(tests/[^`]+)`", PAGE)
    assert len(named) == 2
    for path in named:
        assert "pytestmark = pytest.mark.tensorflow" in (ROOT / path).read_text("utf-8")
