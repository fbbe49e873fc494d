import cv2
import numpy as np
import pytest
from PIL import Image

from pellucid.data.readers.picture_pixels import Seen, decode, deep_ends, read_header

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("kind", ["png", "tif"])
def test_colors_of_sixteen_bits_are_read_whole(tmp_path, channels, kind):
    deep = RANDOM.integers(0, 4096, (20, 30, channels)).astype(np.uint16)
    deep[..., 3:] = 65535
    path = tmp_path / f"deep.{kind}"
    cv2.imwrite(str(path), deep[..., [2, 1, 0, 3][:channels]])
    assert read_header(path) == (20, 30, True, "whole")
    assert deep_ends(path)[:2] == (deep[..., :3].min(), deep[..., :3].max())
    expected = np.rint(deep[..., :3] / 4095 * 255)
    np.testing.assert_array_equal(decode(path, (0, 4095)), expected)
    np.testing.assert_array_equal(decode(path.read_bytes(), (0, 4095)), expected)
    assert np.abs(decode(path) - deep[..., :3] / 257).max() <= 0.51


def drawn(ink, alpha=255, ground=0):
    """Return a picture whose ink, a block in the middle, is on a transparent ground."""
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[..., :3] = ground
    pixels[5:15, 8:12, :3], pixels[5:15, 8:12, 3] = ink, alpha
    return pixels


@pytest.mark.parametrize("ink", [255, 240, (255, 255, 240)])
def test_white_ink_on_a_transparent_ground_stays_visible(tmp_path, ink):
    said, path = [], tmp_path / "white.png"
    Image.fromarray(drawn(ink)).save(path)
    read = decode(path, seen=Seen(said.append).at(path))
    assert (read[10, 10] == ink).all()
    assert (read[0] == 0).all()
    assert said == [
        f"{path} is nearly white on a transparent ground, so it is put on black; such pictures "
        "are, and all other transparent ones are put on white."
    ]


@pytest.mark.parametrize("ink", [0, 200, (255, 0, 0)])
def test_other_ink_is_put_on_white(tmp_path, ink):
    said = []
    Image.fromarray(drawn(ink, 128, 255)).save(tmp_path / "ink.png")
    read = decode(tmp_path / "ink.png", seen=Seen(said.append))
    assert (read[0] == 255).all()
    assert not said
    Image.fromarray(np.zeros((9, 9, 4), np.uint8)).save(tmp_path / "nothing.png")
    assert (decode(tmp_path / "nothing.png", seen=Seen(said.append)) == 255).all()
    Image.fromarray(np.full((9, 9, 4), 255, np.uint8)).save(tmp_path / "opaque.png")
    assert (decode(tmp_path / "opaque.png") == 255).all()
