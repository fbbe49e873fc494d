"""The commands that take a model: ``evaluate``, ``predict``, ``summary``."""

import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from tests.command_line.console import fails, invoke


def test_evaluate(trained, model):
    code, out, err = invoke("evaluate", model, "--data", "digits", "--workers", 2)
    metrics = json.loads((trained[0] / "metrics.json").read_text())
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        f"Accuracy {metrics['accuracy']:.3%}, loss {metrics['loss']:.4f} on 360 test images of "
        "digits."
    )
    rows = re.findall(r"^\W*(\d)\W+(\d+)\W+(\d+)\W+([\d.]+%)\W+([\d.]+%)\W*$", out, re.MULTILINE)
    assert [row[0] for row in rows] == list("0123456789")
    assert sum(int(row[1]) for row in rows) == 360
    assert sum(int(row[2]) for row in rows) == round(360 * metrics["accuracy"])


def test_evaluate_draws_the_confusion_matrix(model, tmp_path):
    picture = tmp_path / "new" / "confusion.png"
    code, out, _ = invoke("evaluate", model, "--data", "digits", "--confusion", picture)
    assert code == 0
    assert out.splitlines()[-1] == f"Confusion matrix written to {picture}."
    with Image.open(picture) as opened:
        assert opened.format == "PNG"


def test_evaluate_refuses_what_does_not_fit(model, tmp_path):
    line = fails("evaluate", model, "--data", "digits8")
    assert "(1, 8, 8)" in line
    line = fails("evaluate", model, "--data", "digits", "--confusion", tmp_path / "c.jpg")
    assert line.endswith("let its name end in .png.")
    assert list(tmp_path.iterdir()) == []
    images = np.zeros((4, 28, 28), np.uint8)
    labels = np.array(["cat", "dog"] * 2)
    np.savez(tmp_path / "cats.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert fails("evaluate", model, "--data", tmp_path / "cats.npz").endswith(
        "has the classes cat, dog, but the model was trained on 0, 1, 2, 3, 4 and 5 more; give "
        "--data the set it was trained on."
    )


def bad_model(kind, model, folder):
    path = folder / "bad.safetensors"
    if kind == "truncated":
        path.write_bytes(model.read_bytes()[:10_000])
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("a model")
    return path


@pytest.mark.parametrize("command", ["evaluate", "predict", "summary"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "there is no such file."),
        ("truncated", "it is damaged, cut off, or no safetensors file"),
        ("folder", "it is a folder."),
        ("empty", "it is empty (0 bytes)."),
        ("text", "it is damaged, cut off, or no safetensors file"),
    ],
)
def test_a_model_that_is_none(command, kind, reason, model, tmp_path):
    path = bad_model(kind, model, tmp_path)
    more = {"evaluate": ["--data", "digits"], "predict": ["picture.png"], "summary": []}[command]
    line = fails(command, path, *more)
    assert line.startswith(f"Can't load the model {path}: {reason}")


def labels(out):
    return [json.loads(line)["label"] for line in out.splitlines()]


def test_predict_any_size_kind_and_polarity(model, pictures, right):
    code, out, err = invoke("predict", model, *pictures, "--json")
    assert (code, err) == (0, "")
    assert labels(out) == [right[1]] * len(pictures)


def test_predict_json(model, pictures):
    _, out, _ = invoke("predict", model, *pictures[:2], "--json")
    first, second = (json.loads(line) for line in out.splitlines())
    assert [first["image"], second["image"]] == [str(path) for path in pictures[:2]]
    assert list(first["probabilities"]) == list("0123456789")
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert first["probabilities"][first["label"]] == max(first["probabilities"].values())


def test_predict_prints_a_table(model, pictures, right):
    code, out, err = invoke("predict", model, *pictures)
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines() if "%" in line]
    assert [row[0] for row in rows] == [str(path) for path in pictures]
    assert {row[1] for row in rows} == {right[1]}


def test_predict_names_every_bad_picture(model, pictures, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    line = fails(
        "predict", model, pictures[0], *(tmp_path / f"{name}.png" for name in
        ("empty", "text", "folder", "missing")),
    )  # fmt: skip
    assert line == (
        f"Can't read 4 of 5 pictures: {tmp_path / 'empty.png'}: it is empty (0 bytes); "
        f"{tmp_path / 'text.png'}: it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF "
        f"and GIF; {tmp_path / 'folder.png'}: it is a folder; {tmp_path / 'missing.png'}: there is "
        "no such file"
    )


def test_predict_takes_names_as_they_are(model, pictures, tmp_path):
    """Rich would read markup and emoji in them; a terminal would obey control characters."""
    names = ["[bold]x[blue].png", ":smile:.png"]
    if os.name != "nt":
        names.append("a\x1b[31mb.png")
    for name in names:
        (tmp_path / name).write_bytes(pictures[0].read_bytes())
    code, out, _ = invoke("predict", model, *(tmp_path / name for name in names))
    assert code == 0
    assert "[bold]x[blue].png" in out
    assert ":smile:.png" in out
    assert "\x1b" not in out
    assert "\x1b" not in fails("predict", model, tmp_path / "a\x1b[31mc.png")


@pytest.mark.parametrize("columns", [60, 80])
def test_tables_fit_a_narrow_terminal(model, pictures, columns):
    for arguments in (
        ["predict", model, *pictures],
        ["evaluate", model, "--data", "digits"],
        ["data", "list"],
        ["summary"],
    ):
        code, out, _ = invoke(*arguments, COLUMNS=str(columns))
        assert code == 0
        assert max(map(len, out.splitlines())) <= columns


def test_summary_of_the_reference_network_and_of_a_file(model):
    code, out, err = invoke("summary")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].split() == ["total", "5,880"]
    assert invoke("summary", model) == (0, out, "")
