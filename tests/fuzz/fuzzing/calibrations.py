"""Calibrations: one that is read has finite matrices that lead from the road to pixels and back."""

import numpy as np
from hypothesis import strategies as st

from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, odd_numbers, odd_texts, spliced
from roadfcn.kitti.calibration import SHAPES, read_calibration, write_calibration

_REAL = """P2: 721.5 0 609.5 44.8 0 721.5 172.8 0.2 0 0 1 0.002
R0_rect: 0.9999 0.0098 -0.0074 -0.0098 0.9999 -0.0042 0.0074 0.0043 0.9999
Tr_cam_to_road: 0.9998 -0.0042 0.0173 0.005 0.0044 0.9999 -0.0101 -1.6 -0.0172 0.0102 0.9998 0.3
"""
_NUMBERS = st.one_of(
    odd_numbers.map(repr),
    st.floats(width=32).map(repr),
    st.sampled_from(["1e309", "-nan", "infinity", "0x10", "1_0", "1,5", "1e9", "1e-9"]),
)


@st.composite
def _texts(draw):
    """Put the lines together anew, with odd numbers, keys, counts and separators."""
    lines = []
    for key in draw(st.lists(st.sampled_from(list(SHAPES)), min_size=3, max_size=9)):
        count = int(np.prod(SHAPES[key])) + draw(st.sampled_from([0] * 8 + [-1, 1]))
        words = ["1.5"] * count
        for at in draw(st.lists(st.integers(0, 11), max_size=4)):
            words[at % count] = draw(_NUMBERS)
        name = draw(odd_texts) if draw(st.integers(0, 19)) == 0 else key
        colon = draw(st.sampled_from([": "] * 9 + [" ", "::", ":\t"]))
        lines.append(name + colon + " ".join(words))
    needed = draw(st.permutations(_REAL.splitlines()))
    whole = [*lines, *needed] if draw(st.booleans()) else [*needed, *lines]
    return "\n".join(whole).encode("utf-8", "surrogatepass")


@st.composite
def _other_matrices(draw):
    """Keep the form and replace some of the values: singular, huge and tiny matrices."""
    words = _REAL.split()
    for at in draw(st.lists(st.integers(0, len(words) - 1), min_size=1, max_size=6)):
        if not words[at].endswith(":"):
            words[at] = draw(_NUMBERS)
    text = " ".join(words)
    for key in ("R0_rect", "Tr_cam_to_road"):
        text = text.replace(f" {key}", f"\n{key}")
    return text.encode()


def _cases(_workshop):
    valid = st.just(_REAL.encode())
    contents = st.one_of(damaged(valid), spliced(valid), _texts(), _other_matrices())
    return st.builds(Case, st.just("um_000000.txt"), contents)


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    calibration = read_calibration(path)
    assert calibration.p2.shape == (3, 4)
    found = {
        "P2": calibration.p2,
        "R0_rect": calibration.r0_rect,
        "Tr_cam_to_road": calibration.tr_cam_to_road,
    }
    lines = [line.split(":", 1) for line in case.content.decode().splitlines() if ":" in line]
    written = {key.strip(): words.split() for key, words in lines if key[:1] != "#"}
    for key, values in found.items():
        assert np.isfinite(values).all()
        assert values.ravel().tolist() == [float(word) for word in written[key]]
    there = calibration.road_homography()
    assert np.isfinite(there).all()
    assert np.isfinite(np.linalg.inv(there)).all()
    write_calibration(folder / "again.txt", calibration)
    again = read_calibration(folder / "again.txt")
    np.testing.assert_allclose(again.p2, calibration.p2, rtol=1e-11)
    np.testing.assert_allclose(again.r0_rect, calibration.r0_rect, rtol=1e-11)
    np.testing.assert_allclose(again.tr_cam_to_road, calibration.tr_cam_to_road, rtol=1e-11)


CALIBRATIONS = Kind("calibrations", _cases, _check)
