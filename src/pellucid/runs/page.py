"""A run in one page of HTML: figures, warnings, classes, network, settings and pictures.

Nothing is loaded from anywhere, so that the file can be sent as it is.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["class_rows", "run_page"]

TITLES = {
    "predictions": "Test images, and the mistakes that it was surest of",
    "confusion": "Which class was taken for which",
    "loss": "How the loss fell",
    "filters": "Filters",
    "randomized": "Training images, and what randomizing made of them",
}
"""The pictures of a run in the order of the page, and what each shows."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
pre { overflow-x: auto; }
figure { margin: 2rem 0; }
figure img { max-width: 100%; background: white; }
.warning { border-left: .3rem solid #c60; padding: .2rem 1rem; }
.large { font-size: 2.5rem; margin: 0; }
"""


def class_rows(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
) -> list[tuple[str, str, str, str, str]]:
    """Return of each class its name, images, right ones, precision and recall, as texts.

    Examples
    --------
    >>> class_rows(np.array([0, 0, 1]), np.array([0, 1, 1]), ["cat", "dog"])
    [('cat', '2', '1', '100.0%', '50.0%'), ('dog', '1', '1', '50.0%', '100.0%')]
    """
    rows = []
    for label, name in enumerate(classes):
        actual, claimed = labels == label, predicted == label
        right, images = int((actual & claimed).sum()), int(actual.sum())
        shares = _share(right, int(claimed.sum())), _share(right, images)
        rows.append((name, f"{images:,}", f"{right:,}", *shares))
    return rows


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def run_page(
    metrics: Mapping[str, Any],
    classes: Iterable[Sequence[str]],
    summary: str,
    settings: Mapping[str, Any],
    pictures: Mapping[str, Path],
) -> str:
    """Return the page.

    Parameters
    ----------
    metrics : mapping
        What ``metrics.json`` holds.
    classes : iterable of sequences of str
        A row a class, as :func:`class_rows` has them.
    summary : str
        The network as a table.
    settings : mapping
        What the run depended on.
    pictures : mapping of str to Path
        PNG files by their names.

    Returns
    -------
    str
    """
    warnings = "".join(f'<p class="warning">{_text(line)}</p>' for line in metrics["warnings"])
    ended = ", and was ended early by a signal" if metrics["interrupted"] else ""
    parts = [
        f"<h1>{_text(metrics['data'])}</h1>",
        f'<p class="large">{metrics["accuracy"]:.2%}</p>',
        f"<p>of {metrics['test_images']:,} test images are right; the loss is "
        f"{metrics['loss']:.4f}. It trained on {metrics['images']:,} images in "
        f"{metrics['updates']:,} updates and {metrics['seconds']:.1f} s{ended}.</p>",
        warnings,
        "<h2>Classes</h2>",
        _table(("class", "images", "right", "precision", "recall"), classes),
        *(_figure(name, path) for name, path in _ordered(pictures)),
        f"<h2>Network</h2><pre>{_text(summary)}</pre>",
        "<h2>Settings</h2>",
        _table(("setting", "value"), ((name, str(value)) for name, value in settings.items())),
        "<h2>To get it again</h2>",
        f"<p>The parameters have the fingerprint <code>{_text(metrics['fingerprint'])}</code>. "
        "<code>pellucid verify</code> with the folder of this run trains it anew and compares "
        "every bit.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(metrics['data'])}: {metrics['accuracy']:.2%}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )  # fmt: skip


def _ordered(pictures: Mapping[str, Path]) -> list[tuple[str, Path]]:
    return [(name, pictures[name]) for name in TITLES if name in pictures]


def _figure(name: str, path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    title = _text(TITLES[name])
    return (
        f"<figure><h2>{title}</h2>"
        f'<img src="data:image/png;base64,{data}" alt="{title}"></figure>'
    )  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    first = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: object) -> str:
    return html.escape(str(value))
