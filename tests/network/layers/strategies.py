"""Shapes and settings that tests of several layers draw."""

from hypothesis import strategies as st

IMAGES = st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20))
WINDOWS = st.tuples(st.integers(1, 5), st.integers(1, 5))
STRIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
