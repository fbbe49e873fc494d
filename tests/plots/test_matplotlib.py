"""No setting of a session keeps the pictures from being drawn."""

import os
import subprocess
import sys
import threading

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pellucid.plots._matplotlib import is_in_session, session_figure

BACKENDS = ["module://matplotlib_inline.backend_inline", "module://nothing.there", "foo", "TkAgg"]

DRAW = """
import os
from pathlib import Path
from pellucid import HistoryDisplay, PredictionsDisplay, plots
plots.save(plots.loss_curve([2.0, 1.0]), Path("loss.png"))
HistoryDisplay([2.0, 1.0]).plot().figure_.canvas.draw()
PredictionsDisplay([[[[0.0]]]], [0], [[1.0, 0.0]], ["a", "b"]).plot().figure_.canvas.draw()
print(os.environ["MPLBACKEND"])
"""


def run(code, folder, backend):
    environment = {**os.environ, "MPLBACKEND": backend}
    environment.pop("DISPLAY", None)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_will_do(backend, tmp_path):
    done = run(DRAW, tmp_path, backend)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "loss.png").stat().st_size > 1000
    assert done.stdout == f"{backend}\n"  # which others may need


def test_a_backend_that_is_known_stays_the_session_s(tmp_path):
    code = "import pellucid.plots, matplotlib; print(matplotlib.rcParams['backend'])"
    assert run(code, tmp_path, "svg").stdout == "svg\n"


@pytest.fixture(autouse=True)
def _figures_are_closed():
    matplotlib.use("agg")
    yield
    plt.close("all")


def test_the_session_finds_its_figure():
    figure = session_figure(figsize=(2, 1))
    assert figure is plt.gcf()
    assert is_in_session(figure)
    plt.close(figure)
    assert not is_in_session(figure)


def test_a_thread_has_a_figure_of_its_own():
    figures = []
    thread = threading.Thread(target=lambda: figures.append(session_figure(figsize=(2, 1))))
    thread.start()
    thread.join()
    assert isinstance(figures[0].canvas, FigureCanvasAgg)
    assert not plt.get_fignums()
    assert not is_in_session(figures[0])


def test_a_backend_that_fails_is_done_without(monkeypatch):
    def fail(**settings):
        raise RuntimeError("no display")

    monkeypatch.setattr(plt, "figure", fail)
    assert isinstance(session_figure().canvas, FigureCanvasAgg)
