"""The page in a real browser, opened from disk: drawn on, clicked through, without a complaint."""

import numpy as np
import pytest

from pellucid import (
    BatchNorm2D,
    Conv2D,
    Dense,
    GlobalAveragePool2D,
    Model,
    Network,
    Preprocessing,
    ReLU,
    Residual,
)
from pellucid.studio.content import content_of
from pellucid.studio.html import page_of
from tests.studio.browser import Browser, needs_browser
from tests.studio.digits_page import ONE, SEVEN, digits_page

pytestmark = needs_browser


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return digits_page(tmp_path_factory.mktemp("page") / "digits.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def page(browser, digits):
    browser.said.clear()
    browser.open(digits)
    yield browser
    assert browser.said == []


def text(page, selector):
    return page.run(f"document.querySelector({selector!r}).textContent")


def test_it_says_that_it_is_equal_to_python(page):
    assert text(page, ".proof.good summary").startswith("Equal to Python on 10 images: ")
    rows = page.run(
        "[...document.querySelectorAll('.proof tbody tr')].map((row) => "
        "[...row.children].map((cell) => cell.textContent))"
    )
    assert len(rows) == 10
    assert all(abs(float(here) - float(there)) < 1e-9 for _, here, there, *_ in rows)
    assert text(page, "h1") == "Two digits, number by number"


def test_a_seven_that_is_drawn_is_a_seven(page, digits):
    page.drag(".drawing", SEVEN)
    page.wait("document.querySelector('.verdict').textContent.endsWith('that this is seven.')")
    assert text(page, ".best .name") == "seven"
    assert "was cut out" in text(page, ".choosing .note[role=status]")
    page.click(".drawn .buttons button", 1)
    page.wait("document.querySelector('.verdict').textContent.includes('empty image')")
    page.drag(".drawing", ONE)
    page.wait("document.querySelector('.best .name')?.textContent === 'one'")
    page.wait("location.hash.startsWith('#d=')")
    page.run("new Promise((done) => setTimeout(done, 300))")  # until the pen has rested
    link = page.run("location.hash")
    page.click(".thumb", 0)
    page.wait("document.querySelector('.best .name').textContent === 'seven'")
    page.open(digits, link[1:])
    page.wait("document.querySelector('.best .name')?.textContent === 'one'")


OPEN = """(async () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [400, 300];
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(235 230 220)";
  context.fillRect(0, 0, 400, 300);
  context.fillStyle = "rgb(30 40 90)";
  context.fillRect(190, 60, 24, 170);
  const blob = await new Promise((done) => canvas.toBlob(done));
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], "one.png", { type: "image/png" }));
  const field = document.querySelector("input[type=file]");
  field.files = transfer.files;
  field.dispatchEvent(new Event("change"));
})()"""


def test_an_own_picture_is_made_ready_before_one_s_eyes(page, digits):
    page.run(OPEN)
    page.wait("document.querySelectorAll('.preparing li').length === 6")
    steps = page.run(
        "[...document.querySelectorAll('.preparing li')].map((step) => step.textContent)"
    )
    assert steps[1].startswith("As the eye weighs colors300 × 400, 0.299 red")
    assert steps[2].startswith("Ink: what differs from the backgroundink = max(0, 230 − pixel)")
    assert steps[3] == "The ink, cut out170 × 24 pixels of the picture"
    page.wait("document.querySelector('.best .name').textContent === 'one'")
    page.wait("location.hash.includes('p=')")
    before = page.run("document.querySelector('.bars').textContent")
    page.open(digits, page.run("location.hash")[1:])
    assert page.run("document.querySelector('.bars').textContent") == before


def test_test_images_are_filtered_and_walked_through_by_keys(page, digits):
    assert page.run(
        "[...document.querySelectorAll('.gallery .count')].map((c) => +c.textContent)"
    ) == ([12, 12, 0, 12])
    said = page.run("document.querySelector('.gallery option').textContent")
    assert said == "every class that has one here: 2 of 10 (12)"
    page.run("document.querySelector('.gallery select').value = '1'")
    page.run("document.querySelector('.gallery select').dispatchEvent(new Event('change'))")
    assert page.run("document.querySelectorAll('.thumb').length") == 6
    page.click(".gallery .buttons button", 2)
    page.wait("document.querySelectorAll('.thumb').length === 0")
    assert text(page, ".gallery .note") == "There is none of this kind."
    page.click(".gallery .buttons button", 3)
    page.wait("location.hash.includes('g=unsure.1')")
    page.open(digits, page.run("location.hash")[1:])
    assert page.run("document.querySelectorAll('.thumb').length") == 6
    assert page.run("document.querySelectorAll('.thumb[tabindex=\"0\"]').length") == 1
    page.run("document.querySelector('.thumb').focus()")
    page.key("End")
    page.key("ArrowLeft")
    place = "[...document.querySelectorAll('.thumb')].indexOf(document.activeElement)"
    assert page.run(place) == 4
    page.run("document.activeElement.click()")
    page.wait("document.activeElement.getAttribute('aria-pressed') === 'true'")
    page.wait("/i=[0-9]+/.test(location.hash)")


def test_a_number_is_shown_as_what_it_is_made_of(page):
    page.click(".mapping", 1)
    page.wait("document.querySelectorAll('.product .grid').length === 3")
    title = text(page, ".closer h4")
    assert title.startswith("conv1[1, ")
    cells = "[...document.querySelectorAll('.product .grid')]"
    numbers = page.run(f"{cells}.map((grid) => [...grid.children].map((cell) => +cell.title))")
    left, right, products = np.array(numbers)
    np.testing.assert_allclose(left * right, products, rtol=1e-12, atol=1e-15)
    page.run("document.querySelector('.closer [role=application]').focus()")
    page.key("ArrowLeft")
    page.wait(f"document.querySelector('.closer h4').textContent !== {title!r}")
    assert page.run("document.activeElement.getAttribute('role')") == "application"


def test_the_window_moves_over_the_map_and_stops(page):
    page.click(".mapping", 2)
    page.run("document.querySelector('.moving input').value = '1'")
    page.run("document.querySelector('.moving input').dispatchEvent(new Event('input'))")
    page.click(".moving button", 0)
    title = "document.querySelector('.closer h4').textContent"
    page.wait(f"/^conv1\\[2, 0, [3-9]\\]/.test({title})")
    assert page.run("document.querySelectorAll('.veil').length") == 2
    page.key("Escape")
    here = page.run(title)
    page.run("new Promise((done) => setTimeout(done, 200))")
    assert page.run(title) == here
    assert text(page, ".moving button") == "Go on"
    page.click(".moving button", 1)
    assert page.run(title) != here
    page.click(".closer [role=application]")
    assert page.run("document.querySelectorAll('.veil').length") == 0


def test_who_wants_less_motion_moves_the_window_by_hand(digits, tmp_path):
    with Browser(tmp_path, is_still=True) as still:
        still.open(digits, "v=1.0.0.0")
        assert still.run("document.querySelectorAll('.moving button').length") == 1
        still.click(".moving button")
        assert still.run("document.querySelector('.closer h4').textContent").startswith(
            "conv1[0, 0, 1]"
        )


@pytest.mark.parametrize("n", range(9))
def test_every_layer_can_be_looked_at(page, n):
    page.click(f".card:nth-of-type({n + 1}) .glance button:not([hidden])")
    page.wait("document.querySelector('.closer:not([hidden]) h4')")
    assert "undefined" not in text(page, "main")
    assert "NaN" not in text(page, "main")


def test_every_step_back_and_every_gradient_as_a_sum(page):
    steps = page.run("document.querySelectorAll('.dot').length")
    assert steps == 10
    for step in range(steps):
        assert text(page, ".step h3").startswith(f"Step {step + 1} of 10: ")
        pickers = page.run("document.querySelectorAll('.step .picker').length")
        for n in {0, pickers - 1} if pickers else ():
            page.click(".step .picker", n)
            page.wait("document.querySelector('.step .look table')")
            head, last = page.run(
                "[document.querySelector('.step .look h4').textContent, "
                "document.querySelector('.step .look tbody tr:last-child').lastChild.textContent]"
            )
            assert head.endswith(f" = {last}")
        assert "undefined" not in text(page, ".step")
        if step == 7:  # what comes in, where it goes through, and what is left, of pool and ReLU
            captions = page.run(
                "[...document.querySelectorAll('.gated figcaption')].map((c) => c.textContent)"
            )
            assert captions == [
                "dpool1",
                "× 1 where the winner of relu2 is, else 0",
                "drelu2",
                "drelu2",
                "× [conv2 > 0], 1 or 0",
                "dconv2",
            ]
        if step + 1 < steps:
            page.click("section > .buttons .main")
    assert page.run("document.querySelector('.saliency .over').width") == 28
    page.wait("location.hash.includes('&s=10')")
    page.click(".matters button")
    page.wait("document.querySelectorAll('.matters figure').length === 2")
    page.wait("!/ 0$/.test(document.querySelector('.matters .note')?.textContent ?? ' 0')")


def test_a_weight_can_be_chosen_by_keys(page):
    page.click(".dot", 8)
    page.run("document.querySelector('.step .picker').focus()")
    walked = {"Enter": "0, 0, 0, 0", "ArrowRight": "0, 0, 0, 1", "ArrowDown": "0, 0, 1, 1"}
    for key, place in walked.items():
        page.key(key)
        page.wait("document.querySelector('.step .look h4')?.textContent"
                  f".startsWith('df2[{place}] = ')")  # fmt: skip


def test_an_update_makes_the_true_class_likelier_and_can_be_undone(page):
    before = page.run("document.querySelector('.bars').textContent")
    page.run("document.getElementById('label').value = '1'")
    page.run("document.getElementById('label').dispatchEvent(new Event('change'))")
    page.run("document.getElementById('rate').value = '0.3'")
    section = "#update button"
    page.click(section, 0)
    page.wait("document.querySelectorAll('#update .sum').length === 6")
    assert page.run("document.querySelector('.bars').textContent") != before
    page.run("document.getElementById('array').value = '2'")
    page.run("document.getElementById('array').dispatchEvent(new Event('change'))")
    page.run("document.querySelector('#update .picker').focus()")
    title = text(page, "#update h3")
    assert title.startswith("f2[")
    page.key("ArrowUp" if title.endswith("4, 4]") else "ArrowDown")
    page.wait(f"document.querySelector('#update h3').textContent !== {title!r}")
    assert page.run("document.querySelectorAll('#update .picker').length") == 4
    page.click(section, 1)
    page.wait(f"document.querySelector('.bars').textContent === {before!r}")


def test_it_fits_a_phone_and_changes_its_theme(digits, tmp_path):
    with Browser(tmp_path, 360, 740, dark=True) as phone:
        phone.open(digits, "v=1.0.3.4&s=10&w=0.f.0.0.1.1")
        phone.wait("document.querySelector('.step .look table')")
        assert phone.run("document.documentElement.scrollWidth") == 360
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = phone.run(ground)
        phone.click(".theme")
        assert phone.run(ground) != dark
        assert phone.said == []


def test_photographs_through_a_residual_network(browser, tmp_path):
    inside = [Conv2D(6, 3, padding="same"), BatchNorm2D(), ReLU()]
    layers = [Conv2D(6, 3, stride=2), Residual(inside), GlobalAveragePool2D(), Dense(3)]
    network = Network(layers, (3, 16, 20))
    preprocessing = Preprocessing((3, 16, 20), polarity="light-on-dark", fit="resize")
    model = Model(network, network.initial_parameters(3), preprocessing, ("a", "b", "c"))
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 16, 20), np.uint8)
    path = tmp_path / "photos.html"
    path.write_text(page_of(content_of(model, images, np.arange(4) % 3, "Photos")), "utf-8")
    browser.said.clear()
    browser.open(path, "v=5.2.3.4&s=5")
    assert text(browser, ".proof.good summary").startswith("Equal to Python on 4 images")
    assert browser.run("document.querySelector('.drawing')") is None
    assert browser.run("document.querySelector('input[type=file]') !== null")
    assert browser.said == []
    for n in range(7):
        browser.click(f".card:nth-of-type({n + 1}) .glance button:not([hidden])")
        assert "undefined" not in text(browser, "main")
