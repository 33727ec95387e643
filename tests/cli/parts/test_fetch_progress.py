"""A fetch that Ctrl-C ends says so, and the same command goes on where it stopped."""

import http.server
import io
import signal
import threading
import time
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from roadfcn.datasets.catalogue import DATASETS
from roadfcn.weights.catalogue import WEIGHTS


def data_road():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in DATASETS["kitti-road"].holds:
            archive.writestr(f"data_road/{name}/um_000000.png", bytes(100_000))
    return buffer.getvalue()


@pytest.fixture
def serve_and_stop(monkeypatch, tmp_path):
    """Give a function that lets a known file come from here, with Ctrl-C in the middle of it."""
    part_folder = tmp_path / "cache" / "downloads"
    asked, stopped = [], threading.Event()
    served = SimpleNamespace(content=b"")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content, first = served.content, len(asked) == 0
            asked.append(self.headers.get("Range"))
            begin = 0 if first else int(asked[-1].removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", '"one"')
            self.end_headers()
            self.wfile.write(content[begin : 150_000 if first else None])
            if first:
                self.press_ctrl_c()

        def press_ctrl_c(self):
            end = time.monotonic() + 20
            while not any(path.stat().st_size for path in part_folder.glob("*.part")):
                assert time.monotonic() < end, "nothing came"
                time.sleep(0.01)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            stopped.wait(20)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(catalogue, name, content):
        served.content = content
        address = f"http://127.0.0.1:{server.server_port}/x"
        monkeypatch.setitem(catalogue, name, replace(catalogue[name], address=address))
        return asked

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield serve
    stopped.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("words", "catalogue", "content"),
    [
        (("weights", "fetch", "fcn16s-caffe"), WEIGHTS, b"\x0a\x05fcn16" + bytes(300_000)),
        (("data", "fetch", "kitti-road", "--accept-licence"), DATASETS, data_road()),
    ],
)
def test_ctrl_c_says_that_the_same_command_goes_on(
    command, serve_and_stop, words, catalogue, content
):
    asked = serve_and_stop(catalogue, words[2], content)
    code, out, err = command(*words)
    assert code == 130
    assert out == ""
    assert err == "stopped: the same command goes on where it stopped\n"
    code, out, _ = command(*words)
    assert code == 0
    assert out.startswith("fetched: ")
    assert asked[0] is None
    assert int(asked[1].removeprefix("bytes=").removesuffix("-")) > 0
