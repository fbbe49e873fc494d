"""``pellucid predict``."""

import json
import os

import numpy as np
import pytest

from pellucid import load_model, predict_proba
from pellucid.data import read_images
from tests.cli.console import fails, invoke


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


def test_bad_pictures_are_left_out_if_asked(model, pictures, tmp_path):
    (tmp_path / "empty.png").touch()
    code, out, err = invoke("predict", model, pictures[0], tmp_path / "empty.png", "--skip-bad")
    assert (code, out.count("%") > 0) == (0, True)
    assert err == f"Left out 1 of 2, the first {tmp_path / 'empty.png'}: it is empty (0 bytes).\n"
    line = fails("predict", model, pictures[0], "--json", "--csv")
    assert line == "Only one of --json, --csv and --kaggle can be given."
