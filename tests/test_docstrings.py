"""Every public name explains itself: what it takes, what it gives, and an example that runs."""

import inspect
import re

import pytest

import pellucid
from pellucid import data, equations, plots, training
from pellucid.network import presets

MODULES = (pellucid, data, equations, plots, presets, training)


def sections(value):
    """Return the names of a docstring's numpydoc sections."""
    return set(re.findall(r"^([A-Z][a-z]+)\n-+$", inspect.getdoc(value) or "", re.MULTILINE))


def takes(function):
    return set(inspect.signature(function).parameters) - {"self", "cls"}


def gives(function):
    return inspect.signature(function).return_annotation not in ("None", None)


def public_names():
    """Return every function and class that is public, by the name it is imported by."""
    found = {}
    for module in MODULES:
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                found[f"{module.__name__}.{name}"] = value
    return found


PUBLIC = public_names()


def methods(kind):
    """Return the public methods of a class that come from this package, by name.

    A method that takes the place of a base class's may leave the explanation to it.
    """
    found = {}
    for part in reversed(kind.__mro__):
        if not part.__module__.startswith("pellucid"):
            continue
        for name, value in vars(part).items():
            inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if inspect.isfunction(inner) and not name.startswith("_"):
                found.setdefault(name, inner)
    return found


METHODS = {
    f"{name}.{method}": function
    for name, kind in PUBLIC.items()
    if inspect.isclass(kind)
    for method, function in methods(kind).items()
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_an_example(name):
    assert "Examples" in sections(PUBLIC[name])
    assert ">>>" in inspect.getdoc(PUBLIC[name]) or "See :func:" in inspect.getdoc(PUBLIC[name])


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_say_what_they_take_and_give(name):
    value, found = PUBLIC[name], sections(PUBLIC[name])
    if inspect.isclass(value):
        assert found & {"Parameters", "Attributes"} or not takes(value)
        return
    assert "Parameters" in found or not takes(value)
    assert found & {"Returns", "Yields"} or not gives(value)


@pytest.mark.parametrize("name", METHODS)
def test_public_methods_say_what_they_take_and_give(name):
    method, found = METHODS[name], sections(METHODS[name])
    assert inspect.getdoc(method)
    if takes(method):
        assert "Parameters" in found
        assert "Returns" in found or not gives(method)
