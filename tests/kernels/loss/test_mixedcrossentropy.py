"""Equal images stay what they are when they are mixed, so that only their labels are."""

import numpy as np
import pytest

from pellucid import Augmentation, Dense, Flatten, Network
from pellucid.equations.crossentropy import cross_entropy, cross_entropy_backward
from pellucid.equations.softmax import softmax
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.network.loss import CrossEntropy

ALIKE = Augmentation((1, 1), (0, 0), (0, 0), (0, 0), mixup=1.0)
LABELS = np.arange(37) % 3


def both(of, logits, smoothing):
    """Return what an equation gives of each image's labels, in their shares."""
    shares = [ALIKE.draw(seed=4, pass_number=0, image=n, shape=(1, 1, 1)).share for n in range(37)]
    share = np.array(shares).reshape(-1, *(1,) * (of is cross_entropy_backward))
    own, other = (
        of(softmax(logits), labels, label_smoothing=smoothing) for labels in (LABELS, LABELS[::-1])
    )
    return share * own + (1 - share) * other


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("margin", [0.0, 1.0, 9.0, 20.0])
def test_it_is_the_loss_of_both_labels_however_sure_the_network_is(margin, smoothing):
    network = Network([Flatten(), Dense(3)], (1, 1), CrossEntropy(smoothing))
    parameters = np.array([0.5, 0.25, -0.5, margin, 0.0, -0.25], np.float32)
    images = np.full((37, 1, 1, 1), 0.75, np.float32)
    logits = np.zeros((37, 3), np.float32)
    found = section_step(
        Procedure(network, ALIKE, 4),
        parameters,
        images,
        whole_section(LABELS),
        Outputs(logits, True),
    )
    exact = np.full((37, 3), parameters[:3] * 0.75 + parameters[3:], np.float64)
    np.testing.assert_allclose(logits, exact, rtol=1e-6)
    assert found.loss == pytest.approx(both(cross_entropy, exact, smoothing).sum(), rel=1e-5)
    dout = both(cross_entropy_backward, exact, smoothing).sum(axis=0)
    expected = np.concatenate([0.75 * dout, dout])
    np.testing.assert_allclose(found.gradient, expected, rtol=2e-5, atol=2e-5)
