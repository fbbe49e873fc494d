"""What a program is made of: one worker's memory, ops, and a plan in the making.

Comes in: a network. Goes out: places in memory and rows of numbers. No kernel's code is known here.
"""
