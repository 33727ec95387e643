import sys

import pytest

from roadfcn.cli.parts import progress
from roadfcn.cli.parts.progress import byte_progress_bar, progress_bar


def test_without_a_terminal_there_are_lines_now_and_then_and_one_at_the_end(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress_bar("counting") as show:
        for done in range(1, 101):
            now[0] += 0.5
            show(done, 100, "epoch 1" if done == 40 else None)
    assert capsys.readouterr().err.splitlines() == [
        "epoch 1 40/100, about 30 s left",
        "counting 80/100, about 10 s left",
        "counting 100/100",
    ]


def test_on_a_terminal_there_is_a_bar_on_standard_error(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bar("counting") as show:
        show(1, 2)
        show(2, 2, "counted")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "counted" in printed.err
    assert "2/2" in printed.err


@pytest.mark.parametrize("description", ["reading frames", "scoring"])
def test_the_description_names_the_work(capsys, description):
    with progress_bar(description) as show:
        show(3, 3)
    assert capsys.readouterr().err == f"{description} 3/3\n"


@pytest.mark.parametrize(("each", "left"), [(30, "48 s left"), (60, "2 min left")], ids=str)
def test_what_a_resumed_run_had_done_before_took_no_time(capsys, monkeypatch, each, left):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress_bar("training") as show:
        for done in (97, 98, 99):
            now[0] += each * 1.6
            show(done, 100)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first == "training 97/100"  # of one alone nothing is known
    assert last == f"training 99/100, about {left}"


@pytest.mark.parametrize(
    ("each", "left"), [(0.3, "27 s"), (2, "3 min"), (50, "75 min"), (120, "3.0 h"), (61, "1.5 h")]
)
def test_the_time_left_is_in_fitting_units(each, left):
    rest = progress._Left()
    assert rest.after(0, 100, 5.0) == ""
    assert rest.after(10, 100, 5.0 + 10 * each) == f", about {left} left"
    assert rest.after(100, 100, 5.0 + 100 * each) == ""


def test_the_next_piece_of_work_is_counted_anew():
    rest = progress._Left()
    assert rest.after(1, 6, 0.0) == ""
    assert rest.after(6, 6, 50.0) == ""
    assert rest.after(1, 18, 51.0) == ""  # another total
    assert rest.after(2, 18, 52.0) == ", about 16 s left"
    assert rest.after(1, 18, 90.0) == ""  # from the beginning again
    assert rest.after(3, None, 95.0) == ""  # nobody knows how many


def test_the_rate_is_that_of_all_from_the_beginning(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress_bar("Predicting", rate=True) as show:
        for done in (1, 2, 3):
            now[0] += 21.0
            show(done, 3)
    assert capsys.readouterr().err.splitlines() == [
        "Predicting, 0.0476/s 1/3",
        "Predicting, 0.0476/s 2/3, about 21 s left",
        "Predicting, 0.0476/s 3/3",
    ]


def test_bytes_are_told_in_megabytes_with_their_speed(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with byte_progress_bar("Fetching") as show:
        for done in range(10_000_000, 60_000_000, 10_000_000):  # 10 MB were here before
            show(done, 50_000_000)
            now[0] += 10.0
    assert capsys.readouterr().err.splitlines() == [
        "Fetching 30.0 of 50.0 MB, 1.0 MB/s",
        "Fetching 50.0 of 50.0 MB, 1.0 MB/s",
    ]


def test_bytes_of_an_unknown_number_are_told_too(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with byte_progress_bar("Fetching") as show:
        show(0, None)
        now[0] += 20.0
        show(40_000_000, None)
    assert capsys.readouterr().err == "Fetching 40.0 MB, 2.0 MB/s\n"


@pytest.mark.parametrize("came", [True, False])
def test_a_bar_of_bytes_is_shown_once_bytes_come(capsys, monkeypatch, came):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with byte_progress_bar("Fetching") as show:
        if came:
            show(2_000_000, 4_000_000)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("Fetching" in printed.err) == came
    assert ("2.0/4.0 MB" in printed.err) == came
