"""`roadfcn predict`: label pictures and folders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from roadfcn.cli.choices import MODEL_HELP, LabelSetName, Precision
from roadfcn.cli.options import Device, Flip, Scales, make_views

if TYPE_CHECKING:
    from roadfcn.prediction.files import PredictedFiles
    from roadfcn.prediction.views import Views

_Classes = Annotated[
    LabelSetName | None,
    typer.Option(
        metavar="NAME",
        help="Answer in a coarser label set than the model's: "
        f"{', '.join(get_args(LabelSetName))}.",
    ),
]
_ProbabilityOf = Annotated[
    str | None, typer.Option(metavar="CLASS", help="Write the probability of this class instead.")
]
_Probabilities = Annotated[
    bool, typer.Option("--probabilities", help="Write the probability of road, as grey PNG.")
]
_Opacity = Annotated[float, typer.Option(min=0, max=1, help="Of the colours over the picture.")]
_Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Write into a folder that holds files; other results stay."),
]


def predict(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE", help="Pictures, or folders of pictures.")
    ],
    out: Annotated[Path, typer.Option(metavar="OUT", help="Folder for the results.")],
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help=f"{MODEL_HELP} Without it slim-road.")
    ] = None,
    overwrite: _Overwrite = False,
    opacity: _Opacity = 0.5,
    probabilities: _Probabilities = False,
    probability_of: _ProbabilityOf = None,
    classes: _Classes = None,
    flip: Flip = False,
    scales: Scales = "1",
    device: Device = "auto",
    precision: Annotated[
        Precision, typer.Option(help="auto: bfloat16 where the device is fast at it.")
    ] = "auto",
) -> None:
    """Label every pixel of each SOURCE: a label map and an overlay, at the picture's own size.

    OUT/labels/NAME.png: class indices, in a palette picture
    OUT/overlays/NAME.png: the classes' colours over the picture
    OUT/probabilities/NAME.png, on demand: 255 times the probability

    Pictures that cannot be read are skipped and named; the exit code is 1 then.
    """
    from roadfcn.backends.opening import open_backend
    from roadfcn.cli.progress import progress_bar
    from roadfcn.label_sets import LABEL_SETS
    from roadfcn.output_files import check_new_folder
    from roadfcn.prediction.files import find_sources, predict_files, probability_class
    from roadfcn.prediction.predictor import Predictor
    from roadfcn.weights.shipped_models import DEFAULT_MODEL, find_model, shipped_path

    # Everything that can be refused is refused before anything is written.
    label_set = None if classes is None else LABEL_SETS[classes]
    found = find_sources(sources, out)
    path = shipped_path(DEFAULT_MODEL) if model is None else find_model(model)
    views = make_views(flip, scales)
    backend = open_backend(path, device=device, precision=precision)
    predictor = Predictor(backend, label_set, views=views)
    wanted = None
    if probabilities or probability_of is not None:
        wanted = probability_class(predictor.label_set, probability_of)
    check_new_folder(out, overwrite=overwrite)
    with progress_bar("Predicting") as progress:
        result = predict_files(
            predictor, found, out, opacity=opacity, probability_of=wanted, progress=progress
        )
    _report(result, _called(path, model, views), out, wanted)
    if result.skipped:
        raise typer.Exit(1)


def _called(path: Path, given: str | None, views: Views) -> str:
    """Say which model it was and how it looked; if nobody asked for it, how to ask for another."""
    from roadfcn.weights.shipped_models import is_shipped

    looked = "" if views.are_plain else f", with test-time augmentation ({views})"
    if not is_shipped(path):
        return f"{given}{looked}"
    other = "" if given else "; --model takes another"
    return f"{path.stem}, which comes with roadfcn{looked}{other}"


def _report(result: PredictedFiles, model: str, out: Path, probability_of: str | None) -> None:
    """Say how many, how fast, and where to look."""
    from roadfcn.prediction.files import LABELS, OVERLAYS, PROBABILITIES, older_results

    count, total = len(result.written), len(result.written) + len(result.skipped)
    pictures = ("1 picture" if total == 1 else f"{total} pictures") if count == total else None
    each = f", {result.seconds_each:.2f} s each after the first" if result.seconds_each else ""
    print(f"{pictures or f'{count} of {total} pictures'} in {result.seconds:.1f} s{each}")
    if count:
        places = {"overlays": OVERLAYS, "labels": LABELS}
        if probability_of is not None:
            places[f"probability of {probability_of}"] = PROBABILITIES
        places["model"] = model
        width = max(map(len, places))
        for name, folder in places.items():
            print(f"  {name:<{width}}  {folder if name == 'model' else out / folder}")
    older = older_results(out, result, with_probabilities=probability_of is not None)
    if older:
        print(f"  {len(older)} older results stay there too, such as {older[0]}")
    for _, problem in result.skipped:
        typer.echo(f"skipped: {problem}", err=True)
