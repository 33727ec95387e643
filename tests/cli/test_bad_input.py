"""Bad input and bad disks, through the real commands.

Every case ends in one message (what was found, what is allowed, what to do), exit code 2, no
traceback, and no file that is half there.
"""

import json
import re
import shutil

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file

TRUTH = "training/gt_image_2/um_road_000000.png"
PICTURE = "training/image_2/um_000000.png"


def assert_whole(folder):
    """Read every file below a folder; a temporary or broken one fails."""
    readers = {
        ".png": lambda path: Image.open(path).load(),
        ".json": lambda path: json.loads(path.read_text()),
        ".npz": lambda path: np.load(path)["names"],
        ".safetensors": load_file,
        ".ckpt": lambda path: torch.load(path, weights_only=True),
    }
    for path in folder.rglob("*"):
        assert ".part" not in path.name, path
        if path.suffix in readers:
            readers[path.suffix](path)


@pytest.fixture
def refused(command):
    """Give a function that runs a command which must refuse; gives what it says was found."""

    def run(*words):
        code, _, err = command(*words)
        told = re.fullmatch(
            r"(?:[^\n]* \d+/\d+\n)*"  # progress, where there is no terminal to draw a bar in
            r"roadfcn: (?P<found>.+)\n  allowed: (?P<allowed>[^\n]+)\n  do this: (?P<do>[^\n]+)\n",
            err,
            re.DOTALL,
        )
        assert told, err
        assert code == 2
        return told["found"]

    return run


@pytest.fixture
def noise(tmp_path):
    """Give a folder of four pictures that do not compress: 30 kB each."""
    folder = tmp_path / "noise"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(4):
        pixels = generator.integers(0, 256, (100, 100, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


READERS = {
    "train": "train {recipe} data.path={data} data.val_split=all",
    "evaluate": "evaluate {model} {data} --split all --json {out}/scores.json",
    "data check": "data check {data} --sheet {out}/sheet.png",
    "data stats": "data stats {data} --split all --sheet {out}/sheet.png",
}
WRITERS = {
    "train": "train {recipe} runs={out}",
    "predict": "predict {pictures} --model {model} --out {out} --overwrite",
    "scenes": "scenes {out} --train 3 --test 0 --size 94x311 --workers 1 --overwrite",
    "evaluate --out": "evaluate {model} {data} --json - --out {out}/new",
    "evaluate --json": "evaluate {model} {data} --json {out}/scores.json",
    "data check --sheet": "data check {data} --json - --sheet {out}/sheet.png",
    "data stats --json": "data stats {data} --json {out}/stats.json",
}


@pytest.fixture
def words(recipe, frames, noise, road_run, tmp_path):
    """Give a function that fills in one of the commands above."""
    places = {"recipe": recipe, "model": road_run, "data": frames, "pictures": noise}

    def fill(command, **others):
        filled = {"out": tmp_path / "out"} | places | others
        return [word.format(**filled) for word in command.split()]

    return fill


@pytest.fixture
def nothing_written(tmp_path):
    """Check, after a test, that no command left any output."""
    yield
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("gone", "there is no folder {data}"),
        ("empty", "the folder {data} is empty"),
        ("tiny.yaml", "{data} is a file"),
        ("noise", "{data} has no layout that is known: it holds 0.png, 1.png, 2.png, 3.png"),
    ],
)
def test_a_data_folder_that_is_none_is_refused(refused, words, tmp_path, reader, kind, message):
    (tmp_path / "empty").mkdir()
    data = tmp_path / kind
    assert refused(*words(reader, data=data)) == message.format(data=data)


def mask_of_another_size(frames):
    Image.new("RGB", (60, 30), (255, 0, 0)).save(frames / TRUTH)
    return "um_road_000000.png is 60 x 30 pixels and its picture 64 x 32"


def colour_that_is_no_label(frames):
    Image.new("RGB", (64, 32), (0, 255, 0)).save(frames / TRUTH)
    return "um_road_000000.png holds 2048 px of (0, 255, 0)"


def grey_mask(frames):
    Image.new("L", (64, 32), 1).save(frames / TRUTH)
    return "um_road_000000.png has one channel"


def mask_of_16_bits(frames):
    Image.fromarray(np.full((32, 64), 300, np.uint16)).save(frames / TRUTH)
    return "um_road_000000.png is of kind 'I;16'"


def half_transparent_mask(frames):
    Image.new("RGBA", (64, 32), (255, 0, 0, 128)).save(frames / TRUTH)
    return "um_road_000000.png is of kind 'RGBA' with transparent pixels"


def truncated_mask(frames):
    whole = (frames / TRUTH).read_bytes()
    (frames / TRUTH).write_bytes(whole[: len(whole) // 2])
    return "um_road_000000.png cannot be read as a picture"


def truncated_picture(frames):
    whole = (frames / PICTURE).read_bytes()
    (frames / PICTURE).write_bytes(whole[: len(whole) // 2])
    return "um_000000.png cannot be read as a picture"


def empty_picture(frames):
    (frames / PICTURE).write_bytes(b"")
    return "um_000000.png is empty (0 bytes)"


BREAKAGES = [
    mask_of_another_size,
    colour_that_is_no_label,
    grey_mask,
    mask_of_16_bits,
    half_transparent_mask,
    truncated_mask,
    truncated_picture,
    empty_picture,
]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("reader", ["train", "evaluate", "data stats"])
@pytest.mark.parametrize("spoil", BREAKAGES)
def test_a_broken_frame_is_refused_by_name(refused, words, frames, reader, spoil):
    message = spoil(frames)
    assert message in refused(*words(READERS[reader]))


@pytest.mark.parametrize("spoil", BREAKAGES)
def test_a_broken_frame_is_found_by_data_check(command, frames, spoil):
    message = spoil(frames)
    code, out, _ = command("data", "check", frames)
    assert code == 1
    assert message in out
    assert "        fix: " in out


def test_sound_frames_have_nothing_to_mend(command, frames):
    code, out, _ = command("data", "check", frames)
    assert (code, "Nothing to mend." in out) == (0, True)


@pytest.mark.parametrize("spoil", [truncated_picture, empty_picture])
def test_a_broken_picture_is_skipped_by_predict(command, words, frames, tmp_path, spoil):
    message = spoil(frames)
    pictures = frames / "training" / "image_2"
    code, _, err = command(*words(WRITERS["predict"], pictures=pictures))
    assert code == 1
    assert message in err
    assert len(list((tmp_path / "out" / "overlays").iterdir())) == 5
    assert_whole(tmp_path / "out")


def picture_of_16_bit_grey(path):
    Image.fromarray(np.linspace(0, 65535, 32 * 64).reshape(32, 64).astype(np.uint16)).save(path)


def grey_picture(path):
    Image.new("L", (64, 32), 90).save(path)


def transparent_picture(path):
    Image.new("RGBA", (64, 32), (90, 80, 70, 10)).save(path)


@pytest.mark.parametrize("paint", [picture_of_16_bit_grey, grey_picture, transparent_picture])
def test_an_uncommon_picture_is_used_like_any_other(command, words, frames, tmp_path, paint):
    paint(frames / PICTURE)
    for reader in READERS.values():
        assert command(*words(reader)).code == 0
    assert command(*words(WRITERS["predict"], pictures=frames / PICTURE)).code == 0
    with Image.open(tmp_path / "out" / "overlays" / "um_000000.png") as overlay:
        assert (overlay.mode, overlay.size) == ("RGB", (64, 32))


def test_a_calibration_without_a_key_is_found_by_data_check(command, frames):
    path = frames / "training" / "calib" / "uu_000001.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("Tr_cam_to_road")))
    code, out, _ = command("data", "check", frames)
    assert code == 1
    assert "uu_000001.txt lacks Tr_cam_to_road" in out
    assert "To mend: 1 error" in out


def test_a_recipe_with_three_mistakes_names_them_all(refused, recipe, tmp_path):
    text = recipe.read_text().replace("batch_size: 2", "batchsize: 2")
    recipe.write_text(text + "loss: {label_smoothing: 2}\noptimizer: {name: lion}\n")
    first, *mistakes = refused("train", recipe).splitlines()
    assert first == f"{recipe} has 3 mistakes:"
    assert sorted(line.strip(" -").partition(" ")[0] for line in mistakes) == [
        "loss.label_smoothing:",
        "optimizer.name:",
        "trainer.batchsize:",
    ]
    assert "did you mean 'batch_size'?" in "".join(mistakes)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("text", ["a: [", "- 1", "\x00"])
def test_a_text_that_is_no_recipe_is_refused(refused, recipe, text):
    recipe.write_text(text)
    assert str(recipe) in refused("train", recipe)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_an_output_folder_that_is_a_file_is_refused(refused, words, tmp_path, writer):
    out = tmp_path / "taken"
    out.write_text("mine")
    found = refused(*words(writer, out=out))
    assert found.endswith(("taken is a file", "because a part of its path is a file"))
    assert out.read_text() == "mine"


@pytest.mark.parametrize("writer", ["predict", "scenes"])
def test_an_output_folder_with_files_is_kept(refused, words, tmp_path, writer):
    out = tmp_path / "taken"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    order = words(WRITERS[writer].removesuffix(" --overwrite"), out=out)
    assert refused(*order) == f"the output folder {out} is not empty"
    assert [path.name for path in out.rglob("*")] == ["mine.txt"]


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_disk_that_is_only_for_reading_is_told(refused, words, mount_tmpfs, writer):
    disk = mount_tmpfs("ro,size=64k")
    assert f"no permission to write {disk}" in refused(*words(writer, out=disk))


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_disk_that_is_full_is_told_and_left_as_it_was(refused, words, mount_tmpfs, writer):
    disk = mount_tmpfs("size=64k")
    (disk / "filler").write_bytes(bytes(64 * 1024))
    assert f"the disk is full: {disk}" in refused(*words(writer, out=disk))
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["filler"]


@pytest.mark.parametrize("writer", ["train", "predict", "scenes", "data check --sheet"])
def test_a_disk_that_fills_up_holds_whole_files_only(refused, words, mount_tmpfs, writer):
    disk = mount_tmpfs("size=48k")
    assert f"the disk is full: {disk}" in refused(*words(WRITERS[writer], out=disk))
    assert_whole(disk)


def test_a_run_that_filled_the_disk_goes_on_when_there_is_space(
    command, refused, recipe, mount_tmpfs
):
    disk = mount_tmpfs("size=512k")
    assert command("train", recipe, f"runs={disk}").code == 0
    (run,) = disk.iterdir()
    settings = yaml.safe_load((run / "config.yaml").read_text())
    settings["trainer"]["epochs"] = 2
    (run / "config.yaml").write_text(yaml.safe_dump(settings))
    before = (run / "last.ckpt").read_bytes()
    space = shutil.disk_usage(disk).free
    (disk / "filler").write_bytes(bytes(space - 24 * 1024))

    assert f"the disk is full: {run}" in refused("train", "--resume", run)
    assert (run / "last.ckpt").read_bytes() == before
    assert_whole(disk)

    (disk / "filler").unlink()
    assert command("train", "--resume", run).code == 0
    assert len((run / "metrics.csv").read_text().splitlines()) == 3
