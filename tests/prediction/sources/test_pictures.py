import io

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.prediction.sources.pictures import check_image, open_picture


def encoded(picture, form="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture
def exif_on_its_side():
    exif = Image.Exif()
    exif[0x0112] = 6  # rows are columns, and the first row is the right one
    return exif


def test_a_picture_is_the_same_in_every_form(tmp_path, noise):
    path = tmp_path / "x.png"
    content = encoded(Image.fromarray(noise))
    path.write_bytes(content)
    forms = [path, str(path), content, bytearray(content), memoryview(content), noise]
    with Image.open(path) as picture:
        for form in [*forms, Image.fromarray(noise), picture]:
            image = open_picture(form)
            np.testing.assert_array_equal(image, noise)
            assert image.dtype == np.uint8


def test_an_array_is_not_copied(noise):
    assert open_picture(noise) is noise


def test_files_their_bytes_and_pillows_pictures_are_all_turned_upright(tmp_path, exif_on_its_side):
    path = tmp_path / "x.png"
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3)
    path.write_bytes(encoded(Image.fromarray(stored), exif=exif_on_its_side))
    with Image.open(path) as picture:
        for form in (path, path.read_bytes(), picture):
            assert open_picture(form)[..., 0].tolist() == [[3, 0], [4, 1], [5, 2]]
        assert picture.size == (3, 2)  # the user's own stays as it is


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA", "I;16", "YCbCr", "HSV"])
def test_pillows_pictures_of_every_mode_are_taken(mode):
    assert open_picture(Image.new(mode, (4, 3))).shape == (3, 4, 3)


def test_a_picture_of_pillows_that_cannot_be_decoded_is_refused(tmp_path, noise):
    path = tmp_path / "x.png"
    path.write_bytes(encoded(Image.fromarray(noise))[:600])
    with (
        Image.open(path) as picture,
        pytest.raises(ImageFileError, match=r"x\.png cannot be read as a picture"),
    ):
        open_picture(picture)


@pytest.mark.parametrize("form", ["array", "bytes", "pillow", "path"])
def test_the_limit_holds_for_every_form(tmp_path, noise, form):
    content = encoded(Image.fromarray(noise))
    (tmp_path / "x.png").write_bytes(content)
    forms = {"array": noise, "bytes": content, "pillow": Image.fromarray(noise)}
    source = forms.get(form, tmp_path / "x.png")
    assert open_picture(source, max_pixels=960).shape == (24, 40, 3)
    with pytest.raises(ImageFileError, match="too large: 24 x 40 pixels") as told:
        open_picture(source, max_pixels=959)
    assert "at most 959 pixels" in told.value.allowed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the given picture is empty"),
        (b"no picture at all", "the given picture cannot be read as a picture: its first bytes"),
    ],
)
def test_bytes_that_are_no_picture_are_refused(content, words):
    with pytest.raises(ImageFileError, match=words):
        open_picture(content)


@pytest.mark.parametrize(
    ("array", "do"),
    [
        (np.zeros((4, 5), np.uint8), "make three channels of the grey one"),
        (np.zeros((4, 5, 4), np.uint8), "leave the fourth channel away"),
        (np.zeros((3, 4, 5), np.uint8), "put the channels last"),
        (np.zeros((4, 5, 3), np.float32), "scale it to 0..255 and convert it"),
        (np.zeros((0, 5, 3), np.uint8), "give a picture with at least one pixel"),
        (np.zeros((2, 4, 5, 3), np.uint8), "give one picture at a time"),
    ],
)
def test_arrays_that_are_no_picture_are_refused_with_what_to_do(array, do):
    for function in (open_picture, check_image):
        with pytest.raises(ImageFileError, match="was given as an array of shape") as told:
            function(array)
        assert told.value.do.startswith(do)
        assert "blue first: image[..., ::-1]" in told.value.allowed


@pytest.mark.parametrize("source", [None, 3, ["x.png"]])
def test_what_is_no_picture_at_all_is_refused_by_its_type(source):
    with pytest.raises(ImageFileError, match=f"was given as {type(source).__name__}"):
        open_picture(source)


def test_a_video_is_sent_to_where_videos_are_labelled():
    with pytest.raises(ImageFileError, match=r"drive\.MP4 is called as a video is") as caught:
        open_picture("drive.MP4")
    assert caught.value.do == (
        "for found in segmenter.video('drive.MP4'): ..., or roadfcn predict drive.MP4"
    )


def test_none_is_what_opencv_gives_for_a_wrong_path():
    with pytest.raises(ImageFileError, match="given as NoneType") as caught:
        open_picture(None)
    assert "cv2.imread" in caught.value.do
