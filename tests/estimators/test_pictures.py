"""Pictures of any size, as files and as arrays: what counts as one; both come to the same."""

import gc
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image
from scipy import sparse
from sklearn.model_selection import GridSearchCV, cross_val_score

from pellucid import CNNClassifier, CNNRegressor, Dense, Flatten, Preprocessing, ReLU, data
from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.pictures import (
    Pictures,
    choose_preprocessing,
    made_by,
    note_made,
    pictures_in,
)
from tests.estimators.small import DIGITS, small

RANDOM = np.random.default_rng(0)
LABELS = DIGITS.target[:60]


def resized(image, height, width):
    return np.asarray(Image.fromarray((image * 15).astype(np.uint8)).resize((width, height)))


ARRAYS = [resized(image, 12 + n % 7, 12 + n % 5) for n, image in enumerate(DIGITS.images[:60])]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    files = [folder / f"{number}.png" for number in range(60)]
    for file, array in zip(files, ARRAYS, strict=True):
        Image.fromarray(array).save(file)
    return files


class TestPicturesIn:
    @pytest.mark.parametrize(
        "form",
        [
            list, tuple, pd.Series, np.array, pl.Series,
            lambda names: np.array(names, object), lambda names: np.array(names)[:, np.newaxis],
            lambda names: pd.DataFrame({"path": names}), lambda names: pd.Series(names, dtype=str),
        ],
    )  # fmt: skip
    def test_paths_in_any_list(self, form):
        assert pictures_in(form(["a.png", "b.png"])).paths == ["a.png", "b.png"]

    def test_paths_of_any_kind(self):
        assert pictures_in([Path("a.png"), "b.png"]).paths == [Path("a.png"), "b.png"]

    def test_arrays_in_any_list(self):
        flat, colored = np.zeros((2, 3)), np.zeros((4, 5, 3))
        things = np.empty(2, object)
        things[:] = [flat, colored]
        for X in ([flat, colored], (flat, colored), pd.Series([flat, colored]), things):
            assert pictures_in(X).shapes == {(2, 3), (4, 5, 3)}

    @pytest.mark.parametrize(
        "X",
        [
            np.zeros((2, 3)), np.zeros((2, 3, 4)), np.zeros(5), pd.DataFrame(np.zeros((2, 3))),
            pd.Series([1, 2]), sparse.csr_array(np.ones((2, 1))), [[1, 2], [3, 4]], [], None, 5,
            [np.zeros(3), np.zeros(4)], [1, 2], np.array([["a", "b"], ["c", "d"]]), {"a": 1},
        ],
        ids=repr,
    )  # fmt: skip
    def test_everything_else_is_left_alone(self, X):
        assert pictures_in(X) is None

    @pytest.mark.parametrize(
        ("X", "message"),
        [
            ("a.png", "X is 'a.png', a single path; give a list: [path]."),
            (Path("a.png"), "a single path"),
            (["a.png", 3], "'a.png' at index 0, but 3 at index 1; give paths alone, or arrays"),
            ([np.zeros(1), "a.png"], "but 'a.png' at index 1"),
        ],
    )
    def test_what_is_half_of_it_is_named(self, X, message):
        with pytest.raises(DataError, match=re.escape(message)):
            pictures_in(X)


class TestChoice:
    def test_colors_and_size_follow_from_all(self, tmp_path):
        gray, color = np.zeros((4, 6), np.uint8), np.zeros((4, 6, 3), np.uint8)
        for number, array in enumerate((gray, color)):
            Image.fromarray(array).save(tmp_path / f"{number}.png")
        names = [tmp_path / "0.png", tmp_path / "1.png", tmp_path / "missing.png"]
        for pictures in (Pictures([], [gray, color]), Pictures(names, [])):
            made = choose_preprocessing(pictures, None, None, "size")
            assert made == Preprocessing((3, 4, 6), "light-on-dark", "resize")
            made = choose_preprocessing(pictures, (5, 5), 1, "size")
            assert made == Preprocessing((1, 5, 5), "light-on-dark", "resize")

    def test_of_different_sizes_one_is_chosen_and_said(self):
        arrays = [np.zeros((n, 3)) for n in (4, 4, 5, 6, 7, 8)]
        with pytest.warns(UserWarning, match="resized to 6 x 3"):
            made = choose_preprocessing(Pictures([], arrays), None, None, "image_shape")
        assert made.input_shape == (1, 6, 3)

    def test_deep_pictures_are_scaled_alike(self, tmp_path):
        names = [tmp_path / f"{number}.png" for number in range(2)]
        for name, top in zip(names, (1000, 4000), strict=True):
            Image.fromarray(np.array([[0, top]], np.uint16)).save(name)
        with pytest.warns(UserWarning, match="of more than 8 bits the values from 0 to 4095"):
            made = choose_preprocessing(Pictures(names, []), None, None, "size")
        assert made.deep_range == (0, 4095)


def test_only_the_very_array_has_a_maker():
    images, made = np.zeros((2, 3, 3), np.uint8), Preprocessing((3, 3))
    note_made(images, made)
    assert made_by(images) is made
    assert made_by(images[:]) is None
    assert made_by(images + 1) is None
    assert made_by([1]) is None
    key = id(images)
    del images
    gc.collect()
    from pellucid.estimators import pictures

    assert key not in pictures._made


class TestClassifier:
    def test_files_and_arrays_are_the_same(self, paths):
        classifier = small(image_shape=(8, 8)).fit(paths, LABELS)
        other = small(image_shape=(8, 8)).fit(pd.Series(ARRAYS), LABELS)
        made = Preprocessing((8, 8), "light-on-dark", "resize")
        assert (classifier.parameters_ == other.parameters_).all()
        assert classifier.preprocessing_ == other.preprocessing_ == made
        images = data.read_images(paths, made)
        assert (small().fit(images[:, 0], LABELS).parameters_ == classifier.parameters_).all()
        expected = classifier.predict_proba(images[:, 0])
        for X in (paths, [str(path) for path in paths], ARRAYS, pd.Series(ARRAYS)):
            assert (classifier.predict_proba(X) == expected).all()
        assert classifier.score(paths, LABELS) == classifier.score(images[:, 0], LABELS)
        assert classifier.transform(paths).shape == (60, 8)

    def test_do_not_depend_on_company(self, paths):
        classifier = small(image_shape=(8, 8)).fit(paths, LABELS)
        expected = classifier.predict_proba(paths)
        for one in range(5):
            assert (classifier.predict_proba(ARRAYS[one : one + 1]) == expected[one]).all()
        image = data.read_images(paths[:1], classifier.preprocessing_)[0, 0]
        assert (classifier.predict_proba([image, ARRAYS[1]]) == expected[:2][[0, 1]]).all()

    def test_the_size_that_all_have(self, paths):
        same = [array[:12, :12] for array in ARRAYS]
        classifier = small().fit(same, LABELS)
        assert classifier.network_.input_shape == (1, 12, 12)
        for different in (paths, ARRAYS):
            with pytest.warns(UserWarning, match=r"Choose another with image_shape=\(28, 28\)"):
                classifier = small().fit(different, LABELS)
            assert len(classifier.predict(different)) == len(LABELS)

    def test_a_list_of_one_size_is_brought_to_another(self):
        same = [array[:12, :12] for array in ARRAYS]
        classifier = small(image_shape=(8, 8)).fit(same, LABELS)
        assert classifier.network_.input_shape == (1, 8, 8)
        assert (classifier.predict(same) == classifier.predict(pd.Series(same))).all()
        with pytest.raises(ConfigurationError, match="or as a list of pictures, which are resized"):
            small(image_shape=(8, 8)).fit(np.stack(same), LABELS)

    def test_in_color(self):
        colored = [np.stack([array, array // 2, 255 - array], axis=2) for array in ARRAYS]
        classifier = small(image_shape=(8, 8)).fit(colored, LABELS)
        assert classifier.network_.input_shape == (3, 8, 8)
        assert small(image_shape=(8, 8, 1)).fit(colored, LABELS).network_.input_shape == (1, 8, 8)
        assert classifier.predict(colored[:3]).shape == (3,)
        for shape in ((3, 8, 8), (8, 8, 2)):
            with pytest.raises(ConfigurationError, match="pictures have 1 or 3 channels, which co"):
                small(image_shape=shape).fit(colored, LABELS)

    def test_it_is_saved(self, paths, tmp_path):
        classifier = small(image_shape=(8, 8), unknown=0.2).fit(paths, LABELS)
        classifier.save(tmp_path / "model.safetensors")
        loaded = CNNClassifier.load(tmp_path / "model.safetensors")
        assert (loaded.predict_proba(paths) == classifier.predict_proba(paths)).all()
        assert (loaded.is_known(ARRAYS) == classifier.is_known(paths)).all()

    def test_dark_pictures_have_a_range_of_their_own(self, paths):
        dark = [array // 4 for array in ARRAYS]
        classifier = small(image_shape=(8, 8)).fit(dark, LABELS)
        low, high = classifier.pixel_range_
        assert (low, high < 64) == (0, True)
        images = np.stack([classifier.preprocessing_.picture(array)[0] for array in dark])
        assert (classifier.predict_proba(dark) == classifier.predict_proba(images)).all()

    def test_training_goes_on(self, paths):
        classifier = small(image_shape=(8, 8), warm_start=True).fit(paths, LABELS)
        twin = small(image_shape=(8, 8), warm_start=True).fit(paths, LABELS)
        images = data.read_images(paths, twin.preprocessing_)[:, 0]
        classifier.partial_fit(ARRAYS[:30], LABELS[:30]).fit(paths, LABELS)
        twin.partial_fit(images[:30], LABELS[:30]).fit(images, LABELS)
        assert (classifier.parameters_ == twin.parameters_).all()

    def test_they_are_measured_on_too(self, paths):
        seen = small(image_shape=(8, 8))
        seen.fit(paths[:40], LABELS[:40], validation_data=(paths[40:], LABELS[40:]))
        assert seen.validation_scores_[-1] == pytest.approx(seen.score(ARRAYS[40:], LABELS[40:]))

    def test_numbers_of_pictures(self, paths):
        layers = [Flatten(), Dense(8), ReLU()]
        numbers = CNNRegressor(layers, image_shape=(8, 8), max_iter=3, random_state=0)
        numbers.fit(paths, LABELS)
        assert (numbers.predict(paths) == numbers.predict(ARRAYS)).all()
        assert numbers.preprocessing_ == Preprocessing((8, 8), "light-on-dark", "resize")

    def test_in_searches_and_folds(self, paths):
        names = [str(path) for path in paths]
        assert len(cross_val_score(small(image_shape=(8, 8)), names, LABELS, cv=2)) == 2
        grid = {"image_shape": [(4, 4), (8, 8)]}
        search = GridSearchCV(small(), grid, cv=2, error_score="raise").fit(ARRAYS, LABELS)
        assert search.best_estimator_.predict(names).shape == (60,)

    def test_what_is_wrong_is_told_before_pictures_are_read(self, paths):
        missing = [*paths[:3], "missing.png", "gone.png"]
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            small(image_shape=(8, 8)).fit(missing, LABELS)
        with pytest.raises(DataError, match=r"2 of 5 pictures:\n  missing\.png: there is no"):
            small(image_shape=(8, 8)).fit(missing, LABELS[:5])
        classifier = small(image_shape=(8, 8)).fit(paths, LABELS)
        with pytest.raises(DataError, match="2 of 5 pictures"):
            classifier.predict(missing)
        bad = [ARRAYS[0], ARRAYS[1].astype(np.int64), np.zeros((3, 4, 5), np.uint8)]
        with pytest.raises(DataError) as caught:
            classifier.predict(bad)
        first, *lines = str(caught.value).split("\n")
        assert first == "2 of 3 pictures can't be used:"
        assert [line[:7] for line in lines] == ["  X[1]:", "  X[2]:"]

    def test_arrays_of_which_nothing_is_known(self):
        classifier = small().fit(DIGITS.images[:60], LABELS)
        with pytest.raises(DataError, match="not known how those of the training were made"):
            classifier.predict(ARRAYS)
        with pytest.raises(DataError, match="or give the paths of the pictures"):
            classifier.predict([ARRAYS[0]])
        classifier.preprocessing_ = Preprocessing((8, 8), "light-on-dark", "resize")
        assert classifier.predict(ARRAYS).shape == (60,)
