"""Ctrl-C ends a run with an exception that names it, and nothing else changes."""

import signal
import threading

import pytest

from roadfcn.training.interruption import TrainingInterrupted, interruptible


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
        interruptible(tmp_path),
    ):
        press()
    assert isinstance(caught.value, KeyboardInterrupt)
    assert caught.value.run == tmp_path
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_can_go_on_once_there_is_a_checkpoint(tmp_path):
    interruption = TrainingInterrupted(tmp_path)
    assert not interruption.can_resume
    (tmp_path / "last.ckpt").touch()
    assert interruption.can_resume


def test_another_exit_stays_what_it_is(tmp_path):
    with pytest.raises(SystemExit) as caught, interruptible(tmp_path):
        raise SystemExit(3)
    assert caught.value.code == 3


def test_threads_besides_the_first_may_train(tmp_path):
    done = []

    def work():
        with interruptible(tmp_path):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
