from dataclasses import replace

import numpy as np
import pytest
import torch

from roadfcn.label_sets import VOID
from roadfcn.training.steps.augmentation import OUTSIDE, PRESETS, Augmentation, augment, draw

SIZE = (24, 36)


def positions(batch=1):
    """Pictures and masks that hold the same number at each place: row * 8 + column // 4."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    mask = ((rows // 4) * 9 + columns // 4).astype(np.uint8)
    image = np.repeat(mask[None] / 255, 3, axis=0).astype(np.float32)
    images = torch.from_numpy(np.stack([image] * batch))
    return images, torch.from_numpy(np.stack([mask] * batch))


def draws(augmentation, count, epoch=0):
    return [draw(augmentation, seed=1, epoch=epoch, frame=frame) for frame in range(count)]


def test_draw_depends_on_seed_epoch_and_frame_only():
    a = PRESETS["generalise"]
    assert draw(a, seed=1, epoch=2, frame=3) == draw(a, seed=1, epoch=2, frame=3)
    others = [(2, 2, 3), (1, 3, 3), (1, 2, 4), (3, 2, 1)]
    drawn = {draw(a, seed=s, epoch=e, frame=f).zoom_rows for s, e, f in others}
    assert len(drawn | {draw(a, seed=1, epoch=2, frame=3).zoom_rows}) == 5


def test_global_random_state_does_not_matter_and_is_left_alone():
    a = PRESETS["generalise"]
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = augment(a, draws(a, 2), *positions(2), [SIZE] * 2)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    second = augment(a, draws(a, 2), *positions(2), [SIZE] * 2)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_a_frame_is_changed_alike_in_any_batch():
    a = replace(PRESETS["generalise"], crop=(20, 28))
    images, masks = positions(3)
    drawn = draws(a, 3)
    together = augment(a, drawn, images, masks, [SIZE] * 3)
    alone = augment(a, drawn[1:2], images[1:2], masks[1:2], [SIZE])
    assert torch.allclose(together[0][1], alone[0][0], atol=1e-6)
    assert torch.equal(together[1][1], alone[1][0])


def test_preset_none_changes_nothing():
    images, masks = positions()
    out = augment(PRESETS["none"], draws(PRESETS["none"], 1), images, masks, [SIZE])
    assert torch.equal(out[0], images)
    assert torch.equal(out[1], masks)


def test_flip_is_the_mirror_of_picture_and_mask():
    a = Augmentation(flip=1.0)
    images, masks = positions()
    out = augment(a, draws(a, 1), images, masks, [SIZE])
    assert torch.allclose(out[0], images.flip(-1), atol=1e-5)
    assert torch.equal(out[1], masks.flip(-1))


def test_crop_at_scale_one_is_a_window_of_the_frame():
    a = Augmentation(crop=(10, 12))
    images, masks = positions()
    for frame in range(20):
        drawn = [draw(a, seed=5, epoch=0, frame=frame)]
        out = augment(a, drawn, images, masks, [SIZE])[1][0]
        windows = masks[0].unfold(0, 10, 1).unfold(1, 12, 1)
        assert (windows == out).flatten(2).all(-1).any()


@pytest.mark.parametrize("preset", ["benchmark", "generalise"])
def test_picture_and_mask_move_together(preset):
    strong = PRESETS[preset]
    moves = Augmentation(
        crop=(40, 48),
        scale=strong.scale,
        aspect=strong.aspect,
        rotation_degrees=strong.rotation_degrees,
        flip=strong.flip,
    )
    images, masks = positions(16)
    out, moved = augment(moves, draws(moves, 16), images, masks, [SIZE] * 16)
    inside = moved != VOID
    # Bilinear pictures blend at the borders of the 4 x 4 blocks; inside them both must agree.
    difference = (out[:, 0] * 255 - moved).abs()[inside]
    assert inside.float().mean() > 0.2
    assert difference.median() < 0.01
    assert (difference < 1).float().mean() > 0.5


def test_what_lies_outside_the_frame_is_grey_and_void():
    a = Augmentation(crop=(48, 72))
    images, masks = positions()
    out, moved = augment(a, draws(a, 1), images, masks, [SIZE])
    outside = moved[0] == VOID
    assert int((~outside).sum()) == pytest.approx(SIZE[0] * SIZE[1], abs=SIZE[0] + SIZE[1])
    corner = [out[0, :, r, c] for r in (0, -1) for c in (0, -1) if moved[0, r, c] == VOID]
    assert all(torch.allclose(value, torch.full((3,), 0.5)) for value in corner)


def test_small_frame_in_a_padded_batch_is_not_cropped_from_the_padding():
    a = Augmentation(crop=(8, 8))
    images, masks = torch.zeros(1, 3, 40, 40), torch.full((1, 40, 40), VOID, dtype=torch.uint8)
    masks[0, :10, :12] = 7
    for frame in range(30):
        drawn = [draw(a, seed=0, epoch=0, frame=frame)]
        _, moved = augment(a, drawn, images, masks, [(10, 12)])
        assert (moved == 7).all()


def test_void_stays_void_and_no_new_class_appears():
    a = replace(PRESETS["generalise"], crop=SIZE)
    images, _ = positions(8)
    masks = torch.randint(0, 3, (8, *SIZE), dtype=torch.uint8)
    masks[masks == 2] = VOID
    _, moved = augment(a, draws(a, 8), images, masks, [SIZE] * 8)
    assert set(moved.unique().tolist()) == {0, 1, VOID}


def test_pictures_stay_in_range():
    a = PRESETS["generalise"]
    images = torch.rand(16, 3, *SIZE)
    out, _ = augment(a, draws(a, 16), images, positions(16)[1], [SIZE] * 16)
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1


@pytest.mark.parametrize(
    "change",
    [
        "brightness",
        "contrast",
        "saturation",
        "hue",
        "gamma",
        "grey",
        "blur",
        "noise",
        "random_conv",
    ],
)
def test_each_colour_change_changes_the_picture_and_not_the_mask(change):
    a = Augmentation(**{change: 0.5 if change == "hue" else 1.0 if change != "contrast" else 0.9})
    images, masks = torch.rand(2, 3, *SIZE), positions(2)[1]
    out, same = augment(a, draws(a, 2), images, masks, [SIZE] * 2)
    assert not torch.allclose(out, images, atol=1e-2)
    assert torch.equal(same, masks)


def test_contrast_stretches_around_the_mean_and_keeps_it():
    a = Augmentation(contrast=0.5)
    images = torch.rand(2, 1, *SIZE).expand(-1, 3, -1, -1) * 0.2 + 0.4
    drawn = draws(a, 2)
    out, _ = augment(a, drawn, images, positions(2)[1], [SIZE] * 2)
    for row in range(2):
        assert float(out[row].mean()) == pytest.approx(float(images[row].mean()), abs=2e-3)
        spread = float(out[row].std() / images[row].std())
        assert spread == pytest.approx(drawn[row].contrast, rel=1e-3)


def test_brightness_multiplies():
    a = Augmentation(brightness=0.5)
    images = torch.rand(2, 3, *SIZE) * 0.5
    drawn = draws(a, 2)
    out, _ = augment(a, drawn, images, positions(2)[1], [SIZE] * 2)
    for row in range(2):
        assert torch.allclose(out[row], images[row] * drawn[row].brightness)


def test_grey_frames_have_no_colour():
    a = Augmentation(grey=1.0)
    out, _ = augment(a, draws(a, 2), torch.rand(2, 3, *SIZE), positions(2)[1], [SIZE] * 2)
    assert torch.allclose(out[:, 0], out[:, 1], atol=1e-5)


def test_a_random_convolution_comes_as_often_as_wanted_and_alters_no_other_draw():
    a = replace(PRESETS["generalise"], random_conv=0.25)
    drawn = draws(a, 400)
    assert 70 <= sum(one.conv_seed is not None for one in drawn) <= 130
    assert [replace(one, conv_seed=None) for one in drawn] == draws(PRESETS["generalise"], 400)


def test_a_random_convolution_leaves_grey_and_what_is_not_drawn_as_they_are():
    a = Augmentation(random_conv=0.5)
    images = torch.full((8, 3, *SIZE), OUTSIDE)
    out, _ = augment(a, draws(a, 8), images, positions(8)[1], [SIZE] * 8)
    assert torch.equal(out, images)
    images = torch.rand(8, 3, *SIZE)
    out, _ = augment(a, draws(a, 8), images, positions(8)[1], [SIZE] * 8)
    kept = [torch.equal(one, other) for one, other in zip(out, images, strict=True)]
    assert kept == [one.conv_seed is None for one in draws(a, 8)]
    assert len(set(kept)) == 2
    assert float(out.min()) < 0  # nothing is cut off
    assert float(out.max()) > 1


def test_zoom_covers_its_range_evenly_in_the_logarithm():
    a = Augmentation(scale=(0.5, 2.0))
    zooms = [draw(a, seed=0, epoch=0, frame=frame).zoom_rows for frame in range(2000)]
    assert min(zooms) == pytest.approx(0.5, rel=0.02)
    assert max(zooms) == pytest.approx(2.0, rel=0.02)
    assert np.median(zooms) == pytest.approx(1.0, rel=0.05)
