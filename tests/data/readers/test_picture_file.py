import struct

import pytest
from PIL import Image

from pellucid.data.readers.picture_file import PictureError, may_be_deep, opened
from pellucid.data.readers.picture_pixels import read_header


def webp(width, height):
    """Return the beginning of a WebP that says it has so many pixels."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def test_a_huge_webp_is_refused_before_it_is_opened():
    reason = "it has 16000 x 16000 pixels, more than 64 million; make it smaller"
    with pytest.raises(PictureError, match=reason), opened(webp(16000, 16000)):
        pass
    with pytest.raises(PictureError, match="it is "), opened(webp(160, 160)):
        pass


def test_bytes_are_told_as_files_are(tmp_path):
    for content in (b"", tmp_path / "none", tmp_path, b"%PDF-1.7"):
        reason = r"it is (empty|a folder|a PDF)|there is no"
        with pytest.raises(PictureError, match=reason), opened(content):
            pass


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_what_is_deep_is_never_passed_over(tmp_path, kind, mode):
    picture = Image.new(mode, (5, 4))
    path = tmp_path / "picture"
    try:
        picture.save(path, kind)
        depth = read_header(path).depth
    except (OSError, ValueError, PictureError):
        pytest.skip(f"{kind} is not read or has no {mode}")
    assert depth == "bytes" or may_be_deep(path)
    assert may_be_deep(path.read_bytes()) == may_be_deep(path)
    if kind in ("JPEG", "GIF", "BMP", "WEBP"):
        assert not may_be_deep(path)


def test_what_can_not_be_read_is_left_to_who_reads_it(tmp_path):
    assert not may_be_deep(tmp_path / "none")
    assert not may_be_deep(tmp_path)
    assert may_be_deep(b"\x89PNG\r\n\x1a\n")  # cut off
