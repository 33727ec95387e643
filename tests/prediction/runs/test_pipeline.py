import threading
import time

import pytest

from roadfcn.prediction.runs.pipeline import Room, in_threads, newest, prefetched


def wait_until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def test_results_come_in_the_items_order_whichever_is_ready_first():
    def slow_for_even(number):
        time.sleep(0.02 if number % 2 == 0 else 0)
        return number * number

    found = list(in_threads(slow_for_even, range(8), threads=4, ahead=4))
    assert found == [0, 1, 4, 9, 16, 25, 36, 49]


def test_no_more_items_than_wanted_are_under_way():
    begun = []
    results = in_threads(begun.append, range(100), threads=2, ahead=3)
    next(results)
    wait_until(lambda: len(begun) >= 3)
    time.sleep(0.02)
    assert len(begun) == 3
    results.close()
    assert len(begun) == 3


def test_a_stage_that_ends_early_ends_the_one_before_it_at_once():
    stopped = threading.Event()
    before = in_threads(str, range(9), threads=1, ahead=2, stop=stopped.set)
    with pytest.raises(ValueError, match="invalid literal"):  # of int("x0")
        list(in_threads(lambda text: int(f"x{text}"), before, threads=1, ahead=1))
    assert stopped.is_set()  # though `before` still holds it alive


def test_the_last_stage_gives_results_as_soon_as_they_are_there():
    """Of slow items only the one that is being made is not given, however many may wait."""

    def slow():
        for number in range(4):
            time.sleep(0.05)
            taken.append(number)
            yield number

    for prompt, taken_before_the_first in ((True, 1), (False, 4)):
        taken = []
        results = in_threads(lambda number: number, slow(), threads=1, ahead=10, prompt=prompt)
        assert next(results) == 0
        assert abs(len(taken) - taken_before_the_first) <= 1
        assert list(results) == [1, 2, 3]


def test_an_error_comes_out_in_its_turn_and_nothing_new_is_begun():
    begun = []

    def fail_at_2(number):
        begun.append(number)
        if number == 2:
            raise ValueError("item 2")
        return number

    results = in_threads(fail_at_2, range(100), threads=1, ahead=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="item 2"):
        next(results)
    assert max(begun) <= 3


def test_what_is_running_is_finished_when_the_stage_is_closed():
    let_go, finished = threading.Event(), []

    def wait(number):
        let_go.wait(5)
        finished.append(number)

    items = iter(range(10))
    results = in_threads(wait, items, threads=1, ahead=4)
    threading.Timer(0.05, let_go.set).start()
    next(results)
    results.close()
    assert finished == list(range(len(finished)))
    assert next(items) == 4  # no more than four were taken


def test_prefetched_items_keep_order_and_carry_the_error_behind_them():
    def numbers():
        yield 1
        yield 2
        raise ValueError("the disk is gone")

    items = prefetched(numbers(), ahead=5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="the disk is gone"):
        next(items)


def test_a_generator_is_closed_when_nobody_wants_its_items_any_more():
    closed = []

    def numbers():
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    for make in (lambda: prefetched(numbers(), ahead=2), lambda: newest(numbers())):
        items = make()
        next(items)
        items.close()
    assert closed == [True, True]


def test_of_items_that_do_not_wait_the_newest_is_given():
    more = threading.Semaphore(0)

    def camera():
        for number in range(5):
            yield number
            if number in (0, 3):
                more.acquire()

    items = newest(camera())
    assert next(items) == 0
    more.release()
    time.sleep(0.05)  # 1, 2 and 3 come meanwhile
    assert next(items) == 3
    more.release()
    assert list(items) == [4]


def test_an_error_of_what_does_not_wait_comes_last():
    def camera():
        yield 1
        raise ValueError("unplugged")

    items = newest(camera())
    assert next(items) == 1
    with pytest.raises(ValueError, match="unplugged"):
        next(items)


def test_a_room_takes_what_fits_and_what_is_too_large_alone():
    room = Room(100)
    assert room.enter(60, wait=False)
    assert room.enter(40, wait=False)
    assert not room.enter(1, wait=False)
    room.leave(60)
    assert not room.enter(500, wait=False)
    room.leave(40)
    assert room.enter(500, wait=False)
    assert not room.enter(1, wait=False)


def test_whoever_waits_for_room_enters_when_another_leaves():
    room = Room(100)
    room.enter(100, wait=True)
    threading.Timer(0.05, room.leave, [100]).start()
    assert room.enter(100, wait=True)


def test_large_items_go_one_at_a_time_and_all_arrive():
    room, under_way, most = Room(10), set(), []

    def enter(number, wait):
        if not room.enter(8, wait=wait):
            return False
        under_way.add(number)
        most.append(len(under_way))
        return True

    def leave(number):
        under_way.discard(number)
        room.leave(8)
        return number

    read = in_threads(lambda number: number, range(6), threads=2, ahead=4, enter=enter)
    assert list(in_threads(leave, read, threads=2, ahead=4)) == list(range(6))
    assert max(most) == 1
