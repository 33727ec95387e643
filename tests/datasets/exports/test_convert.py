import zipfile

import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.exports.archive import open_export
from roadfcn.datasets.exports.classes import plan_classes
from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import DatasetError, ImageFileError, OutputError

LOWER_HALF = '<polygon label="road" points="0,3;10,3;10,6;0,6"/>'


def test_every_form_gives_the_same_data_set(cvat_images, cvat_masks, labelme, drawn, tmp_path):
    colours = np.zeros((6, 10, 3), np.uint8)
    colours[3:] = (9, 8, 7)
    sources = [
        cvat_images({"a.png": LOWER_HALF}, labels=["road"], name="xml.zip"),
        cvat_masks({"a": colours}, label_map="background:0,0,0::\nroad:9,8,7::", name="masks.zip"),
        labelme({"a": [drawn()]}, name="labelme"),
    ]
    written = []
    for number, source in enumerate(sources):
        out = tmp_path / f"out{number}"
        assert convert([source], out).frames == 1
        assert check_dataset(out).findings == ()
        written.append((out / "masks" / "a.png").read_bytes() + (out / "labels.yaml").read_bytes())
    assert written[0] == written[1] == written[2]


def test_several_exports_become_drives(cvat_images, tmp_path):
    sources = [
        cvat_images({"deep/down/1.png": LOWER_HALF}, name="monday.zip"),
        cvat_images({"1.png": LOWER_HALF}, name="tuesday"),
    ]
    convert(sources, tmp_path / "out")
    names = [frame.name for frame in open_dataset(tmp_path / "out", "all").frames]
    assert sorted(names) == ["monday/1", "tuesday/1"]


def test_two_exports_of_one_name_are_refused(cvat_images, tmp_path):
    sources = [cvat_images({"1.png": LOWER_HALF}, name=name) for name in ("a", "a.zip")]
    with pytest.raises(DatasetError, match="two sources are called a"):
        convert(sources, tmp_path / "out")


def test_pictures_keep_their_bytes(cvat_images, tmp_path, picture_bytes):
    convert([cvat_images({"a.png": LOWER_HALF})], tmp_path / "out")
    assert (tmp_path / "out" / "images" / "a.png").read_bytes() == picture_bytes()


@pytest.mark.parametrize("orientation", [3, 6])
def test_pictures_that_exif_turns_are_stored_as_they_were_labelled(
    cvat_images, tmp_path, orientation
):
    source = cvat_images({"a.jpg": LOWER_HALF}, labels=["road"])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = (10, 6) if orientation == 3 else (6, 10)
    Image.effect_noise(stored, 90).save(source / "images" / "a.jpg", exif=exif)
    assert convert([source], tmp_path / "out").turned == 1
    assert check_dataset(tmp_path / "out").findings == ()
    with Image.open(tmp_path / "out" / "images" / "a.png") as picture:
        assert picture.size == (10, 6)


def test_nothing_is_written_over_and_nothing_half_done_is_left(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF, "b.png": LOWER_HALF})
    out = tmp_path / "deep" / "out"
    (source / "images" / "b.png").write_bytes(b"")
    with pytest.raises(ImageFileError, match=r"annotations\.xml, b\.png is empty"):
        convert([source], out)
    assert list(out.parent.iterdir()) == []


def test_a_folder_that_holds_files_is_refused_and_an_empty_one_filled(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF})
    out = tmp_path / "out"
    out.mkdir()
    convert([source], out)
    with pytest.raises(OutputError, match="out is not empty"):
        convert([source], out)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file is a file"):
        convert([source], tmp_path / "file")


def test_frames_of_one_name_are_refused(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF, "a.jpg": LOWER_HALF})
    with pytest.raises(DatasetError, match="are both labels of a frame a"):
        convert([source], tmp_path / "out")


def test_pictures_without_anything_drawn_are_left_out_unless_wanted(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF, "b.png": ""})
    conversion = convert([source], tmp_path / "out")
    assert (conversion.frames, conversion.unlabelled_frames) == (1, 1)
    assert convert([source], tmp_path / "both", keep_empty=True).frames == 2
    with pytest.raises(DatasetError, match="nothing is drawn on any of 1 pictures"):
        convert([cvat_images({"a.png": ""}, name="bare")], tmp_path / "none")


def test_an_unknown_form_lists_the_known_ones(write_export, tmp_path):
    with pytest.raises(DatasetError, match="holds no labels of a known form") as caught:
        convert([write_export({"coco.json": "{}"})], tmp_path / "out")
    assert caught.value.allowed.startswith("cvat-masks: labelmap.txt beside")
    (tmp_path / "void").mkdir()
    with pytest.raises(DatasetError, match="is empty"):
        convert([tmp_path / "void"], tmp_path / "out")


def test_a_form_can_be_demanded(cvat_images, tmp_path):
    source = cvat_images({"a.png": LOWER_HALF})
    with pytest.raises(DatasetError) as caught:
        convert([source], tmp_path / "out", form="labelme")
    assert caught.value.allowed.startswith("labelme: ")
    assert convert([source], tmp_path / "out", form="cvat-images").formats == ("cvat-images",)


# Archives


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil", "C:\\evil.png"])
def test_archives_with_names_that_lead_outside_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"x")
    with (
        pytest.raises(DatasetError, match="which lies outside"),
        open_export(tmp_path / "a.zip"),
    ):
        pass


def test_archives_that_are_broken_or_no_archives_are_refused(tmp_path, write_export):
    path = write_export({"a.txt": "x" * 999}, "a.zip")
    content = bytearray(path.read_bytes())
    content[60] ^= 1  # in the middle of the stored text: its checksum is wrong now
    path.write_bytes(content)
    with open_export(path) as files, pytest.raises(DatasetError, match=r"a.txt cannot be read"):
        files.read("a.txt")
    path.write_bytes(b"no archive")
    with pytest.raises(DatasetError, match="cannot be read"), open_export(path):
        pass


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_with_any_byte_changed_are_read_or_refused(tmp_path, packing):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("a/ü.txt", "hello" * 20)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xB5]) + whole[place + 1 :])
        try:
            with open_export(path) as files:
                contents = [files.read(name) for name in files.names]
        except DatasetError:
            refused += 1
        else:
            assert contents in ([b"hello" * 20], [])
    assert refused > len(whole) / 2


def test_what_fails_while_an_archive_is_open_is_not_told_as_the_archives_fault(write_export):
    path = write_export({"a.txt": "x"}, "a.zip")
    with pytest.raises(OSError, match=r"^the disk is full$"), open_export(path):
        raise OSError("the disk is full")


def test_other_files_and_missing_ones_are_refused(tmp_path):
    (tmp_path / "a.xml").touch()
    for name, found in (("a.xml", "is a file"), ("gone", "there is no export")):
        with pytest.raises(DatasetError, match=found) as caught, open_export(tmp_path / name):
            pass
    assert caught.value.do == "check the path; OUT comes last"


def test_members_that_would_fill_the_memory_are_refused_unread(write_export, monkeypatch):
    monkeypatch.setattr("roadfcn.datasets.exports.archive.MAX_MEMBER_BYTES", 10)
    for name in ("export", "export.zip"):
        with (
            open_export(write_export({"a.txt": "x" * 11}, name)) as files,
            pytest.raises(DatasetError, match=r"a.txt is larger than 10 bytes"),
        ):
            files.text("a.txt")


def test_text_that_is_no_text_is_refused(write_export):
    with (
        open_export(write_export({"a.txt": b"\xff"})) as files,
        pytest.raises(DatasetError, match=r"a.txt is no UTF-8 text"),
    ):
        files.text("a.txt")


def test_hidden_and_macintosh_files_are_not_seen(write_export):
    for name in ("export", "export.zip"):
        with open_export(
            write_export({"a.txt": "", ".b": "", "__MACOSX/._a.txt": ""}, name)
        ) as files:
            assert files.names == ("a.txt",)


# Classes


def test_every_label_is_a_class_behind_background():
    plan = plan_classes({"Road": None, "car": (1, 2, 3)})
    assert plan.label_set.classes == ("background", "road", "car")
    assert plan.label_set.colours == ((40, 40, 40), (0, 200, 83), (1, 2, 3))
    assert plan.values == {"Road": 1, "car": 2}
    assert plan.unlabelled == 0


def test_no_two_classes_have_one_colour():
    labels = dict.fromkeys("abcdefghij", (0, 200, 83)) | {"Road": (0, 200, 83)}
    colours = plan_classes(labels).label_set.colours
    assert len(set(colours)) == 12
    assert colours[1] == (0, 200, 83)


def test_named_labels_become_road_and_the_rest_background():
    plan = plan_classes(
        dict.fromkeys(("Lane", "crossing", "car", "bonnet")),
        road=["lane", "crossing"],
        void=["bonnet"],
    )
    assert plan.label_set.classes == ("background", "road")
    assert plan.values == {"Lane": 1, "crossing": 1, "car": 0, "bonnet": 255}


def test_with_void_for_the_rest_no_background_is_needed():
    plan = plan_classes(dict.fromkeys(("road", "car")), unlabelled="void")
    assert plan.label_set.classes == ("road", "car")
    assert plan.unlabelled == 255
    plan = plan_classes(dict.fromkeys(("road", "background")), unlabelled="void")
    assert plan.values == {"road": 1, "background": 0}


def test_spellings_of_one_label_are_one_class():
    assert plan_classes(
        dict.fromkeys(("Road", "road ")),
    ).values == {"Road": 1, "road ": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"road": ["street"]}, "--road names 'street', which is no label of the export\n  allowed"
                               ": road, car"),
        ({"void": ["street"]}, "--void names 'street'"),
        ({"road": ["road"], "void": ["Road"]}, "the label 'road' is both road and void"),
    ],
)  # fmt: skip
def test_labels_that_are_not_there_are_named(options, message):
    with pytest.raises(DatasetError, match=message):
        plan_classes(dict.fromkeys(("road", "car")), **options)


def test_an_export_without_labels_is_refused():
    with pytest.raises(DatasetError, match="nothing was labelled"):
        plan_classes({})
