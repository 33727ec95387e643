"""What a network can do before a byte comes: names, proxies, certificates, redirects, refusals."""

import gzip
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace

import pytest

from roadfcn.downloads.fetching import fetch
from roadfcn.errors import DownloadError


@pytest.fixture
def bring(known, web):
    """Give a function that fetches the file with little patience."""
    return lambda: fetch(known, patience=web.patience)


def test_a_proxy_of_the_environment_is_asked(site, web, known, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", site.address)
    site.answers = [web.serve()]
    there = replace(known, address="http://models.example.org/net.caffemodel")
    assert fetch(there, patience=web.patience).read_bytes() == web.content
    assert [path for path, _ in site.requests] == ["http://models.example.org/net.caffemodel"]


def test_a_proxy_that_is_not_there_is_told(site, web, known, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", _closed_address())
    with pytest.raises(DownloadError, match="the proxy cannot be reached or refuses"):
        fetch(known, patience=web.patience)
    assert site.requests == []


def test_a_server_that_is_not_there_is_told(web, known):
    with pytest.raises(DownloadError, match=r"no connection \(3 tries\)"):
        fetch(replace(known, address=f"{_closed_address()}/x"), patience=web.patience)


def test_a_name_that_nobody_knows_is_told(web, known):
    # RFC 6761: names below "invalid" never exist
    with pytest.raises(DownloadError, match="no network, or no server of that name"):
        fetch(replace(known, address="http://roadfcn.invalid/x"), patience=web.patience)


def test_an_address_that_is_none_is_told(web, known):
    with pytest.raises(DownloadError, match="No host supplied"):
        fetch(replace(known, address="http:///x"), patience=web.patience)


def test_redirects_are_followed(site, web, bring):
    site.answers = [web.answer(302, headers={"Location": "/elsewhere"}), web.serve()]
    assert bring().read_bytes() == web.content
    assert [path for path, _ in site.requests] == ["/models/net.caffemodel", "/elsewhere"]


def test_redirects_in_a_circle_are_refused(site, web, bring):
    site.answers = [web.answer(302, headers={"Location": "/models/net.caffemodel"})]
    with pytest.raises(DownloadError, match="redirects"):
        bring()


def test_a_redirect_to_no_address_is_refused(site, web, bring):
    site.answers = [web.answer(302, headers={"Location": "http://[::1"})]
    with pytest.raises(DownloadError, match=r"sends us on to no address \(Invalid IPv6 URL\)"):
        bring()
    assert len(site.requests) == 1


@pytest.mark.parametrize("headers", [{"Content-Length": 10**9}, {"Transfer-Encoding": "chunked"}])
def test_what_a_redirect_brings_itself_is_not_waited_for(site, web, bring, headers):
    def send(handler):
        web.answer(302, headers={"Content-Length": None, "Location": "/elsewhere", **headers})(
            handler
        )
        handler.site.released.wait(10)

    site.answers = [send, web.serve()]
    assert bring().read_bytes() == web.content
    assert [path for path, _ in site.requests] == ["/models/net.caffemodel", "/elsewhere"]


def test_bytes_that_come_packed_are_refused(site, web, bring, cache):
    site.answers = [web.serve(gzip.compress(web.content), headers={"Content-Encoding": "gzip"})]
    with pytest.raises(DownloadError, match=r"packs the file \(gzip\), though it was asked not to"):
        bring()
    assert site.requests[0][1]["Accept-Encoding"] == "identity"
    assert list(cache.glob("*.part")) == []


def test_bytes_that_are_said_to_be_not_packed_are_taken(site, web, bring):
    site.answers = [web.serve(headers={"Content-Encoding": "Identity"})]
    assert bring().read_bytes() == web.content


@pytest.fixture
def certificate(tmp_path):
    """Give a fresh certificate for this machine that nobody vouches for, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path / "localhost.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return path


@pytest.fixture
def safe_site(certificate, web):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    site, stop = web.start(context)
    site.address = site.address.replace("http:", "https:")
    yield site
    stop()


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(safe_site, web, known):
    safe_site.answers = [web.serve()]
    with pytest.raises(DownloadError, match="the server's certificate is not trusted"):
        fetch(replace(known, address=f"{safe_site.address}/x"), patience=web.patience)
    assert safe_site.requests == []


def test_a_certificate_of_the_environment_is_trusted(
    safe_site, web, known, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    safe_site.answers = [web.serve()]
    there = replace(known, address=f"{safe_site.address}/x")
    assert fetch(there, patience=web.patience).read_bytes() == web.content


def test_a_redirect_from_a_safe_address_to_an_open_one_is_refused(
    safe_site, site, web, known, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    safe_site.answers = [web.answer(302, headers={"Location": f"{site.address}/x"})]
    site.answers = [web.serve()]
    with pytest.raises(DownloadError, match="which is not encrypted"):
        fetch(replace(known, address=f"{safe_site.address}/x"), patience=web.patience)


def test_a_way_that_leaves_the_safe_addresses_for_a_while_is_refused(
    safe_site, site, web, known, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    safe_site.answers = [web.answer(302, headers={"Location": f"{site.address}/x"}), web.serve()]
    site.answers = [web.answer(302, headers={"Location": f"{safe_site.address}/y"})]
    with pytest.raises(DownloadError, match=f"on to {site.address}/x, which is not encrypted"):
        fetch(replace(known, address=f"{safe_site.address}/x"), patience=web.patience)


def _closed_address():
    """Give the address of a port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
