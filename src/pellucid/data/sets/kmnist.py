"""KMNIST: 70,000 characters in cursive Japanese.

Source: T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, "Deep Learning for
Classical Japanese Literature", 2018.
"""

from __future__ import annotations

from pellucid.data.sets.published import PublishedSet, four

__all__ = ["KMNIST"]

KMNIST = PublishedSet(
    name="kmnist",
    title="KMNIST",
    description="cursive Japanese characters, 28 x 28",
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    file_sums=four(
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    ),
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    advice="No package that Pellucid knows of holds it: fetch the four files elsewhere",
)
"""As its authors publish it."""
