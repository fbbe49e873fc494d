"""The page in a notebook: what the widget holds, and what it and its frame tell each other."""

import base64
import builtins
import re

import numpy as np
import pytest

import pellucid
from pellucid import MeanSquaredError, Model, Network, Preprocessing, presets
from pellucid.errors import ConfigurationError, DataError
from pellucid.network.layers import Dense, Flatten
from pellucid.studio import notebook
from tests.studio.browser import Browser, needs_browser

pytest.importorskip("anywidget")

NAMES = tuple("abcdefghij")


@pytest.fixture(scope="module")
def model():
    network = presets.reference()
    return Model(network, network.initial_parameters(1), Preprocessing((28, 28)), NAMES)


def images(count=3):
    return np.random.default_rng(0).integers(0, 256, (count, 28, 28), np.uint8)


def test_a_widget_holds_the_page_and_what_is_looked_at(model):
    widget = pellucid.show(model, images(), ["a", "c", "b"], title="Mine", height=500)
    state = widget.get_state()
    assert state["page"].startswith("<!doctype html>")
    assert (state["title"], state["height"], state["address"]) == ("Mine", 500, "")
    assert "export default" in state["_esm"]
    labels = re.search(r'"labels":\[([\d,]+)\]', state["page"])[1]
    assert sorted(labels.split(",")) == ["0", "1", "2"]
    assert repr(widget) == "<StudioWidget: Mine>"
    assert '"labels":[]' in pellucid.show(model).page


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ((images(), None), DataError, "There are images, but no labels; give both, or neither"),
    ((None, [1]), DataError, "There are labels, but no images; give both"),
    ((images(), ["a", "b", "k"]), DataError, "labels hold 'k'; the classes are a, b, c"),
    ((images(), [0, 1, 10]), DataError, "10"),
    ((np.zeros((1, 9, 9)), [1]), DataError, "9"),
])  # fmt: skip
def test_what_can_not_be_shown_is_refused(model, arguments, error, words):
    with pytest.raises(error, match=words):
        pellucid.show(model, *arguments)


def test_only_models_of_classes_are_shown():
    with pytest.raises(ConfigurationError, match="model is Network; give a Model, as load_model"):
        pellucid.show(presets.reference())
    network = Network([Flatten(), Dense(1)], (2, 2), MeanSquaredError())
    numbers = Model(network, network.initial_parameters(), Preprocessing((2, 2)), ("x",))
    with pytest.raises(ConfigurationError, match="loss is MeanSquaredError, but a page shows"):
        pellucid.show(numbers)


def test_without_anywidget_one_sentence_says_what_to_install(model, monkeypatch):
    found = builtins.__import__

    def without(name, *rest, **more):
        if name == "anywidget":
            raise ImportError(name)
        return found(name, *rest, **more)

    notebook._widget.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"pip install 'pellucid\[notebook\]'; 'pelluc"):
        pellucid.show(model)


HOST = """<!doctype html><title>notebook</title><div id="cell"></div>
<script id="page" type="text/plain">%s</script>
<script type="module">%s
const model = {
  state: { page: atob(document.getElementById("page").textContent), title: "Mine",
    address: "v=1.0.4.4", height: 700 },
  asked: null,
  get(name) { return this.state[name]; },
  set(name, value) { this.state[name] = value; },
  save_changes() { window.saved = this.state.address; },
  on(_, call) { this.asked = call; },
  off() { this.asked = null; },
};
window.model = model;
window.away = widget.render({ model, el: document.getElementById("cell") });
</script>"""


@needs_browser
def test_page_and_notebook_tell_each_other_what_is_looked_at(model, tmp_path):
    widget = pellucid.show(model, images(), ["a", "c", "b"])
    code = widget.get_state()["_esm"].replace("export default", "const widget =")
    page = base64.b64encode(widget.page.encode("ascii", "xmlcharrefreplace")).decode()
    path = tmp_path / "host.html"
    path.write_text(HOST % (page, code), "utf-8")
    with Browser(tmp_path / "browser") as browser:
        browser.go(path)
        browser.wait("window.saved?.includes('v=1.0.4.4')")
        browser.run("model.state.address = 'i=1&s=3'; model.asked(); 0")
        browser.wait("/i=1.*s=3/.test(window.saved) && !window.saved.includes('v=')")
        assert browser.run("document.querySelector('iframe').sandbox.value") == "allow-scripts"
        browser.run("away(); 0")
        assert browser.run("model.asked") is None
        assert browser.said == []
