"""Fixtures that write small data sets below `tmp_path`; what is in them: golden/data_trees.py."""

import functools

import pytest

import data_trees


def _maker(write, default):
    """Give a fixture of a function like `write`, with the folder's name in the place of `root`."""

    @pytest.fixture
    def make(tmp_path):
        @functools.wraps(write)
        def into(*arguments, folder=default, **options):
            return write(tmp_path / folder, *arguments, **options)

        return into

    return make


make_kitti = _maker(data_trees.write_kitti, "kitti")
make_camvid = _maker(data_trees.write_camvid, "camvid")
make_own = _maker(data_trees.write_own, "own")
make_camvid_32 = _maker(data_trees.write_camvid_32, "camvid_32")
make_fast_ai = _maker(data_trees.write_fast_ai, "fast_ai")
make_cityscapes = _maker(data_trees.write_cityscapes, "cityscapes")
make_voc = _maker(data_trees.write_voc, "VOCdevkit/VOC2011")
make_sbd = _maker(data_trees.write_sbd, "benchmark_RELEASE/dataset")


@pytest.fixture(scope="session")
def sbd_truth():
    """A truth file of SBD's kind, written by SciPy, and what is in it; see golden/."""
    return data_trees.golden_mat_files()
