"""What kind of file some first bytes begin: what Pillow may open, and what else it is in words."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from PIL import Image, features

__all__ = ["HEAD", "KINDS", "formats_for", "kind_in_words", "webp_size"]

HEAD = 160
"""First bytes of a file that tell its kind."""

KINDS = "PNG, JPEG, BMP, TIFF, GIF and WebP"
"""What is always read, in words."""

_ALWAYS = ("PNG", "JPEG", "BMP", "TIFF", "GIF")
# The brands of files as HEIC and AVIF are.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")
# For each: its name, the plugin's module, and what to install.
_PLUGINS = {
    "HEIF": ("HEIC", "pillow_heif", "pillow-heif (pip install pillow-heif)"),
    "AVIF": (
        "AVIF",
        "pillow_avif",
        "Pillow 11.3 or newer (pip install -U pillow), or pillow-avif-plugin",
    ),
}
_TIFF = "a TIFF of a kind that Pillow does not read, as with floats of 16 or 64 bits, or in colors"
_BEGINNINGS = (
    (b"II*\0", _TIFF),
    (b"MM\0*", _TIFF),
    (b"II+\0", _TIFF),
    (b"MM\0+", _TIFF),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PK\x03\x04", "a .zip file"),
    (b"\x1f\x8b", "a .gz file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"version https:", "a pointer to Git LFS, not the picture itself"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)


def formats_for(head: bytes) -> tuple[tuple[str, ...], str]:
    """Return what Pillow may open a file as, and if nothing, why.

    Parameters
    ----------
    head : bytes
        The file's first.

    Returns
    -------
    formats : tuple of str
        Pillow's names.
    reason : str
        What is missing, or ``""``.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return (("WEBP",), "") if features.check("webp") else ((), "this Pillow reads no WebP")
    brand = _brand(head)
    if not brand:
        return _ALWAYS, ""
    word, module, package = _PLUGINS[brand]
    if _reads(brand, module):
        return (brand,), ""
    return (), f"it is {word}, which needs {package}; or save it as JPEG"


def kind_in_words(head: bytes) -> str:
    """Return what a file is that is no picture, or ``""`` where that is not known.

    Examples
    --------
    >>> kind_in_words(b"%PDF-1.7")
    'a PDF document'
    """
    for beginning, what in _BEGINNINGS:
        if head[: len(beginning)].lower() == beginning.lower():
            return what
    if head[4:8] == b"ftyp":
        return "a video"
    if head[128:132] == b"DICM":
        return "a DICOM file"
    if b"<svg" in head:
        return "an SVG drawing"
    return "a PPM or PGM file" if head[:1] == b"P" and head[1:2] in b"123456" else ""


def webp_size(head: bytes) -> tuple[int, int]:
    """Return width and height of a WebP picture; Pillow takes memory for them when it opens it.

    Examples
    --------
    >>> webp_size(b"RIFF....WEBPVP8X" + bytes(8) + bytes([9, 0, 0, 4, 0, 0]))
    (10, 5)
    """
    kind, body = head[12:16], head[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        )  # fmt: skip
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return (
        int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    )  # fmt: skip


def _brand(head: bytes) -> str:
    """Return the plugin's format that a file's brands name, or ``""``."""
    if head[4:8] != b"ftyp":
        return ""
    brands = [head[8:12], *(head[k : k + 4] for k in range(16, head[3], 4))]
    if any(brand in _AVIF for brand in brands):
        return "AVIF"
    return "HEIF" if any(brand in _HEIF for brand in brands) else ""


def _reads(brand: str, module: str) -> bool:
    """Return whether Pillow reads a format, by itself or with the plugin that is installed."""
    if brand == "AVIF" and features.check("avif"):
        return True
    try:
        plugin = importlib.import_module(module)
    except ImportError:
        return False
    register: Callable[[], None] | None = getattr(plugin, "register_heif_opener", None)
    if register is not None:
        register()
    Image.init()
    return brand in Image.OPEN
