import json
from pathlib import Path

import pytest

from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
from roadfcn.errors import OutputError


def test_a_file_is_written_over_an_older_one_and_told_on_standard_error(tmp_path, capsys):
    file = tmp_path / "x.json"
    file.write_text("old")
    check_json(file)
    write_json(file, {"a": 1})
    assert json.loads(file.read_text()) == {"a": 1}
    assert capsys.readouterr() == ("", f"as JSON: {file}\n")


def test_a_dash_is_standard_output_and_nothing_is_told(capsys):
    assert is_standard_output(Path("-"))
    check_json(Path("-"))
    write_json(Path("-"), {"a": None})
    assert capsys.readouterr() == ('{\n  "a": null\n}\n', "")


def test_without_the_option_nothing_is_written(capsys):
    assert not is_standard_output(None)
    check_json(None)
    write_json(None, {"a": 1})
    assert capsys.readouterr() == ("", "")


def test_not_a_number_is_no_json():
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(Path("-"), {"a": float("nan")})


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        check_json(tmp_path)
