import shutil
import zipfile

import pytest
from PIL import Image

from roadfcn.errors import DownloadError, ImageFileError, OutputError
from roadfcn.prediction.gathering.sources import find_sources, share_of
from roadfcn.prediction.sources.source import Picture, RemotePicture, Video, ZippedPicture


def save(path, size=(6, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)
    return path


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def stems(sources):
    return [source.stem.as_posix() for source in sources]


def found(tmp_path, *words):
    return find_sources(words, tmp_path / "out")


def test_pictures_and_videos_are_found_in_folders_with_their_subfolders(tmp_path):
    save(tmp_path / "in" / "b.png")
    save(tmp_path / "in" / "sub" / "a.JPG")
    touch(tmp_path / "in" / "drive.MP4")
    touch(tmp_path / "in" / ".hidden" / "x.png")
    touch(tmp_path / "in" / "notes.txt")
    single = save(tmp_path / "c.png")
    sources = found(tmp_path, tmp_path / "in", single)
    assert stems(sources) == ["b", "drive", "sub/a", "c"]
    assert [type(source) for source in sources] == [Picture, Video, Picture, Picture]


def test_a_pattern_gives_all_that_fits_it_called_by_its_path_below_the_fixed_part(tmp_path):
    for name in ("mon/left/1.png", "mon/right/1.png", "tue/left/2.jpg", "tue/left/notes.txt"):
        touch(tmp_path / "in" / name)
    assert stems(found(tmp_path, f"{tmp_path}/in/*/left/*")) == ["mon/left/1", "tue/left/2"]
    assert stems(found(tmp_path, f"{tmp_path}/in/**/1.png")) == ["mon/left/1", "mon/right/1"]
    assert stems(found(tmp_path, f"{tmp_path}/in/t?e")) == ["tue/left/2"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    odd = save(tmp_path / "frame[1].png")
    save(tmp_path / "frame1.png")
    assert stems(found(tmp_path, str(odd))) == ["frame[1]"]


def test_a_pattern_that_fits_nothing_is_an_error(tmp_path):
    touch(tmp_path / "notes.txt")
    with pytest.raises(ImageFileError, match="no picture, video, archive or folder fits") as caught:
        found(tmp_path, f"{tmp_path}/n*")
    assert caught.value.do.startswith("put the pattern between quotation marks")


@pytest.mark.parametrize("sign", ["", "@"])
def test_a_list_gives_what_it_names_under_the_names_it_has_there(tmp_path, sign):
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "b" / "deep" / "2.png")
    text = "# mine\n\na/1.png\nb\nmissing/3.png\n"
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    sources = found(tmp_path, f"{sign}{tmp_path / 'list.txt'}")
    assert stems(sources) == ["a/1", "b/deep/2", "missing/3"]


def test_an_archive_gives_its_pictures_without_its_top_folder(tmp_path):
    picture = save(tmp_path / "a.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive:
        for name in ("top/2.png", "top/sub/1.png", "top/readme.md"):
            archive.writestr(name, picture)
    sources = found(tmp_path, tmp_path / "frames.zip")
    assert stems(sources) == ["2", "sub/1"]
    assert isinstance(sources[0], ZippedPicture)
    assert sources[0].fetch().read().shape == (4, 6, 3)


def test_archives_that_are_broken_or_would_do_harm_wait_for_their_turn_to_say_so(tmp_path):
    picture = save(tmp_path / "bad.png")
    (tmp_path / "bad.zip").write_bytes(b"PK broken")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../a.png", b"")
    sources = found(tmp_path, picture, tmp_path / "bad.zip", tmp_path / "evil.zip")
    assert stems(sources) == ["bad", "bad.zip", "evil.zip"]
    with pytest.raises(ImageFileError, match=r"the archive .*bad\.zip cannot be read"):
        sources[1].fetch()
    with pytest.raises(DownloadError, match="leads out of its folder"):
        sources[2].fetch()


def test_cameras_streams_and_addresses_are_known_by_their_form(tmp_path):
    words = ("camera:2", "rtsp://me:secret@cam.local/street/1", "https://a.org/x/y.jpg")
    (tmp_path / "list.txt").write_text("\n".join(words), encoding="utf-8")
    for named in (words, (tmp_path / "list.txt",)):
        camera, stream, remote = found(tmp_path, *named)
        assert (camera.address, camera.stem.as_posix(), camera.is_live) == (2, "camera-2", True)
        assert (stream.stem.as_posix(), stream.is_live) == ("cam.local-street-1", True)
        assert isinstance(remote, RemotePicture)
        assert (remote.stem.as_posix(), remote.address) == ("a.org-x-y", words[2])


def test_a_network_camera_is_named_by_its_kind_and_address(tmp_path):
    (camera,) = found(tmp_path, "camera:http://me:secret@cam.local:81/video.mjpg")
    assert isinstance(camera, Video)
    assert camera.address == "http://me:secret@cam.local:81/video.mjpg"
    assert (str(camera), camera.is_live) == ("http://cam.local:81/video.mjpg", True)
    assert camera.stem.as_posix() == "cam.local-81-video.mjpg"
    assert camera.origin[0] == "http://cam.local:81/video.mjpg"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("rtmp://me:secret@cam.local/street", "rtmp:// stands before an address"),
        ("camera:rtsp://me:secret@cam.local/street", "camera:rtsp:// stands before an address"),
        ("rtsp://me:/secret@cam.local/street", "a name and password in which / or"),
        ("rtsp://me:x/secret@cam.local/street", "a name and password in which / or"),
        ("camera:http://me:x#secret@cam.local/street", "a name and password in which / or"),
        ("https://me:x?secret@cam.local/street.png", "a name and password in which / or"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(tmp_path, word, words):
    (tmp_path / "list.txt").write_text(word, encoding="utf-8")
    for named in (word, tmp_path / "list.txt"):
        with pytest.raises(ImageFileError, match=words) as caught:
            found(tmp_path, named)
        assert "secret" not in str(caught.value)


def test_different_addresses_have_different_names(tmp_path):
    words = [
        f"https://www.example.com/{path}"
        for path in ("cams/street", "cams/bridge", "v1.5/a", "v1.5/b", "cam?id=1", "cam?id=2")
    ]
    words += ["rtsp://cam:8554/s", "rtsp://cam:8555/s"]
    names = stems(found(tmp_path, *words))
    assert len({*names}) == 8
    assert names[0] == "www.example.com-cams-street"


def test_two_sources_of_one_name_are_refused_before_any_work(tmp_path):
    first = save(tmp_path / "in" / "a.png")
    second = save(tmp_path / "in" / "a.jpg")
    with pytest.raises(OutputError) as caught:
        found(tmp_path, tmp_path / "in")
    target = tmp_path / "out" / "labels" / "a.png"
    assert caught.value.found == f"{second} and {first} would both be written to {target}"
    assert not (tmp_path / "out").exists()


def test_a_picture_and_a_video_may_have_one_name_as_cameras_give_it_to_thumbnails(tmp_path):
    save(tmp_path / "in" / "VID1.jpg")
    touch(tmp_path / "in" / "VID1.MP4")
    assert stems(found(tmp_path, tmp_path / "in")) == ["VID1", "VID1"]


def test_a_picture_called_as_a_frame_of_a_video_is_refused_and_others_beside_it_are_not(tmp_path):
    touch(tmp_path / "in" / "drive.mp4")
    save(tmp_path / "in" / "drive" / "notes.png")
    assert sorted(stems(found(tmp_path, tmp_path / "in"))) == ["drive", "drive/notes"]
    save(tmp_path / "in" / "drive" / "000010.png")
    with pytest.raises(OutputError, match="would both be called drive"):
        found(tmp_path, tmp_path / "in")


def test_two_folders_may_hold_the_same_name_only_in_different_subfolders(tmp_path):
    save(tmp_path / "one" / "x" / "a.png")
    save(tmp_path / "two" / "y" / "a.png")
    assert stems(found(tmp_path, tmp_path / "one", tmp_path / "two")) == ["x/a", "y/a"]
    save(tmp_path / "two" / "x" / "a.png")
    with pytest.raises(OutputError, match="would both be written"):
        found(tmp_path, tmp_path / "one", tmp_path / "two")


def test_what_is_named_twice_is_taken_once(tmp_path):
    path = save(tmp_path / "in" / "sub" / "a.png")
    words = (tmp_path / "in", path, path, f"{tmp_path}/in/*/a.png")
    assert stems(found(tmp_path, *words)) == ["sub/a"]


def test_what_is_named_twice_in_other_words_is_taken_once(tmp_path):
    path = save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "x").mkdir()
    (tmp_path / "in" / "y").symlink_to(tmp_path)  # from where ".." leads elsewhere
    assert stems(found(tmp_path, path, tmp_path / "in" / "x" / ".." / "a.png")) == ["a"]
    other = save(tmp_path.parent / f"{tmp_path.name}-b.png")
    turned = tmp_path / "in" / "y" / ".." / other.name
    assert len(found(tmp_path, turned, other)) == 1


def test_results_of_an_earlier_run_are_no_sources(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "out" / "labels" / "a.png")
    touch(tmp_path / "out" / "overlays" / "b.mp4")
    assert stems(found(tmp_path, tmp_path)) == ["a"]
    assert stems(found(tmp_path, f"{tmp_path}/**/a.png")) == ["a"]


def test_names_with_dots_keep_them(tmp_path):
    save(tmp_path / "frame.0001.png")
    assert stems(found(tmp_path, tmp_path)) == ["frame.0001"]


def test_standard_input_is_no_source_and_this_is_said(tmp_path):
    with pytest.raises(ImageFileError, match="there is no picture or folder -") as caught:
        find_sources(["-"], tmp_path / "out")
    assert caught.value.do.endswith("and name it: input is not read")


def test_a_missing_source_is_an_error(tmp_path):
    with pytest.raises(ImageFileError, match=r"there is no picture or folder .*nowhere") as caught:
        found(tmp_path, tmp_path / "nowhere")
    assert "camera:0" in caught.value.allowed


def test_a_folder_without_pictures_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageFileError, match=r"there is no picture or video in .*empty") as caught:
        found(tmp_path, tmp_path / "empty")
    assert caught.value.allowed.startswith("pictures ending in .png, .jpg")
    assert "videos ending in .mp4" in caught.value.allowed


def test_a_run_among_the_pictures_is_refused(tmp_path):
    """A pattern for the model that fits two runs gives the second one for pictures."""
    run = tmp_path / "runs" / "20260101-120000-mine"
    save(run / "predictions" / "overlays" / "a.png")
    (run / "model.safetensors").touch()
    with pytest.raises(ImageFileError, match="is a run, and stands where pictures were expected"):
        found(tmp_path, run)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_even_have_nothing_in_common_and_leave_nothing_out(tmp_path, count):
    for number in (3, 1, 4, 0, 2):
        touch(tmp_path / "in" / f"{number}.png")
    sources = found(tmp_path, *sorted((tmp_path / "in").iterdir(), reverse=True))
    shares = [stems(share_of(sources, number, count)) for number in range(1, count + 1)]
    assert sorted(name for share in shares for name in share) == ["0", "1", "2", "3", "4"]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_share_depends_on_names_and_not_on_where_or_in_which_order_they_were_named(tmp_path):
    for number in range(5):
        touch(tmp_path / "in" / f"{number}.png")
    shutil.copytree(tmp_path / "in", tmp_path / "other")
    whole = share_of(found(tmp_path, tmp_path / "in"), 2, 3)
    apart = share_of(found(tmp_path, *sorted((tmp_path / "other").iterdir())[::-1]), 2, 3)
    assert stems(whole) == stems(apart) == ["1", "4"]
