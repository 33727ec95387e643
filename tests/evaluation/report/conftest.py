import re
from html.parser import HTMLParser

import numpy as np
import pytest

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.label_sets import ROAD

_EMPTY = {"meta", "link", "img", "br", "input", "hr"}


class _Page(HTMLParser):
    """Reads a page, and takes a note of whatever is not closed, or closed twice."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.words = [], [], []
        self.tags, self.identities = [], []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.wrong.append(f"{tag} has an attribute twice")
        self.tags.append((tag, dict(attrs)))
        self.identities += [value for name, value in attrs if name == "id"]
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def read_page():
    """Give a function that reads a page, and refuses one that is unsound or asks for others."""

    def read(path):
        text = path.read_text(encoding="utf-8")
        page = _Page()
        page.feed(text)
        page.close()
        assert page.wrong == page.open == []
        assert len(page.identities) == len(set(page.identities))
        assert not re.search(r"https?:|//|@import", re.sub(r"base64,[^\"]*", "", text))
        assert not page.all("script")
        for _, attributes in page.tags:
            for name in ("src", "href", "xlink:href", "data"):
                assert re.match(r"data:|#", attributes.get(name, "#"))
            # what one part says of another is there
            for identity in attributes.get("aria-labelledby", "").split():
                assert identity in page.identities
        for link in page.all("a"):
            assert link["href"].removeprefix("#") in page.identities
        return page

    return read


@pytest.fixture
def make_rows():
    """Give a function that makes counts of pictures from their confusion matrices."""

    def make(confusion, label_set=ROAD, road=None, above=None, category="um"):
        confusion = np.asarray(confusion, np.int64)
        count = len(confusion)
        if road is not None and above is None:
            above = np.zeros((count, 4, 2, 256), np.int64)
        return PerImageCounts(
            tuple(f"{category}_{n:06d}" for n in range(count)),
            (category,) * count,
            label_set,
            confusion,
            road,
            np.array([above is not None and bool(np.any(above))] * count),
            above,
        )

    return make


@pytest.fixture
def make_details():
    """Give a function that makes further counts: bands of outlines, and confidence."""

    def make(rows, near=None, reliability=None):
        count, size = len(rows), len(rows.label_set)
        trimaps = np.zeros((count, 5, size, size), np.int64)
        if near is not None:
            trimaps[:, 2] = near
        bins = np.zeros((count, 15, 3))
        if reliability is not None:
            bins[:, 12] = reliability
        return Details(
            np.ones((count, size, 2), np.int64),
            np.ones((count, size, 4), np.int64),
            trimaps,
            bins,
            np.zeros(count, np.int64),
        )

    return make
