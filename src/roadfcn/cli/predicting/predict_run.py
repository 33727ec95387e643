"""What `roadfcn predict` does: refuse what makes no sense, predict, write tables, report."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from roadfcn.cli.parts.json_output import is_standard_output, tell, write_json
from roadfcn.cli.parts.options import make_views
from roadfcn.cli.parts.progress import progress_bar
from roadfcn.cli.parts.window_progress import WindowProgress
from roadfcn.cli.predicting.predict_idle_options import tell_idle_options
from roadfcn.cli.predicting.predict_options import PredictOptions
from roadfcn.cli.predicting.predict_places import check_places
from roadfcn.cli.predicting.predict_report import (
    Named,
    has_legend,
    report,
    report_problems,
    summary,
)
from roadfcn.cli.predicting.predict_tables import write_tables
from roadfcn.errors import ConfigError, OutputError, shown
from roadfcn.output_files import check_new_folder, holds_nothing
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.journal import Journal, has_journal, journal_path
from roadfcn.prediction.sources.source import Source, Video
from roadfcn.prediction.video.watching import Watching

if TYPE_CHECKING:
    from roadfcn.backends.protocol import Backend
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset


def run_prediction(given: PredictOptions) -> bool:
    """Do what was asked for.

    Returns:
        Whether everything could be read.

    Raises:
        RoadfcnError: Something makes no sense; nothing is written then.
        SystemExit: The program was asked to end while something live was recorded, which is whole.
    """
    from roadfcn.prediction.gathering.other_files import other_files
    from roadfcn.prediction.gathering.sources import share_of
    from roadfcn.prediction.results.legend import write_legend
    from roadfcn.prediction.runs.files import predict_files
    from roadfcn.prediction.runs.live_sources import check_live

    share = _share(given.shard)
    found = _sources(given)
    sources = found if share is None else share_of(found, *share)
    others = other_files(given.sources, found, given.out)
    named = _model(given)
    inset = _inset(given)
    watching = Watching(given.every, given.seconds, given.smooth)
    # Before a model is opened, which takes seconds.
    check_places(given, found, named.path)
    _check_folder(given, share)
    check_live(sources, watching)
    predictor = _predictor(given, named, found, share)
    outputs = _outputs(given, predictor, inset)
    settings = _settings(given, named, predictor, outputs, watching)
    ran = asdict(predictor.backend.running)
    with (
        Journal(given.out, settings, share=share, resume=given.resume, ran=ran) as journal,
        progress_bar("Predicting", rate=True) as progress,
    ):
        shown = WindowProgress(progress, "Predicting")
        predictor.windows = shown.windows
        result = predict_files(
            predictor,
            sources,
            given.out,
            outputs=outputs,
            watching=watching,
            journal=journal,
            max_pixels=given.max_pixels,
            progress=shown.pictures,
        )
    if has_legend(result, outputs, predictor.label_set):
        write_legend(given.out, predictor.label_set)
    write_tables(given, journal, result, predictor, outputs, named)
    if not any(map(is_standard_output, (given.csv, given.coco, given.json))):
        report(result, given, named, outputs, predictor, journal, others)
    report_problems(result)
    told = summary(result, given, named, settings, journal)
    write_json(given.json, told | {"ran": ran if result.frames else None, "not_looked_at": others})
    if result.ended_by is not None:
        raise result.ended_by
    return not result.problems


def _share(shard: str | None) -> tuple[int, int] | None:
    """Read "2/4".

    Raises:
        ConfigError: It is no such share.
    """
    if shard is None:
        return None
    parts = re.fullmatch(r"(\d{1,9})/(\d{1,9})", shard)
    if parts is None or not 1 <= int(parts[1]) <= int(parts[2]):
        raise ConfigError(
            f"the share of the sources is {shown(shard)}",
            allowed="I/N with I from 1 to N",
            do="for two processes call it with --shard 1/2 and with --shard 2/2",
        )
    return int(parts[1]), int(parts[2])


def _sources(given: PredictOptions) -> list[Source]:
    from roadfcn.prediction.gathering.sources import find_sources

    found = find_sources(given.sources, given.out)
    tell_idle_options(given, found)
    video = next((source for source in found if isinstance(source, Video)), None)
    if video is not None and not given.frames:
        _check_video(given, video)
    return found


def _check_video(given: PredictOptions, video: Video) -> None:
    """Refuse what cannot be had of a video that becomes a video."""
    if given.probabilities or given.probability_of is not None:
        raise ConfigError(
            f"the probability of each pixel is wanted of {video}, which becomes a video",
            allowed="probabilities of pictures, and of a video's frames as pictures",
            do="add --frames, or leave the probabilities out",
        )
    if given.overlays == "none":
        raise ConfigError(
            f"no overlays are wanted, and of {video} nothing else is written",
            allowed="--overlays none for pictures, and for a video's frames as pictures",
            do="add --frames, or leave --overlays out",
        )


def _model(given: PredictOptions) -> Named:
    from roadfcn.converted_files.inspecting import inspect_any_model
    from roadfcn.prediction.network.decision import check_threshold
    from roadfcn.weights.shipped_models import DEFAULT_MODEL, find_model, shipped_path

    path = shipped_path(DEFAULT_MODEL) if given.model is None else find_model(given.model)
    inspect_any_model(path)  # what is no model of any kind is told as that
    check_threshold(given.threshold)
    return Named(path, given.model, make_views(given.flip, given.scales), given.threshold)


def _predictor(
    given: PredictOptions, named: Named, sources: list[Source], share: tuple[int, int] | None
) -> Predictor:
    from roadfcn.label_sets import LABEL_SETS
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.network.tiling import read_tiling
    from roadfcn.prediction.video.smoothing import Smoother

    Smoother(given.smooth)  # refuses what is out of range
    tiling = read_tiling(given.tile, given.tile_overlap)
    label_set = None if given.classes is None else LABEL_SETS[given.classes]
    backend = _opened(given, named, sources, share)
    return Predictor(
        backend, label_set, views=named.views, tiling=tiling, threshold=named.threshold
    )


def _opened(
    given: PredictOptions, named: Named, sources: list[Source], share: tuple[int, int] | None
) -> Backend:
    """Open the model with what was asked for, and the rest as in what the folder holds.

    Else all processes that share the work decide alike, as they do by all sources.
    """
    from roadfcn.converted_files.inspecting import inspect_any_model
    from roadfcn.model_card import card_of
    from roadfcn.prediction.engines.choice import WORTH_CONVERTING, open_model
    from roadfcn.prediction.runs.expected_work import expected_work
    from roadfcn.prediction.runs.ran_before import Asked, ran_before
    from roadfcn.prediction.runs.run_settings import model_hash

    watching = Watching(given.every, given.seconds)
    asked = Asked(str(given.engine), str(given.device), str(given.precision))
    if given.resume or share is not None:
        begun_anew = None if given.resume else journal_path(given.out, share)
        model = model_hash(named.path)
        asked = asked.pinned_to(ran_before(given.out, asked, model, besides=begun_anew))
    work = None  # which only "auto" asks for
    if asked.engine == "auto":
        work = expected_work(
            sources,
            watching,
            card_of(inspect_any_model(named.path)).input_format,
            views=named.views,
            max_pixels=given.max_pixels,
            enough=WORTH_CONVERTING,
        )
    return open_model(
        named.path,
        engine=asked.engine,
        device=asked.device,
        precision=asked.precision,
        pictures=work,
        say=tell,
    )


def _settings(
    given: PredictOptions, named: Named, predictor: Predictor, outputs: Outputs, watching: Watching
) -> dict[str, Any]:
    from roadfcn.prediction.runs.run_settings import model_hash, run_settings

    running = {key: str(getattr(given, key)) for key in ("engine", "device", "precision")}
    return run_settings(
        model_hash(named.path), predictor, outputs, watching, given.calibration, running
    )


def _outputs(given: PredictOptions, predictor: Predictor, inset: BirdsEyeInset | None) -> Outputs:
    from roadfcn.prediction.runs.files import probability_class

    wanted = None
    if given.probabilities or given.probability_of is not None:
        wanted = probability_class(predictor.label_set, given.probability_of)
    return Outputs(
        given.opacity,
        wanted,
        inset,
        None if given.coco is None else given.coco_form,
        given.frames,
        given.overlays,
        given.outlines,
    )


def _inset(given: PredictOptions) -> BirdsEyeInset | None:
    calibration = given.calibration
    if calibration is None:
        return None
    from roadfcn.kitti.calibration import read_calibration
    from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset

    return BirdsEyeInset(
        read_calibration(calibration),
        str(calibration),
        corner=given.map_corner,
        share=given.map_size,
    )


def _check_folder(given: PredictOptions, share: tuple[int, int] | None) -> None:
    """Refuse a folder that holds something else, or that this call would do harm to."""
    if given.resume and given.overwrite:
        raise ConfigError(
            "both --resume and --overwrite are given",
            allowed="one of them",
            do="go on with --resume, or begin anew with --overwrite",
        )
    begun = given.out.is_dir() and has_journal(given.out)
    if given.resume and given.out.is_dir() and not begun and not holds_nothing(given.out):
        raise OutputError(
            f"the output folder {given.out} holds files, but no records.jsonl of a run before",
            allowed="a folder that roadfcn predict has begun, or an empty one",
            do="check the folder; to write into it all the same, call it with --overwrite",
        )
    # Other processes that share the work may have begun.
    shared = begun and share is not None and not journal_path(given.out, share).exists()
    if begun and not (given.overwrite or given.resume or shared):
        raise OutputError(
            f"the output folder {given.out} holds results of an earlier call",
            allowed="a new or empty folder; or the same one to go on with, or to begin anew",
            do="go on with --resume, begin anew with --overwrite, or give another folder",
        )
    check_new_folder(given.out, overwrite=given.overwrite or given.resume or shared)
