import math

import numpy as np

from roadfcn.metrics.fractions import divide, mean_of_known


def test_nothing_of_nothing_is_no_number():
    np.testing.assert_array_equal(divide([1, 0, 0], [4, 2, 0]), [0.25, 0, np.nan])
    assert math.isnan(divide(0, 0))


def test_a_mean_leaves_out_what_is_no_number():
    assert mean_of_known(np.array([1, np.nan, 2])) == 1.5
    assert math.isnan(mean_of_known(np.array([np.nan])))
