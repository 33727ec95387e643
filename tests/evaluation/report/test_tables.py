import numpy as np

from roadfcn.evaluation.report.tables import Bar, confusion, picture_measure, picture_rows
from roadfcn.label_sets import CAMVID_11, ROAD, LabelSet
from roadfcn.metrics.confusion_matrix import ConfusionMatrix


def test_the_confusion_matrix_is_in_per_cent_of_each_true_class():
    counts = np.array([[30, 10, 0], [0, 5, 0], [0, 0, 0]])
    three = LabelSet("three", ("a", "b", "c"), ((0, 0, 0),) * 3)
    found = confusion(ConfusionMatrix(three, counts))
    assert found.names == ("a", "b", "c")
    assert found.left_out == 0
    assert [[cell.text for cell in cells] for _, cells in found.rows] == [
        *(["75.0", "25.0", "0.0"], ["0.0", "100.0", "0.0"], ["", "", ""]),
    ]
    assert found.rows[0][1][1].says == "25.00 % of a is called b"
    assert [cell.right for cell in found.rows[1][1]] == [False, True, False]


def test_of_very_many_classes_those_with_the_most_mistakes_are_shown():
    names = tuple(f"class {n}" for n in range(40))
    counts = np.eye(40, dtype=np.int64)
    counts[35, 36] = 50
    many = LabelSet("many", names, ((0, 0, 0),) * 40)
    found = confusion(ConfusionMatrix(many, counts))
    assert (len(found.names), found.left_out) == (30, 10)
    assert {"class 35", "class 36"} <= set(found.names)


def test_bars_are_as_long_as_their_shares():
    assert Bar.of(0.5, (0.25, 0.75)) == Bar(50, 25, 50)
    assert Bar.of(None, None) == Bar(0, None, 0)


def test_pictures_are_listed_worst_first_by_what_the_model_is_for(make_rows):
    counts = [[[50, 0], [10, 40]], [[50, 0], [0, 50]], [[50, 0], [30, 20]]]
    rows = make_rows(counts)
    assert picture_measure(rows) == ("IoU of road", "iou_road")
    header, table, left_out = picture_rows(rows)
    assert header == ("picture", "IoU of road, %", "accuracy, %", "category")
    assert [row[0] for row in table] == ["um_000002", "um_000000", "um_000001"]
    assert table[0] == ("um_000002", "40.00", "70.00", "um")
    assert left_out == 0


def test_of_thousands_of_pictures_the_worst_are_listed(make_rows):
    rows = make_rows([[[50, 0], [n % 50, 50 - n % 50]] for n in range(260)], category="")
    header, table, left_out = picture_rows(rows)
    assert "category" not in header
    assert (len(table), left_out) == (200, 60)


def test_models_of_many_classes_are_told_apart_by_the_mean(make_rows):
    rows = make_rows(np.ones((2, 11, 11)), CAMVID_11)
    assert picture_measure(rows) == ("mean IoU", "mean_iou")
    assert picture_measure(make_rows(np.ones((1, 2, 2)), ROAD))[1] == "iou_road"
