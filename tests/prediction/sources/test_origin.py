import os

from roadfcn.prediction.sources.origin import origin_of_address, origin_of_file


def test_the_origin_of_a_file_is_its_path_size_and_time(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"123")
    os.utime(tmp_path / "a", ns=(7, 8))
    expected = [str(tmp_path / "a"), 3, 8]
    assert origin_of_file(tmp_path / "a") == expected
    monkeypatch.chdir(tmp_path)
    assert origin_of_file((tmp_path / "a").relative_to(tmp_path)) == expected


def test_what_is_missing_has_only_its_path(tmp_path):
    assert origin_of_file(tmp_path / "no") == [str(tmp_path / "no")]


def test_addresses_that_differ_in_what_is_secret_are_told_apart_and_it_is_not_told():
    one, other = origin_of_address("https://a:b@h/x?key=1"), origin_of_address("https://h/x?key=2")
    assert one[0] == other[0] == "https://h/x"
    assert one[1] != other[1]
