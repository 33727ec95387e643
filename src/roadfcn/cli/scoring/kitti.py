"""`roadfcn kitti`: the KITTI Road benchmark's scores from pictures, and pictures for its server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.cli.parts.choices import MODEL_HELP, Precision
from roadfcn.cli.parts.options import Device, Flip, Json, Scales, make_views
from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.evaluation.kitti_folders import Pairs
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.network.views import Views

app = typer.Typer(help="The KITTI Road benchmark: score, submission.", no_args_is_help=True)


_Predictions = Annotated[
    Path,
    typer.Argument(
        metavar="PREDICTIONS",
        help="Folder of 8-bit grey PNGs, 255 times the probability: um_road_000000.png, "
        "um_lane_000000.png, ..., or um_000000.png for road.",
    ),
]


@app.command()
def score(
    predictions: _Predictions,
    truths: Annotated[
        Path, typer.Argument(metavar="GROUND_TRUTH", help="The folder training/gt_image_2.")
    ],
    birds_eye: Annotated[
        bool, typer.Option("--birds-eye", metavar="", help="Score in bird's-eye view too.")
    ] = False,
    calib: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of calibration files, for --birds-eye; calib beside GROUND_TRUTH "
            "without this.",
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Score pictures of the probability of road, in the picture's own view, as the benchmark does.

    Every picture of a category is needed; categories of which none was predicted are left out.
    """
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, tell, write_json
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.cli.parts.tables import show_road_scores
    from roadfcn.datasets.kitti_road import NAME
    from roadfcn.evaluation.data_names import shown_names
    from roadfcn.evaluation.kitti_folders import pair_folders, score_pairs, truth_origin
    from roadfcn.evaluation.scores_json import POOLED
    from roadfcn.kitti.layout import CALIBRATION_FOLDER

    if calib is not None and not birds_eye:
        raise ConfigError(
            "--calib is given without --birds-eye",
            allowed="--birds-eye --calib DIR, or neither",
            do="add --birds-eye: scores in the picture need no calibration",
        )
    check_json(json)
    found = pair_folders(predictions, truths)
    _tell_left_out(found)
    calibrations = (calib or truths.resolve().parent / CALIBRATION_FOLDER) if birds_eye else None
    with progress_bar("Scoring") as progress:
        scores = score_pairs(found.pairs, calibrations, progress)
    origin = truth_origin(truths)
    if origin:
        tell(f"the truth is of {origin}: these are not the benchmark's scores")
        scores = {"origin": origin, **scores}
    if not is_standard_output(json):
        show_road_scores(scores["road"], shown_names(NAME, origin).get(POOLED, POOLED))
    write_json(json, scores)


@app.command()
def submission(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="KITTI Road; its testing folder is predicted.")
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE.zip", help="The archive to write, such as road.zip.")
    ],
    lane_model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A model of own lanes: its um_lane pictures go in too."),
    ] = None,
    allow_incomplete: Annotated[
        bool,
        typer.Option(
            "--allow-incomplete",
            metavar="",
            help="Write the frames there are: of generated scenes, or of a part of the benchmark.",
        ),
    ] = False,
    flip: Flip = False,
    scales: Scales = "1",
    device: Device = "auto",
    precision: Annotated[
        Precision,
        typer.Option(help="auto: bfloat16 where the device is fast at it."),
    ] = "float32",
) -> None:
    """Predict the test frames from above and pack them as the benchmark's server takes them.

    The archive is read back before it gets its name: names, sizes and kind of every picture.
    """
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.cli.parts.table_parts import counted
    from roadfcn.datasets.layouts import open_dataset
    from roadfcn.evaluation.kitti_submission import server_takes, submit
    from roadfcn.output_files import check_writable

    if out.suffix.lower() != ".zip":
        raise ConfigError(
            f"{out} does not end in .zip",
            allowed="the name of a zip archive",
            do="add .zip to the name",
        )
    check_writable(out)
    dataset = open_dataset(data, "test", layout="kitti-road")
    views = make_views(flip, scales)
    road = _predictor(model, views, device, precision)
    lane = None if lane_model is None else _predictor(lane_model, views, device, precision)
    with progress_bar("Predicting") as progress:
        count = submit(
            out, dataset, road, lane, allow_incomplete=allow_incomplete, progress=progress
        )
    print(f"{counted(count, 'picture')}, each read back: {out}")
    if not server_takes(dataset):
        print("these are not the benchmark's 290 frames: the benchmark's server will not take it")


def _predictor(model: str, views: Views, device: str, precision: Precision) -> Predictor:
    from roadfcn.backends.opening import open_backend
    from roadfcn.prediction.network.predictor import Predictor

    return Predictor(open_backend(model, device=device, precision=precision), views=views)


def _tell_left_out(found: Pairs) -> None:
    """Say which predictions and which truth are not scored."""
    from roadfcn.cli.parts.json_output import tell
    from roadfcn.cli.parts.table_parts import counted

    if found.not_predicted:
        tell(f"not predicted, so not scored: {', '.join(found.not_predicted)}")
    if found.without_truth:
        count = counted(len(found.without_truth), "prediction")
        tell(f"{count} without truth not scored, such as {found.without_truth[0].name}")
