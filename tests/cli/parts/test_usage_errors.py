"""Wrong words on a command line: what was found, what is allowed, what to do."""

import pytest

PREDICT = ["predict", "a", "--model", "m", "--out", "o"]


@pytest.mark.parametrize(
    ("words", "found", "allowed", "asked"),
    [
        (
            ["evaluate", "m", "d", "--split", "vall"],
            "invalid value for '--split': 'vall'",
            "train, val, test, all",
            "roadfcn evaluate",
        ),
        (
            [*PREDICT, "--engine", "tensorrt"],
            "invalid value for '--engine': 'tensorrt'",
            "auto, torch, torch-compiled, onnx, openvino",
            "roadfcn predict",
        ),
        (
            [*PREDICT, "--opacity", "4"],
            "invalid value for '--opacity': it should be less than or equal to 1 (found '4')",
            "--opacity from 0 to 1: of the colours over the picture",
            "roadfcn predict",
        ),
        (
            [*PREDICT, "--every", "0"],
            "invalid value for '--every': it should be greater than or equal to 1 (found '0')",
            "--every N from 1: of videos take every Nth frame only",
            "roadfcn predict",
        ),
        (
            ["predict", "a"],
            "missing option '--out'",
            "--out OUT: folder for the results, such as predictions",
            "roadfcn predict",
        ),
        (
            ["train", "--resume"],
            "option '--resume' requires an argument",
            "--resume as the help shows it",
            "roadfcn",
        ),
        (
            ["compare", "a", "b", "--unknown"],
            "no such option: --unknown",
            "the options --json, --report",
            "roadfcn compare",
        ),
        (
            ["data", "chek"],
            "no such command 'chek'",
            "the commands fetch, check, stats, convert",
            "roadfcn data",
        ),
        (
            ["export", "a", "b", "c"],
            "got unexpected extra argument(s) (c)",
            "roadfcn export [OPTIONS] MODEL OUT",
            "roadfcn export",
        ),
    ],
)
def test_wrong_words_are_told_with_what_is_allowed(command, words, found, allowed, asked):
    code, out, err = command(*words)
    assert (code, out) == (2, "")
    # Versions of Typer differ in whether they guess at what was meant, and in braces.
    first, second, third = err.replace("{", "").replace("}", "").splitlines()
    assert first.removesuffix(". Did you mean 'check'?") == f"roadfcn: {found}"
    assert second == f"  allowed: {allowed}"
    assert third == f"  do this: see {asked} --help"


def test_a_missing_argument_is_told_with_its_help(command):
    code, _, err = command("predict")
    assert code == 2
    assert err.startswith("roadfcn: missing argument 'SOURCE'\n  allowed: SOURCE: pictures, videos")


def test_an_unknown_option_gets_those_that_there_are(command):
    err = command("predict", "a", "-o", "o").err
    assert err.startswith("roadfcn: no such option: -o\n  allowed: the options --every, --")
