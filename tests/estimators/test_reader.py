import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from sklearn.utils import estimator_checks

from pellucid import CNNClassifier, ImageReader, Preprocessing, data
from pellucid.errors import ConfigurationError, DataError
from tests.cli.console import invoke
from tests.estimators.small import small
from tests.estimators.test_pictures import ARRAYS, LABELS

MNIST = Preprocessing((28, 28))


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    files = [folder / f"{number}.png" for number in range(60)]
    for file, array in zip(files, ARRAYS, strict=True):
        Image.fromarray(255 - array).save(file)
    return files


@pytest.mark.parametrize(
    "reader", [ImageReader((8, 9)), ImageReader(preprocessing=MNIST)], ids=["size", "mnist"]
)
def test_it_is_what_read_images_does(reader, paths):
    images = reader.fit_transform(paths)
    assert (images == data.read_images(paths, reader.preprocessing_)[:, 0]).all()
    arrays = [255 - array for array in ARRAYS]
    for X in (arrays, pd.Series(arrays), [str(path) for path in paths]):
        assert (reader.transform(X) == images).all()


def test_images_have_channels_last():
    color = RANDOM = np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), np.uint8)
    images = ImageReader().fit_transform(color)
    assert (images == RANDOM).all()
    assert images.flags.c_contiguous
    assert ImageReader((2, 2)).fit_transform([color[0], color[0, :, :3]]).shape == (2, 2, 2, 3)
    assert ImageReader(7).fit_transform(color).shape == (3, 7, 7, 3)
    assert ImageReader().fit(color).transform(color[0, ..., 0][np.newaxis]).shape == (1, 5, 4, 3)


def test_a_pipeline_is_saved_with_its_preprocessing(paths, tmp_path):
    pipe = make_pipeline(ImageReader(preprocessing=MNIST), small()).fit(paths, LABELS)
    file = tmp_path / "model.safetensors"
    pipe[-1].save(file)
    loaded = CNNClassifier.load(file)
    assert loaded.preprocessing_ == MNIST
    expected = pipe.predict(paths)
    assert (loaded.predict(paths) == expected).all()
    code, out, err = invoke("predict", file, *paths, "--csv")
    assert code == 0
    assert "not stored" not in err
    assert [line.split(",")[1] for line in out.splitlines()[1:]] == list(map(str, expected))


def test_what_is_changed_on_the_way_is_not_claimed(paths):
    half = FunctionTransformer(lambda images: images // 2)
    pipe = make_pipeline(ImageReader((8, 8)), half, small()).fit(paths, LABELS)
    assert pipe[-1]._fitted.is_guessed
    assert not make_pipeline(ImageReader((8, 8)), small()).fit(paths, LABELS)[-1]._fitted.is_guessed


def test_in_searches_folds_and_before_others(paths):
    names = [str(path) for path in paths]
    pipe = make_pipeline(ImageReader(), small())
    grid = {"imagereader__size": [4, (8, 8)], "imagereader__preprocessing": [None]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(names, LABELS)
    assert search.predict(names).shape == (60,)
    rows = FunctionTransformer(lambda images: images.reshape(len(images), -1))
    other = make_pipeline(ImageReader((8, 8)), rows, SVC())
    assert cross_val_score(other, names, LABELS, cv=3).mean() > 0.5


def test_clone_and_parameters():
    reader = ImageReader((3, 4), preprocessing=MNIST)
    assert clone(reader).get_params() == {"size": (3, 4), "preprocessing": MNIST}
    assert reader.set_params(size=5).size == 5
    assert repr(ImageReader(28)) == "ImageReader(size=28)"


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_mixin_order",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimators_unfitted",
    ],
)
def test_scikit_learn_s_contract(check):
    """Those of its checks that need no table of numbers."""
    with np.errstate(all="warn"):
        getattr(estimator_checks, check)("ImageReader", ImageReader())


def test_what_can_not_be_is_named():
    with pytest.raises(NotFittedError):
        ImageReader().transform(ARRAYS)
    for size in ((0, 3), (1, 2, 3), 2.5, "28"):
        with pytest.raises(ConfigurationError, match=re.escape(f"size is {size!r}; it must be")):
            ImageReader(size).fit(ARRAYS)
    with pytest.raises(ConfigurationError, match="Give size or preprocessing, not both"):
        ImageReader(28, preprocessing=MNIST).fit(ARRAYS)
    with pytest.raises(ConfigurationError, match="preprocessing is 'mnist'; it must be"):
        ImageReader(preprocessing="mnist").fit(ARRAYS)
    with pytest.warns(UserWarning, match=r"Choose another with size=\(28, 28\)"):
        ImageReader().fit(ARRAYS)
    for X in (np.zeros((3, 64)), [], None, 5, [[1, 2]], np.zeros((0, 4, 4))):
        with pytest.raises(DataError, match="it must list pictures, at least one"):
            ImageReader(8).fit(X)
    with pytest.raises(DataError, match="X is ndarray of shape \\(3, 64\\); it must list"):
        ImageReader(8).fit(np.zeros((3, 64)))
