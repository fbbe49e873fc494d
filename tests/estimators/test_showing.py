import re

import numpy as np
import pytest

from pellucid import CNNClassifier
from pellucid.errors import DataError

pytest.importorskip("anywidget")


def test_a_classifier_takes_images_as_it_learned_them():
    random = np.random.default_rng(0)
    X, y = random.random((40, 8, 8)) * 16, np.array(["cat", "dog"] * 20)
    X[y == "dog", :4] = 0
    classifier = CNNClassifier(random_state=0, max_iter=3, pixel_range=(0, 16)).fit(X, y)
    widget = classifier.show(X, y)
    assert '"classes":["cat","dog"]' in widget.page
    assert len(re.search(r'"labels":\[([\d,]+)\]', widget.page)[1].split(",")) == 40
    assert '"labels":[]' in classifier.show().page
    with pytest.raises(DataError, match="There is X, but no y; give both, or neither"):
        classifier.show(X)
    with pytest.raises(DataError, match=r"y has shape \(3,\); it must be one class for each of "):
        classifier.show(X, y[:3])
