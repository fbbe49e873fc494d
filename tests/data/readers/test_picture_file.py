import struct

import pytest

from pellucid.data.readers.picture_file import PictureError, opened


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
