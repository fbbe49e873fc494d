"""Nobody is left out: axe finds nothing in any view, and all of it can be done by keys."""

import pytest

from tests.studio.browser import Browser, needs_browser
from tests.studio.digits_page import digits_page
from tests.studio.node import TOOLS, needs_tools

pytestmark = [needs_browser, needs_tools]

VIEWS = {
    "convolution": "v=1.0.3.4&s=1",
    "many products": "v=3.1.9.8&s=9&w=2.f.0.4.1.2&g=wrong.",
    "pool": "v=5.1.4.4&s=4&g=unsure.1",
    "softmax": "i=3&y=5&v=9.3&s=10",
    "row": "v=6.7&s=2&w=6.w.1.3",
}
COMPLAINTS = (
    "axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => "
    "`${id}: ${nodes[0].html.slice(0, 200)}`))"
)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return digits_page(tmp_path_factory.mktemp("page") / "digits.html")


@pytest.mark.parametrize(
    ("width", "dark", "views"), [(360, True, [*VIEWS]), (1440, False, ["many products", "pool"])]
)
def test_axe_finds_nothing_in_any_view(digits, tmp_path, width, dark, views):
    axe = (TOOLS / "axe-core" / "axe.min.js").read_text("utf-8")
    with Browser(tmp_path, width, 900, dark=dark) as browser:
        for view in views:
            browser.open(digits, VIEWS[view])
            browser.run("document.querySelector('#update .main').click()")
            browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            browser.run(f"{axe}; 0")
            assert browser.run(COMPLAINTS) == [], view
            assert browser.run("document.documentElement.scrollWidth") == width, view
        assert browser.said == []


REACHABLE = """
[...document.querySelectorAll("button, select, input, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
"""


def test_all_of_it_is_reached_by_the_tab_key(digits, tmp_path):
    with Browser(tmp_path, 1440, 900) as browser:
        browser.open(digits, "v=3.1.9.8&s=9&w=2.f.0.4.1.2")
        browser.run("addEventListener('focusin', ({ target }) => (target.dataset.reached = '1'))")
        for _ in range(browser.run(f"{REACHABLE}.length") + 5):
            browser.key("Tab")
        missed = f"{REACHABLE}.filter((one) => !one.dataset.reached).map((one) => one.outerHTML)"
        assert browser.run(missed) == []
