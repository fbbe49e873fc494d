"""What every picture promises: one style, the same bytes, a whole file, no pyplot."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pellucid import Dense, Flatten, Model, Network, Preprocessing, plots, save_model
from pellucid.errors import ConfigurationError
from pellucid.plots import _style
from pellucid.plots._style import fitted, text_width

EVERY_PICTURE = [
    lambda: plots.loss_curve([2.3, 1.2, 0.7]),
    lambda: plots.predictions(np.zeros((2, 8, 8)), [0, 1], [[0.9, 0.1]] * 2, ["a", "b"]),
    lambda: plots.confusion([0, 1], [1, 1], ["a", "b"]),
    lambda: plots.randomized(np.zeros((2, 8, 8)), np.ones((2, 8, 8))),
    lambda: plots.filters([np.ones((2, 1, 3, 3))], ["f1"]),
]


class TestTexts:
    @given(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.floats(0.3, 2))
    def test_fitted_texts_fit(self, text, width):
        short = fitted(text, width, 9)
        assert text_width(short, 9) <= width
        assert short == text or short.endswith("…")


class TestNames:
    @pytest.mark.parametrize("name", ["日本語", "\U0001f600", "half \udcff", "$\\frac{$"])
    def test_any_name_is_drawn_without_a_word(self, name, tmp_path, monkeypatch):
        monkeypatch.setattr(_style, "_font_family", lambda: ["DejaVu Sans"])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figures = [
                plots.confusion([0, 1], [1, 1], [name, "b"]),
                plots.predictions(np.zeros((2, 8, 8)), [0, 1], [[0.9, 0.1]] * 2, [name, "b"]),
            ]
            for figure in figures:
                assert plots.save(figure, tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize("draw", EVERY_PICTURE)
class TestEveryPicture:
    def test_same_input_same_bytes_whatever_the_user_has_set(self, draw, tmp_path):
        first = plots.save(draw(), tmp_path / "first.png").read_bytes()
        with matplotlib.rc_context(
            {"axes.facecolor": "black", "font.size": 20, "lines.color": "r"}
        ):
            before = dict(matplotlib.rcParams)
            second = plots.save(draw(), tmp_path / "second.png").read_bytes()
            assert dict(matplotlib.rcParams) == before
        assert first == second
        assert b"matplotlib" not in first

    def test_is_150_dots_an_inch_on_white(self, draw, tmp_path):
        figure = draw()
        with Image.open(plots.save(figure, tmp_path / "picture.png")) as picture:
            assert picture.format == "PNG"
            np.testing.assert_allclose(picture.size, figure.get_size_inches() * 150, atol=1)
            assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


class TestSave:
    def test_leaves_nothing_but_the_picture_and_replaces_an_old_one(self, tmp_path):
        path = tmp_path / "new" / "loss.png"
        for losses in ([1.0], [1.0, 2.0]):
            assert plots.save(plots.loss_curve(losses), str(path)) == path
        assert [file.name for file in path.parent.iterdir()] == ["loss.png"]

    def test_a_failure_keeps_the_old_picture(self, tmp_path, monkeypatch):
        path = plots.save(plots.loss_curve([1.0]), tmp_path / "loss.png")
        old, figure = path.read_bytes(), plots.loss_curve([1.0, 2.0])

        def fail(file, **_):
            file.write(b"half")
            raise OSError("no space left")

        monkeypatch.setattr(figure, "savefig", fail)
        with pytest.raises(OSError, match="no space left"):
            plots.save(figure, path)
        assert path.read_bytes() == old
        assert list(tmp_path.iterdir()) == [path]

    def test_refuses_another_format(self, tmp_path):
        with pytest.raises(
            ConfigurationError, match=r"the path is '.*loss\.pdf'; let its name end"
        ):
            plots.save(plots.loss_curve([1.0]), tmp_path / "loss.pdf")


def test_a_command_that_draws_nothing_imports_no_matplotlib(tmp_path):
    network = Network([Flatten(), Dense(10)], (8, 8))
    classes = tuple(map(str, range(10)))
    model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), classes)
    save_model(tmp_path / "model.safetensors", model)
    code = (
        "import sys\n"
        "from pellucid.cli.main import app\n"
        f"app(['evaluate', {str(tmp_path / 'model.safetensors')!r}, '--data', 'digits8'],\n"
        "    standalone_mode=False)\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Accuracy" in done.stdout


def test_matplotlib_comes_with_the_pictures_alone_and_without_pyplot():
    code = (
        "import sys, pathlib, tempfile\n"
        "import pellucid, pellucid.cli.main, pellucid.runs.run\n"
        "from pellucid import data\n"
        "data.available()\n"
        "assert 'matplotlib' not in sys.modules and 'sklearn' not in sys.modules\n"
        "from pellucid import plots\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    plots.save(plots.loss_curve([1.0]), pathlib.Path(folder, 'a.png'))\n"
        "    plots.save(plots.confusion([0, 1], [1, 1], 'ab'), pathlib.Path(folder, 'b.png'))\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'sklearn' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_backend_that_turns_interaction_on_while_drawing_keeps_it():
    """As a notebook's does, when pyplot is first used by one of the pictures."""
    was = matplotlib.is_interactive()
    try:
        for turned in (True, False):
            _style.styled(matplotlib.interactive)(turned)
            assert matplotlib.is_interactive() is turned
    finally:
        matplotlib.interactive(was)
