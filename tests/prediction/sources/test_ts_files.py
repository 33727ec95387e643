import pytest

from roadfcn.prediction.gathering.sources import find_sources
from roadfcn.prediction.sources.ts_files import is_text_in_ts

SCRIPT = "export const width: number = 1242; // Gehwege und Straßen\n"


@pytest.fixture
def folder(make_video, noise, tmp_path):
    """Give a folder with a transport stream and what a programmer has beside it."""
    folder = tmp_path / "in"
    make_video(folder / "drive.ts", [noise] * 2, sound="aac")
    (folder / "app.ts").write_text(SCRIPT, encoding="utf-8")
    (folder / "long.TS").write_text(SCRIPT * 1000, encoding="utf-8")
    return folder


def test_a_transport_stream_is_no_text_and_a_script_is(folder, tmp_path):
    assert not is_text_in_ts(folder / "drive.ts")
    assert is_text_in_ts(folder / "app.ts")
    assert is_text_in_ts(folder / "long.TS")
    assert not is_text_in_ts(tmp_path / "missing.ts")


def test_a_text_of_another_ending_is_not_looked_at(tmp_path):
    (tmp_path / "a.mp4").write_text("no video", encoding="utf-8")
    assert not is_text_in_ts(tmp_path / "a.mp4")


def test_scripts_in_a_folder_are_no_videos_and_broken_streams_are(folder, tmp_path):
    (folder / "empty.ts").touch()
    (folder / "zeros.ts").write_bytes(bytes(1880))
    for word in (folder, f"{folder}/*.ts"):
        stems = [source.stem.as_posix() for source in find_sources([word], tmp_path / "out")]
        assert stems == ["drive", "empty", "zeros"]


def test_a_script_that_is_named_itself_is_taken_and_will_be_told(folder, tmp_path):
    (source,) = find_sources([folder / "app.ts"], tmp_path / "out")
    assert source.stem.as_posix() == "app"
