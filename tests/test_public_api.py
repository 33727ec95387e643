import subprocess
import sys

import pytest

import roadfcn


def test_the_public_names_are_these():
    assert sorted(roadfcn.__all__) == [
        "CAMVID_11",
        "FCNArchitecture",
        "LabelSet",
        "Predictor",
        "ROAD",
        "RoadfcnError",
        "Segmentation",
        "Segmenter",
        "Tiling",
        "VOID",
        "Views",
        "__version__",
        "build_fcn",
        "evaluate",
        "layers",
        "load_model",
        "load_vgg",
        "open_backend",
        "open_dataset",
        "save_model",
        "train",
        "write_scenes",
    ]


@pytest.mark.parametrize("name", roadfcn.__all__)
def test_every_public_name_is_there_and_listed(name):
    assert getattr(roadfcn, name) is not None
    assert name in dir(roadfcn)


def test_a_name_is_the_one_of_its_module():
    from roadfcn.label_sets import VOID, LabelSet

    assert roadfcn.LabelSet is LabelSet
    assert roadfcn.VOID == VOID == 255


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'roadfcn' has no attribute 'Segment'"):
        _ = roadfcn.Segment


def test_importing_the_package_loads_neither_torch_nor_numpy():
    program = (
        "import sys, roadfcn, roadfcn.errors, roadfcn.cli.app\n"
        "print(sorted({'torch', 'numpy', 'cv2', 'PIL', 'pydantic', 'lightning'} & {*sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
