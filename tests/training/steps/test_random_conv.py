import numpy as np
import pytest
import torch

from roadfcn.training.steps.random_conv import random_convolution


def parts(seed):
    """Find a and k in what comes of single dots: k mirrored, and a on top in its middle."""
    side = 15
    spread = np.zeros((3, 3, side, side))
    for channel in range(3):
        dot = torch.zeros(3, side, side, dtype=torch.float64)
        dot[channel, side // 2, side // 2] = 1
        spread[:, channel] = random_convolution(dot, seed).numpy()
    return spread


def size_of(spread):
    rows = np.flatnonzero(np.abs(spread).sum(axis=(0, 1, 3)))
    return int(rows[-1] - rows[0] + 1)


def test_it_is_one_linear_filter_that_mixes_neighbours_and_channels():
    image = torch.rand(3, 20, 26, dtype=torch.float64) - 0.5
    for seed in range(12):
        spread, found = parts(seed), random_convolution(image, seed).numpy()
        padded = np.pad(image.numpy(), ((0, 0), (7, 7), (7, 7)), mode="reflect")
        wanted = np.zeros_like(found)
        for row in range(15):
            for column in range(15):
                # The answer to a dot lies mirrored: what is to the left came from the right.
                window = padded[:, 14 - row : 34 - row, 14 - column : 40 - column]
                wanted += np.einsum("oi,ihw->ohw", spread[:, :, row, column], window)
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_kernels_have_four_sizes_equally_often():
    sizes = [size_of(parts(seed)) for seed in range(400)]
    assert sorted(set(sizes)) == [1, 3, 5, 7]
    assert all(70 <= sizes.count(size) <= 130 for size in (1, 3, 5, 7))


@pytest.mark.parametrize("size", [3, 7])
def test_weights_have_the_papers_variance_beside_the_pictures_own_share(size):
    spreads = [spread for spread in map(parts, range(300)) if size_of(spread) == size]
    # Off the middle there is (1 - a) k alone, and (1 - a)^2 is a third on average.
    away = np.stack([spread[:, :, 7 - size // 2, 7] for spread in spreads])
    assert np.mean(away**2) == pytest.approx(1 / 3 / (3 * size**2), rel=0.2)
    middle = np.stack([spread[:, :, 7, 7] for spread in spreads])
    own = np.mean(np.diagonal(middle, axis1=1, axis2=2))
    assert own == pytest.approx(0.5, abs=0.06)  # a, half on average
    assert np.mean(middle[:, 0, 1]) == pytest.approx(0, abs=0.06)


def test_the_seed_alone_decides():
    image = torch.rand(3, 9, 9)
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = random_convolution(image, 5)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, random_convolution(image, 5))
    assert not torch.allclose(first, random_convolution(image, 6))


def test_a_run_in_64_bits_draws_the_same():
    image = torch.rand(3, 12, 12, dtype=torch.float64)
    usual = [random_convolution(image, seed) for seed in range(8)]
    torch.set_default_dtype(torch.float64)
    try:
        again = [random_convolution(image, seed) for seed in range(8)]
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(torch.equal(one, other) for one, other in zip(usual, again, strict=True))


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (3, 3), (4, 4)])
def test_small_pictures_have_their_borders_repeated(size):
    """As in a large picture that goes on for three pixels with its borders repeated."""
    for seed in range(20):
        image, border = torch.rand(3, *size), size_of(parts(seed)) // 2
        found = random_convolution(image, seed)
        mode = "reflect" if min(size) > border else "edge"
        larger = np.pad(image.numpy(), ((0, 0), (9, 9), (9, 9)), mode)
        wanted = random_convolution(torch.from_numpy(larger), seed)[:, 9:-9, 9:-9]
        torch.testing.assert_close(found, wanted)
