"""One process at a time makes something in the cache."""

import logging
import threading

import pytest

from roadfcn.downloads.cache_lock import alone
from roadfcn.errors import OutputError


def test_the_second_waits_for_the_first_and_says_so(tmp_path, caplog):
    place, order = tmp_path / "deeper" / "a", []
    inside, leave = threading.Event(), threading.Event()

    def first():
        with alone(place, "making a"):
            inside.set()
            assert leave.wait(20)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    threading.Timer(0.3, leave.set).start()
    with caplog.at_level(logging.WARNING), alone(place, "making a"):
        order.append("second")
    thread.join(20)
    assert order == ["first", "second"]
    assert "another process is making a: waiting for it" in caplog.text


def test_where_there_can_be_no_lock_an_error_names_the_cache(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(OutputError, match="cannot be locked") as caught,
        alone(tmp_path / "file" / "a", "making a"),
    ):
        pass
    assert "ROADFCN_CACHE" in caught.value.do
