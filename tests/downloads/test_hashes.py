"""A file of which no hash is known must stay the one that came first."""

import hashlib
import subprocess
from dataclasses import replace

import pytest

from roadfcn.downloads.fetching import check_file, fetch
from roadfcn.downloads.hashes import pin_path
from roadfcn.errors import DownloadError


def test_the_hash_of_the_first_file_is_noted_as_sha256sum_reads_it(site, web, known, cache):
    site.answers = [web.serve()]
    fetch(known)
    noted = cache / "net.caffemodel.sha256"
    assert noted.read_text() == f"{web.sha256}  net.caffemodel\n"
    subprocess.run(["sha256sum", "--check", noted.name], cwd=cache, check=True)


def test_another_file_later_is_refused(site, web, known, cache):
    site.answers = [web.serve(), web.serve(web.content + b"more", etag='"two"')]
    fetch(known).unlink()
    with pytest.raises(DownloadError) as told:
        fetch(known)
    assert f"the vgg that came first had {web.sha256}" in told.value.found
    assert str(cache / "net.caffemodel.sha256") in told.value.do
    (cache / "net.caffemodel.sha256").unlink()
    assert fetch(known).read_bytes() == web.content + b"more"


def test_a_file_that_changes_in_the_cache_is_noticed(site, web, known):
    site.answers = [web.serve()]
    path = fetch(known)
    path.write_bytes(web.content[:-1] + b"?")
    with pytest.raises(DownloadError, match="that came first had"):
        fetch(known)


def test_of_a_known_sha256_nothing_need_be_noted(site, web, known, cache):
    site.answers = [web.serve()]
    fetch(replace(known, sha256=web.sha256))
    assert not (cache / "net.caffemodel.sha256").exists()


def test_of_a_known_beginning_the_rest_is_noted(site, web, known, cache):
    site.answers = [web.serve()]
    fetch(replace(known, sha256=web.sha256[:8]))
    assert (cache / "net.caffemodel.sha256").read_text().startswith(web.sha256)


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_older_hashes_are_checked_where_publishers_gave_no_other(site, web, known, algorithm):
    site.answers = [web.serve()]
    digits = hashlib.new(algorithm, web.content).hexdigest()
    with pytest.raises(DownloadError, match=f"it has the {algorithm.upper()} {digits}"):
        fetch(replace(known, older_digest=(algorithm, "0" * len(digits))))
    assert fetch(replace(known, older_digest=(algorithm, digits))).read_bytes() == web.content


def test_comparing_notes_nothing(known, web, tmp_path):
    own = tmp_path / "own.caffemodel"
    own.write_bytes(web.content)
    place = tmp_path / "net.caffemodel"
    assert check_file(known, own, place, str(own)) == web.sha256
    assert not pin_path(place).exists()


def test_a_damaged_note_counts_for_nothing(site, web, known, cache):
    site.answers = [web.serve()]
    cache.mkdir(parents=True)
    (cache / "net.caffemodel.sha256").write_bytes(b"\xff\xfe nonsense")
    fetch(known)
    assert (cache / "net.caffemodel.sha256").read_text().startswith(web.sha256)
