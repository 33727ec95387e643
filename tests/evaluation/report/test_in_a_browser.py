"""Reports in Chromium: nothing is asked of the network, nothing sticks out, in light and dark."""

import shutil
from pathlib import Path

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


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def report(write_kitti, red_road, tmp_path):
    frames = {"um_000000": (golden_frame()[0], golden_truth())}
    dataset = write_kitti(frames, calibrated=frames)
    evaluation = evaluate(red_road, dataset, details=True)
    model = Path("runs") / ("a-run-whose-name-is-long-" * 4)
    return write_report(tmp_path / "report", evaluation, dataset, red_road, model=model)


@pytest.fixture
def opened(browser, report):
    """Give a function that opens the report in a window of some width."""
    pages = []

    def open_it(width, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.goto(report.as_uri())
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
