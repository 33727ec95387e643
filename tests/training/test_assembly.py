import pytest

from roadfcn.errors import ConfigError
from roadfcn.training.assembly import open_frames


def test_a_size_given_as_width_times_height_is_refused_with_the_right_one(tiny_config):
    with pytest.raises(ConfigError, match=r"data.size is 64 x 32 .* are 32 x 64\n") as caught:
        open_frames(tiny_config("data.size=[64, 32]"))
    assert caught.value.do == "set data.size=[32, 64]"


@pytest.mark.parametrize("size", ["[32, 64]", "[32, 32]", "[36, 32]", "null"])
def test_sizes_that_lie_as_the_pictures_do_or_are_nearly_square_are_taken(tiny_config, size):
    train, _ = open_frames(tiny_config(f"data.size={size}"))
    assert len(train)
