"""The yardstick, against a product that is timed by hand."""

import time

import numpy as np

from pellucid.measuring.sgemm import sgemm_rate


def test_the_rate_is_that_of_a_matrix_product():
    from threadpoolctl import threadpool_limits

    a = np.ones((256, 256), dtype=np.float32)
    best = float("inf")
    with threadpool_limits(1, user_api="blas"):
        for _ in range(20):
            start = time.thread_time()
            for _ in range(5):
                a @ a
            best = min(best, (time.thread_time() - start) / 5)
    by_hand = 256**3 / max(best, 1e-9)
    found = max(sgemm_rate(0.02, size=256) for _ in range(5))
    # Within a factor of 4, for clocks and neighbors; a count that is wrong is off by hundreds.
    assert by_hand / 4 < found < by_hand * 4
