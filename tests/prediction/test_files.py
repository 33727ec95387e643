import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ImageFileError, LabelSetError, OutputError
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21, drivable_class
from roadfcn.prediction.files import (
    find_sources,
    older_results,
    predict_files,
    probability_class,
)
from roadfcn.prediction.predictor import Predictor

RED, BLACK = (255, 0, 0), (0, 0, 0)


def save(path, colour=RED, size=(6, 4), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


def stems(sources):
    return [source.stem.as_posix() for source in sources]


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_pictures_are_found_in_folders_with_their_subfolders(tmp_path):
    save(tmp_path / "in" / "b.png")
    save(tmp_path / "in" / "sub" / "a.JPG", format="JPEG")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    single = save(tmp_path / "c.png")
    assert stems(find_sources([tmp_path / "in", single], tmp_path / "out")) == ["b", "sub/a", "c"]


def test_two_pictures_of_one_name_are_refused_before_any_work(tmp_path):
    first = save(tmp_path / "in" / "a.png")
    second = save(tmp_path / "in" / "a.jpg")
    with pytest.raises(OutputError) as caught:
        find_sources([tmp_path / "in"], tmp_path / "out")
    target = tmp_path / "out" / "labels" / "a.png"
    assert caught.value.found == f"{second} and {first} would both be written to {target}"
    assert caught.value.do == "rename one of them, or predict them in two runs"


def test_two_folders_may_hold_the_same_name_only_in_different_subfolders(tmp_path):
    save(tmp_path / "one" / "x" / "a.png")
    save(tmp_path / "two" / "y" / "a.png")
    assert stems(find_sources([tmp_path / "one", tmp_path / "two"], tmp_path)) == ["x/a", "y/a"]
    save(tmp_path / "two" / "x" / "a.png")
    with pytest.raises(OutputError, match="would both be written"):
        find_sources([tmp_path / "one", tmp_path / "two"], tmp_path)


def test_a_picture_named_twice_is_taken_once(tmp_path):
    path = save(tmp_path / "in" / "sub" / "a.png")
    assert stems(find_sources([tmp_path / "in", path, path], tmp_path / "out")) == ["sub/a"]


def test_results_of_an_earlier_run_are_no_pictures_to_predict(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "out" / "overlays" / "a.png")
    save(tmp_path / "out" / "labels" / "a.png")
    assert stems(find_sources([tmp_path], tmp_path / "out")) == ["a"]


def test_names_with_dots_keep_them(tmp_path):
    save(tmp_path / "frame.0001.png")
    (source,) = find_sources([tmp_path], tmp_path / "out")
    assert source.output(tmp_path, "labels") == tmp_path / "labels" / "frame.0001.png"


def test_a_missing_source_is_an_error(tmp_path):
    with pytest.raises(ImageFileError, match=r"there is no picture or folder .*nowhere"):
        find_sources([tmp_path / "nowhere"], tmp_path)


def test_a_folder_without_pictures_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageFileError, match=r"there is no picture in .*empty") as caught:
        find_sources([tmp_path / "empty"], tmp_path)
    assert caught.value.allowed.startswith("pictures ending in .png, .jpg")


def test_labels_overlays_and_probabilities_are_written_at_the_pictures_size(tmp_path, red_road):
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, 3:, 0] = 255
    Image.fromarray(image).save(tmp_path / "a.png")
    out = tmp_path / "out"
    sources = find_sources([tmp_path / "a.png"], out)
    result = predict_files(Predictor(red_road), sources, out, probability_of="road")
    assert written(out) == ["labels/a.png", "overlays/a.png", "probabilities/a.png"]
    assert stems(result.written) == ["a"]
    assert result.seconds > 0

    labels = opened(out / "labels" / "a.png")
    assert labels.mode == "P"
    np.testing.assert_array_equal(np.array(labels), image[..., 0] // 255)
    assert labels.convert("RGB").getpixel((5, 0)) == ROAD.colours[1]

    overlay = np.array(opened(out / "overlays" / "a.png"))
    np.testing.assert_array_equal(overlay[0, 0], BLACK)
    np.testing.assert_allclose(overlay[0, 5], (np.array(RED) + ROAD.colours[1]) / 2, atol=1)

    probability = opened(out / "probabilities" / "a.png")
    assert probability.mode == "L"
    # sigmoid(-4) and sigmoid(4) of 255, rounded.
    assert [probability.getpixel((0, 0)), probability.getpixel((5, 0))] == [5, 250]


def test_probabilities_are_written_on_demand_only(tmp_path, red_road):
    sources = find_sources([save(tmp_path / "a.png")], tmp_path / "out")
    predict_files(Predictor(red_road), sources, tmp_path / "out")
    assert written(tmp_path / "out") == ["labels/a.png", "overlays/a.png"]


def test_opacity_0_leaves_the_picture_and_1_hides_it(tmp_path, red_road):
    sources = find_sources([save(tmp_path / "a.png")], tmp_path / "out")
    seen = []
    for opacity in (0.0, 1.0):
        predict_files(Predictor(red_road), sources, tmp_path / "out", opacity=opacity)
        seen.append(opened(tmp_path / "out" / "overlays" / "a.png").getpixel((0, 0)))
    assert seen == [RED, ROAD.colours[1]]


def test_a_broken_picture_is_skipped_and_reported_and_leaves_nothing(tmp_path, red_road):
    whole = save(tmp_path / "in" / "b.png", size=(40, 40))
    (tmp_path / "in" / "a.png").write_bytes(whole.read_bytes()[:60])
    (tmp_path / "in" / "c.png").write_bytes(b"")
    out = tmp_path / "out"
    calls = []
    result = predict_files(
        Predictor(red_road),
        find_sources([tmp_path / "in"], out),
        out,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert written(out) == ["labels/b.png", "overlays/b.png"]
    assert stems(result.written) == ["b"]
    assert [source.stem.name for source, _ in result.skipped] == ["a", "c"]
    assert "cannot be read as a picture" in result.skipped[0][1].found
    assert "is empty (0 bytes)" in result.skipped[1][1].found
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert result.seconds_each is None  # one picture tells nothing of the others


def test_the_first_picture_does_not_count_in_the_time_of_each(tmp_path, red_road, monkeypatch):
    for name in ("a", "b", "c"):
        save(tmp_path / f"{name}.png")
    # The clock at the run's start, at each picture's start and end, and at the run's end.
    clock = iter([0.0, 0.0, 9.0, 9.0, 10.0, 10.0, 13.0, 13.0])
    monkeypatch.setattr("roadfcn.prediction.files.time.perf_counter", lambda: next(clock))
    sources = find_sources([tmp_path], tmp_path / "out")
    result = predict_files(Predictor(red_road), sources, tmp_path / "out")
    assert (result.seconds, result.seconds_each) == (13.0, 2.0)


def test_older_results_are_those_that_this_run_did_not_write(tmp_path, red_road):
    out = tmp_path / "out"
    for kind in ("labels", "probabilities"):
        save(out / kind / "old.png")
    save(out / "probabilities" / "a.png")
    save(out / "other" / "mine.png")
    sources = find_sources([save(tmp_path / "a.png")], out)
    result = predict_files(Predictor(red_road), sources, out)
    found = [
        path.relative_to(out).as_posix()
        for path in older_results(out, result, with_probabilities=False)
    ]
    assert found == ["labels/old.png", "probabilities/a.png", "probabilities/old.png"]
    result = predict_files(Predictor(red_road), sources, out, probability_of="road")
    assert len(older_results(out, result, with_probabilities=True)) == 2


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGB", RED, 1),
        ("RGBA", (255, 0, 0, 10), 1),
        ("L", 255, 1),
        ("L", 100, 0),
        ("I;16", 65535, 1),
        ("I;16", 20000, 0),
        ("1", 1, 1),
    ],
)
def test_every_kind_of_picture_is_predicted(tmp_path, red_road, mode, colour, expected):
    sources = find_sources([save(tmp_path / "a.png", colour, (1, 1), mode)], tmp_path / "out")
    predict_files(Predictor(red_road), sources, tmp_path / "out")
    labels = opened(tmp_path / "out" / "labels" / "a.png")
    assert labels.size == (1, 1)
    assert labels.getpixel((0, 0)) == expected


def test_results_of_a_rotated_photograph_stand_upright(tmp_path, red_road):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows are columns
    path = save(tmp_path / "a.jpg", size=(6, 4), exif=exif)
    predict_files(Predictor(red_road), find_sources([path], tmp_path), tmp_path / "out")
    assert opened(tmp_path / "out" / "labels" / "a.png").size == (4, 6)
    assert opened(tmp_path / "out" / "overlays" / "a.png").size == (4, 6)


def test_eleven_classes_are_written_as_their_indices(tmp_path, eleven_classes):
    sources = find_sources([save(tmp_path / "a.png", (30, 0, 0))], tmp_path / "out")
    predict_files(Predictor(eleven_classes), sources, tmp_path / "out", probability_of="pavement")
    assert opened(tmp_path / "out" / "labels" / "a.png").getpixel((0, 0)) == 3
    # Scores fall by 1 for each class away from 3; pavement is 4.
    shares = np.exp(-np.abs(np.arange(11) - 3.0))
    expected = round(255 * shares[4] / shares.sum())
    assert opened(tmp_path / "out" / "probabilities" / "a.png").getpixel((0, 0)) == expected


def test_an_unknown_probability_class_is_refused_before_any_work(tmp_path, red_road):
    sources = find_sources([save(tmp_path / "a.png")], tmp_path / "out")
    with pytest.raises(LabelSetError, match="'road' has no class 'sky'"):
        predict_files(Predictor(red_road), sources, tmp_path / "out", probability_of="sky")
    assert not (tmp_path / "out").exists()


def test_a_result_that_cannot_be_written_stops_the_run(tmp_path, red_road):
    (tmp_path / "out").write_text("a file")
    sources = find_sources([save(tmp_path / "a.png")], tmp_path / "out")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        predict_files(Predictor(red_road), sources, tmp_path / "out")


def test_the_probability_written_is_that_of_road_then_lane_then_what_is_said():
    assert probability_class(CAMVID_11) == "road"
    assert probability_class(EGO_LANE) == "lane"
    assert probability_class(CAMVID_11, "car") == "car"
    assert drivable_class(VOC_21) is None
    with pytest.raises(LabelSetError, match="'voc-21' has no class 'road'") as caught:
        probability_class(VOC_21)
    assert caught.value.do == "say which class to write: --probability-of CLASS"


def test_a_run_among_the_pictures_is_refused(tmp_path):
    """A pattern for the model that fits two runs gives the second one for pictures."""
    run = tmp_path / "runs" / "20260101-120000-mine"
    (run / "predictions" / "overlays").mkdir(parents=True)
    (run / "model.safetensors").touch()
    Image.new("RGB", (4, 4)).save(run / "predictions" / "overlays" / "a.png")
    with pytest.raises(ImageFileError, match="is a run, and stands where pictures were expected"):
        find_sources([run], tmp_path / "out")
