import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pellucid import Preprocessing
from pellucid.data import read_images, read_picture, read_pictures
from pellucid.data.readers import picture_pixels
from pellucid.errors import DataError

GRAY = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) * 5
COLOR = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "gif", "webp"])
def test_lossless_kinds_come_back(tmp_path, kind):
    Image.fromarray(GRAY).save(tmp_path / f"gray.{kind}", lossless=True)
    np.testing.assert_array_equal(
        read_picture(tmp_path / f"gray.{kind}").reshape(6, 8, -1)[:, :, 0], GRAY
    )
    if kind != "gif":
        Image.fromarray(COLOR).save(tmp_path / f"color.{kind}", lossless=True)
        np.testing.assert_array_equal(read_picture(tmp_path / f"color.{kind}"), COLOR)


def test_jpeg_and_a_wrong_ending(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "gray.png", format="JPEG", quality=95)
    picture = read_picture(str(tmp_path / "gray.png"))
    assert picture.shape == (6, 8)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - GRAY).max() < 20


def test_exif_orientation_is_applied_and_broken_exif_ignored(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    Image.fromarray(GRAY).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), np.rot90(GRAY, -1))
    Image.fromarray(GRAY).save(tmp_path / "b.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(read_picture(tmp_path / "b.png"), GRAY)


def test_what_is_transparent_becomes_white(tmp_path):
    alpha = np.zeros((6, 8, 4), np.uint8)
    alpha[0, 0] = [255, 0, 0, 255]
    Image.fromarray(alpha).save(tmp_path / "rgba.png")
    read = read_picture(tmp_path / "rgba.png")
    assert read[0, 0].tolist() == [255, 0, 0]
    assert (read[1:] == 255).all()

    Image.fromarray(np.full((6, 8, 2), [0, 64], np.uint8), "LA").save(tmp_path / "la.png")
    assert np.unique(read_picture(tmp_path / "la.png")).tolist() == [191]

    palette = Image.fromarray(np.eye(6, 8, dtype=np.uint8), "P")
    palette.putpalette([9, 9, 9, 0, 0, 0])
    palette.save(tmp_path / "p.png", transparency=0)
    read = read_picture(tmp_path / "p.png")
    assert read.shape == (6, 8, 3)
    assert (read[0, 0] == 0).all()
    assert (read[0, 1] == 255).all()

    Image.fromarray(GRAY).save(tmp_path / "l.png", transparency=0)
    read = read_picture(tmp_path / "l.png")
    assert read.shape == (6, 8)
    assert read[0, :3].tolist() == [255, 5, 10]


def test_one_and_sixteen_bits(tmp_path):
    Image.fromarray(np.eye(6, 8, dtype=bool)).save(tmp_path / "one.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "one.png"), np.eye(6, 8) * 255)
    deep = np.linspace(0, 65535, 48).reshape(6, 8)
    for kind in ("png", "tiff"):
        Image.fromarray(deep.astype(np.uint16)).save(tmp_path / f"deep.{kind}")
        read = read_picture(tmp_path / f"deep.{kind}")
        assert (read.min(), read.max(), read.dtype) == (0, 255, np.uint8)
        assert np.abs(read - deep / 257).max() <= 0.51


def save_deep(path, values):
    Image.fromarray(np.asarray(values)).save(path)
    return path


def test_twelve_bits_keep_their_levels(tmp_path):
    deep = np.linspace(0, 4095, 48).reshape(6, 8).astype(np.uint16)
    path = save_deep(tmp_path / "deep.png", deep)
    with pytest.warns(UserWarning, match=r"the values from 0 to 4095 become 0 to 255 \(they hold"):
        read = read_picture(path)
    np.testing.assert_array_equal(read, np.rint(deep / 4095 * 255))
    # One range for all that are read, and the one that a model has.
    paths = [path, save_deep(tmp_path / "dark.png", deep // 16)]
    with pytest.warns(UserWarning, match=r"^2 pictures: of its pictures of more than 8 bits"):
        assert [picture.max() for picture in read_pictures(paths)] == [255, 16]
    resize = Preprocessing((6, 8), "light-on-dark", "resize", deep_range=(0, 255))
    np.testing.assert_array_equal(read_images(paths, resize)[1, 0], deep // 16)
    said = []
    resize = Preprocessing((6, 8), "light-on-dark", "resize")
    read_images(paths, resize, say=said.append)
    assert said[0].endswith("the values from 0 to 4095 become 0 to 255 (they hold 0 to 4095).")


def test_floats_and_wide_numbers(tmp_path):
    unit = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8)
    assert np.abs(read_picture(save_deep(tmp_path / "a.tiff", unit)) - unit * 255).max() <= 0.51
    for number, values in enumerate((unit * 3000 - 1000, unit.astype(np.float64) * 1e6)):
        path = save_deep(tmp_path / f"{number}.tiff", values.astype(np.int32))
        with pytest.warns(UserWarning, match=r"become 0 to 255"):
            read = read_picture(path)
        assert np.abs(read.astype(float) - unit * 255).max() <= 1 or number
        assert len(np.unique(read)) == 48


def write_tiff(path, values, order):
    """Write a TIFF in one strip, of any numbers, as its specification has it."""
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    height, width, samples = (*values.shape, 1)[:3]
    content = values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits = 8 * values.dtype.itemsize
    entries = [
        (256, width), (257, height), (258, bits), (259, 1), (262, 1 if samples == 1 else 2),
        (273, 8), (277, samples), (278, height), (279, len(content)), (339, kind),
    ]  # fmt: skip
    begin = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8 + len(content))
    table = struct.pack(f"{order}H", len(entries))
    more, place = b"", 8 + len(content) + 2 + 12 * len(entries) + 4
    for tag, value in entries:
        if tag in (258, 339) and samples > 1:  # one for each channel, behind the table
            table += struct.pack(f"{order}HHII", tag, 3, samples, place + len(more))
            more += struct.pack(f"{order}{samples}H", *[value] * samples)
        elif tag in (258, 259, 262, 277, 339):
            table += struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)
        else:
            table += struct.pack(f"{order}HHII", tag, 4, 1, value)
    path.write_bytes(begin + content + table + bytes(4) + more)


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_numbers_of_every_kind(tmp_path, order):
    unit, path = np.linspace(0, 1, 48).reshape(6, 8), tmp_path / "a.tif"
    for kind, scale in (("f4", 1), ("u4", 2**32 - 1), ("i4", 2**31 - 1), ("u2", 2**16 - 1)):
        if (kind, order) == ("u4", ">"):
            continue  # Pillow reads none
        write_tiff(path, (unit * scale).astype(kind), order)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what becomes 0 and 255 is said
            assert np.abs(read_picture(path) - unit * 255).max() <= 0.51, kind
    for values in (unit, unit.astype("f2"), np.stack([unit] * 3, axis=-1).astype("f4")):
        write_tiff(path, values, order)
        with pytest.raises(DataError, match="it is a TIFF of a kind that Pillow does not read"):
            read_picture(path)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_all_orientations_are_pillow_s(tmp_path, orientation, mode):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(GRAY if mode == "L" else COLOR).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), expected)
    header = picture_pixels.read_header(tmp_path / "a.png")
    assert (header.height, header.width) == expected.shape[:2]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_strips_make_no_difference(tmp_path, mode, monkeypatch):
    whole = Image.fromarray(COLOR)
    picture = Image.fromarray(GRAY.astype(np.uint16) * 200) if mode == "I;16" else whole
    picture = picture if mode == "I;16" else whole.convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.fromarray(GRAY))
    end = "tiff" if mode == "CMYK" else "png"
    more = {"transparency": bytes(range(256))} if mode == "P" else {}
    picture.save(tmp_path / f"a.{end}", **more)
    expected = read_picture(tmp_path / f"a.{end}")
    for strip in (1, 17):
        monkeypatch.setattr(picture_pixels, "_STRIP", strip)
        np.testing.assert_array_equal(read_picture(tmp_path / f"a.{end}"), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux does")
@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16"])
def test_beside_a_picture_only_its_pixels_are_held(tmp_path, mode):
    Image.new(mode, (4000, 4000)).save(tmp_path / "a.png")
    code = (
        "import resource, sys, pellucid.data as d\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "from PIL import Image\nbefore = most()\n"
        "pixels = d.read_picture(sys.argv[1])\nprint(most() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.png"], capture_output=True, text=True, check=True
    )
    # Pillow's 4 bytes a pixel and our 3 are 112 MB; an array, a copy and a layer more were 400.
    assert float(done.stdout) < 160


def tiled(width, height):
    """Return a TIFF of 12 x 12 pixels in one tile, whose content does not matter."""
    entries = [
        (256, 12), (257, 12), (258, 8), (259, 8), (262, 1), (277, 1), (322, width), (323, height),
        (324, 200), (325, 10),
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(100)


def test_a_small_picture_of_a_large_tile_is_refused(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiled(30_000, 30_000))
    with pytest.raises(DataError, match="it has tiles of 30000 x 30000 pixels; save it with small"):
        read_picture(tmp_path / "a.tif")
    (tmp_path / "a.tif").write_bytes(tiled(16, 16))
    with pytest.raises(DataError, match="it is damaged"):
        read_picture(tmp_path / "a.tif")


def test_pictures_become_images_one_at_a_time(tmp_path, monkeypatch):
    for number in range(3):
        Image.new("L", (3000, 2000), 80 * number).save(tmp_path / f"{number}.png")
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    resize = Preprocessing((2, 2), "light-on-dark", "resize")
    tracemalloc.start()
    try:
        found = read_images(paths, resize)
        assert tracemalloc.get_traced_memory()[1] < 17e6  # one has 6 MB, and strips of it
    finally:
        tracemalloc.stop()
    assert found[:, 0, 0, 0].tolist() == [0, 80, 160]
    with pytest.raises(DataError, match=r"Can't read 2 of 3 pictures:\n.*none.*\n.*nothing"):
        read_images([paths[0], "none", "nothing"], resize)


def png_header(width, height):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def make_bad(folder):
    Image.fromarray(COLOR.repeat(20, 0).repeat(20, 1)).save(folder / "good.png")
    good = (folder / "good.png").read_bytes()
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("hello")
    (folder / "cut.png").write_bytes(good[: len(good) // 2])
    (folder / "folder.png").mkdir()
    (folder / "large.png").write_bytes(png_header(8001, 8000))
    (folder / "larger.png").write_bytes(png_header(10_000, 10_000))
    (folder / "long.png").write_bytes(png_header(65_536, 1))
    (folder / "bomb.png").write_bytes(png_header(60_000, 60_000))
    Image.fromarray(np.full((6, 8), np.nan, np.float32)).save(folder / "float.tiff")
    (folder / "page.png").write_text("<!DOCTYPE html><title>404</title>")
    (folder / "a.ps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n")


BAD = [
    ("none.png", "there is no such file"),
    ("good.png/x.png", "there is no such file"),
    ("empty.png", "it is empty (0 bytes)"),
    ("text.png", "it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF, GIF and WebP"),
    ("a.ps", "it is no picture, or of a kind other than"),
    ("cut.png", "it is damaged ("),
    ("folder.png", "it is a folder"),
    ("large.png", "it has 8001 x 8000 pixels, more than 64 million; make it smaller"),
    ("larger.png", "it has 10000 x 10000 pixels, more than 64 million"),
    ("long.png", "it has 65536 x 1 pixels, more than 65,535 on a side; cut it"),
    ("bomb.png", "it has more than 64 million pixels"),
    ("float.tiff", "its pixels hold NaN or infinity; leave it out or repair it"),
    ("page.png", "it is a web page; save it as PNG"),
]


@pytest.mark.parametrize(("name", "reason"), BAD)
def test_a_bad_file_is_told_with_its_reason(tmp_path, name, reason):
    make_bad(tmp_path)
    with pytest.raises(DataError) as error:
        read_picture(tmp_path / name)
    assert f"Can't read the picture {tmp_path / name}: {reason}" in str(error.value)
    with pytest.raises(DataError) as error:
        read_pictures([tmp_path / "good.png", tmp_path / name])
    assert f"Can't read the picture {tmp_path / name}: {reason}" in str(error.value)


def test_a_name_with_a_null_byte():
    with pytest.raises(DataError, match="null"):
        read_picture("a\0b.png")


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX's")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="it is not a regular file"):
        read_picture(tmp_path / "pipe.png")


def test_every_bad_file_of_several_is_listed(tmp_path):
    make_bad(tmp_path)
    paths = [tmp_path / "good.png", *(tmp_path / name for name, _ in BAD)]
    with pytest.raises(DataError) as error:
        read_pictures(paths)
    lines = str(error.value).split("\n")
    assert lines[0] == f"Can't read {len(BAD)} of {len(paths)} pictures:"
    for line, (name, reason) in zip(lines[1:], BAD, strict=True):
        assert line.startswith(f"  {tmp_path / name}: {reason}")
    assert [p.shape for p in read_pictures(paths[:1] * 2)] == [(120, 160, 3)] * 2


@given(st.data())
def test_damage_is_a_data_error_or_harmless(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "AVIF"]))
    path = folder / "damaged"
    Image.fromarray(COLOR).save(path, format=kind)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        picture = read_picture(path)
    except DataError:
        return
    assert picture.dtype == np.uint8
    assert picture.ndim in (2, 3)


def test_pictures_whose_ink_is_in_doubt_are_named(tmp_path):
    picture = np.full((200, 200), 220, np.uint8)
    picture[60:140, 90:105] = 30
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    Image.fromarray(picture).save(paths[0])
    picture[60:140, 150:165] = 30
    for path in paths[1:]:
        Image.fromarray(picture).save(path)
    said = []
    read_images(paths[:2], Preprocessing((28, 28)), say=said.append)
    read_images(paths, Preprocessing((28, 28)), say=said.append)
    assert said[0].startswith(f"{paths[1]}: What is ink in the picture is in doubt: it holds parts")
    assert said[1].startswith(f"2 of 3 pictures: what is ink is in doubt: {paths[1]}, {paths[2]}. ")
    assert len(said) == 2
    with pytest.warns(UserWarning, match="1.png: What is ink"):
        read_images(paths[:2], Preprocessing((28, 28)))
