"""Fashion-MNIST: 70,000 pictures of clothes.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
Machine Learning Algorithms", 2017.
"""

from __future__ import annotations

from pathlib import Path

from pellucid.data.sets.published import PublishedSet, four

__all__ = ["FASHION_MNIST"]

FASHION_MNIST = PublishedSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    description="clothes, 28 x 28",
    mirrors=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        # Without TLS, which this address does not have; the checksums say what is admitted.
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    file_sums=four(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
    array_sums=four(
        "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    ),
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    folder=Path("/usr/share/datasets/fashion-mnist"),
    advice="On Debian and Ubuntu the package dataset-fashion-mnist holds it: apt-get install "
    "dataset-fashion-mnist",
)  # fmt: skip
"""As its authors publish it."""
