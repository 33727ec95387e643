"""`roadfcn weights import`: another program's weights in, a file of ours out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from roadfcn.cli.parts.choices import InputFormatName
from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.label_sets import LabelSet
    from roadfcn.transfer.importing import Imported
    from roadfcn.weights.foreign import ForeignWeights


_Out = Annotated[
    Path,
    typer.Argument(
        help="The .safetensors file to write; a file that is there is replaced.", metavar="OUT"
    ),
]


def import_weights(
    source: Annotated[
        str,
        typer.Argument(
            help="Weights of torchvision, Keras, Caffe, TensorFlow or the PyTorch port of FCN: a "
            "file, a TensorFlow folder, or a name that 'roadfcn weights list' shows. With "
            "--encoder also a run or model of roadfcn.",
            metavar="FILE",
        ),
    ],
    out: _Out,
    label_set: Annotated[
        str | None,
        typer.Option(
            help="Classes of a whole network, in the order of its scores: a built-in name such as "
            "camvid-11, or a labels.yaml. Found out by their number where it is 2, 11, 19 or 21."
        ),
    ] = None,
    input_format: Annotated[
        InputFormatName | None,
        typer.Option(
            help="What a plain state dict, or a TensorFlow graph of your own, wants to be fed; "
            "other files say it."
        ),
    ] = None,
    at_once: Annotated[
        bool | None,
        typer.Option(
            "--at-once/--staged",
            help="How the PyTorch port's FCN-8s was trained: its file does not say. Of no concern "
            "to --encoder.",
        ),
    ] = None,
    encoder: Annotated[
        bool,
        typer.Option("--encoder", metavar="", help="Keep the encoder alone, to start others."),
    ] = False,
    rgb: Annotated[
        bool,
        typer.Option(
            "--rgb", metavar="", help="Turn BGR weights into the same network for RGB pictures."
        ),
    ] = False,
    json: Annotated[
        Path | None,
        typer.Option(help="Also write what was imported as JSON; - is standard output."),
    ] = None,
) -> None:
    """Import weights: to safetensors, with a card that says what they are and whence they came."""
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.transfer.importing import check_target

    check_target(out)
    check_json(json)
    options = _Options(label_set, input_format, at_once, encoder, rgb)
    done, weights = _import(_find(source), out, options)
    if not is_standard_output(json):
        _tell(done, weights)
    write_json(json, _as_json(done, weights))


class _Options(NamedTuple):
    label_set: str | None
    input_format: InputFormatName | None
    at_once: bool | None
    encoder: bool
    rgb: bool


def _import(path: Path, out: Path, options: _Options) -> tuple[Imported, ForeignWeights | None]:
    """Write our file; give what is in it, and what the other program's file was."""
    from roadfcn.training.assembly.starting import INPUT_FORMATS
    from roadfcn.transfer.importing import save_encoder, save_imported
    from roadfcn.transfer.opening import from_foreign, is_ours, open_pretrained
    from roadfcn.weights.channel_order import to_rgb
    from roadfcn.weights.reading import read_foreign_weights

    if is_ours(path):
        _check_ours(path, options)
        return save_encoder(open_pretrained(path, encoder_only=True), out), None
    stated = options.input_format
    weights = read_foreign_weights(
        path,
        input_format=None if stated is None else INPUT_FORMATS[stated],
        at_once=options.at_once,
        encoder_only=options.encoder,
    )
    if options.rgb:
        weights = to_rgb(weights)
    if options.encoder:
        return save_encoder(from_foreign(weights), out), weights
    return save_imported(weights, out, label_set=_label_set(options.label_set)), weights


def _find(given: str) -> Path:
    """Give the path of weights named on the command line, fetched with a bar if need be.

    Raises:
        ConfigError: Neither a path nor a name.
        DownloadError: They cannot be had, or are not what they should be.
        OutputError: The cache cannot be written.
    """
    from roadfcn.cli.parts.fetch_progress import fetch_progress
    from roadfcn.weights.catalogue import resolve_weights

    with fetch_progress("weights") as progress:
        return resolve_weights(given, progress=progress)


def _check_ours(path: Path, options: _Options) -> None:
    if options != _Options(None, None, None, encoder=True, rgb=False):
        raise ConfigError(
            f"{path} is a model of roadfcn already",
            allowed="another program's weights, or a model of roadfcn with --encoder alone",
            do="use it as it is, or pass --encoder to keep its encoder",
        )


def _label_set(named: str | None) -> LabelSet | None:
    """Give a built-in set by its name, or read a labels.yaml."""
    from roadfcn.datasets.labels_file import read_labels
    from roadfcn.label_sets import LABEL_SETS

    if named is None or named in LABEL_SETS:
        return None if named is None else LABEL_SETS[named]
    if not Path(named).is_file():
        raise ConfigError(
            f"there is no label set, and no file, called {named}",
            allowed=f"{', '.join(LABEL_SETS)}, or the path of a labels.yaml",
            do="give one of these with --label-set",
        )
    return read_labels(Path(named))[0]


def _tell(done: Imported, weights: ForeignWeights | None) -> None:
    named = shlex.quote(str(done.path))
    if weights is not None:
        print(f"found:   {weights.kind} in {weights.path}")
        if weights.left_out:
            print(f"left:    {_few(weights.left_out)}")
    print(f"written: {done.path} ({done.parameters:,} parameters)")
    if done.label_set is None:
        print(f"train:   roadfcn train CONFIG weights={named}")
    else:
        print(f"classes: {len(done.label_set)} of '{done.label_set.name}'")
        print(f"predict: roadfcn predict PICTURES --model {named} --out predictions")


def _few(names: tuple[str, ...]) -> str:
    """Name six at most: an optimizer keeps two for each weight. The JSON has all."""
    shown, rest = ", ".join(names[:6]), len(names) - 6
    return f"{shown} and {rest} more" if rest > 0 else shown


def _as_json(done: Imported, weights: ForeignWeights | None) -> dict[str, object]:
    return {
        "path": str(done.path),
        "parameters": done.parameters,
        "classes": None if done.label_set is None else list(done.label_set.classes),
        "kind": None if weights is None else weights.kind,
        "sha256": None if weights is None else weights.sha256,
        "left_out": [] if weights is None else list(weights.left_out),
    }
