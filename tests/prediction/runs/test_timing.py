"""Steps are timed where they happen; `predict` is timed as a whole."""

import time

import numpy as np
import pytest

from roadfcn.errors import ImageFileError
from roadfcn.image_files import write_image
from roadfcn.prediction.runs.timing import STEPS, measure


@pytest.fixture
def pictures(tmp_path):
    """Give paths of two pictures of different sizes."""
    paths = [tmp_path / "a.png", tmp_path / "b.jpg"]
    for path, size in zip(paths, ((12, 40, 3), (20, 30, 3)), strict=True):
        write_image(path, np.full(size, 90, np.uint8))
    return paths


@pytest.fixture
def slow(red_road, monkeypatch):
    """Give a function that makes one part of the way slow, by seconds, and gives the model."""

    def make(where, seconds):
        def delayed(function):
            def run(*words, **named):
                time.sleep(seconds)
                return function(*words, **named)

            return run

        owner, name = {
            "decode": ("roadfcn.prediction.runs.timing", "read_image"),
            "encode": ("roadfcn.prediction.results.outputs", "write_labels"),
            "finish": ("roadfcn.prediction.network.scores", "softmax"),
        }.get(where, (None, None))
        if owner is not None:
            module = __import__(owner, fromlist=[name])
            monkeypatch.setattr(f"{owner}.{name}", delayed(getattr(module, name)))
        elif where == "network":
            red_road.formula = delayed(red_road.formula)
        else:
            normalise = type(red_road.card.input_format).normalise
            monkeypatch.setattr(type(red_road.card.input_format), "normalise", delayed(normalise))
        return red_road

    return make


@pytest.mark.parametrize("step", STEPS)
def test_time_is_counted_for_the_step_in_which_it_passes(slow, pictures, tmp_path, step):
    timing = measure(slow(step, 0.05), pictures, tmp_path / "out", seconds=0)
    assert timing.steps[step] >= 0.05
    assert timing.one_after_another == pytest.approx(sum(timing.steps.values()))
    # A busy machine may delay any step, but a median of that much would be another mistake.
    assert max(timing.steps, key=timing.steps.get) == step


def test_predict_does_at_once_what_is_timed_one_after_another(slow, pictures, tmp_path):
    timing = measure(slow("network", 0.02), pictures, tmp_path / "out", seconds=0)
    assert timing.at_once >= 0.02
    assert timing.to_network == pytest.approx(timing.at_once / timing.steps["network"])
    labels = sorted(path.name for path in (tmp_path / "out" / "labels").iterdir())
    assert len(labels) == timing.pictures == 12


def test_a_batch_counts_for_each_of_its_pictures(red_road, pictures, tmp_path):
    formula, seen = red_road.formula, []

    def counting(picture):
        seen.append(picture.shape)
        time.sleep(0.02)
        return formula(picture)

    red_road.formula = counting
    timing = measure(red_road, pictures[:1], tmp_path / "out", batch=4, seconds=0)
    assert (timing.batch, timing.rounds, len(seen)) == (4, 3, 4 * (2 + 3))
    assert red_road.seen.shape == (4, 3, 12, 40)
    assert 0.02 <= timing.steps["network"] < 0.08  # not that of all four
    assert (timing.at_once, timing.to_network) == (None, None)


def test_more_time_gives_more_rounds(slow, pictures, tmp_path):
    timing = measure(slow("network", 0.01), pictures[:1], tmp_path / "out", seconds=2)
    assert timing.rounds > 3


def test_every_round_and_picture_is_told(red_road, pictures, tmp_path):
    told = []
    measure(
        *(red_road, pictures, tmp_path / "out"),
        seconds=0,
        progress=lambda *words: told.append(words),
    )
    assert told == [
        *((number, None, "Measuring each step, round") for number in range(1, 2 + 3 + 1)),
        *((number, 12, "Measuring a run, picture") for number in range(1, 12 + 1)),
    ]


def test_a_broken_picture_ends_the_measurement(red_road, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageFileError, match=r"broken\.png cannot be read as a picture"):
        measure(red_road, [broken], tmp_path / "out")
