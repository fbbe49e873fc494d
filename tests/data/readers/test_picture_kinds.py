import io
import sys
import types

import numpy as np
import pytest
from PIL import Image, features

from pellucid.data.readers import picture_kinds
from pellucid.data.readers.picture_kinds import formats_for, kind_in_words, webp_size


def head(kind, **options):
    buffer = io.BytesIO()
    Image.new("RGB", (31, 7), (9, 200, 3)).save(buffer, kind, **options)
    return buffer.getvalue()[: picture_kinds.HEAD]


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0"}])
def test_a_webp_tells_its_size(options):
    assert webp_size(head("WEBP", **options)) == (31, 7)
    assert formats_for(head("WEBP", **options)) == (("WEBP",), "")


def test_kinds_that_pillow_always_reads():
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "GIF"):
        assert kind in formats_for(head(kind))[0]


def test_heic_and_avif_need_a_plugin(monkeypatch):
    heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(40)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert formats_for(heic) == ((), "it is HEIC, which needs pillow-heif (pip install "
                                 "pillow-heif); or save it as JPEG")  # fmt: skip
    called = []
    plugin = types.ModuleType("pillow_heif")
    plugin.register_heif_opener = lambda: called.append(True)
    monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
    monkeypatch.setitem(Image.OPEN, "HEIF", (None, None))
    assert formats_for(heic) == (("HEIF",), "")
    assert called == [True]
    avif = b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif" + bytes(40)
    monkeypatch.setattr(features, "check", lambda name: False)
    monkeypatch.setitem(sys.modules, "pillow_avif", None)
    assert "it is AVIF, which needs Pillow 11.3 or newer (pip in" in formats_for(avif)[1]
    assert formats_for(head("WEBP")) == ((), "this Pillow reads no WebP")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_read_where_pillow_does(tmp_path):
    from pellucid import data

    Image.fromarray(np.full((20, 30), 90, np.uint8)).save(tmp_path / "a.jpg", "AVIF")
    assert data.read_picture(tmp_path / "a.jpg").shape[:2] == (20, 30)


def test_heic_is_read_where_its_plugin_is(tmp_path):
    from pellucid import data

    plugin = pytest.importorskip("pillow_heif")
    plugin.register_heif_opener()
    gray = np.repeat(np.arange(0, 240, 4, dtype=np.uint8)[None], 40, axis=0)
    colors = np.stack([gray, 255 - gray, gray // 2], axis=-1)
    for name, pixels in (("gray.heic", gray), ("colors.jpg", colors)):
        Image.fromarray(pixels).save(tmp_path / name, "HEIF", quality=95)
        read = data.read_picture(tmp_path / name)
        assert read.shape == pixels.shape
        assert np.abs(read.astype(int) - pixels).mean() < 3


def test_what_is_no_picture_is_told_in_words():
    words = {
        b"%PDF-1.4": "a PDF document",
        b"<HTML><body>": "a web page",
        b"<?xml version='1.0'?><svg>": "an SVG drawing",
        b"P5 9 9 255": "a PPM or PGM file",
        bytes(128) + b"DICM": "a DICOM file",
        b"\0\0\0\x20ftypisom": "a video",
        b"II*\0": "a TIFF of a kind that Pillow does not read, as with floats of 16 or 64 bits, or "
        "in colors",
        b"hello": "",
    }
    for beginning, what in words.items():
        assert kind_in_words(beginning) == what
