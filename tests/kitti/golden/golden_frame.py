"""A made-up frame with a published frame's calibration, scored by the benchmark's own kit.

Tests hold the counts, scores and hashes that the kit printed for it.
"""

import numpy as np

# Training frame um_000000 of KITTI Road.
P2 = [721.5377, 0, 609.5593, 44.85728, 0, 721.5377, 172.854, 0.2163791, 0, 0, 1, 0.002745884]
R0_RECT = [
    *(0.9999239, 0.00983776, -0.007445048),
    *(-0.009869795, 0.9999421, -0.004278459),
    *(0.007402527, 0.004351614, 0.9999631),
]
CAM_TO_ROAD = [
    *(0.9999570839814, -0.005508724949246, -0.007452906591504, 0.009610489538319),
    *(0.005425697507328, 0.9999234779341, -0.01111504746388, -1.597134401910),
    *(0.007513565886504, 0.01107413060494, 0.9999104059534, 0.2788606298060),
]


def golden_frame():
    """Give (quantised, road, valid), 375 x 1242, of the made-up frame."""
    row, column = np.mgrid[:375, :1242]
    road = (row >= 180) & (5 * np.abs(column - 610) <= 9 * (row - 170))
    valid = ~((column < 60) & (row < 240))
    value = 255 * row // 374 - np.abs(column - 600) // 6 + (7 * row + 13 * column) % 32
    return value.clip(0, 255).astype(np.uint8), road, valid


def golden_truth():
    """Give the truth as a picture, 375 x 1242 x 3 RGB."""
    _, road, valid = golden_frame()
    truth = np.zeros((*road.shape, 3), np.uint8)
    truth[..., 0] = np.where(valid, 255, 0)
    truth[..., 2] = np.where(valid & road, 255, 0)
    return truth


def calibration_text():
    """Give the published frame's matrices as the text of a calibration file."""
    matrices = {"P2": P2, "R0_rect": R0_RECT, "Tr_cam_to_road": CAM_TO_ROAD}
    return "".join(f"{key}: {' '.join(map(str, row))}\n" for key, row in matrices.items())
