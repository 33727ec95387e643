"""Bad input through the real commands; bad disks: test_bad_output.py.

Every case ends in one message (what was found, what is allowed, what to do), exit code 2, no
traceback, and no output.
"""

import numpy as np
import pytest
from PIL import Image

TRUTH = "training/gt_image_2/um_road_000000.png"
PICTURE = "training/image_2/um_000000.png"
READERS = ["train on", "evaluate on", "data check", "data stats"]


@pytest.fixture
def nothing_written(tmp_path):
    """Check, after a test, that no command left any output."""
    yield
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("reader", READERS)
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
    return "um_road_000000.png is 30 x 60 pixels (height x width) and its picture 32 x 64"


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
@pytest.mark.parametrize("reader", ["train on", "evaluate on", "data stats"])
@pytest.mark.parametrize("spoil", BREAKAGES)
def test_a_broken_frame_is_refused_by_name(refused, words, frames, reader, spoil):
    message = spoil(frames)
    assert message in refused(*words(reader))


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
def test_a_broken_picture_is_skipped_by_predict(
    command, words, frames, assert_whole, tmp_path, spoil
):
    message = spoil(frames)
    pictures = frames / "training" / "image_2"
    code, _, err = command(*words("predict", pictures=pictures))
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
    for reader in READERS:
        assert command(*words(reader)).code == 0
    assert command(*words("predict", pictures=frames / PICTURE)).code == 0
    with Image.open(tmp_path / "out" / "overlays" / "um_000000.png") as overlay:
        assert (overlay.mode, overlay.size) == ("RGB", (64, 32))


def test_a_calibration_without_a_key_is_found_by_data_check(command, frames):
    path = frames / "training" / "calib" / "uu_000001.txt"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("Tr_cam_to_road")]
    path.write_text("".join(kept), encoding="utf-8")
    code, out, _ = command("data", "check", frames)
    assert code == 1
    assert "uu_000001.txt lacks Tr_cam_to_road" in out
    assert "To mend: 1 error" in out


def test_a_recipe_with_three_mistakes_names_them_all(refused, recipe, tmp_path):
    text = recipe.read_text(encoding="utf-8").replace("batch_size: 2", "batchsize: 2")
    text += "loss: {label_smoothing: 2}\noptimizer: {name: lion}\n"
    recipe.write_text(text, encoding="utf-8")
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
    recipe.write_text(text, encoding="utf-8")
    assert str(recipe) in refused("train", recipe)
