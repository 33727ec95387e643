"""`roadfcn predict`: label pictures and videos."""

from __future__ import annotations

import typer

from roadfcn.cli.parts.options import Device, Flip, Scales, Threshold
from roadfcn.cli.predicting import predict_options as options


def predict(
    sources: options.Sources,
    *,  # from here in the order of the help
    every: options.Every = 1,
    seconds: options.Seconds = None,
    max_pixels: options.MaxPixels = 2**29,
    shard: options.Shard = None,
    model: options.Model = None,
    classes: options.Classes = None,
    flip: Flip = False,
    scales: Scales = "1",
    threshold: Threshold = None,
    tile: options.Tile = "auto",
    tile_overlap: options.TileOverlap = "auto",
    engine: options.Engine = "auto",
    device: Device = "auto",
    precision: options.PrecisionOption = "auto",
    out: options.Out,
    overwrite: options.Overwrite = False,
    resume: options.Resume = False,
    overlays: options.OverlaysOption = "png",
    opacity: options.Opacity = 0.5,
    outlines: options.Outlines = False,
    probabilities: options.Probabilities = False,
    probability_of: options.ProbabilityOf = None,
    frames: options.Frames = False,
    smooth: options.Smooth = 0.0,
    calibration: options.CalibrationFile = None,
    map_corner: options.MapCornerOption = "upper-right",
    map_size: options.MapSize = 0.62,
    csv: options.Csv = None,
    coco: options.Coco = None,
    coco_form: options.CocoForm = "rle",
    json: options.Json = None,
) -> None:
    """Label every pixel of each SOURCE: a label map and an overlay, at the picture's own size.

    OUT/labels/NAME.png: class indices, in a palette picture
    OUT/overlays/NAME.png: the classes' colours over the picture; see --overlays
    OUT/overlays/NAME.mp4: the same of a video, with its sound
    OUT/overlay-legend.png: which colour stands for which class, if there are several
    OUT/probabilities/NAME.png, on demand: 255 times the probability
    OUT/records.jsonl: a line for each picture or frame, to go on with --resume

    What cannot be read is skipped and named; the exit code is 1 then.
    """
    given = options.PredictOptions(**locals())  # all of them, and nothing else is here yet
    from roadfcn.cli.predicting.predict_run import run_prediction

    if not run_prediction(given):
        raise typer.Exit(1)
