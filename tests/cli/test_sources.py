"""``train``, ``evaluate`` and CNNClassifier on every kind of source."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from pellucid import CNNClassifier, Preprocessing, data, load_model
from pellucid.data.sets.fashion_mnist import FASHION_MNIST
from tests.caches import use_own_cache
from tests.cli.conftest import DIGITS
from tests.cli.console import fails, invoke

COUNT = 300
QUICK = ["--images", 2048, "--batch-size", 128, "--randomize", "none"]


@pytest.fixture(autouse=True)
def _quick(tmp_path, monkeypatch, no_pictures):
    monkeypatch.chdir(tmp_path)
    use_own_cache(tmp_path, monkeypatch)


def digits():
    return DIGITS().train_images[:COUNT], DIGITS().train_labels[:COUNT]


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def write_folder(path):
    for number, (image, label) in enumerate(zip(*digits(), strict=True)):
        place = path / str(label) / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(png(image))


def write_csv(path):
    lines = ["label," + ",".join(f"pixel{number}" for number in range(784))]
    images, labels = digits()
    for image, label in zip(images, labels, strict=True):
        lines.append(f"{label}," + ",".join(map(str, image.ravel().tolist())))
    path.write_text("\n".join(lines) + "\n")


def write_idx(path):
    path.mkdir()
    for name, array in (("images-idx3", digits()[0]), ("labels-idx1", digits()[1])):
        (path / f"train-{name}-ubyte").write_bytes(idx(array))


def write_npz(path):
    images, labels = digits()
    with path.open("wb") as file:
        np.savez(file, x_train=images, y_train=labels)


def write_parquet(path):
    pyarrow = pytest.importorskip("pyarrow")
    images, labels = digits()
    table = pyarrow.table({"image": [png(image) for image in images], "label": labels})
    pytest.importorskip("pyarrow.parquet").write_table(table, path)


SOURCES = {
    "folder": write_folder,
    "a.csv": write_csv,
    "idx": write_idx,
    "a.npz": write_npz,
    "a.parquet": write_parquet,
}


def train(source, *options, out="run"):
    code, _, err = invoke("train", "--data", source, *QUICK, *options, "--out", out)
    assert code == 0, err
    return json.loads(open_text(out, "metrics.json")), err


def open_text(folder, name):
    with open(f"{folder}/{name}", encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def evaluated(model, source, *options):
    code, out, err = invoke("evaluate", model, "--data", source, *options)
    assert code == 0, err
    return out.splitlines()[-1]


@pytest.mark.parametrize("source", [*SOURCES, "digits+a.npz"])
def test_a_source_trains_evaluates_and_loads_as_an_estimator(source, tmp_path):
    for name, write in SOURCES.items():
        if name in source:
            write(tmp_path / name)
    metrics, err = train(source)
    found = data.load(source)
    assert f"Data: {source}, {len(found.train_images):,} training and " in err
    assert metrics["test_images"] == len(found.test_images) > 50
    model = "run/model.safetensors"
    assert evaluated(model, source).startswith(f"Accuracy {metrics['accuracy']:.3%}, loss ")
    classifier = CNNClassifier.load(model)
    assert classifier.score(found.test_images, found.test_labels) == metrics["accuracy"]
    expected = found.preprocessing or Preprocessing((28, 28))
    assert load_model(model).preprocessing == classifier.preprocessing_ == expected


def test_all_sources_hold_the_same_images(tmp_path):
    fingerprints = set()
    for name, write in SOURCES.items():
        write(tmp_path / name)
        found = data.load(name)
        images = np.concatenate([found.train_images, found.test_images])
        labels = np.concatenate([found.train_labels, found.test_labels])
        order = np.lexsort(images.reshape(len(images), -1).T)
        fingerprints.add((images[order].tobytes(), labels[order].tobytes(), found.classes))
    assert len(fingerprints) == 1


def test_fashion_mnist(tmp_path):
    if not all((FASHION_MNIST.folder / name).is_file() for name in FASHION_MNIST.file_sums):
        pytest.skip(f"Fashion-MNIST is not in {FASHION_MNIST.folder}: {FASHION_MNIST.advice}")
    metrics, _ = train("fashion-mnist")
    model = load_model("run/model.safetensors")
    assert model.classes == FASHION_MNIST.classes
    assert model.preprocessing == Preprocessing((28, 28), fit="resize")
    assert metrics["test_images"] == 10_000


def test_the_preprocessing_of_training_is_that_of_evaluation_and_prediction(tmp_path):
    """Digits small in a corner of large white sheets: only --fit mnist finds them."""
    for number, (image, label) in enumerate(zip(*digits(), strict=True)):
        sheet = np.full((90, 120), 255, np.uint8)
        top, left = 3 + number % 50, 3 + number % 70
        sheet[top : top + 28, left : left + 28] = 255 - image
        place = tmp_path / "sheets" / str(label) / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sheet).save(place)
    metrics, _ = train("sheets", "--fit", "mnist")
    model = load_model("run/model.safetensors")
    assert model.preprocessing == Preprocessing((28, 28))
    assert evaluated("run/model.safetensors", "sheets").startswith(
        f"Accuracy {metrics['accuracy']:.3%}"
    )
    found = data.load("sheets", preprocessing=model.preprocessing, say=print)
    classifier = CNNClassifier.load("run/model.safetensors")
    paths = sorted(tmp_path.glob("sheets/3/*.png"))
    code, out, _ = invoke("predict", "run/model.safetensors", *paths, "--json")
    assert code == 0
    images = np.stack([model.preprocessing.picture(data.read_picture(path)) for path in paths])
    assert [json.loads(line)["label"] for line in out.splitlines()] == [
        str(label) for label in classifier.predict(images[:, 0])
    ]
    assert classifier.score(found.test_images, found.test_labels) == metrics["accuracy"]


def test_size_and_color(tmp_path):
    random = np.random.default_rng(0)
    for name in ("red", "blue"):
        for number in range(30):
            pixels = random.integers(0, 100, (15 + number % 3, 17, 3)).astype(np.uint8)
            pixels[:, :, 0 if name == "red" else 2] += 120
            place = tmp_path / "colors" / name / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place)
    metrics, err = train("colors", out="chosen")
    assert "all are resized to 16 x 16. Choose another with --size 28 28." in err
    assert metrics["recipe"] == "auto"
    metrics, _ = train("colors", "--size", 12, 14, "--test-share", 0.5)
    assert metrics["test_images"] == 30
    model = load_model("run/model.safetensors")
    assert model.network.input_shape == (3, 12, 14)
    # Evaluation keeps apart what training kept apart, unless it is told otherwise.
    assert "on 30 test images" in evaluated("run/model.safetensors", "colors")
    assert "on 12 test images" in evaluated("run/model.safetensors", "colors", "--test-share", 0.2)


def test_bad_files_are_listed_or_skipped(tmp_path):
    write_folder(tmp_path / "folder")
    for number in range(3):
        (tmp_path / "folder" / "3" / f"bad{number}.png").touch()
    line = fails("train", "--data", "folder", *QUICK)
    assert line.startswith(
        "folder has 3 bad files; repair or remove them, or go on without them (--skip-bad): "
    )
    assert line.count("it is empty (0 bytes)") == 3
    _, err = train("folder", "--skip-bad")
    assert "Going on without 3 bad files of folder, the first " in err
    model = "run/model.safetensors"
    assert "3 bad files" in fails("evaluate", model, "--data", "folder")
    assert evaluated(model, "folder", "--skip-bad").startswith("Accuracy ")


def test_no_test_image_of_evaluate_was_trained_on(tmp_path, monkeypatch):
    """Without --size pictures of another size are bad for train; evaluate resizes them."""
    write_folder(tmp_path / "folder")
    for number in range(0, COUNT, 15):
        (path,) = tmp_path.glob(f"folder/*/{number}.png")
        Image.open(path).resize((30, 30)).save(path)
    train("folder", "--skip-bad")
    trained = data.load("folder", skip_bad=True)
    seen = []
    real = data.load
    monkeypatch.setattr(data, "load", lambda *a, **k: seen.append(real(*a, **k)) or seen[-1])
    evaluated("run/model.safetensors", "folder")
    tested = {image.tobytes() for image in seen[0].test_images}
    assert len(trained.test_images) <= len(tested)
    assert {image.tobytes() for image in trained.test_images} <= tested
    assert not tested & {image.tobytes() for image in trained.train_images}


def test_a_file_s_name_is_no_command_to_the_terminal(tmp_path):
    write_folder(tmp_path / "folder")
    (tmp_path / "folder" / "3" / "\x1b[31mred.png").touch()
    _, err = train("folder", "--skip-bad")
    assert "the first folder/3/?[31mred.png: it is empty (0 bytes)." in err
    assert "\x1b" not in err


def test_many_bad_files_are_listed_below_one_another(tmp_path):
    write_folder(tmp_path / "folder")
    for number in range(8):
        (tmp_path / "folder" / "3" / f"bad{number}\n.png").touch()
    code, _, err = invoke("train", "--data", "folder", *QUICK)
    assert code == 1
    lines = err.splitlines()
    assert lines[0].startswith("Error: folder has 8 bad files; ")
    assert lines[0].endswith("(--skip-bad):")
    assert all("bad" in line for line in lines)


def test_a_model_is_evaluated_on_a_part_of_its_classes_in_any_order(tmp_path):
    write_npz(tmp_path / "a.npz")
    train("a.npz")
    images, labels = digits()
    chosen = np.flatnonzero((labels == 7) | (labels == 3))
    names = np.array(["7", "3"])
    np.savez(
        "two.npz", x_train=images[chosen], y_train=(labels[chosen] == 3).astype(int),
        x_test=images[chosen], y_test=(labels[chosen] == 3).astype(int), classes=names,
    )  # fmt: skip
    classifier = CNNClassifier.load("run/model.safetensors")
    score = classifier.score(images[chosen], labels[chosen])
    assert evaluated("run/model.safetensors", "two.npz").startswith(f"Accuracy {score:.3%}")


def test_float_images_stay_what_they_are(tmp_path):
    images, labels = digits()
    np.savez("a.npz", x_train=images / 255, y_train=labels)
    metrics, _ = train("a.npz")
    classifier = CNNClassifier.load("run/model.safetensors")
    assert classifier.pixel_range_ == (0.0, 1.0)
    found = data.load("a.npz")
    assert classifier.score(found.test_images, found.test_labels) == metrics["accuracy"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--size", 0, 28], "--size is 0 x 28; it must be 1 x 1 at least."),
        (
            ["--size", 28, 9, "--recipe", "reference"],
            "--size is 28 x 9, too small for the reference network; it needs 10",
        ),
        (["--test-share", 1], "--test-share is 1.0; it must be above 0 and below 1, such as 0.2."),
        (["--test-share", "nan"], "--test-share is nan; it must be above 0 and below 1"),
    ],
)
def test_bad_options_are_told_before_reading(options, message):
    assert fails("train", "--data", "nowhere", *options).startswith(message)


def test_a_table_in_another_layout_trains_and_evaluates_and_says_what_is_guessed(tmp_path):
    images, labels = digits()
    names = [f"p{n}" for n in range(784)]
    table = np.column_stack([np.arange(COUNT), images.reshape(COUNT, -1), labels])
    header = ",".join(["id", *names, "digit"])
    np.savetxt("a.csv", table, "%d", ",", header=header, comments="")
    _, _, said = invoke("train", "--data", "a.csv", "--out", "first", *QUICK)
    assert "a.csv: the column 'digit' is taken for the label; say otherwise with --label N" in said
    assert "a.csv: the column 'id' is taken for no pixels, and left out" in said
    metrics, _ = train("a.csv", "--label", "digit")
    assert metrics["accuracy"] > 0.5
    assert evaluated("run/model.safetensors", "a.csv").startswith("Accuracy ")
    assert "--label" not in invoke("evaluate", "run/model.safetensors", "--data", "a.csv")[2]
    assert fails("train", "--data", "a.csv", "--label", "no").startswith(
        "a.csv has no column 'no' for the label"
    )
    assert fails("train", "--data", "a.csv", "--pixel-range", 9, 1).startswith(
        "--pixel-range is (9.0, 1.0); it must be two finite numbers, the lower first"
    )


def test_a_csv_file_that_is_no_square_needs_a_size(tmp_path):
    (tmp_path / "a.csv").write_text(
        "label," + ",".join(f"p{n}" for n in range(150)) + "\n"
        + "".join(f"{n % 2}," + ",".join(["7"] * 150) + "\n" for n in range(20))
    )  # fmt: skip
    assert fails("train", "--data", "a.csv").endswith(
        "which make no square images; give --size HEIGHT WIDTH."
    )
    train("a.csv", "--size", 10, 15)
    # The model knows the size now.
    assert evaluated("run/model.safetensors", "a.csv").startswith("Accuracy ")
