import pytest

from pellucid.data.sets.origins import Origin, first_delivered, store
from pellucid.errors import DownloadError


def fail():
    raise DownloadError("can't be reached.")


def test_origins_are_asked_in_order_until_one_delivers():
    lines, reasons = [], []
    origins = [Origin("one", fail), Origin("two", lambda: 7), Origin("three", lambda: 8)]
    assert first_delivered("Tiny", origins, lines.append, reasons) == ("two", 7)
    assert reasons == ["one: can't be reached"]
    assert lines[:3] == [
        "Fetching Tiny: one ...",
        "  no: can't be reached.",
        "Fetching Tiny: two ...",
    ]
    assert lines[3].startswith("  fetched and verified in ")
    assert len(lines) == 4


def test_where_none_delivers_all_reasons_are_there():
    reasons = ["cache: damaged"]
    assert first_delivered("Tiny", [Origin("one", fail)], lambda line: None, reasons) is None
    assert reasons == ["cache: damaged", "one: can't be reached"]


def test_other_errors_are_no_reason_to_go_on():
    with pytest.raises(ZeroDivisionError):
        first_delivered("Tiny", [Origin("one", lambda: 1 / 0)], lambda line: None, [])


def test_files_are_stored_or_it_is_said_why_not(tmp_path):
    lines, folder = [], tmp_path / "cache" / "tiny"
    store("Tiny", folder, {folder / "a": b"1", folder / "b": memoryview(b"2")}, lines.append)
    assert [(folder / name).read_bytes() for name in "ab"] == [b"1", b"2"]
    assert lines == []
    blocked = folder / "a" / "b"
    store("Tiny", blocked, {blocked / "c": b"3"}, lines.append)
    assert lines[0].startswith(f"Tiny can't be stored in {blocked} (")
    assert lines[0].endswith("); it is used anyway.")
