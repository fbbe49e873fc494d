"""``pellucid predict``."""

import dataclasses
import json
import os

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from pellucid import CNNClassifier, CNNRegressor, load_model, predict_proba, save_model
from pellucid.data import read_images
from tests.cli.console import fails, invoke

DIGITS = load_digits()


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


def test_predict_with_several_views(model, pictures):
    loaded = load_model(model)
    images = loaded.preprocessing.for_kernels(read_images(pictures, loaded.preprocessing))
    for views in ("mirror", "shifts", "mirror+shifts"):
        code, out, err = invoke("predict", model, *pictures, "--json", "--views", views)
        assert code == 0, err
        found = [json.loads(line)["probabilities"] for line in out.splitlines()]
        expected = predict_proba(loaded.network, loaded.parameters, images, views=views)
        np.testing.assert_array_equal([list(row.values()) for row in found], expected)
    code, _, err = invoke("predict", model, *pictures, "--views", "flip")
    assert code == 2
    assert "mirror+shifts" in err.replace("\n", " ")


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
        f"{tmp_path / 'text.png'}: it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF, "
        f"GIF and WebP; {tmp_path / 'folder.png'}: it is a folder without a picture; "
        f"{tmp_path / 'missing.png'}: there is no such file"
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


def test_a_folder_and_a_csv_file(model, right, pictures, tmp_path):
    folder = pictures[0].parent
    code, out, err = invoke("predict", model, folder, "--json")
    assert (code, err, labels(out)) == (0, "", [right[1]] * len(pictures))
    rows = tmp_path / "rows"
    rows.mkdir()
    names = ",".join(f"pixel{number}" for number in range(784))
    line = ",".join(map(str, right[0].ravel().tolist()))
    (rows / "test.csv").write_text(f"{names}\n{line}\n{line}\n")
    code, out, err = invoke("predict", model, rows / "test.csv", "--kaggle")
    assert (code, err) == (0, "2 of 2 pictures are equal.\n")
    assert out == f"ImageId,Label\n1,{right[1]}\n2,{right[1]}\n"
    code, out, _ = invoke("predict", model, pictures[0], "--csv")
    header, row = (line.split(",") for line in out.splitlines())
    assert header == ["image", "label", *"0123456789"]
    assert row[:2] == [str(pictures[0]), right[1]]
    assert sum(map(float, row[2:])) == pytest.approx(1, abs=1e-4)


def test_what_is_like_nothing_trained_is_unknown(model, pictures, right, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    both = (pictures[0], tmp_path / "noise.png", "--unknown")
    code, out, err = invoke("predict", model, *both, "--false-alarms", 0.05, "--json")
    assert code == 0, err
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["label"], first["is_known"]) == (right[1], True)
    assert (second["label"], second["is_known"]) == ("unknown", False)
    assert sum(second["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    _, out, _ = invoke("predict", model, *both, "--false-alarms", 0.05)
    rows = [line.split() for line in out.splitlines() if ".png" in line]
    assert rows[0][1:3] == [right[1], f"{first['probabilities'][right[1]]:.1%}"]
    assert rows[1] == [str(tmp_path / "noise.png"), "unknown"]
    _, out, _ = invoke("predict", model, *both, "--false-alarms", 0.05, "--kaggle")
    assert out.splitlines()[2] == "noise,unknown"
    assert "is_known" not in invoke("predict", model, pictures[0], "--json")[1]


def test_unknown_says_what_it_needs(model, pictures, tmp_path):
    loaded = load_model(model)
    assert loaded.known.false_alarms == 0.05
    old = tmp_path / "old.safetensors"
    save_model(old, dataclasses.replace(loaded, known=None))
    assert fails("predict", old, pictures[0], "--unknown") == (
        "The model can't tell what is unknown: it is of an older Pellucid, of a run that was ended "
        "before its test, or of a CNNClassifier without unknown=0.05. Train it anew, by pellucid "
        "train or with that."
    )
    assert fails("predict", model, pictures[0], "--false-alarms", 0.1) == (
        "--false-alarms says how often --unknown may be wrong; give both."
    )
    assert fails("predict", model, pictures[0], "--unknown", "--false-alarms", 1e-9) == (
        "--false-alarms is 1e-09, but the 360 distances of images held back tell no share below "
        "0.0028; give that or more."
    )
    assert "--false-alarms is 2.0; it must be above 0 and below 1" in fails(
        "predict", model, pictures[0], "--unknown", "--false-alarms", 2
    )


def test_bad_pictures_are_left_out_if_asked(model, pictures, tmp_path):
    (tmp_path / "empty.png").touch()
    code, out, err = invoke("predict", model, pictures[0], tmp_path / "empty.png", "--skip-bad")
    assert (code, out.count("%") > 0) == (0, True)
    assert err == f"Left out 1 of 2, the first {tmp_path / 'empty.png'}: it is empty (0 bytes).\n"
    line = fails("predict", model, pictures[0], "--json", "--csv")
    assert line == "Only one of --json, --csv and --kaggle can be given."


def saved(estimator, y, path):
    """Save an estimator that has learned something of a few digits."""
    estimator.set_params(max_iter=1, random_state=0).fit(DIGITS.images[: len(y)], y).save(path)
    return path


def test_predict_several_labels(pictures, tmp_path):
    """Those above 0.5, in every form of output."""
    y = np.stack([DIGITS.target % 2, DIGITS.target > 4], axis=1)[:100]
    path = saved(CNNClassifier(), y, tmp_path / "labels.safetensors")
    classifier = CNNClassifier.load(path)
    classifier.classes_ = np.array(["odd", "large"])
    classifier.parameters_[-2:] = 40, -40  # odd beyond doubt, and never large
    classifier.save(path)
    code, out, err = invoke("predict", path, pictures[0], "--json")
    found = json.loads(out.splitlines()[-1])
    assert (code, found["labels"]) == (0, ["odd"])
    assert found["probabilities"]["odd"] > 0.99 > 0.01 > found["probabilities"]["large"]
    rows = invoke("predict", path, pictures[0], "--csv")[1].splitlines()
    assert rows[-2:] == ["image,labels,odd,large", rows[-1]]
    assert rows[-1].startswith(f"{pictures[0]},odd,1,")
    rows = invoke("predict", path, pictures[0], "--kaggle")[1].splitlines()
    assert rows[-1].endswith(",odd")
    table = invoke("predict", path, pictures[0])[1]
    assert "odd 100.0%" in table
    assert err or "label" in table


def test_a_model_of_numbers_is_asked_in_python(pictures, tmp_path):
    path = saved(CNNRegressor(), DIGITS.target[:100] / 2, tmp_path / "numbers.safetensors")
    line = fails("predict", path, pictures[0])
    assert line == (
        "This model gives numbers, not classes; ask it in Python: "
        "CNNRegressor.load(path).predict(paths)."
    )
    line = fails("evaluate", path, "--data", "digits")
    assert line == (
        "This model learned numbers, but data here have one class an image; test it in Python: "
        "CNNRegressor.load(path).score(X, y)."
    )


def test_a_model_of_several_labels_is_tested_in_python(tmp_path):
    y = np.stack([DIGITS.target % 2, DIGITS.target > 4], axis=1)[:100]
    path = saved(CNNClassifier(), y, tmp_path / "labels.safetensors")
    line = fails("evaluate", path, "--data", "digits")
    assert line == (
        "This model learned several labels an image, but data here have one class an image; test "
        "it in Python: CNNClassifier.load(path).score(X, y)."
    )
