import math

import pytest

from roadfcn.errors import ConfigError
from roadfcn.prediction.video.watching import Watching


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_a_length_of_time_that_is_none_is_refused(seconds):
    with pytest.raises(ConfigError, match="seconds of a video are wanted") as caught:
        Watching(seconds=seconds)
    assert caught.value.found == f"{seconds} seconds of a video are wanted"
    assert caught.value.allowed == "a number above 0"


def test_every_frame_that_there_is_none_of_is_refused():
    with pytest.raises(ConfigError, match="every 0th frame of a video is wanted") as caught:
        Watching(every=0)
    assert caught.value.allowed.startswith("a whole number from 1 on")
