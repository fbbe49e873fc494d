"""The measurements: one file each, with a TITLE and ``run(settings, say)``."""
