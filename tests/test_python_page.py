"""The page on use from Python: what stands there runs, from top to bottom."""

import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from roadfcn.model_card import read_card
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.named_architectures import slim_fcn, vgg16_fcn
from roadfcn.models.reach import reach
from roadfcn.prediction.network import tiling
from roadfcn.prediction.python import segmenter
from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_what_the_page_shows_runs(make_video, noise, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    street = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    for name in ("street.jpg", "city.tif"):
        Image.fromarray(street).save(name)
    make_video(tmp_path / "drive.mp4", [noise] * 6)
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    shutil.copy(shipped_path("slim-road"), tmp_path / "runs" / "mine" / "model.safetensors")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    names = {}
    for block in blocks:
        exec(block, names)
    first, *frames = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+% road", first)
    assert [line.split(":")[0] for line in frames] == ["  0.00 s, frame 0", "  0.50 s, frame 5"]
    assert (tmp_path / "road.png").is_file()
    assert names["found"].probability("road").shape == (60, 90)


def test_numbers_on_the_page_are_those_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    shipped = {name: read_architecture(shipped_path(name)) for name in SHIPPED_NAMES}
    for words, architecture in [
        *(
            (f"`{name}` (slim, 4s head that joins features{spread(made)})", made)
            for name, made in shipped.items()
        ),
        ("`slim`, 8s head", slim_fcn(2)),
        ("`vgg16`, 8s head", vgg16_fcn(2)),
    ]:
        assert isinstance(architecture, FCNArchitecture)
        far = reach(architecture)
        assert f"| {words} | {far} px | {tiling.covering_overlap(far)} px |" in text
    height, width = tiling.AUTO_TILE
    assert f"windows of {height} x {width} px" in text
    assert tiling.WHOLE_UP_TO == 2048 * 2048
    assert segmenter._KEPT_BYTES // 10**6 == 268


def spread(architecture):
    return "" if architecture.fc_dilation == 1 else f", fc6 spread by {architecture.fc_dilation}"


def read_architecture(path):
    return FCNArchitecture.from_dict(read_card(path).architecture)
