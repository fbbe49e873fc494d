"""The studio in a real browser: a training that is seen, steered, gone back in, and away."""

import contextlib
import socket

import pytest

from tests.studio.browser import needs_browser
from tests.studio.live.examples import wait
from tests.studio.server.asking import ask, order, served
from tests.studio.server.conftest import UPDATES
from tests.studio.server.visitor import Visitor

pytestmark = needs_browser

BEGUN = "document.querySelectorAll('.confusion .count').length === 16"
WRONG = ".gallery .buttons button:nth-of-type(3)"
WAITS = "document.querySelector('.standing').textContent === 'It waits.'"


def stands(update):
    return (
        f"document.querySelector('.stands strong').textContent === 'Update {update} of {UPDATES}'"
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Visitor(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(command):
    with served(*command, "--pace", "40") as (_, found):
        yield found


@pytest.fixture
def page(browser, address):
    """Return the page of a training that waits at its beginning."""
    order(address, {"do": "pause"})
    browser.said.clear()
    browser.visit(address)
    browser.wait(BEGUN)
    number = browser.run("document.querySelectorAll('#live-run option').length")
    order(address, {"do": "back", "branch": 1, "update": 0})
    browser.wait(f"document.querySelectorAll('#live-run option').length >= {min(number, 2) or 1}")
    browser.wait(stands(0))
    yield browser
    assert browser.said == []


def test_a_training_is_seen_to_its_end_and_the_network_follows(page):
    before, wrong = page.text(".bars"), page.text(WRONG)
    page.press("Begin")
    page.wait("document.querySelector('.standing').textContent === 'Training.'")
    page.wait(
        "document.querySelectorAll('.curve.now polyline')[0].getAttribute('points').length > 50"
    )
    page.wait("document.querySelector('.standing').textContent.startsWith('All updates are done.')")
    page.wait(stands(UPDATES))
    assert "of the batch right" in page.text(".stands")
    page.wait(f"document.querySelector('.bars').textContent !== {before!r}")
    points = "document.querySelector('.curve.now polyline').getAttribute('points')"
    page.wait(f"{points}.split(' ').length === {UPDATES}")
    # Conv1 as it began and as it is, the batch as stored and as randomized.
    assert page.run("document.querySelectorAll('.view')[0].querySelectorAll('canvas').length") == 8
    assert page.run("document.querySelectorAll('.view')[1].querySelectorAll('img').length") == 32
    assert page.run("document.querySelector('.buttons .main').disabled")
    counts = page.run(
        "[...document.querySelectorAll('.confusion .count')].map((one) => +one.textContent)"
    )
    assert sum(counts) == 100
    # The gallery tells what the test images are taken for now.
    page.wait(f"document.querySelector('{WRONG}').textContent !== {wrong!r}")


def test_one_update_another_rate_and_back_to_the_same_bits(page, address):
    page.press("One update")
    page.wait(stands(1))
    page.press("One update")
    page.wait(stands(2))
    assert page.run(WAITS)
    page.run("document.getElementById('live-rate').value = '0.004'")
    page.press("Change")
    page.press("One update")
    page.wait(stands(3))
    page.wait("document.querySelectorAll('.mark').length === 2")
    page.wait("document.querySelector('#training tbody tr:last-child').textContent"
              ".includes('0.02, 0.004 from update 3')")  # fmt: skip
    page.run("document.getElementById('live-back').value = '1'")
    page.press("Go back")
    page.wait(stands(1))
    page.press("One update")
    page.wait(stands(2))
    page.wait(
        "/as run \\d+, 1 updates/.test(document.querySelector('#training tbody').textContent)"
    )


def test_an_update_is_chosen_in_a_curve(page):
    for update in (1, 2, 3):
        page.press("One update")
        page.wait(stands(update))
    page.run("document.querySelector('.curves').scrollIntoView({block: 'center'})")
    x, y = page.middle(".curves")
    width = page.run("document.querySelector('.curves').getBoundingClientRect().width")
    place = (44 + (472 - 44) * 2 / UPDATES) / 480
    for kind in ("mousePressed", "mouseReleased"):
        page.mouse(kind, x + (place - 0.5) * width, y)
    page.wait("document.getElementById('live-back').value === '2'")
    page.wait("document.querySelector('.chosen-update')")
    page.press("Go back")
    page.wait(stands(2))


def test_a_number_of_the_table_opens_its_pictures(page):
    n = page.run("[...document.querySelectorAll('.count')].findIndex((one) => one.textContent)")
    count = int(page.text(".count", n))
    page.click(".count", n)
    page.wait(f"document.querySelectorAll('.pictured img').length === {min(24, count)}")
    assert page.text("#wrong-pictures").endswith(f": {count}")
    page.press("All mistakes")
    page.wait("document.querySelector('#wrong-pictures').textContent === 'The surest mistakes'")


def test_what_cant_be_done_is_said(page):
    page.run("document.getElementById('live-rate').value = '1e40'")
    page.press("Change")
    page.wait("document.querySelector('.trouble').textContent.includes('learning_rate is 1e+40')")
    # The browser notes that the server refused.
    assert all("400" in line for line in page.said)
    page.said.clear()


def test_two_tabs_see_the_same_and_either_steers(page, address, tmp_path):
    with Visitor(tmp_path, 360, 740, dark=True) as phone:
        phone.visit(address)
        phone.wait(BEGUN)
        phone.wait(stands(0))
        phone.press("One update")
        page.wait(stands(1))
        page.press("One update")
        phone.wait(stands(2))
        assert phone.text(".stands") == page.text(".stands")
        assert phone.run("document.documentElement.scrollWidth") == 360
        assert phone.said == []
    assert ask(address)[0] == 200


def test_a_server_that_goes_away_is_said_and_one_that_comes_back_is_found(command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    again = [*command[: command.index("--port") + 1], port, *command[command.index("--port") + 2 :]]
    with contextlib.ExitStack() as stack, Visitor(tmp_path) as page:
        process, address = stack.enter_context(served(*again, "--pace", "0.1"))
        page.visit(address)
        page.wait(BEGUN)
        process.terminate()
        process.wait(20)
        page.wait(
            "document.querySelector('.standing').textContent.startsWith('The server does not')"
        )
        began = page.run("performance.timeOrigin")
        _, same = stack.enter_context(served(*again, "--pace", "0.1"))
        assert same == address
        wait(lambda: page.run("performance.timeOrigin") != began)  # another training, another page
        page.wait(BEGUN)
        page.wait("!document.querySelector('.standing').classList.contains('away')")
