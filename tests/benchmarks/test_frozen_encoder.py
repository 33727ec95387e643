import json
import sys

import frozen_encoder


def test_figures_of_the_three_ways_belong_together(tmp_path, monkeypatch, capsys):
    out = tmp_path / "figures.json"
    monkeypatch.setenv("ROADFCN_CACHE", "as it was")
    arguments = ["--quick", "--frames", "4", "--epochs", "2", "--json", str(out)]
    monkeypatch.setattr(sys, "argv", ["frozen_encoder.py", *arguments])
    assert frozen_encoder.main() == 0
    figures = json.loads(out.read_text())
    assert list(figures["ways"]) == list(frozen_encoder.WAYS)
    assert all(0 < way["steps_s"] <= way["epoch_s"] for way in figures["ways"].values())
    assert figures["encoding_s"] > 0
    # pool3, pool4 and fc7 of 16, 32 and 16 channels at strides 8, 16 and 32, and the mask.
    numbers = 16 * 4 * 8 + 32 * 2 * 4 + 16 * 1 * 2
    assert figures["feature_bytes"] in [5 * (numbers * size + 32 * 64) for size in (2, 4)]
    table = capsys.readouterr().out
    assert "| whole network |" in table
    assert "| 1.0 | 1.0 |" in table
