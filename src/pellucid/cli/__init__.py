"""The command line: a file a command, and what the commands share.

Comes in: words that a person typed. Goes out: a run, a prediction, a line about what is wrong.
Nothing in the package imports this room; it computes nothing by itself.
"""
