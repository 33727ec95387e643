import json
import sys

import numpy as np
import pytest
from PIL import Image

from roadfcn.cli.app import main
from roadfcn.datasets import contact_sheet


@pytest.fixture
def camvid(tmp_path):
    """Two training frames and one for validation; every mask holds all classes and void."""
    generator = np.random.default_rng(0)
    values = np.repeat(np.arange(12, dtype=np.uint8)[:, None], 16, axis=1)
    root = tmp_path / "data"
    for split, name in (("train", "a"), ("train", "b"), ("val", "c")):
        for folder in (split, f"{split}annot"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        photograph = generator.integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(photograph).save(root / split / f"{name}.png")
        Image.fromarray(values).save(root / f"{split}annot" / f"{name}.png")
    return root


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line; gives exit code, standard output and standard error."""

    def run_main(*words):
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["roadfcn", "data", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run_main


def test_checking_sound_data_says_so_and_exits_with_0(run, camvid):
    code, out, _ = run("check", camvid)
    assert code == 0
    assert "layout camvid" in out
    assert "frames: 2 train, 1 val" in out
    assert "Nothing to mend." in out


def test_findings_are_printed_with_their_fix_and_exit_with_1(run, camvid):
    Image.new("L", (16, 12), 77).save(camvid / "trainannot" / "a.png")
    (camvid / "valannot" / "stray.png").touch()
    code, out, _ = run("check", camvid)
    assert code == 1
    assert "error   train/a" in out
    assert "192 px of value 77" in out
    assert "fix: check that the mask belongs to this data set" in out
    assert "warning valannot/stray.png" in out
    assert "To mend: 1 error, 1 warning." in out


def test_a_long_list_of_findings_is_cut_and_whole_in_json(run, camvid, tmp_path):
    for index in range(50):
        (camvid / "valannot" / f"stray{index:02d}.png").touch()
    code, out, _ = run("check", camvid, "--json", tmp_path / "report.json")
    assert code == 1
    assert "stray39.png" in out
    assert "stray40.png" not in out
    assert "... and 10 more" in out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["warnings"] == len(report["findings"]) == 50


def test_json_on_standard_output_stands_alone(run, camvid, tmp_path):
    _, out, _ = run("check", camvid, "--json", "-", "--sheet", tmp_path / "sheet.png")
    assert json.loads(out)["frames"] == {"train": 2, "val": 1}
    _, out, _ = run("stats", camvid, "--json", "-", "--sheet", tmp_path / "sheet.png")
    assert json.loads(out)["splits"] == {"train": 2, "val": 1}


@pytest.mark.parametrize("command", ["check", "stats"])
def test_a_contact_sheet_is_drawn_where_asked(run, camvid, tmp_path, command):
    _, _, err = run(command, camvid, "--sheet", tmp_path / "new" / "sheet.png")
    assert "contact sheet" in err
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert sheet.width == 1320


def test_nothing_healthy_gives_no_contact_sheet_and_says_so(run, camvid, tmp_path):
    for path in camvid.rglob("[abc].png"):
        path.write_bytes(b"no picture")
    code, _, err = run("check", camvid, "--sheet", tmp_path / "sheet.png")
    assert code == 1
    assert "no contact sheet: no frame can be read" in err
    assert not (tmp_path / "sheet.png").exists()


def test_stats_are_a_table_of_classes_and_void(run, camvid, tmp_path):
    code, out, _ = run("stats", camvid, "--split", "val", "--json", tmp_path / "stats.json")
    assert code == 0
    assert "camvid, split val" in out
    assert "2 train, 1 val" in out
    assert ["height", "x", "width", "12", "x", "16", "(1)"] in [
        line.split() for line in out.splitlines()
    ]
    void = next(line.split() for line in out.splitlines() if line.split()[:1] == ["void"])
    assert void == ["void", "8.33", "16"]
    values = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    assert values["void_share"] == pytest.approx(1 / 12)
    assert [entry["weight"] for entry in values["classes"]] == [1.0] * 11
    assert len(values["split_hash"]) == 64


def test_stats_without_truth_leave_the_class_table_out(run, camvid):
    for path in (camvid / "valannot").iterdir():
        path.unlink()
    (camvid / "valannot").rmdir()
    (camvid / "val").rename(camvid / "test")
    code, out, _ = run("stats", camvid, "--split", "test")
    assert code == 0
    assert "with truth" in out
    assert "pavement" not in out


@pytest.fixture
def one_of_kitti(tmp_path):
    """A single frame in KITTI Road's layout, without any road in it."""
    part = tmp_path / "kitti" / "training"
    for folder in ("image_2", "gt_image_2"):
        (part / folder).mkdir(parents=True)
    Image.new("RGB", (20, 10)).save(part / "image_2" / "uu_000000.png")
    Image.new("RGB", (20, 10), (255, 0, 0)).save(part / "gt_image_2" / "uu_road_000000.png")
    return tmp_path / "kitti"


@pytest.mark.parametrize("command", ["check", "stats"])
def test_generated_scenes_are_not_called_kitti(run, one_of_kitti, tmp_path, monkeypatch, command):
    texts = []
    monkeypatch.setattr(contact_sheet, "draw_text", lambda page, text, *_, **__: texts.append(text))
    words = (command, one_of_kitti, "--sheet", tmp_path / "sheet.png")
    split = ("--split", "all") if command == "stats" else ()
    run(*words, *split)
    (one_of_kitti / "scenes.json").touch()
    _, out, _ = run(*words, *split)
    kitti, scenes = (text for text in texts if text.endswith(", all"))
    assert kitti == "kitti-road, all"
    assert scenes == "generated scenes (KITTI Road's layout), all"
    if command == "stats":
        assert "generated scenes (KITTI Road's layout), split all" in out


def test_the_json_of_stats_tells_generated_scenes(run, one_of_kitti):
    words = ("stats", one_of_kitti, "--split", "all", "--json", "-")
    assert "origin" not in json.loads(run(*words)[1])
    (one_of_kitti / "scenes.json").touch()
    assert json.loads(run(*words)[1])["origin"] == "generated scenes"


def test_stats_show_categories_and_classes_that_never_occur(run, one_of_kitti):
    code, out, _ = run("stats", one_of_kitti, "--split", "all", "--target", "road")
    assert code == 0
    assert "1: 1 uu" in out
    road = next(line.split() for line in out.splitlines() if "road" in line and "■" in line)
    assert road == ["■", "road", "0.00", "0", "0", "-"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "gone"], "there is no folder gone"),
        (["stats", "gone"], "there is no folder gone"),
        (["stats", "{data}", "--split", "test"], "the split 'test' of"),
        (["check", "{data}", "--target", "lane"], "has no lane truth"),
        (["check", "{data}", "--sheet", "sheet.xyz"], "sheet.xyz ends in '.xyz'"),
        (["stats", "{data}", "--sheet", "sheet"], "sheet ends in ''"),
        (["check", "{data}", "--sheet", "{data}/train/a.png/sheet.png"], "is a file"),
        (["stats", "{data}", "--json", "{data}"], "{data} is a folder"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(run, camvid, words, message):
    code, out, err = run(*(word.format(data=camvid) for word in words))
    assert code == 2
    message = message.format(data=camvid)
    assert f"roadfcn: {message}" in err or message in err
    assert "Checking" not in err, "the pictures were read for nothing"
    assert "Counting" not in err
    assert "allowed:" in err
    assert "do this:" in err
    assert "Traceback" not in out + err


def test_stats_of_a_damaged_split_name_the_file(run, camvid):
    (camvid / "train" / "b.png").write_bytes(b"")
    code, _, err = run("stats", camvid)
    assert code == 2
    assert "b.png is empty (0 bytes)" in err


@pytest.fixture
def labelled(tmp_path):
    """A picture with a polygon over its lower half and a line, as labelme saves it."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    Image.effect_noise((16, 12), 90).save(folder / "a.png")
    Image.effect_noise((16, 12), 90).save(folder / "b.png")
    shapes = [
        {"label": "lane", "points": [[0, 6], [16, 6], [16, 12], [0, 12]], "shape_type": "polygon"},
        {"label": "lane", "points": [[0, 6], [16, 6]], "shape_type": "line"},
    ]
    for name, drawn in (("a", shapes), ("b", [])):
        content = {"shapes": drawn, "imagePath": f"{name}.png"}
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_labels_are_converted_and_what_is_left_out_is_told(run, labelled, tmp_path):
    out = tmp_path / "my own"
    code, told, _ = run("convert", labelled, out)
    assert code == 0
    assert told.splitlines() == [
        f"1 frame from labelme in {out}",
        "classes: background, lane",
        "left out: 1 picture on which nothing is drawn; --keep-empty keeps them",
        "left out: 1 x line, which has no area",
        f"look at them: roadfcn data check '{out}' --sheet sheet.png",
    ]
    assert run("check", out)[0] == 0


def test_conversions_obey_their_options(run, labelled, tmp_path):
    out = tmp_path / "own"
    code, told, _ = run("convert", labelled, out, "--road", "lane", "--keep-empty")
    assert "classes: background, road" in told
    code, told, _ = run("stats", out, "--split", "all", "--json", "-")
    assert [entry["share"] for entry in json.loads(told)["classes"]] == [0.75, 0.25]
    code, told, _ = run("convert", labelled, tmp_path / "void", "--unlabelled", "void")
    assert "classes: lane" in told
    code, _, err = run("convert", labelled, out)
    assert code == 2
    assert f"roadfcn: {out} is not empty" in err
    code, _, err = run("convert", labelled, tmp_path / "x", "--void", "sky")
    assert code == 2
    assert "--void names 'sky', which is no label of the export" in err


def test_a_conversion_without_road_says_that_there_will_be_no_road_scores(run, labelled, tmp_path):
    path = labelled / "a.json"
    path.write_text(path.read_text(encoding="utf-8").replace("lane", "grass"), encoding="utf-8")
    exif = Image.Exif()
    exif[0x0112] = 3
    with Image.open(labelled / "a.png") as picture:
        picture.save(labelled / "a.png", exif=exif)
    _, told, _ = run("convert", labelled, tmp_path / "own")
    assert "no class is called road, so there will be no road scores; see --road" in told
    assert "stored upright, as PNG: 1 picture that EXIF turned" in told
