"""Reports in Chromium: nothing is asked of the network, nothing sticks out, in light and dark."""

import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

from golden_frame import golden_frame, golden_truth
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.report.page import write_report

pytestmark = pytest.mark.browser

# Of WCAG 2.2, level AA: text of normal size against what is behind it.
CONTRAST = """() => {
  const part = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const light = c => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2]);
  const read = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => {
    if (!e) return [255, 255, 255];
    const [r, g, b, a = 1] = read(getComputedStyle(e).backgroundColor);
    if (a == 1) return [r, g, b];
    return behind(e.parentElement).map((c, i) => a * [r, g, b][i] + (1 - a) * c); };
  const weak = [];
  for (const e of document.querySelectorAll(
      'h1,h2,h3,p,b,a,dt,dd,th,td,summary,figcaption,.kind,.small'))
    if (e.textContent.trim() && e.checkVisibility()) {
      const [a, b] = [read(getComputedStyle(e).color), behind(e)].map(light);
      const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
      if (ratio < 4.5) weak.push([e.tagName, e.className, e.textContent.slice(0, 30), ratio]);
    }
  return weak; }"""


# Tables that are cut off, with all that is folded up open: (name, width there, width needed).
CUT_OFF = """() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  return [...document.querySelectorAll('.wide')]
    .filter(e => e.scrollWidth > e.clientWidth)
    .map(e => [e.getAttribute('aria-label'), e.clientWidth, e.scrollWidth]); }"""

# What is wider than the card that it is in.
STICKS_OUT = """() => [...document.querySelectorAll('.card table, .card img')]
  .filter(e => e.checkVisibility())
  .filter(e => e.getBoundingClientRect().right > e.closest('.card').getBoundingClientRect().right)
  .map(e => e.textContent.slice(0, 40))"""

NAMES = ("chromium", "chromium-browser", "google-chrome")
LETTER = {"width": 710, "height": 949}  # in CSS pixels, less margins of 14 mm


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.skip(f"there is no Chromium here: none of {', '.join(NAMES)}")
    before = set(psutil.Process().children(recursive=True))
    with playwright.sync_playwright() as running:
        # Inside a container root has no right to build the sandbox; the pages are our own.
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        started = set(psutil.Process().children(recursive=True)) - before
        assert len(started) > 1, "the driver has started no Chromium"
        yield browser
        browser.close()
    assert [process for process in psutil.wait_procs(started, 10)[1] if _runs(process)] == []


def _runs(process):
    """Whether a process is more than an entry that none asked about: containers keep those."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def report(road_data, tmp_path_factory):
    predictor, write = road_data
    names = ("um_000000", "um_000001", "umm_000000", "uu_000000")  # as many tables as there can be
    frames = dict.fromkeys(names, (golden_frame()[0], golden_truth()))
    dataset = write(frames, calibrated=frames)
    evaluation = evaluate(predictor, dataset, details=True)
    model = Path("runs") / ("a-run-whose-name-is-long-" * 4)
    folder = tmp_path_factory.mktemp("report")
    return write_report(folder, evaluation, dataset, predictor, model=model)


@pytest.fixture(scope="module")
def report_of_classes(class_data, tmp_path_factory):
    """Eleven classes in pictures of CamVid's shape, under names as long as Cityscapes'."""
    predictor, write = class_data
    ids = np.arange(360 * 480).reshape(360, 480) // 1000 % 11
    names = [f"frankfurt_{drive:06d}_{place:06d}" for drive in range(5) for place in range(4)]
    dataset = write({name: ((ids + n // 6) % 11, ids) for n, name in enumerate(names)})
    evaluation = evaluate(predictor, dataset, details=True)
    folder = tmp_path_factory.mktemp("report of classes")
    return write_report(folder, evaluation, dataset, predictor, model=Path("runs/my-run"))


@pytest.fixture
def opened(browser, report):
    """Give a function that opens the report in a window of some width."""
    pages = []

    def open_it(width, scheme="light", path=report):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.goto(path.as_uri())
        pages.append(context)
        return page

    yield open_it
    for context in pages:
        context.close()


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_nothing_sticks_out_of_the_window(opened, width):
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.images].every(i => i.getBoundingClientRect().width > 100)")


@pytest.mark.parametrize("width", [1280, 1600])
def test_on_a_desk_no_table_is_cut_off(opened, report_of_classes, width):
    for page in (opened(width), opened(width, path=report_of_classes)):
        assert page.evaluate("document.querySelectorAll('.wide table').length") >= 9
        assert page.evaluate(CUT_OFF) == []


def test_a_table_that_is_cut_off_has_a_shadow_where_it_goes_on(opened):
    page = opened(375)
    part = page.locator("[aria-label='Scores of each class']")
    assert part.evaluate("e => e.scrollWidth > e.clientWidth")
    assert part.evaluate("e => getComputedStyle(e).backgroundAttachment.split(', ')") == [
        *("local", "local", "scroll", "scroll"),
    ]
    assert not page.locator("th.bars").is_visible()  # the column that says nothing new


def test_on_paper_nothing_sticks_out_and_two_frames_fit(opened, report_of_classes):
    page = opened(LETTER["width"], path=report_of_classes)
    page.emulate_media(media="print")
    assert page.evaluate(STICKS_OUT) == []
    heights = page.evaluate(
        "[...document.querySelectorAll('.frame')].map(e => e.getBoundingClientRect().height)"
    )
    assert len(heights) >= 2
    assert max(heights) < LETTER["height"] / 2 - 15


def test_nothing_is_asked_of_the_network_and_no_error_is_met(opened, report):
    page = opened(1280)
    page.evaluate("[...document.images].forEach(i => i.loading = 'eager')")
    page.evaluate("Promise.all([...document.images].map(i => i.decode()))")
    assert [url for url in page.asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(opened, scheme):
    assert opened(1280, scheme).evaluate(CONTRAST) == []


def test_it_follows_the_reader_into_the_dark(opened):
    def brightness(page):
        return sum(
            page.evaluate(
                "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
            )
        )

    assert brightness(opened(1280, "dark")) < 120 < 600 < brightness(opened(1280, "light"))


def test_what_scrolls_can_be_reached_with_the_keyboard(opened):
    page = opened(375)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the summary"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert {"Scores of each class", "Confusion matrix"} <= reached


def test_it_prints_on_a_few_pages(opened):
    pdf = opened(1280).pdf(format="A4")
    assert 2 <= pdf.count(b"/Type /Page\n") <= 9
