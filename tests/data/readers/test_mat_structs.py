import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.io import loadmat, savemat

from pellucid.data.readers.mat_structs import read_struct_array, struct_headers

DTYPES = [np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)]
DTYPES += [np.dtype("f4"), np.dtype("f8")]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,9}", fullmatch=True),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: arrays.arrays(
                dtype,
                arrays.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5),
                elements={"allow_nan": False} if dtype.kind == "f" else None,
            )
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_arrays_in_structs_are_what_scipy_reads(tmp_path_factory, held, is_packed):
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    inner = {**held, "text": "words", "cells": np.array([1, "a"], object), "within": held}
    savemat(path, {"top": inner, "plain": np.arange(3)}, do_compression=is_packed)
    headers = struct_headers(path)
    assert set(headers) == {f"top_{n}" for n in held} | {f"top_within_{n}" for n in held}
    found = loadmat(path)["top"][0, 0]
    for name in held:
        for path_of, expected in (
            (f"top_{name}", found[name]),
            (f"top_within_{name}", found["within"][0, 0][name]),
        ):
            array = read_struct_array(path, path_of)
            assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
            assert (headers[path_of].shape, headers[path_of].dtype) == (array.shape, array.dtype)
            np.testing.assert_array_equal(array, expected)


def test_large_arrays_are_read_in_a_pass_of_their_own(tmp_path):
    large = np.tile(np.arange(3000, dtype=np.uint16), (3000, 1))
    for is_packed in (True, False):
        path = tmp_path / f"{is_packed}.mat"
        savemat(path, {"s": {"a": large, "b": large[:3]}}, do_compression=is_packed)
        np.testing.assert_array_equal(read_struct_array(path, "s_a"), large)
        np.testing.assert_array_equal(read_struct_array(path, "s_b"), large[:3])
        with pytest.raises(ValueError, match="there is no s_c in it"):
            read_struct_array(path, "s_c")


@pytest.mark.parametrize("is_packed", [True, False])
def test_damage_is_told_by_an_error_or_harmless(tmp_path, is_packed):
    whole = tmp_path / "a.mat"
    savemat(whole, {"s": {"a": np.arange(60.0), "b": np.ones(7)}}, do_compression=is_packed)
    content, raised = whole.read_bytes(), 0
    for place in range(126, len(content)):
        path = tmp_path / f"{place}.mat"
        damaged = bytearray(content)
        damaged[place] ^= 255
        for text in (bytes(damaged), content[:place]):
            path.write_bytes(text)
            try:
                for name in struct_headers(path):
                    read_struct_array(path, name)
            except (ValueError, zlib.error):
                raised += 1
    assert raised > len(content) // 2


def test_what_is_no_such_file_is_told_at_once(tmp_path):
    path = tmp_path / "a.mat"
    for content, message in (
        (bytes(200), "not of MATLAB's version 5"),
        (bytes(126) + b"IM" + bytes(1 << 24), "an element of type 0, where an array belongs"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            struct_headers(path)
