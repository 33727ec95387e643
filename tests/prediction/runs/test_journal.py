import json
from dataclasses import replace

import pytest

from roadfcn.errors import OutputError
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs import journal as journal_module
from roadfcn.prediction.runs.journal import Journal, has_journal, journal_path

SETTINGS = {"model": "abc", "smooth": 0.5, "classes": None}


def record(name, share=0.25):
    return Record(name, f"{name}.png", 4, 6, share, 0.3, 0.01)


def fill(out, *names, **options):
    with Journal(out, SETTINGS, **options) as journal:
        for name in names:
            journal.add(record(name))


def names_in(out, **options):
    with Journal(out, SETTINGS, resume=True, **options) as journal:
        return [found.name for found in journal.records()]


def test_what_was_noted_down_is_read_back_sorted(tmp_path):
    with Journal(tmp_path / "out", SETTINGS) as journal:
        journal.add(record("b", 0.75))
        journal.add(record("a/1"))
        assert "b" in journal
        assert [found.name for found in journal.records()] == ["a/1", "b"]
        assert journal.record("b") == record("b", 0.75)
    lines = (tmp_path / "out" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"roadfcn": "records", "version": 2, "settings": SETTINGS}
    assert json.loads(lines[1])["ran"] is None
    assert [json.loads(line)["name"] for line in lines[2:]] == ["b", "a/1"]


def test_a_later_run_goes_on_with_what_is_there(tmp_path):
    fill(tmp_path, "a", "b")
    fill(tmp_path, "c", resume=True)
    assert names_in(tmp_path) == ["a", "b", "c"]


def test_without_resuming_it_is_begun_anew_for_all_shares(tmp_path):
    fill(tmp_path, "a")
    fill(tmp_path, "b", share=(1, 2))
    fill(tmp_path, "c")
    assert names_in(tmp_path) == ["c"]


def test_shares_have_journals_of_their_own_that_are_read_together(tmp_path):
    fill(tmp_path, "a", share=(1, 2))
    fill(tmp_path, "b", share=(2, 2))
    assert journal_path(tmp_path, (2, 2)).name == "records-2-of-2.jsonl"
    assert names_in(tmp_path, share=(1, 2)) == ["a", "b"]
    assert names_in(tmp_path) == ["a", "b"]


def test_a_line_that_was_cut_off_is_none_and_the_next_one_stands_on_its_own(tmp_path):
    fill(tmp_path, "a", "b")
    path = journal_path(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    fill(tmp_path, "c", resume=True)
    assert names_in(tmp_path) == ["a", "c"]
    for line in path.read_text(encoding="utf-8").splitlines():
        json.loads(line)


def test_the_later_of_two_lines_about_one_picture_counts(tmp_path):
    with Journal(tmp_path, SETTINGS) as journal:
        journal.add(record("a", 0.1))
        journal.add(record("a", 0.9))
        assert [found.share for found in journal.records()] == [0.9]


def test_records_of_a_video_are_those_of_its_frames(tmp_path):
    with Journal(tmp_path, SETTINGS) as journal:
        journal.add(record("drive2/notes"))
        for video in ("drive", "drive2"):
            journal.begin_video(video)
            journal.add(record(f"{video}/000000"))
            journal.add(record(f"{video}/000010"))
        journal.add_video("drive2", {"frames": 2})
    with Journal(tmp_path, SETTINGS, resume=True) as journal:
        found = [found.name for found in journal.records((), {"drive2"})]
        assert found == ["drive2/000000", "drive2/000010"]
        assert journal.frames("drive") == ["drive/000000", "drive/000010"]
        assert journal.videos == {"drive2": {"frames": 2}}


def test_where_a_video_is_begun_again_its_earlier_frames_count_no_more(tmp_path):
    with Journal(tmp_path, SETTINGS, share=(1, 2)) as journal:
        journal.begin_video("camera-0")
        for number in range(5):
            journal.add(record(f"camera-0/{number:06d}", 0.1))
        journal.add_video("camera-0", {"frames": 5})
        journal.add(record("camera-0/notes"))
    with Journal(tmp_path, SETTINGS, resume=True) as journal:
        journal.begin_video("camera-0")
        journal.add(record("camera-0/000000", 0.9))
        assert [found.share for found in journal.records((), {"camera-0"})] == [0.9]
        assert journal.videos == {}
    assert names_in(tmp_path) == ["camera-0/000000", "camera-0/notes"]


def test_two_processes_never_write_one_journal(tmp_path):
    with Journal(tmp_path, SETTINGS) as journal:
        journal.add(record("a"))
        with pytest.raises(OutputError) as caught:
            Journal(tmp_path, SETTINGS, resume=True)
    found = f"another process writes its results into {tmp_path}, and has records.jsonl"
    assert caught.value.found == found
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("resume", [True, False])
def test_who_does_all_waits_for_the_shares_and_they_do_not_wait_for_each_other(tmp_path, resume):
    with (
        Journal(tmp_path, SETTINGS, share=(1, 2)),
        Journal(tmp_path, SETTINGS, share=(2, 2)) as second,
    ):
        second.add(record("b"))
        with pytest.raises(OutputError, match=r"and has records-1-of-2\.jsonl"):
            Journal(tmp_path, SETTINGS, resume=resume)
    assert names_in(tmp_path) == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["records-2-of-2.jsonl"]


def test_what_is_noted_down_is_known_as_of_its_source_and_its_form(tmp_path):
    with Journal(tmp_path, SETTINGS) as journal:
        journal.add(record("a"), ["/in/a.png", 100, 5])
        journal.add(replace(record("b"), shapes=[], form="rle"), ["/in/b.png"])
    with Journal(tmp_path, SETTINGS, resume=True) as journal:
        assert journal.is_of("a", ["/in/a.png", 100, 5])
        assert not journal.is_of("a", ["/in/a.png", 100, 6])
        assert not journal.is_of("b", ["/in/a.png", 100, 5])
        assert (journal.form("a"), journal.form("b")) == (None, "rle")
        assert journal.record("b") == replace(record("b"), shapes=[], form="rle")


def test_a_journal_that_another_program_changes_is_told(tmp_path):
    with Journal(tmp_path, SETTINGS) as journal:
        journal.add(record("a"))
        text = journal.path.read_text(encoding="utf-8").replace('"a"', '"b"')
        journal.path.write_text(text, encoding="utf-8")
        with pytest.raises(OutputError, match="was changed by another program"):
            list(journal.records())


def test_other_settings_are_refused_and_named(tmp_path):
    fill(tmp_path, "a")
    with pytest.raises(OutputError) as caught:
        Journal(tmp_path, SETTINGS | {"smooth": 0.9}, resume=True)
    assert (
        caught.value.found
        == f"{journal_path(tmp_path)} was begun with other settings: smooth was 0.5, now 0.9"
    )
    assert caught.value.do.endswith("or begin anew with --overwrite")
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("others", [(1, 2), None])
def test_a_share_of_other_settings_than_what_stays_is_refused(tmp_path, others):
    fill(tmp_path, "a", share=others)
    fill(tmp_path, "b", share=(2, 2))
    with pytest.raises(OutputError) as caught:
        Journal(tmp_path, SETTINGS | {"smooth": 0.9}, share=(2, 2))
    named = journal_path(tmp_path, others)
    assert caught.value.found == f"{named} was begun with other settings: smooth was 0.5, now 0.9"
    assert caught.value.do == "give those, or another output folder, or empty this one"
    assert names_in(tmp_path) == ["a", "b"]
    fill(tmp_path, "c", share=(2, 2))  # its own begins anew
    assert names_in(tmp_path) == ["a", "c"]


@pytest.mark.parametrize(
    "content", [b"", b"no json\n", b"[]\n", b'{"settings": {}, "version": 99}\n', b"\xff\xfe\n"]
)
def test_what_is_no_journal_is_refused(tmp_path, content):
    journal_path(tmp_path).write_bytes(content)
    with pytest.raises(OutputError, match="is no journal of a run"):
        Journal(tmp_path, SETTINGS, resume=True)


def test_a_run_without_results_leaves_no_folder_but_keeps_one_that_was_there(tmp_path):
    fill(tmp_path / "new" / "deep")
    (tmp_path / "mine").mkdir()
    fill(tmp_path / "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    assert not has_journal(tmp_path / "mine")


def test_a_full_disk_is_told_and_leaves_whole_lines(mount_tmpfs):
    disk = mount_tmpfs("size=16k")
    journal = Journal(disk, SETTINGS)

    def fill_up():
        for number in range(1000):
            journal.add(record(f"frame-{number:06d}"))

    with pytest.raises(OutputError, match="the disk is full"), journal:
        fill_up()
    content = journal_path(disk).read_bytes()
    assert content.endswith(b"\n")
    assert len(content.splitlines()) > 50


@pytest.mark.parametrize("later", [None, (1, 1), (1, 3), (3, 3)])
def test_of_two_processes_that_began_a_video_the_later_one_counts(tmp_path, later):
    """Whatever their journals are called, and so in which order they are listed."""
    with Journal(tmp_path, SETTINGS, share=(2, 2)) as journal:
        journal.begin_video("drive")
        journal.add(record("drive/000000", 0.1))
    with Journal(tmp_path, SETTINGS, share=later, resume=True) as journal:
        journal.begin_video("drive")
        for number in range(2):
            journal.add(record(f"drive/{number:06d}", 0.9))
        journal.add_video("drive", {"frames": 2})
    with Journal(tmp_path, SETTINGS, resume=True) as journal:
        assert journal.videos == {"drive": {"frames": 2}}
        assert journal.frames("drive") == ["drive/000000", "drive/000001"]
        assert [found.share for found in journal.records()] == [0.9, 0.9]


@pytest.mark.parametrize("first", [(1, 2), (2, 2)])
def test_of_two_processes_that_did_a_picture_the_later_one_counts(tmp_path, first):
    with Journal(tmp_path, SETTINGS, share=first) as journal:
        journal.add(record("a"), ["/a.png", 1, 1])
    with Journal(tmp_path, SETTINGS, share=(1, 3), resume=True) as journal:
        journal.add(record("a", 0.9), ["/a.png", 2, 2])
    with Journal(tmp_path, SETTINGS, share=first, resume=True) as journal:
        assert journal.is_of("a", ["/a.png", 2, 2])
        assert journal.record("a").share == 0.9


def test_a_clock_that_was_set_back_changes_no_order(tmp_path, monkeypatch):
    now = [1.8e9]
    monkeypatch.setattr(journal_module.time, "time", lambda: now[0])
    for share, seconds, value in (((2, 2), 1.8e9, 0.1), ((2, 2), 1000, 0.5), ((1, 2), 900, 0.9)):
        now[0] = seconds
        with Journal(tmp_path, SETTINGS, share=share, resume=True) as journal:
            journal.begin_video("drive")
            journal.add(record("drive/000000", value))
            journal.add_video("drive", {"frames": 1, "value": value})
        with Journal(tmp_path, SETTINGS, resume=True) as journal:
            assert [found.share for found in journal.records()] == [value]
            assert journal.videos["drive"]["value"] == value
