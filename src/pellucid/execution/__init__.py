"""Where work is done: sections, pure functions of what they are given, and the workers they run on.

Training and prediction both cut their images here, so both run wherever sections can.
"""
