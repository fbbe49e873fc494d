"""Pictures in a zip archive, read one at a time and never unpacked to a folder; and tables."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pellucid.data.readers.csv_text import CsvText
from pellucid.data.readers.folder_entries import is_litter, is_picture
from pellucid.data.readers.picture_file import PictureError
from pellucid.data.readers.reader import ends_in
from pellucid.errors import DataError

__all__ = ["Archive", "ZippedPicture"]

_MOST_BYTES = 256 << 20  # of a picture's file
_is_table = ends_in(".csv", ".tsv")


class Archive:
    """A zip archive that stays open while its pictures are read.

    Raises
    ------
    DataError
        It can't be read as one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as e:
            raise DataError(f"Can't read {path} as a zip archive: {e}.") from e
        self._members = {
            member.filename: member
            for member in self._file.infolist()
            if not member.is_dir() and not any(map(is_litter, PurePosixPath(member.filename).parts))
        }

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """The files in it, but for what systems leave behind."""
        return list(self._members)

    def pictures(self) -> list[ZippedPicture]:
        """Return what is a picture by its name."""
        return [ZippedPicture(self, name) for name in self._members if is_picture(name)]

    def table(self) -> CsvText | None:
        """Return the CSV file to be predicted: the only one, or the only one called test.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "digits.zip")
        ...     with zipfile.ZipFile(path, "w") as archive:
        ...         archive.writestr("train.csv", "")
        ...         archive.writestr("test.csv", "")
        ...     with Archive(path) as opened:
        ...         print(opened.table().member)
        test.csv
        """
        tables = [name for name in self._members if _is_table(Path(name))]
        to_test = [name for name in tables if PurePosixPath(name).stem.lower().endswith("test")]
        found = tables if len(tables) == 1 else to_test
        return CsvText(self.path, found[0]) if len(found) == 1 else None

    def read(self, name: str) -> bytes:
        """Return a picture's file; raise PictureError where it can't be read."""
        member = self._members[name]
        if member.file_size > _MOST_BYTES:
            raise PictureError(f"it would unpack to {member.file_size:,} bytes")
        try:
            with self._file.open(member) as file:
                return file.read(_MOST_BYTES)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
            raise PictureError(f"it is damaged ({error or type(error).__name__})") from error
        except RuntimeError as error:  # its words are Python's
            raise PictureError("it is encrypted; unpack the archive") from error


@dataclass(frozen=True)
class ZippedPicture:
    """A picture in an archive.

    Attributes
    ----------
    archive : Archive
    member : str
        Its name there.
    """

    archive: Archive
    member: str

    def __str__(self) -> str:
        return f"{self.archive.path}/{self.member}"

    def content(self) -> bytes:
        """Return what its file holds; raise PictureError where it can't be read."""
        return self.archive.read(self.member)
