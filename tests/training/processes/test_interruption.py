"""A signal ends a run with an exception that names it, and nothing else changes."""

import signal
import threading

import pytest
import torch

from roadfcn.training.processes.interruption import Interruption, TrainingInterrupted, interruptible


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def end(interruption, run, number):
    """Do as `train` does: tell of the run folder, and be sent a signal later."""
    interruption.run = run
    signal.raise_signal(number)


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
    interruption = Interruption()
    interruption.run = tmp_path
    with (
        pytest.raises(TrainingInterrupted, match="was interrupted") as caught,
        interruptible(interruption),
    ):
        press()
    assert isinstance(caught.value, KeyboardInterrupt)
    assert caught.value.run == tmp_path
    assert not caught.value.has_saved
    (tmp_path / "last.ckpt").touch()
    assert caught.value.has_saved
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize("run", [None, "taken away again"])
def test_without_a_folder_there_is_no_run_to_name(tmp_path, number, run):
    before = signal.getsignal(number)
    interruption = Interruption()
    with (
        pytest.raises(TrainingInterrupted, match="before it had a folder") as caught,
        interruptible(interruption),
    ):
        end(interruption, run and tmp_path / run, number)
    assert (caught.value.run, caught.value.signal_number) == (None, number)
    assert not caught.value.has_saved
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_between_steps_waits_and_the_next_one_would_end_the_process(number):
    told = []
    interruption = Interruption(lambda: told.append(True))
    before = signal.getsignal(number)
    with interruptible(interruption):
        interruption.listen(between_steps=True)
        assert interruption.check(torch.device("cpu")) == 0
        signal.raise_signal(number)
        assert interruption.check(torch.device("cpu")) == number
        assert told == [True]
        assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.getsignal(number) is before


def test_signals_that_are_ignored_stay_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as of a job in the background
    with interruptible(Interruption()):
        press_ctrl_c()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_exit_stays_what_it_is():
    with pytest.raises(SystemExit) as caught, interruptible(Interruption()):
        raise SystemExit(3)
    assert caught.value.code == 3


def test_threads_besides_the_first_may_train():
    done = []

    def work():
        with interruptible(Interruption()):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


class _Deaf:
    """Loses what is raised while it is taken away, as every destructor does."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_falls_into_a_destructor_stops_the_run_at_its_next_step():
    interruption = Interruption()
    with interruptible(interruption):
        _Deaf()
        assert interruption.check(torch.device("cpu")) == signal.SIGTERM
