"""The version of the package, which ``pellucid.__version__`` is."""

from importlib.metadata import version

__version__ = version("pellucid")
