"""A model that knows MNIST's digits, for those who have MNIST."""

import pytest

from pellucid import Adam, Model, Preprocessing, Trainer, presets


@pytest.fixture(scope="session")
def mnist_model(mnist):
    network = presets.reference()
    with Trainer(network, optimizer=Adam(learning_rate=0.02), seed=0) as trainer:
        trainer.fit(mnist.train_images, mnist.train_labels, total_images=60_000)
        assert trainer.evaluate(mnist.test_images, mnist.test_labels).accuracy > 0.9
        names = tuple(map(str, range(10)))
        return Model(network, trainer.parameters, Preprocessing((28, 28)), names)
