from rich.text import Text

from roadfcn.cli.parts.table_parts import (
    class_name,
    counted,
    number_table,
    percent,
    points,
    span,
    text_table,
)


def test_shares_are_percents_and_undefined_ones_a_dash():
    assert [percent(share) for share in (0.98765, 0.0, None)] == ["98.77", "0.00", "-"]


def test_differences_and_intervals_are_in_plain_characters():
    assert [points(d) for d in (0.0123, -0.0123, 0.0, None)] == ["+1.23", "-1.23", "0.00", "-"]
    assert [span(ends) for ends in ((0.577, 0.6214), None)] == ["57.7 to 62.1", "-"]


def test_one_stands_alone_and_many_take_an_s():
    assert [counted(count, "core") for count in (0, 1, 2)] == ["0 cores", "1 core", "2 cores"]


def test_a_class_without_colour_has_no_mark():
    assert class_name("road", None) == "road"
    assert class_name("road", (1, 2, 3)) == "[rgb(1,2,3)]■[/] road"


def test_a_class_with_brackets_is_shown_as_it_is_called():
    assert Text.from_markup(class_name("[bold]kerb", (1, 2, 3))).plain == "■ [bold]kerb"


def test_words_are_aligned_left_and_numbers_right():
    words, numbers = text_table("T", "a", "b"), number_table("", "a", "b")
    assert [column.justify for column in words.columns] == ["left", "left"]
    assert [column.justify for column in numbers.columns] == ["left", "right"]
    assert (words.title, numbers.title) == ("T", None)
