import pytest

from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.errors import DatasetError

VOC = {
    "train": ["2007_000032", "2008_000003"],
    "val": ["2007_000033", "2008_000002", "2008_000007", "2009_000001"],
}
SBD = {"train": ["2008_000002", "2008_000008"], "val": ["2008_000007", "2008_000003"]}


@pytest.fixture
def both(make_voc, make_sbd, tmp_path):
    make_voc(VOC)
    make_sbd(SBD)
    return tmp_path


def _names(root, split):
    return [frame.name for frame in open_dataset(root, split, layout="voc-sbd").frames]


def test_sbd_trains_and_vocs_val_without_it_validates(both):
    """What SBD does not train on stays: 2008_000007 is in SBD's val, which is not trained on."""
    assert _names(both, "train") == ["2008_000002", "2008_000008"]
    assert _names(both, "val") == ["2007_000033", "2008_000007", "2009_000001"]
    assert len(_names(both, "all")) == 5


def test_either_kind_of_truth_is_read(both, sbd_truth):
    train = open_dataset(both, "train", layout="voc-sbd")
    assert train[0].mask.tolist() == sbd_truth["segmentation"].tolist()
    val = open_dataset(both, "val", layout="voc-sbd")
    assert (val.frames[1].mask_path.suffix, val[1].mask[0, 79]) == (".png", 255)


def test_the_check_tells_how_many_pictures_are_left(both):
    report = check_dataset(both, layout="voc-sbd")
    assert report.is_clean
    (note,) = report.findings
    assert note.what == (
        "1 of the 4 val pictures of VOC2011 are in SBD's train and left out; 3 remain"
    )
    assert "VOC2011, of which 736 remain" in note.fix


def test_both_are_counted_together(both):
    statistics = compute_statistics(open_dataset(both, "all", layout="voc-sbd"))
    assert statistics.frames_with_truth == 5
    assert statistics.void_px == 3 * 3 * 24  # three columns of each of VOC's three pictures


def test_sbd_may_lie_in_the_years_folder(make_voc, make_sbd):
    root = make_voc(VOC, folder="VOC2011")
    make_sbd(SBD, folder="VOC2011/benchmark_RELEASE/dataset")
    assert _names(root, "val") == ["2007_000033", "2008_000007", "2009_000001"]


def test_two_years_beside_sbd_have_to_be_told_apart(both, make_voc):
    make_voc(VOC, folder="VOCdevkit/VOC2012")
    with pytest.raises(DatasetError, match="holds VOC2011 and VOC2012"):
        open_dataset(both, layout="voc-sbd")


def test_without_sbd_the_layout_does_not_fit(make_voc, tmp_path):
    make_voc(VOC)
    with pytest.raises(DatasetError, match="is not laid out as voc-sbd: it holds VOCdevkit/"):
        open_dataset(tmp_path, layout="voc-sbd")


def test_there_is_no_test_truth(both):
    with pytest.raises(DatasetError, match="no pictures: VOC keeps the truth of its test"):
        open_dataset(both, "test", layout="voc-sbd")


def test_there_is_no_lane_truth(both):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(both, layout="voc-sbd", target="lane")
