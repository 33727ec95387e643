"""Ctrl-C ends a run with an exception that names it, and nothing else changes."""

import signal
import threading

import pytest
import torch

from roadfcn.training.interruption import Interruption, TrainingInterrupted, interruptible


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def press_ctrl_c_in_lightning():
    """Do as Lightning's trainer does: no more signals, and an exit with code 1."""
    try:
        press_ctrl_c()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise SystemExit(1)  # noqa: B904 - Lightning's sys.exit has no cause either


@pytest.mark.parametrize("press", [press_ctrl_c, press_ctrl_c_in_lightning])
def test_the_exception_names_the_run(tmp_path, press):
    before = signal.getsignal(signal.SIGINT)
    with (
        pytest.raises(TrainingInterrupted, match="was interrupted") as caught,
        interruptible(tmp_path, Interruption()),
    ):
        press()
    assert isinstance(caught.value, KeyboardInterrupt)
    assert caught.value.run == tmp_path
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_between_steps_waits_and_the_next_one_would_end_the_process(tmp_path, number):
    told = []
    interruption = Interruption(lambda: told.append(True))
    before = signal.getsignal(number)
    with interruptible(tmp_path, interruption):
        interruption.listen(between_steps=True)
        assert interruption.check(torch.device("cpu")) == 0
        signal.raise_signal(number)
        assert interruption.check(torch.device("cpu")) == number
        assert told == [True]
        assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.getsignal(number) is before


def test_signals_that_are_ignored_stay_ignored(tmp_path):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as of a job in the background
    with interruptible(tmp_path, Interruption()):
        press_ctrl_c()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_exit_stays_what_it_is(tmp_path):
    with pytest.raises(SystemExit) as caught, interruptible(tmp_path, Interruption()):
        raise SystemExit(3)
    assert caught.value.code == 3


def test_threads_besides_the_first_may_train(tmp_path):
    done = []

    def work():
        with interruptible(tmp_path, Interruption()):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
