"""MedMNIST's sets of medical images, 28 x 28, whose images have one class each.

Source: J. Yang, R. Shi, D. Wei, Z. Liu, L. Zhao, B. Ke, H. Pfister, B. Ni, "MedMNIST v2: a
large-scale lightweight benchmark for 2D and 3D biomedical image classification", 2023. Its authors
publish MD5 sums. They warn that the sets are not meant for clinical use.
"""

from __future__ import annotations

import functools
import io

import numpy as np

from pellucid.data.sets.archived import ArchivedSet, Contents, Files, PublishedFile

__all__ = ["MEDMNIST"]

_ORGANS = (
    "bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right", "liver",
    "lung-left", "lung-right", "pancreas", "spleen",
)  # fmt: skip


def _read(name: str, classes: tuple[str, ...], files: Files) -> Contents:
    with np.load(io.BytesIO(files[f"{name}.npz"]), allow_pickle=False) as found:
        arrays = {
            f"{part}_{kind}": found[f"{part}_{kind}"]
            for part in ("train", "val", "test")
            for kind in ("images", "labels")
        }
    for key, array in arrays.items():
        if key.endswith("labels"):
            arrays[key] = array.ravel()
        elif array.ndim == 4:  # colors last
            arrays[key] = np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    return Contents(arrays, classes)


def _set(name: str, md5: str, description: str, images: str, *classes: str) -> ArchivedSet:
    return ArchivedSet(
        name=name,
        title=name,
        description=f"{description}, 28 x 28",
        images=images,
        mirrors=(
            "https://zenodo.org/record/6496656/files/",
            "https://zenodo.org/records/10519652/files/",
        ),
        files=(PublishedFile(f"{name}.npz", f"md5:{md5}"),),
        read=functools.partial(_read, name, classes),
        folder="medmnist",
    )


MEDMNIST = (
    _set(
        "pathmnist", "a8b06965200029087d5bd730944a56c1", "tissue of the bowel, stained",
        "89,996 + 7,180",
        "adipose", "background", "debris", "lymphocytes", "mucus", "smooth muscle",
        "normal colon mucosa", "cancer-associated stroma", "colorectal adenocarcinoma epithelium",
    ),
    _set(
        "dermamnist", "0744692d530f8e62ec473284d019b0c7", "spots on the skin", "7,007 + 2,005",
        "actinic keratoses and intraepithelial carcinoma", "basal cell carcinoma",
        "benign keratosis-like lesions", "dermatofibroma", "melanoma", "melanocytic nevi",
        "vascular lesions",
    ),
    _set(
        "octmnist", "c68d92d5b585d8d81f7112f81e2d0842", "layers of the retina", "97,477 + 1,000",
        "choroidal neovascularization", "diabetic macular edema", "drusen", "normal",
    ),
    _set(
        "pneumoniamnist", "28209eda62fecd6e6a2d98b1501bb15f", "X-rays of children's chests",
        "4,708 + 624", "normal", "pneumonia",
    ),
    _set(
        "retinamnist", "bd4c0672f1bba3e3a89f0e4e876791e4", "grades of a disease of the retina",
        "1,080 + 400", "0", "1", "2", "3", "4",
    ),
    _set(
        "breastmnist", "750601b1f35ba3300ea97c75c52ff8f6", "ultrasound of breasts", "546 + 156",
        "malignant", "normal, benign",
    ),
    _set(
        "bloodmnist", "7053d0359d879ad8a5505303e11de1dc", "cells of the blood", "11,959 + 3,421",
        "basophil", "eosinophil", "erythroblast", "immature granulocytes", "lymphocyte",
        "monocyte", "neutrophil", "platelet",
    ),
    _set(
        "tissuemnist", "ebe78ee8b05294063de985d821c1c34b", "cells of the kidney",
        "165,466 + 47,280",
        "collecting duct, connecting tubule", "distal convoluted tubule",
        "glomerular endothelial cells", "interstitial endothelial cells", "leukocytes",
        "podocytes", "proximal tubule segments", "thick ascending limb",
    ),
    *(
        _set(
            f"organ{letter}mnist", md5, f"organs in computed tomography, {plane}", images, *_ORGANS
        )
        for letter, plane, md5, images in (
            ("a", "axial", "866b832ed4eeba67bfb9edee1d5544e6", "34,581 + 17,778"),
            ("c", "coronal", "0afa5834fb105f7705a7d93372119a21", "13,000 + 8,268"),
            ("s", "sagittal", "e5c39f1af030238290b9557d9503af9d", "13,940 + 8,829"),
        )
    ),
)  # fmt: skip
"""As their authors publish them."""
