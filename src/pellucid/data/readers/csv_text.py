"""The bytes of a CSV file, plain, gzipped, or in a zip archive, and how many there are."""

from __future__ import annotations

import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pellucid.console import some
from pellucid.data.readers.reader import ends_in
from pellucid.errors import DataError

__all__ = ["ENDS", "CsvText", "texts_in_zip"]

ENDS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
"""How the names of such files end."""

_MOST_INFLATION = 250  # text of black pixels shrinks to a hundredth
_SMALL = 64 << 20  # bytes that may come out of whatever is packed
_STEP = 1 << 20


@dataclass(frozen=True)
class CsvText:
    """A file of text, or one in a zip archive.

    Attributes
    ----------
    path : Path
    member : str or None
        Which file of the archive.
    """

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open it; whatever is wrong with it while it is read becomes a DataError."""
        try:
            if self.member is not None:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                    yield file
            elif self.path.name.lower().endswith(".gz"):
                with gzip.open(self.path) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                with self.path.open("rb") as file:
                    yield file
        except DataError:
            raise
        except OSError as error:
            raise DataError(f"Can't read {self}: {error.strerror or error}.") from error
        except (EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as e:
            reason = str(e).rstrip(".") or type(e).__name__
            raise DataError(f"Can't read {self}: {reason}; fetch it again.") from e

    def size(self) -> int:
        """Return how many bytes of text there are; raise DataError for far too many.

        What is gzipped says so only when it is unpacked, which takes a tenth of reading it.
        """
        try:
            packed = self.path.stat().st_size
        except OSError as error:
            raise DataError(f"Can't read {self}: {error.strerror or error}.") from error
        if self.member is None and not self.path.name.lower().endswith(".gz"):
            return packed
        most = max(_SMALL, _MOST_INFLATION * packed)
        count = 0
        with self.open() as file:
            while count <= most and (data := file.read(_STEP)):
                count += len(data)
        if count > most:
            raise DataError(
                f"{self} would unpack to more than {_MOST_INFLATION} times its {packed:,} bytes; "
                "unpack it, if that is meant."
            )
        return count


def texts_in_zip(path: Path) -> tuple[CsvText, CsvText | None]:
    """Return the only CSV file of a zip archive, or that to train on and that to test on.

    Raises
    ------
    DataError
        It is no zip archive, or it holds none, or several and none is called train.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise DataError(f"Can't read {path} as a zip archive: {error}.") from error
    is_csv = ends_in(".csv", ".tsv")
    found = [name for name in names if is_csv(Path(name)) and not _is_litter(name)]
    if len(found) == 1:
        return CsvText(path, found[0]), None
    train, test = (
        [name for name in found if PurePosixPath(name).stem.lower().endswith(end)]
        for end in ("train", "test")
    )
    if len(train) == 1 and len(test) <= 1:
        return CsvText(path, train[0]), CsvText(path, test[0]) if test else None
    held = f"holds {some(found or names) or 'nothing'}"
    raise DataError(
        f"{path} {held}; of zip archives those are read that hold one CSV file, or train.csv and "
        "test.csv. Unpack it, and give the folder or file."
    )


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(".")
