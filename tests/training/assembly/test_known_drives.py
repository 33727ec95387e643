"""Who may know drives that a run leaves out: told by provenance alone, as cards have it."""

import pytest

from roadfcn.model_card import read_card
from roadfcn.training.assembly.known_drives import drives_warning
from roadfcn.training.recipes.config_files import make_config
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train
from roadfcn.weights.shipped_models import shipped_path

KNOWS = {"data": "camvid", "split": "train", "also": [], "weights": None}
LEFT = KNOWS | {"held_out_drives": ["0001TP", "0006R0"]}
SCENES = {"data": "kitti-road", "origin": "generated scenes"}


def warning(origin, data="camvid", drives=("0001TP",)):
    config = make_config({"data": {"path": "nowhere", "held_out_drives": list(drives)}})
    return drives_warning(config, data, {"this model": origin})


@pytest.mark.parametrize(
    "origin",
    [
        KNOWS,
        read_card(shipped_path("slim-road")).provenance,
        read_card(shipped_path("slim-camvid11")).origin(),
        KNOWS | {"held_out_drives": ["0016E5"]},
        KNOWS | {"data": "camvid-32"},
        SCENES | {"also": [{"data": "camvid"}]},
        LEFT | {"weights": {"source": "slim-road", "provenance": KNOWS}},
        LEFT | {"teacher": {"source": "slim-road", "provenance": KNOWS}},
        SCENES | {"weights": {"provenance": SCENES | {"weights": {"provenance": KNOWS}}}},
        {"import": "torch-safetensors", "before": KNOWS},
    ],
    ids=[
        "all drives",
        "shipped",
        "shipped, without recipe",
        "other drives left out",
        "the same frames, other masks",
        "among others",
        "by its start",
        "by its teacher",
        "by the start of its start",
        "before it was imported",
    ],
)
def test_who_may_know_a_drive_is_named(origin):
    assert warning(origin) == (
        "this model may have learned from the drives that are left out here (0001TP), so scores "
        "on them flatter: start from, and be taught by, what has not seen them"
    )


@pytest.mark.parametrize(
    "origin",
    [
        LEFT,
        KNOWS | {"recipe": {"data": {"held_out_drives": ["0001TP"]}}},
        SCENES,
        SCENES | {"weights": {"provenance": LEFT}, "teacher": {"provenance": SCENES}},
        {"kind": "torchvision's VGG16"},
        {},
    ],
    ids=["left out", "left out, by its recipe", "scenes", "a chain", "foreign", "nothing"],
)
def test_who_cannot_know_it_is_not(origin):
    assert not warning(origin)


def test_nothing_is_left_out_nothing_is_said():
    assert not warning(KNOWS, drives=())


def test_all_of_several_drives_have_to_be_left_out():
    assert not warning(LEFT, drives=("0001TP", "0006R0"))
    assert "(0001TP, 0016E5)" in warning(LEFT, drives=("0016E5", "0001TP"))


def warnings(config):
    told = []
    run = train(config, listeners=Listeners(warning=told.append)).run
    return run, [line for line in told if "flatter" in line]


def test_a_run_is_warned_of_its_start_and_teacher_and_not_of_those_that_left_out_the_same(
    tiny_config, drives
):
    held = (f"data.path={drives}", "data.held_out_drives=[0001TP]", "trainer.epochs=1")
    knows, told = warnings(tiny_config(f"data.path={drives}", "trainer.epochs=1"))
    assert not told
    blind, told = warnings(tiny_config(*held))
    assert not told
    taught, (line,) = warnings(tiny_config(*held, f"weights={knows}"))
    assert line.startswith(f"{knows}, the start, may have learned from the drives")
    assert not warnings(tiny_config(*held, f"weights={blind}", f"distillation.teacher={blind}"))[1]
    _, (line,) = warnings(tiny_config(*held, f"weights={taught}", f"distillation.teacher={knows}"))
    assert f"{taught}, the start, and {knows}, the teacher, may have learned" in line
