from dataclasses import replace

import numpy as np
import pytest

from roadfcn.datasets import contact_sheet
from roadfcn.datasets.contact_sheet import draw_contact_sheet
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics


def _sheet(dataset, **options):
    return draw_contact_sheet(dataset, compute_statistics(dataset), **options)


def _has_colour(sheet, colour):
    return (sheet == np.array(colour, np.uint8)).all(axis=2).any()


def test_the_page_has_its_width_and_a_row_for_each_two_wide_frames(make_kitti):
    dataset = open_dataset(make_kitti({"um": 5}), "all")
    one, two = _sheet(dataset, frames=2), _sheet(dataset, frames=3)
    assert one.dtype == np.uint8
    assert one.shape[1:] == two.shape[1:] == (1320, 3)
    # Frames 80 x 24 in two columns of 624 px: 187 px and the caption with its gap below.
    assert 187 < two.shape[0] - one.shape[0] < 187 + 60


@pytest.mark.parametrize(("frames", "told"), [(2, "2 of 5 frames shown"), (9, "5 frames")])
def test_the_headline_says_how_many_of_how_many_and_which_side_is_the_height(
    make_kitti, monkeypatch, frames, told
):
    texts = []
    monkeypatch.setattr(contact_sheet, "draw_text", lambda page, text, *_, **__: texts.append(text))
    _sheet(open_dataset(make_kitti({"um": 5}), "all"), frames=frames)
    assert texts[1] == f"{told}   |   5 um   |   height x width 24 x 80"


def test_the_legend_holds_the_colour_of_each_class(make_camvid):
    dataset = open_dataset(make_camvid({"train": 1}))
    sheet = _sheet(dataset)
    assert all(_has_colour(sheet, colour) for colour in dataset.label_set.colours)


def test_void_is_hatched_where_the_truth_is_void(make_camvid):
    from PIL import Image

    root = make_camvid({"train": 1})
    Image.new("RGB", (80, 24), (100, 100, 100)).save(root / "train" / "train_000.png")
    Image.new("L", (80, 24), 11).save(root / "trainannot" / "train_000.png")
    sheet = _sheet(open_dataset(root))
    void = sheet[110:200, 40:600]
    assert void.min() < 100 < 180 < void.max()


def test_frames_with_truth_are_shown_first(make_camvid):
    root = make_camvid({"train": 1, "test": 2})
    dataset = open_dataset(root, "test")
    bare, labelled = dataset.frames
    mixed = replace(dataset, frames=(replace(bare, mask_path=None), labelled))
    alone = replace(dataset, frames=(labelled,))
    grid = slice(104, 300)
    assert (_sheet(mixed, frames=1)[grid] == _sheet(alone, frames=1)[grid]).all()


def test_a_split_without_truth_is_shown_plain(make_kitti):
    dataset = open_dataset(make_kitti({"um": 1}, {"um": 1, "uu": 1}), "test")
    assert _sheet(dataset).shape[1] == 1320


def test_long_names_and_many_sizes_do_not_break_the_page(make_camvid):
    from PIL import Image

    root = make_camvid({"train": 5})
    for index in range(5):
        for folder, mode in (("train", "RGB"), ("trainannot", "L")):
            path = root / folder / f"train_{index:03d}.png"
            path.unlink()
            Image.new(mode, (40 + index, 40)).save(path.with_stem(f"{'long' * 40}{index}"))
    assert _sheet(open_dataset(root)).shape[1] == 1320
