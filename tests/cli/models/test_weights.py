"""`roadfcn weights list` and `fetch`, with files put into the cache by hand: no network."""

import hashlib
import http.server
import json
import threading
import zipfile
from dataclasses import replace

import pytest

from roadfcn.weights.catalogue import WEIGHTS
from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path

CAFFEMODEL = b"\x0a\x05fcn16" + bytes(2_000_000)


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Give where fetched files lie; the working folder is empty."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "cache" / "downloads").mkdir(parents=True)
    return tmp_path / "cache" / "downloads"


def save_vgg(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vgg/saved_model.pb", b"graph")
        archive.writestr("vgg/variables/variables.index", b"index")
    return path


def test_the_list_says_what_is_known_and_what_is_here(command, place, monkeypatch):
    (place / "fcn16s-heavy-pascal.caffemodel").write_bytes(CAFFEMODEL)
    code, out, _ = command("weights", "list")
    assert code == 0
    assert all(name in out for name in WEIGHTS)
    assert "CC BY 4.0" in out
    assert out.index("slim-road") < out.index("slim-camvid11") < out.index("vgg16-torchvision")


def test_the_list_as_json_is_for_scripts(command, place):
    (place / "fcn16s-heavy-pascal.caffemodel").write_bytes(CAFFEMODEL)
    code, out, _ = command("weights", "list", "--json", "-")
    told = json.loads(out)
    assert code == 0
    assert told["cache"] == str(place.parent)
    paths = {entry["name"]: entry["path"] for entry in told["weights"]}
    assert set(paths) == set(WEIGHTS)
    assert paths.pop("fcn16s-caffe") == str(place / "fcn16s-heavy-pascal.caffemodel")
    assert set(paths.values()) == {None}
    assert [entry["name"] for entry in told["shipped"]] == list(SHIPPED_NAMES)
    assert told["shipped"][0]["classes"] == ["background", "road"]
    assert told["shipped"][0]["path"] == str(shipped_path("slim-road"))


def test_what_is_in_the_cache_is_told_and_noted(command, place):
    (place / "fcn16s-heavy-pascal.caffemodel").write_bytes(CAFFEMODEL)
    code, out, _ = command("weights", "fetch", "fcn16s-caffe")
    assert code == 0
    assert out.splitlines() == [
        f"here already: {place / 'fcn16s-heavy-pascal.caffemodel'}",
        "licence: unrestricted (BVLC model licence); http://fcn.berkeleyvision.org",
    ]
    noted = (place / "fcn16s-heavy-pascal.caffemodel.sha256").read_text()
    assert noted.startswith(hashlib.sha256(CAFFEMODEL).hexdigest())


@pytest.mark.parametrize("out", ["there/net.caffemodel", "."])
def test_it_can_be_copied_elsewhere(command, place, tmp_path, out):
    (place / "fcn16s-heavy-pascal.caffemodel").write_bytes(CAFFEMODEL)
    code, printed, _ = command("weights", "fetch", "fcn16s-caffe", "--out", out, "--json", "-")
    told = json.loads(printed)["path"]
    assert code == 0
    assert told == ("fcn16s-heavy-pascal.caffemodel" if out == "." else out)
    assert (tmp_path / "work" / told).read_bytes() == CAFFEMODEL


def test_the_described_systems_archive_goes_where_it_looks_for_it(command, place, tmp_path):
    save_vgg(place / "vgg.zip")
    code, out, _ = command("weights", "fetch", "vgg16-tensorflow")
    assert code == 0
    assert out.startswith("fetched: data/vgg\n")
    assert (tmp_path / "work/data/vgg/saved_model.pb").read_bytes() == b"graph"
    assert command("weights", "fetch", "vgg16-tensorflow").out.startswith("here already: data/vgg")
    assert "data/vgg" in command("weights", "list").out


def test_an_archive_of_ones_own_will_do(command, tmp_path):
    own = save_vgg(tmp_path / "vgg.zip")
    code, out, _ = command("weights", "fetch", own, "--out", "graph")
    assert code == 0
    assert out.startswith("fetched: graph\n")
    assert (tmp_path / "work/graph/variables/variables.index").exists()


def test_a_file_of_ones_own_is_checked(command, refused, tmp_path):
    own = tmp_path / "vgg16-397923af.pth"
    own.write_bytes(b"\x80\x02 a pickle, and not the right one")
    assert "gave another file than vgg16-torchvision: it has 34 bytes" in refused(
        "weights", "fetch", own
    )


def test_a_wrong_file_in_the_cache_is_refused(refused, place):
    (place / "VGG_ILSVRC_16_layers.caffemodel").write_bytes(b"<html>moved</html>")
    assert "an HTML page that says 'moved'" in refused("weights", "fetch", "vgg16-caffe")


def test_a_shipped_model_needs_no_fetching_and_can_be_copied(command, place, tmp_path):
    code, out, _ = command("weights", "fetch", "slim-road")
    assert code == 0
    assert out.startswith(f"here already: {shipped_path('slim-road')}\nlicence: Weights follow")
    code, out, _ = command("weights", "fetch", "slim-road", "--out", ".", "--json", "-")
    assert json.loads(out)["path"] == "slim-road.safetensors"
    copy = tmp_path / "work" / "slim-road.safetensors"
    assert copy.read_bytes() == shipped_path("slim-road").read_bytes()
    assert list(place.iterdir()) == []


def test_a_name_that_is_not_known_is_refused(refused):
    assert "no known download has that name" in refused("weights", "fetch", "alexnet")


def test_a_mistyped_name_of_a_shipped_model_gets_it_proposed(command):
    told = command("weights", "fetch", "slim")
    assert told.code == 2
    assert "do this: did you mean slim-road or slim-camvid11?" in told.err


@pytest.mark.parametrize("given", ["other.zip", "x.safetensors", "runs/first", "/no/such/net.pth"])
def test_a_file_that_is_not_here_is_told_where_files_go_instead(command, place, given):
    told = command("weights", "fetch", given)
    assert told.code == 2
    assert told.err.splitlines()[0].endswith(
        f"{given} looks like a file, which is not here, and no weights are known by that name"
    )
    assert "a name that 'roadfcn weights list' shows: slim-road, slim-camvid11, vgg16-" in told.err
    assert f"weights={given} in a recipe" in told.err
    assert f"roadfcn weights import {given} OUT.safetensors" in told.err
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("vgg.zip", "vgg16-tensorflow"),
        ("weights/VGG16-397923af.pth", "vgg16-torchvision"),
        ("slim-road.safetensors", "slim-road"),
        ("fcn8s-caffe.caffemodel", "fcn8s-caffe"),
    ],
)
def test_a_known_files_own_name_leads_to_the_name_it_is_fetched_by(command, given, name):
    told = command("weights", "fetch", given)
    assert told.code == 2
    assert f"do this: roadfcn weights fetch {name}" in told.err


def test_an_address_is_not_fetched(command, place):
    told = command("weights", "fetch", "https://me:secret@example.org/net.pth")
    assert told.code == 2
    assert "https://example.org/net.pth is an address, and only weights with a known" in told.err
    assert "secret" not in told.err
    assert "weights=FILE in a recipe" in told.err
    assert list(place.iterdir()) == []


def test_of_a_name_that_several_begin_with_the_first_is_proposed_first(command):
    _, _, err = command("weights", "fetch", "vgg16")
    assert "do this: did you mean vgg16-torchvision or vgg16-tensorflow or vgg16-keras or" in err


def test_what_lies_at_a_path_need_not_be_fetched(command, tmp_path):
    (tmp_path / "work" / "vgg16-caffe").mkdir()  # a path comes before a name
    (tmp_path / "mine.pth").write_bytes(b"\x80\x02")
    for given in ("vgg16-caffe", str(tmp_path / "mine.pth")):
        code, out, _ = command("weights", "fetch", given)
        assert code == 0
        assert out.splitlines() == [
            f"here already: {given}",
            "of your own: nothing was fetched, and nothing is known to check it by",
        ]
    told = command("weights", "fetch", "vgg16-caffe", "--json", "-")
    assert json.loads(told.out) == {"name": None, "path": "vgg16-caffe"}


def test_an_archive_of_ones_own_with_another_name_is_unpacked(command, tmp_path):
    own = save_vgg(tmp_path / "mine.zip")
    folder = tmp_path / "cache/unpacked" / hashlib.sha256(own.read_bytes()).hexdigest()
    assert command("weights", "fetch", own).out.startswith(f"unpacked: {folder}\n")
    assert (folder / "saved_model.pb").read_bytes() == b"graph"


def test_what_is_ones_own_is_copied_nowhere(refused, tmp_path):
    (tmp_path / "work" / "mine.pth").write_bytes(b"")
    told = refused("weights", "fetch", "mine.pth", "--out", "there")
    assert told == "mine.pth is here already and no known download, so that nothing comes to there"
    assert not (tmp_path / "work" / "there").exists()


def test_an_output_that_cannot_be_written_is_refused_first(refused, place, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    told = refused("weights", "fetch", "fcn16s-caffe", "--out", tmp_path / "file" / "x")
    assert "a part of its path is a file" in told


@pytest.fixture
def served(monkeypatch):
    """Let FCN-16s come from this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CAFFEMODEL)))
            self.end_headers()
            self.wfile.write(CAFFEMODEL)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/net"
    known = replace(WEIGHTS["fcn16s-caffe"], address=address)
    monkeypatch.setitem(WEIGHTS, "fcn16s-caffe", known)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("served")
def test_what_is_not_here_comes_over_the_network_with_its_progress(command, place):
    code, out, err = command("weights", "fetch", "fcn16s-caffe")
    assert code == 0
    assert out.startswith(f"fetched: {place / 'fcn16s-heavy-pascal.caffemodel'}\n")
    assert err.startswith("Fetching fcn16s-heavy-pascal.caffemodel 2.0 of 2.0 MB, ")
    assert err.endswith(" MB/s\n")
    assert (place / "fcn16s-heavy-pascal.caffemodel").read_bytes() == CAFFEMODEL
