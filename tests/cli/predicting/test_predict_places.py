"""Results of `roadfcn predict` never lie over each other, nor over what is read."""

import os
import shutil
import zipfile

import pytest

from roadfcn.errors import ConfigError, OutputError

TABLES = ("--csv", "--coco", "--json")


@pytest.fixture
def predict(roadfcn, road_run, tmp_path):
    """Give a function that predicts into `out` with a tiny model."""

    def run(*words, model=road_run):
        return roadfcn("predict", *words, "--model", model, "--out", tmp_path / "out")

    return run


@pytest.fixture
def refused(predict, tmp_path):
    """Give a function for a call that is refused with nothing done: what was found, in words."""

    def run(*words, kind=OutputError, **options):
        before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        with pytest.raises(kind) as caught:
            predict(*words, **options)
        assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
        return caught.value.found

    return run


@pytest.mark.parametrize("option", TABLES)
def test_no_table_is_written_over_a_picture(refused, pictures, option):
    picture = pictures / "a.png"
    expected = f"{option} {picture} would be written over {picture}, which this call reads"
    assert refused(picture, option, picture) == expected
    assert refused(pictures, option, picture) == expected


def test_nor_over_a_picture_that_another_process_has_for_its_share(refused, pictures):
    for share in ("1/2", "2/2"):
        found = refused(pictures, "--shard", share, "--csv", pictures / "a.png")
        assert f"would be written over {pictures / 'a.png'}" in found


def test_nor_over_a_picture_by_another_of_its_names(refused, pictures, tmp_path):
    os.link(pictures / "a.png", tmp_path / "same.png")
    found = refused(pictures, "--csv", tmp_path / "same.png")
    assert found.endswith(f"would be written over {pictures / 'a.png'}, which this call reads")
    other = f"{pictures}/sub/../a.png"
    assert f"--csv {other} would be written over" in refused(pictures / "a.png", "--csv", other)


def test_nor_over_archives_lists_videos_calibrations_and_models(
    refused, pictures, road_run, make_video, grey_frames, tmp_path
):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(pictures / "a.png", "in.png")
    listed = tmp_path / "list.txt"
    listed.write_text("pictures/a.png\n", encoding="utf-8")
    video = make_video(tmp_path / "v.mp4", grey_frames(1))
    for path in (tmp_path / "a.zip", listed, video):
        assert f"would be written over {path}" in refused(path, "--csv", path)
    assert f"would be written over {listed}" in refused(f"@{listed}", "--coco", listed)
    run = tmp_path / "run"
    shutil.copytree(road_run, run)
    weights = run / "model.safetensors"
    for model in (run, weights):
        assert f"over {weights}" in refused(pictures, "--json", weights, model=model)


@pytest.mark.parametrize("second", ["t.csv", "x/../t.csv", "./t.csv"])
def test_two_tables_in_one_place_are_refused(refused, pictures, tmp_path, second):
    for first, other in (("--csv", "--coco"), ("--csv", "--json"), ("--coco", "--json")):
        words = (first, tmp_path / "t.csv", other, f"{tmp_path}/{second}")
        found = refused(pictures, *words, kind=ConfigError)
        assert found.startswith(f"{first} and {other} would both be written to the file ")


def test_standard_output_takes_one_table(refused, pictures):
    found = refused(pictures, "--csv", "-", "--json", "-", kind=ConfigError)
    assert found == "--csv and --json would both be written to standard output"


@pytest.mark.parametrize(
    "place",
    ["labels", "overlays/a.png", "probabilities/t.csv", "records.jsonl", "overlay-legend.png", ""],
)
def test_a_table_among_the_results_is_refused(refused, pictures, tmp_path, place):
    path = tmp_path / "out" / place
    assert refused(pictures, "--csv", path) == (
        f"--csv {path} lies where the results of this call will be"
    )


def test_a_table_in_the_folder_of_results_is_written_again_and_again(predict, pictures, tmp_path):
    words = (pictures, "--csv", tmp_path / "out" / "road.csv")
    assert predict(*words).exit_code == 0
    assert predict(*words, "--overwrite").exit_code == 0


def test_results_are_not_predicted_into_their_own_folder(predict, refused, pictures, tmp_path):
    predict(pictures)
    overlay = tmp_path / "out" / "overlays" / "a.png"
    found = refused(overlay, "--overwrite")
    assert (
        found == f"{overlay} lies among the results in {tmp_path / 'out'}, and may be written over"
    )
