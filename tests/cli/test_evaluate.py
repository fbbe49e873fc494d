"""``pellucid evaluate``."""

import json
import re

import numpy as np
from PIL import Image

from pellucid import data, evaluate, load_model
from tests.cli.console import fails, invoke


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


def test_evaluate_with_several_views(model):
    loaded, digits = load_model(model), data.load("digits")
    code, out, err = invoke("evaluate", model, "--data", "digits", "--views", "shifts")
    assert (code, err) == (0, "")
    images, labels = digits.test_images, digits.test_labels
    found = evaluate(loaded.network, loaded.parameters, images, labels, views="shifts")
    assert out.splitlines()[-1] == (
        f"Accuracy {found.accuracy:.3%}, loss {found.loss:.4f} on 360 test images of digits."
    )
    alone = evaluate(loaded.network, loaded.parameters, images, labels)
    assert f"{alone.loss:.4f}" != f"{found.loss:.4f}"
    code, _, err = invoke("evaluate", model, "--data", "digits", "--views", "flip")
    assert code == 2
    assert "mirror+shifts" in err.replace("\n", " ")


def test_evaluate_turns_what_is_transposed(model, tmp_path):
    found = data.load("digits")
    upright, turned = tmp_path / "upright.npz", tmp_path / "turned.npz"
    np.savez(upright, x_test=found.test_images, y_test=found.test_labels)
    np.savez(turned, x_test=found.test_images.transpose(0, 2, 1), y_test=found.test_labels)
    expected = invoke("evaluate", model, "--data", upright)[1].replace("upright", "turned")
    assert invoke("evaluate", model, "--data", turned, "--transpose")[1] == expected
    assert invoke("evaluate", model, "--data", turned)[1] != expected


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
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28), np.uint8)
    labels = np.array(["cat", "dog"] * 2)
    np.savez(tmp_path / "cats.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert fails("evaluate", model, "--data", tmp_path / "cats.npz").endswith(
        "has the classes cat, dog; cat, dog are no classes of the model, which was trained on "
        "0, 1, 2, 3, 4 and 5 more. Leave these images out, or give "
        "--data the set it was trained on."
    )
