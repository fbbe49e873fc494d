"""Opening a picture: every way a file can be bad is told by its reason, before it is decoded."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from pellucid.data.readers.picture_kinds import (
    HEAD,
    KINDS,
    formats_for,
    kind_in_words,
    webp_size,
)

__all__ = ["Content", "PictureError", "may_be_deep", "opened"]

_MOST_PIXELS = 64_000_000
_MOST_SIDE = 65_535
# A tile is unpacked as a whole, however small the picture is.
_MOST_TILE = 16_777_216
_TILE_SIDES = (322, 323)

# JPEG, GIF, BMP and WebP have 8 bits; a PNG says how many in one place.
_BYTES_ALONE = (b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")
_PNG_BITS = 24

Content = Path | bytes
"""A file, or what a file holds."""


class PictureError(Exception):
    """The reason why a file is no picture, to be put behind its name."""


@contextlib.contextmanager
def opened(content: Content) -> Iterator[Image.Image]:
    """Open a picture whose size is allowed; whatever fails inside becomes a PictureError."""
    if isinstance(content, bytes):
        if not content:
            raise PictureError("it is empty (0 bytes)")
    else:
        _check_file(content)
    with warnings.catch_warnings():
        # Pillow warns about odd metadata and large pictures; the limits here are our own.
        warnings.simplefilter("ignore")
        try:
            head = _head(content)
            formats, reason = formats_for(head)
            if reason:
                raise PictureError(reason)
            if formats == ("WEBP",):
                _check_size(*webp_size(head))
            file = io.BytesIO(content) if isinstance(content, bytes) else content
            with Image.open(file, formats=formats) as picture:
                _check_size(*picture.size)
                _check_tiles(picture)
                yield picture
        except PictureError:
            raise
        except UnidentifiedImageError as error:
            what = kind_in_words(head)
            raise PictureError(
                f"it is {what}; save it as PNG"
                if what
                else f"it is no picture, or of a kind other than {KINDS}"
            ) from error
        except Image.DecompressionBombError as error:
            raise PictureError(
                f"it has more than {_MOST_PIXELS // 10**6} million pixels"
            ) from error
        except MemoryError as error:
            raise PictureError("there is not enough memory for it") from error
        except Exception as error:
            # On damaged files Pillow's decoders raise OSError, SyntaxError, ValueError, zlib's
            # and struct's errors, and more.
            raise PictureError(f"it is damaged ({error or type(error).__name__})") from error


def may_be_deep(content: Content) -> bool:
    """Tell from its first bytes whether a picture may have more than 8 bits; cheap, for many files.

    Whether it has says :func:`~pellucid.data.readers.picture_pixels.read_header`.
    """
    try:
        if not isinstance(content, bytes):
            _check_file(content)  # to open a pipe would wait for whoever writes into it
        head = _head(content)
    except (OSError, PictureError):
        return False
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) > _PNG_BITS:
        return head[_PNG_BITS] > 8
    return not head.startswith(_BYTES_ALONE)


def _head(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content[:HEAD]
    with content.open("rb") as file:
        return file.read(HEAD)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        is_address = path.parts[:1] in (("http:",), ("https:",), ("ftp:",))
        reason = "it is an address; download it, and give the file" if is_address else None
        raise PictureError(reason or "there is no such file") from None
    except (OSError, ValueError) as error:
        raise PictureError(getattr(error, "strerror", None) or str(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise PictureError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError("it is not a regular file")
    if status.st_size == 0:
        raise PictureError("it is empty (0 bytes)")
    if not os.access(path, os.R_OK):
        raise PictureError("there is no permission to read it")


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise PictureError(
            f"it has {width} x {height} pixels, more than {_MOST_PIXELS // 10**6} million; make it "
            "smaller"
        )
    if width * height == 0:
        raise PictureError("it has no pixels")
    if max(width, height) > _MOST_SIDE:
        raise PictureError(
            f"it has {width} x {height} pixels, more than {_MOST_SIDE:,} on a side; cut it"
        )


def _check_tiles(picture: Image.Image) -> None:
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        tile = [int(picture.tag_v2.get(side, 0)) for side in _TILE_SIDES]
        if tile[0] * tile[1] > _MOST_TILE:
            raise PictureError(
                f"it has tiles of {tile[0]} x {tile[1]} pixels; save it with smaller ones"
            )
