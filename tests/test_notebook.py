"""A real notebook: train, look, predict, interrupt, save; and the command line from a cell."""

import asyncio
import re
import sys

import pytest

from pellucid import Dense, Flatten, History, Model, Network, Preprocessing, Trainer, data
from pellucid.notebook import in_notebook, text_bar

CELLS = {
    "load": "from pellucid import CNNClassifier, HistoryDisplay, PredictionsDisplay, data\n"
    "digits = data.load('digits')\n"
    "X, y = digits.train_images, digits.train_labels\n"
    "digits",
    "train": "classifier = CNNClassifier(max_iter=8, verbose=True, random_state=0).fit(X, y)",
    "bar": "CNNClassifier(max_iter=5, verbose='bar', random_state=0).fit(X, y).n_iter_",
    "look": "PredictionsDisplay.from_estimator(classifier, digits.test_images, digits.test_labels)",
    "history": "HistoryDisplay.from_estimator(classifier)",
    "show": "classifier.show(digits.test_images, digits.test_labels)",
    "predict": "float(classifier.score(digits.test_images, digits.test_labels))",
    "interrupt": "import os, signal, warnings\n"
    "def stop(epoch):\n"
    "    if epoch.epoch == 2:\n"
    "        os.kill(os.getpid(), signal.SIGINT)  # as the stop button does\n"
    "with warnings.catch_warnings(record=True) as caught:\n"
    "    warnings.simplefilter('always')\n"
    "    stopped = CNNClassifier(max_iter=50, callbacks=stop, random_state=0).fit(X, y)\n"
    "stopped.n_iter_ < 50, str(caught[-1].message)",
    "reading": "import time\n"
    "with data.show_reading() as progress:\n"
    "    progress(1, 2)\n"
    "    time.sleep(0.3)\n"
    "    progress(2, 2)",
    "save": "classifier.save('model.safetensors')\n"
    "again = CNNClassifier.load('model.safetensors')\n"
    "bool((again.predict(digits.test_images) == classifier.predict(digits.test_images)).all())",
    "trainer": "from pellucid import Trainer, presets\n"
    "trainer = Trainer(presets.default((1, 28, 28), 10))\n"
    "trainer.fit(X, y, epochs=1)",
    # A command's environment need not know the notebook's backend.
    "command": "%env MPLBACKEND=module://not.in.this.environment\n"
    f"!{sys.executable} -m pellucid train --data digits --images 3000 --out run\n"
    "' '.join(sorted(name for name in os.listdir('run') if name.endswith('.png')))",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return what each cell gave: a list of its outputs."""
    client = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("PYTHONWARNINGS", "ignore")
        runner = client.NotebookClient(
            notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
        )
        runner.kernel_name = "python3"
        asyncio.run(runner.async_execute())
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def shown(outputs):
    return [output for output in outputs if output.output_type != "stream"]


def result(outputs):
    """Return the text of the value at a cell's end."""
    (found,) = [o.data["text/plain"] for o in outputs if o.output_type == "execute_result"]
    return found


def test_a_data_set_has_a_short_text(outputs):
    assert result(outputs["load"]) == (
        "<Dataset digits: 1,437 training and 360 test images of 1 x 28 x 28, uint8, 10 classes: "
        "0, 1, 2, 3, 4 and 5 more (bundled with scikit-learn)>"
    )
    assert result(outputs["trainer"]).startswith("<History: ")


def test_training_is_one_line_that_is_rewritten(outputs):
    (line,) = outputs["train"]
    assert line.data["text/plain"].startswith("pass 8 of 8  loss 0.")
    bar, _ = outputs["bar"]
    assert re.fullmatch("█{24} pass 5 of 5  loss .* 0 s left", bar.data["text/plain"])


@pytest.mark.parametrize("name", ["look", "history"])
def test_pictures_are_shown_once(outputs, name):
    assert sum("image/png" in output.data for output in shown(outputs[name])) == 1


def test_every_number_is_shown_in_a_cell(outputs):
    pytest.importorskip("anywidget")
    (output,) = shown(outputs["show"])
    assert "application/vnd.jupyter.widget-view+json" in output.data


def test_predictions_are_good(outputs):
    assert float(result(outputs["predict"])) > 0.9


def test_an_interruption_keeps_what_was_learned(outputs):
    assert result(outputs["interrupt"]) == (
        "(True,\n 'Training was interrupted after 2 of 50 passes; what was learned is kept.')"
    )


def test_the_bar_of_reading_goes_away(outputs):
    (line,) = outputs["reading"]
    assert line.data["text/plain"] == ""


def test_a_model_is_saved(outputs):
    assert result(outputs["save"]) == "True"


def test_a_command_draws_whatever_the_notebook_s_backend_is(outputs):
    text = "".join(o.text for o in outputs["command"] if o.output_type == "stream")
    assert "Traceback" not in text
    assert "Written to run" in text
    assert result(outputs["command"]) == (
        "'confusion.png filters.png loss.png predictions.png randomized.png'"
    )


def test_a_test_is_no_notebook():
    assert not in_notebook()


@pytest.mark.parametrize(("share", "full"), [(-1, 0), (0, 0), (0.25, 6), (1, 24), (2, 24)])
def test_a_bar_of_letters(share, full):
    assert text_bar(share) == "█" * full + " " * (24 - full)


def test_texts_of_what_holds_arrays_are_a_line():
    """As a notebook shows them at the end of a cell."""
    digits = data.load("digits")
    trainer = Trainer(Network([Flatten(), Dense(10)], (28, 28)))
    history = trainer.fit(digits.train_images, digits.train_labels, epochs=2, batch_size=64)
    model = Model(
        trainer.network, trainer.parameters, Preprocessing((28, 28)), tuple(map(str, range(10)))
    )
    found = trainer.evaluate(digits.test_images, digits.test_labels)
    for value in (digits, history, History(), model, found, trainer.state):
        assert len(repr(value)) < 200
        assert "\n" not in repr(value)
