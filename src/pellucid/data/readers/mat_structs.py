"""Arrays within the structs of MATLAB's .mat files, version 5: named by their path, one by one.

A file is a header of 128 bytes and then elements: a type, a length, the values. An array is an
element of elements: flags, lengths of its axes, name, and its values, column by column; a struct
has arrays for values. An element may be deflated, and is unpacked as it is gone through: nothing is
allocated for what a header claims and the file can't fill. Source: The MathWorks, "MAT-File
Format", the chapter on level 5.
"""

from __future__ import annotations

import functools
import io
import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.array_store import ArrayHeader

__all__ = ["read_struct_array", "struct_headers"]

_BEGIN = 128
_PACKED, _ARRAY = 15, 14
_STRUCT = 2
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"
}  # fmt: skip
_CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"
}  # fmt: skip
_IS_COMPLEX = 0x0800
_STEP = 1 << 20
_FEW = 16 << 20  # bytes of small arrays that are kept on the way
_MOST_SMALL = 1 << 16  # bytes of names and of lengths
_MOST_DEPTH = 8
_MOST_INFLATION = 1100  # what zlib can do


def struct_headers(path: Path) -> dict[str, ArrayHeader]:
    """Return what arrays of numbers lie in a file's structs: ``train.images`` is ``train_images``.

    Structs of which there are several, cells and texts are passed over.

    Raises
    ------
    ValueError, OSError, zlib.error
        The file is damaged.
    """
    return {name: found.header for name, found in _found(path).items()}


def read_struct_array(path: Path, name: str) -> NDArray[Any]:
    """Return an array that :func:`struct_headers` names; raises as it does."""
    found = _found(path).get(name)
    if found is not None and found.values is not None:
        return found.values.copy()
    with path.open("rb") as file:
        for leaf in _leaves(file):
            if leaf.name == name:
                return _values(leaf)
    raise ValueError(f"there is no {name} in it")


class _Found(NamedTuple):
    """What is known of an array after going through a file once; values only if they are few."""

    header: ArrayHeader
    values: NDArray[Any] | None


def _found(path: Path) -> Mapping[str, _Found]:
    status = path.stat()
    return _looked_through(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _looked_through(path: Path, size: int, changed: int) -> Mapping[str, _Found]:
    """Return what arrays there are; the file is gone through once, as long as it is the same."""
    found, kept = {}, 0
    with path.open("rb") as file:
        for leaf in _leaves(file):
            is_small = kept + leaf.size <= _FEW
            kept += leaf.size * is_small
            values = _values(leaf) if is_small else None
            found[leaf.name] = _Found(ArrayHeader(leaf.shape, True, leaf.dtype), values)
    return found


def _values(leaf: _Leaf) -> NDArray[Any]:
    values = np.frombuffer(leaf.stream.read(leaf.size), leaf.stored)
    return values.astype(leaf.dtype).reshape(leaf.shape, order="F")


class _Leaf(NamedTuple):
    """An array within structs, at whose values the stream stands."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored: np.dtype[Any]
    size: int
    stream: _Stream


class _Stream:
    """An element's bytes one behind the other, unpacked if they are packed; ``left`` at most."""

    def __init__(self, file: IO[bytes], length: int, order: str, *, is_packed: bool) -> None:
        self._file, self._rest, self.order = file, length, order
        self._unpack = zlib.decompressobj() if is_packed else None
        self.left = length * _MOST_INFLATION if is_packed else length
        self.position = 0

    def read(self, count: int) -> bytes:
        """Return so many bytes; raise ValueError where there are fewer."""
        return b"".join(self._pieces(count))

    def skip(self, count: int) -> None:
        """Go on by so many bytes."""
        for _ in self._pieces(count):
            pass

    def tag(self) -> tuple[int, int, bytes | None]:
        """Return type and length of the next element, and its values if they are in the tag."""
        head = self.read(8)
        kind, size = self._numbers(head, "u4")
        if kind >> 16:  # a small one
            size, kind = kind >> 16, kind & 0xFFFF
            if size > 4:
                raise ValueError("it has an element of a length that can't be")
            return kind, size, head[4 : 4 + size]
        return kind, size, None

    def small(self) -> bytes:
        """Return the values of a small element, such as a name."""
        _, size, within = self.tag()
        if within is not None:
            return within
        if size > _MOST_SMALL:
            raise ValueError("it has an element of a length that can't be")
        values = self.read(size)
        self.skip(-size % 8)
        return values

    def numbers(self) -> list[int]:
        """Return a small element of whole numbers."""
        values = self.small()
        return self._numbers(values[: len(values) // 4 * 4], "i4")

    def _numbers(self, values: bytes, kind: str) -> list[int]:
        return [int(number) for number in np.frombuffer(values, self.order + kind)]

    def _pieces(self, count: int) -> Iterator[bytes]:
        if count < 0 or count > self.left:
            raise ValueError("it is cut short")
        self.left -= count
        self.position += count
        while count:
            piece = self._piece(min(count, _STEP))
            if not piece:
                raise ValueError("it is cut short")
            count -= len(piece)
            yield piece

    def _piece(self, count: int) -> bytes:
        if self._unpack is None:
            return self._file.read(count)
        while True:
            packed = self._unpack.unconsumed_tail
            if not packed:
                packed = self._file.read(min(self._rest, _STEP))
                self._rest = self._rest - len(packed) if packed else 0
            piece = self._unpack.decompress(packed, count)
            if piece or self._unpack.eof or not (packed or self._rest):
                return piece


def _leaves(file: IO[bytes]) -> Iterator[_Leaf]:
    head = file.read(_BEGIN)
    order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
    if order is None:
        raise ValueError("it is not of MATLAB's version 5")
    while tag := file.read(8):
        if len(tag) < 8:
            raise ValueError("it is cut short")
        kind, size = (int(number) for number in np.frombuffer(tag, order + "u4"))
        if kind not in (_PACKED, _ARRAY):
            raise ValueError(f"it has an element of type {kind}, where an array belongs")
        start, whole = file.tell(), size
        stream = _Stream(file, size, order, is_packed=kind == _PACKED)
        if kind == _PACKED:
            kind, size, _ = stream.tag()
        if kind == _ARRAY and size:
            yield from _array(stream, size, (), None)
        file.seek(start + whole)


def _array(
    stream: _Stream, size: int, path: tuple[str, ...], name: str | None
) -> Iterator[_Leaf]:  # fmt: skip
    """Yield the arrays in an array's element; within a struct, then be behind it."""
    end = stream.position + size
    flags = stream.numbers()
    shape = tuple(stream.numbers())
    own = stream.small().decode("latin-1")
    path = (*path, name or own)
    kind = flags[0] & 0xFF if flags else 0
    if kind == _STRUCT and math.prod(shape) == 1:
        yield from _struct(stream, path)
    elif len(path) > 1 and kind in _CLASSES and not flags[0] & _IS_COMPLEX:
        yield from _numbers(stream, path, shape, np.dtype(stream.order + _CLASSES[kind]))
    if name is not None:
        stream.skip(end - stream.position)


def _struct(stream: _Stream, path: tuple[str, ...]) -> Iterator[_Leaf]:
    if len(path) > _MOST_DEPTH:
        raise ValueError(f"its structs lie in each other more than {_MOST_DEPTH} deep")
    (length,) = stream.numbers() or [0]
    names = stream.small()
    if length < 1:
        raise ValueError("it has names of a length that can't be")
    for start in range(0, len(names), length):
        kind, size, _ = stream.tag()
        if kind != _ARRAY:
            raise ValueError("a struct holds what is no array")
        name = names[start : start + length].split(b"\0")[0].decode("latin-1")
        if size:
            yield from _array(stream, size, path, name)


def _numbers(
    stream: _Stream, path: tuple[str, ...], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Iterator[_Leaf]:  # fmt: skip
    kind, size, within = stream.tag()
    if kind not in _STORED:
        return
    stored = np.dtype(stream.order + _STORED[kind])
    if min(shape, default=0) < 0 or math.prod(shape) * stored.itemsize != size:
        raise ValueError(f"{'.'.join(path)} says shape {shape}, which is not the size it has")
    if size > stream.left and within is None:
        raise ValueError(f"{'.'.join(path)} says shape {shape}, more than the file can hold")
    if within is not None:  # its few bytes stand in the tag, and are behind the stream already
        stream = _within(within, stream.order)
    yield _Leaf("_".join(path), shape, dtype.newbyteorder("="), stored, size, stream)


def _within(values: bytes, order: str) -> _Stream:
    return _Stream(io.BytesIO(values), len(values), order, is_packed=False)
