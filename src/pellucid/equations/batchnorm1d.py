"""Batch normalization of flat arrays: every feature is a channel of one pixel."""

from __future__ import annotations

from pellucid.equations import batchnorm2d

__all__ = ["RULES"]

RULES = batchnorm2d.RULES
