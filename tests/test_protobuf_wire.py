"""The wire format: fields are found where protobuf puts them, and nothing is believed."""

import pytest

from caffe_writing import chunk, number, varint
from roadfcn.protobuf_wire import LENGTH, VARINT, Walker, WireError, field_at


def walk(content, most=100):
    view = memoryview(content)
    return [
        (field.number, field.kind, bytes(view[field.begin : field.end]))
        for field in Walker(most).fields(view)
    ]


def test_the_examples_of_protobufs_own_guide_are_read():
    """https://protobuf.dev/programming-guides/encoding: `a: 150`, and `b: "testing"`."""
    assert walk(b"\x08\x96\x01") == [(1, VARINT, b"\x96\x01")]
    assert walk(b"\x12\x07testing") == [(2, LENGTH, b"testing")]


def test_fields_of_every_kind_are_passed_over():
    content = b"\x0d1234" + b"\x1112345678" + number(3, 2**63) + chunk(100, b"") + chunk(16, b"end")
    assert [(number, value) for number, _, value in walk(content)] == [
        (1, b"1234"),
        (2, b"12345678"),
        (3, varint(2**63)),
        (100, b""),
        (16, b"end"),
    ]


def test_a_field_knows_where_its_tag_begins():
    content = memoryview(number(3, 1) + chunk(100, b"abc") + number(4, 1))
    field = field_at(content, 2)
    assert bytes(content[field.start : field.end]) == chunk(100, b"abc")
    assert bytes(content[field.begin : field.end]) == b"abc"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x0a\x05abc", "cut short: 2 bytes are missing"),
        (b"\x0a" + varint(2**40), "cut short: 1099511627776 bytes are missing"),
        (b"\x0d123", "cut short: 1 bytes are missing"),
        (b"\x08", "the number at byte 1 of a part does not end"),
        (b"\x08" + b"\xff" * 20, "the number at byte 1 of a part does not end"),
        (b"\x08\x01\xff", "the number at byte 2 of a part does not end"),
        (b"\x00\x01", "byte 0 of a part begins no field"),
        (b"\x08\x01\x0b", "byte 2 of a part begins a field of the unknown kind 3"),
        (b"\x0f", "byte 0 of a part begins a field of the unknown kind 7"),
    ],
)
def test_what_is_no_message_is_called_so(content, said):
    with pytest.raises(WireError, match=said):
        walk(content)


def test_fields_are_counted_over_all_messages():
    walker = Walker(5)
    assert len(list(walker.fields(memoryview(number(1, 1) * 3)))) == 3
    assert len(list(walker.fields(memoryview(number(1, 1) * 2)))) == 2
    with pytest.raises(WireError, match="more than 5 parts"):
        list(walker.fields(memoryview(number(1, 1))))
