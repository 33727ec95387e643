"""The recipes of the papers and programs before this one, on small networks and pictures."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback

from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ConfigError
from roadfcn.image_files import write_image
from roadfcn.input_format import VGG_BGR
from roadfcn.label_sets import CITYSCAPES_19, VOID
from roadfcn.model_card import ModelCard
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.optimizers.tensorflow_adam import TensorFlowAdam
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train

CONFIGS = Path(__file__).parents[3] / "configs"
TINY = {"width": 0.05, "fc_channels": 8}
STAGES = ("camvid-fcn32s-heavy", "camvid-fcn16s-heavy", "camvid-fcn8s-heavy")
ORIGINALS = (
    *STAGES,
    "camvid-fcn8s-at-once",
    "camvid-fcn32s-accumulated",
    "kitti-road-tensorflow",
    "kitti-road-kittiseg",
)


@pytest.fixture(scope="module")
def camvid_tree(tmp_path_factory):
    """Two frames to learn from and one to validate on: stripes of classes, some void."""
    root = tmp_path_factory.mktemp("camvid")
    generator = np.random.default_rng(0)
    for split, count in (("train", 2), ("val", 1)):
        for index in range(count):
            image = generator.integers(0, 256, (32, 64, 3), np.uint8)
            truth = np.repeat(np.arange(32, dtype=np.uint8)[:, None] // 3 + index, 64, 1)
            write_image(root / split / f"{index}.png", image)
            write_image(root / f"{split}annot" / f"{index}.png", np.minimum(truth, 11))
    return root


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    """A narrow network with other classes than any recipe here: what starts from it is VGG's."""
    torch.manual_seed(0)
    model = build_fcn(named_architecture("vgg16", len(CITYSCAPES_19), TINY))
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors"
    card = ModelCard(model.architecture.to_dict(), CITYSCAPES_19, VGG_BGR)
    save_model(path, model, card)
    return path


@pytest.fixture
def small(camvid_tree, kitti_tree, vgg16, tmp_path):
    """Read a recipe that comes along, made small; overrides are added."""

    def read(name, *overrides):
        changes = {
            **{f"model.{key}": value for key, value in TINY.items()},
            "data.path": camvid_tree if name.startswith("camvid") else kitti_tree,
            "weights": str(vgg16),
            "runs": tmp_path / "runs",
            "trainer.epochs": 1,
            "trainer.max_steps": None,
            "trainer.validate_every": 1,
            "trainer.accelerator": "cpu",
            "trainer.devices": 1,
        }
        if name == "kitti-road-tensorflow":
            changes["data.size"] = [32, 64]
        return read_config(CONFIGS / f"{name}.yaml", overrides, changes=changes)

    return read


class Beginning(Callback):
    """Keeps the network as it is before the first step."""

    def on_train_start(self, trainer, pl_module):
        del trainer
        self.model = copy.deepcopy(pl_module.model).eval()


def groups_of(config):
    """Give {group: (rate, decay)} of a recipe's optimizer, and the network."""
    module = make_module(config, open_frames(config)[0])
    optimizer = module._make_optimizer(module.model)
    groups = {
        group["name"]: (group["lr"], group["weight_decay"]) for group in optimizer.param_groups
    }
    return groups, module


@pytest.mark.parametrize("name", ORIGINALS)
def test_it_starts_from_vgg16_and_learns(small, name):
    told, beginning = [], Beginning()
    result = train(small(name), listeners=Listeners(weights=told.append), callbacks=[beginning])
    before, after = beginning.model.state_dict(), load_model(result.run)[0].state_dict()
    encoder = {key for key in before if key.startswith("encoder.")}
    assert encoder == set(told[0].transfer.taken)
    assert {key for key, _ in told[0].transfer.fresh} == set(before) - encoder
    assert not torch.equal(before["head.score_fr.bias"], after["head.score_fr.bias"])
    assert all(tensor.isfinite().all() for tensor in after.values())
    assert result.evaluation is not None


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("camvid-fcn32s-heavy", 1e-10),
        ("camvid-fcn16s-heavy", 1e-12),
        ("camvid-fcn8s-heavy", 1e-14),
        ("camvid-fcn8s-at-once", 1e-10),
        ("camvid-fcn32s-accumulated", 1e-4),
    ],
)
def test_parts_move_as_in_the_caffe_solvers(small, name, rate):
    """Biases at twice the rate and undecayed; lr_mult 0 for all deconvolutions."""
    groups, module = groups_of(small(name))
    assert groups == {
        part: pytest.approx(settings)
        for part, settings in {
            "encoder weights": (rate, 5e-4),
            "encoder biases": (2 * rate, 0.0),
            "head weights": (rate, 5e-4),
            "head biases": (2 * rate, 0.0),
        }.items()
    }
    learns = {key.split(".")[1] for key, p in module.model.named_parameters() if p.requires_grad}
    assert not any(layer.startswith("up") for layer in learns)
    assert {"conv1_1", "fc7", "score_fr"} <= learns


def test_l2_of_the_tensorflow_recipe_is_on_the_decoders_kernels_alone(small):
    groups, _ = groups_of(small("kitti-road-tensorflow"))
    assert {part for part, (_, decay) in groups.items() if decay} == {"head weights"}
    assert groups["head weights"] == (1e-4, 1e-3)
    assert {rate for rate, _ in groups.values()} == {1e-4}


def test_kittisegs_settings_are_its_programs(small):
    groups, module = groups_of(config := small("kitti-road-kittiseg"))
    assert {part: decay for part, (_, decay) in groups.items()} == {
        "encoder weights": 5e-4,
        "encoder biases": 0.0,
        "head weights": 5e-4,
        "head biases": 0.0,
    }
    assert {rate for rate, _ in groups.values()} == {1e-5}
    optimizer = module._make_optimizer(module.model)
    assert isinstance(optimizer, TensorFlowAdam)
    assert (optimizer.defaults["eps"], optimizer.defaults["betas"]) == (1e-5, (0.9, 0.999))
    assert (module.loss.reduction, module.augmentation.flip) == ("all-pixels", 0.5)
    assert (config.trainer.clip_norm, config.data.size) == (1.0, None)
    steps = read_config(CONFIGS / "kitti-road-kittiseg.yaml").trainer
    assert steps.max_steps == 12000 <= steps.epochs * 241


def by_caffes_rule(model, batches, lr, momentum=0.99, decay=5e-4):
    """V <- m V + lr (g + wd w); w <- w - V, number by number as Caffe's SGDSolver has it."""
    velocity = {name: 0.0 for name, _ in model.named_parameters()}
    for images, truth in batches:
        model.zero_grad()
        chosen = torch.log_softmax(model(images), 1).gather(1, truth.clamp(max=10)[:, None])[:, 0]
        (-(chosen * (truth != VOID)).sum()).backward()
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.requires_grad:
                    rate, pull = (2 * lr, 0.0) if name.endswith("bias") else (lr, decay)
                    change = rate * (weight.grad + pull * weight)
                    velocity[name] = momentum * velocity[name] + change
                    weight -= velocity[name]


def test_three_steps_equal_caffes_rule(small):
    module = make_module(config := small("camvid-fcn32s-heavy"), open_frames(config)[0])
    with torch.no_grad():
        module.model.head.score_fr.weight.normal_()  # so that gradients reach the encoder
        for parameter in module.model.parameters():
            if parameter.ndim == 1:
                parameter.normal_(std=0.1)  # so that decay of biases would be seen
    model = module.model.double().eval()
    started, theirs = copy.deepcopy(model), copy.deepcopy(model)
    generator = torch.Generator().manual_seed(0)
    batches = []
    for _ in range(3):
        truth = torch.randint(0, 11, (1, 32, 64), generator=generator)
        truth[:, :4] = VOID
        images = torch.randn(1, 3, 32, 64, generator=generator, dtype=torch.float64)
        batches.append((images, truth))
    by_caffes_rule(theirs, batches, config.optimizer.lr)
    optimizer = module._make_optimizer(model)
    for images, truth in batches:
        optimizer.zero_grad()
        module.loss(model(images), truth).backward()
        optimizer.step()
    learned = 0
    for name, first in started.named_parameters():
        ours, wanted = (other.get_parameter(name) - first for other in (model, theirs))
        torch.testing.assert_close(ours, wanted, rtol=1e-7, atol=1e-16)
        learned += bool(wanted.detach().any())
    assert learned == len([name for name, _ in model.named_parameters() if ".up" not in name])


def assert_grown(ended, begun, new):
    """Compare a network with the coarser one it grew from: its tensors, and what it says."""
    before, after = ended.state_dict(), begun.state_dict()
    shared = set(before) & set(after)
    assert {key for key in before if ".up" not in key} <= shared
    assert all(torch.equal(before[key], after[key]) for key in shared)
    scores = {key for key in set(after) - shared if ".up" not in key}
    assert {key.split(".")[1] for key in scores} == {new}
    assert not any(after[key].any() for key in scores)
    images = torch.rand(1, 3, 160, 192, generator=torch.Generator().manual_seed(0))
    inner = (..., slice(32, -32), slice(32, -32))  # at the border, growing changes scores
    with torch.no_grad():
        old, grown = ended(images)[inner], begun(images)[inner]
    spread = (old - old.mean((2, 3), keepdim=True)).std()
    assert (old - grown).abs().mean() < 0.1 * spread


def test_each_stage_begins_where_the_one_before_ended(small):
    ended, source = None, []
    for name, new in zip(STAGES, ("score_fr", "score_pool4", "score_pool3"), strict=True):
        beginning = Beginning()
        run = train(small(name, *source), callbacks=[beginning]).run
        if ended is not None:
            assert_grown(ended, beginning.model, new)
        ended, source = load_model(run)[0].eval(), [f"weights={run}"]
        assert ended.head.get_submodule(new).weight.any()  # it has learned something to begin with


@pytest.mark.parametrize("name", STAGES[1:])
def test_a_later_stage_without_the_one_before_is_refused(small, name):
    wanted = read_config(CONFIGS / f"{name}.yaml").weights
    with pytest.raises(ConfigError, match="give-a-run-of-camvid-fcn"):
        train(small(name, f"weights={wanted}"))


def test_a_run_with_tensorflows_adam_goes_on_as_if_never_stopped(small):
    """Its count of updates, by which epsilon is corrected, is in the checkpoint."""
    splits = ("data.train_split=all", "data.val_split=all")
    longer = small("kitti-road-tensorflow", *splits, "trainer.epochs=2")
    half = train(small("kitti-road-tensorflow", *splits)).run
    ends = [
        torch.load(run / "last.ckpt", weights_only=True)
        for run in (train(longer).run, train(longer, resume=half).run)
    ]
    for name, tensor in ends[0]["state_dict"].items():
        assert torch.equal(tensor, ends[1]["state_dict"][name]), name
    for end in ends:
        (state,) = end["optimizer_states"]
        assert {group["updates"] for group in state["param_groups"]} == {2 * 2}  # 9 frames by 5
