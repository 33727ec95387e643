"""A file comes whole through every break that a network can think of."""

import contextlib
from dataclasses import replace

import pytest

from roadfcn.downloads.fetching import fetch
from roadfcn.errors import DownloadError


@pytest.fixture
def bring(known, web):
    """Give a function that fetches the file with little patience."""

    def run(**changes):
        return fetch(replace(known, **changes), patience=web.patience)

    return run


def test_a_transfer_that_breaks_off_goes_on_where_it_ended(site, web, bring):
    site.answers = [web.serve(cut=200_000), web.serve()]
    assert bring().read_bytes() == web.content
    first, second = site.ranges()
    assert first is None
    begun = int(second.removeprefix("bytes=").removesuffix("-"))
    assert 100_000 < begun <= 200_000
    assert site.requests[1][1]["If-Range"] == '"one"'


def test_a_date_serves_where_there_is_no_etag(site, web, bring):
    dated = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    # The site compares If-Range with its mark, which here is the date.
    site.answers = [
        web.serve(etag=dated["Last-Modified"], headers={"ETag": None, **dated}, cut=200_000),
        web.serve(etag=dated["Last-Modified"], headers={"ETag": None, **dated}),
    ]
    assert bring().read_bytes() == web.content
    assert site.requests[1][1]["If-Range"] == dated["Last-Modified"]


@pytest.mark.parametrize("mark", [None, 'W/"weak"'])
def test_without_a_mark_that_promises_the_same_bytes_it_starts_anew(site, web, bring, mark):
    site.answers = [web.serve(etag=mark, cut=200_000), web.serve(etag=mark)]
    assert bring().read_bytes() == web.content
    assert site.ranges() == [None, None]


def test_a_server_that_ignores_ranges_is_heard_from_the_start(site, web, bring):
    site.answers = [web.serve(cut=200_000), web.serve(ranges=False)]
    assert bring().read_bytes() == web.content
    assert site.ranges()[1] is not None


def test_a_file_that_changed_meanwhile_starts_anew(site, web, bring):
    new = b"\x0a\x05other" + bytes(250_000)
    site.answers = [web.serve(cut=200_000), web.serve(new, etag='"two"')]
    assert bring().read_bytes() == new


def test_a_rest_of_another_version_is_not_taken(site, web, bring):
    """A server that honours Range and ignores If-Range."""
    new = b"\x0a\x05other" + bytes(len(web.content) - 7)
    rest = web.answer(
        206,
        new[131_072:],
        {"ETag": '"two"', "Content-Range": f"bytes 131072-{len(new) - 1}/{len(new)}"},
    )
    site.answers = [web.serve(cut=131_072), rest, web.serve(new, etag='"two"')]
    assert bring().read_bytes() == new
    assert site.ranges() == [None, "bytes=131072-", None]


def test_another_part_than_the_one_asked_for_is_not_taken(site, web, bring):
    wrong = web.answer(
        206, web.content[:1000], {"Content-Range": f"bytes 0-999/{len(web.content)}"}
    )
    site.answers = [web.serve(cut=200_000), wrong, web.serve()]
    assert bring().read_bytes() == web.content


def test_a_file_that_shrank_starts_anew(site, web, bring):
    small = web.content[:70_000]
    shrunk = web.answer(416, headers={"Content-Range": f"bytes */{len(small)}"})
    site.answers = [web.serve(cut=200_000), shrunk, web.serve(small)]
    assert bring().read_bytes() == small


def test_a_whole_file_of_unknown_length_is_found_whole(site, web, bring, cache):
    """The server told no length, and the connection broke off after the last byte."""
    cache.mkdir(parents=True)
    (cache / "net.caffemodel.part").write_bytes(web.content)
    address = f"{site.address}/models/net.caffemodel"
    (cache / "net.caffemodel.part.json").write_text(
        f'{{"address": "{address}", "validator": "\\"one\\"", "total": null}}'
    )
    site.answers = [web.serve()]  # which answers 416: there is no more
    assert bring().read_bytes() == web.content
    assert site.ranges() == [f"bytes={len(web.content)}-"]


def test_a_rest_that_ends_early_without_a_word_goes_on(site, web, bring):
    """Only Content-Range tells how much there is."""
    silent = {"Content-Length": None}
    site.answers = [web.serve(cut=131_072), web.serve(headers=silent, cut=70_000), web.serve()]
    assert bring().read_bytes() == web.content
    assert site.ranges() == [None, "bytes=131072-", "bytes=201072-"]


def test_a_file_that_was_whole_when_it_was_killed_is_asked_for_no_more(site, web, bring, cache):
    cache.mkdir(parents=True)
    (cache / "net.caffemodel.part").write_bytes(web.content)
    address = f"{site.address}/models/net.caffemodel"
    (cache / "net.caffemodel.part.json").write_text(
        f'{{"address": "{address}", "validator": "\\"one\\"", "total": {len(web.content)}}}'
    )
    assert bring().read_bytes() == web.content
    assert site.requests == []


def test_a_connection_that_breaks_often_and_brings_much_is_not_given_up(site, web, bring):
    content = web.content * 20  # 6 MB, in pieces of 1.5 MB
    site.answers = [web.serve(content, cut=1_500_000)]
    assert bring().read_bytes() == content
    assert len(site.requests) > web.patience.tries


def test_a_server_that_truncates_again_and_again_is_given_up(site, web, bring, cache):
    site.answers = [web.serve(cut=100)]
    with pytest.raises(DownloadError, match=r"the connection broke off \(3 tries\)"):
        bring()
    assert len(site.requests) == 3
    assert not (cache / "net.caffemodel").exists()


def test_bytes_beyond_the_length_that_was_told_are_not_taken_for_the_file(site, web, bring):
    site.answers = [web.serve(headers={"Content-Length": 1000})]
    with pytest.raises(DownloadError, match="gave another file than vgg: it has the SHA-256"):
        bring(sha256=web.sha256)


def test_a_length_that_is_not_the_known_one_is_refused_before_the_bytes_come(site, web, bring):
    site.answers = [web.serve()]
    with pytest.raises(DownloadError, match="the server has 300007 bytes there, and the file has"):
        bring(size_bytes=999)


def test_a_stream_without_end_is_cut_at_the_known_size(site, web, bring):
    site.answers = [web.serve(headers={"Content-Length": None})]
    with pytest.raises(DownloadError, match="more bytes come than the file has"):
        bring(size_bytes=70_000)


def test_a_page_instead_of_the_file_is_told_in_its_own_words(site, web, bring, cache):
    page = b"<!DOCTYPE html><html><head><title>Log in</title><style>p {}</style></head><body><p>"
    site.answers = [web.answer(200, page + b"Hotel Astoria &amp; you</p></body></html>")]
    with pytest.raises(DownloadError) as told:
        bring()
    assert "gave an HTML page that says 'Log in Hotel Astoria & you'" in told.value.found
    assert str(cache / "net.caffemodel") in told.value.do
    assert list(cache.glob("*.part")) == []


def test_a_page_that_comes_at_resuming_does_not_spoil_what_is_here(site, web, bring):
    page = web.answer(200, b"<html>Sign in</html>")
    site.answers = [web.serve(cut=200_000), page, web.serve()]
    with pytest.raises(DownloadError, match="Sign in"):
        bring()
    assert bring().read_bytes() == web.content
    assert site.ranges()[2] is not None


def test_what_is_not_there_is_asked_for_once(site, web, bring, cache):
    site.answers = [web.answer(404)]
    with pytest.raises(DownloadError) as told:
        bring()
    assert len(site.requests) == 1
    assert f"from {site.address}/models/net.caffemodel: the server answered 404" in (
        told.value.found
    )
    assert told.value.do.endswith(f"put it at {cache / 'net.caffemodel'}")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_server_in_trouble_is_asked_again(site, web, bring, status):
    site.answers = [web.answer(status), web.serve()]
    assert bring().read_bytes() == web.content


def test_a_server_that_wants_to_be_left_alone_is(site, web, bring, monkeypatch):
    waits = []
    monkeypatch.setattr("roadfcn.downloads.transfer.time.sleep", waits.append)
    site.answers = [
        web.answer(503, headers={"Retry-After": "7"}),
        web.answer(503, headers={"Retry-After": "86400"}),
        web.serve(),
    ]
    bring()
    assert waits == [7.0, 60.0]


def test_waits_grow(site, web, bring, monkeypatch):
    waits = []
    monkeypatch.setattr("roadfcn.downloads.transfer.time.sleep", waits.append)
    site.answers = [web.answer(503), web.answer(503), web.serve()]
    bring()
    assert waits == [0.01, 0.02]


def test_a_server_that_falls_silent_is_left_and_asked_for_the_rest(site, web, bring):
    site.answers = [web.serve(cut=200_000, stall=True), web.serve()]
    assert bring().read_bytes() == web.content
    assert site.ranges()[1] is not None


def test_silence_is_told(site, web, bring):
    site.answers = [web.serve(cut=100, stall=True)]
    with pytest.raises(DownloadError, match="nothing came for too long"):
        bring()


def test_bytes_in_chunks_without_a_length_make_the_file(site, web, bring):
    def in_chunks(handler):
        handler.protocol_version = "HTTP/1.1"
        web.answer(200, headers={"Content-Length": None, "Transfer-Encoding": "chunked"})(handler)
        for begin in range(0, len(web.content), 7000):
            piece = web.content[begin : begin + 7000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    site.answers = [in_chunks]
    assert bring(sha256=web.sha256).read_bytes() == web.content


def trickling(web, begin):
    """Make an answer that sends some bytes at once, and then one every hundredth of a second."""

    def send(handler):
        web.serve(cut=begin)(handler)
        with contextlib.suppress(OSError):  # the other side has gone
            for byte in web.content[begin : begin + 1000]:
                if handler.site.released.wait(0.01):
                    return
                handler.wfile.write(bytes([byte]))

    return send


def test_a_connection_that_is_too_slow_is_left_for_another(site, web, known):
    hasty = replace(web.patience, read_s=5.0, slow_s=0.2)
    site.answers = [trickling(web, begin=100_000), web.serve()]
    assert fetch(known, patience=hasty).read_bytes() == web.content
    # The first bytes count for the first fifth of a second only.
    begun = int(site.ranges()[1].removeprefix("bytes=").removesuffix("-"))
    assert 100_000 < begun < 100_300


def test_slowness_is_told(site, web, known):
    hasty = replace(web.patience, read_s=5.0, slow_s=0.2)
    site.answers = [trickling(web, begin=0)]
    with pytest.raises(DownloadError, match=r"only \d\d? bytes came in \d s \(3 tries\)"):
        fetch(known, patience=hasty)


def test_slow_is_fast_enough_for_a_patient(site, web, known):
    patient = replace(web.patience, read_s=5.0, slow_s=0.2, slowest_bytes_per_s=1)
    site.answers = [trickling(web, begin=len(web.content) - 60)]
    assert fetch(known, patience=patient).read_bytes() == web.content
    assert len(site.requests) == 1
