import numpy as np

from pellucid.studio.examples import chosen_examples


def test_each_class_has_its_turn_and_mistakes_come_last():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(4), 400).astype(np.float32)
    labels = random.integers(0, 4, 400)
    found = chosen_examples(probabilities, labels, 30)
    said = probabilities[found].argmax(axis=1)
    assert len(set(found.tolist())) == 30
    assert labels[found][:24].tolist() == [0, 1, 2, 3] * 6
    assert (said[:24] == labels[found][:24]).all()
    assert (said[24:] != labels[found][24:]).all()
    sure = probabilities[found[24:]].max(axis=1)
    assert (np.diff(sure) <= 0).all()


def test_few_images_are_all_shown():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    assert chosen_examples(probabilities, np.array([0, 1]), 30).tolist() == [0, 1]
