"""Settings that files know by a name: an optimizer's, a schedule's, an average's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pellucid.arguments import is_number
from pellucid.errors import ConfigurationError, did_you_mean

__all__ = ["Described", "from_dict"]


@dataclass(frozen=True)
class Described:
    """Settings under a name.

    A subclass is a frozen dataclass whose settings are numbers or True and False, and have
    defaults.

    Attributes
    ----------
    name : str
        What files know it by.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for name, default in ((field.name, field.default) for field in dataclasses.fields(self)):
            value = getattr(self, name)
            if isinstance(default, bool):
                if not isinstance(value, bool):
                    raise ConfigurationError(
                        f"{name} is {value!r}; it must be True or False.", argument=name
                    )
            elif not is_number(value):
                raise ConfigurationError(
                    f"{name} is {value!r}; it must be a number.", argument=name
                )

    def to_dict(self) -> dict[str, Any]:
        """Return name and settings, as JSON-ready values.

        Returns
        -------
        dict
            What :func:`from_dict` takes.
        """
        return {"name": self.name, **dataclasses.asdict(self)}


T = TypeVar("T", bound=Described)


def from_dict(
    what: str, values: Any, kinds: Mapping[str, type[T]], unnamed: str | None = None
) -> T:
    """Return the settings that :meth:`Described.to_dict` described.

    Parameters
    ----------
    what : str
        What it is, for messages: ``"optimizer"``.
    values : dict
        Name and settings.
    kinds : mapping of str to type
        Those that there are, by name.
    unnamed : str, optional
        Whose values they are where they have no name.

    Raises
    ------
    ConfigurationError
        An unknown name, settings that it does not have, or one out of bounds.
    """
    article = "An" if what[0] in "aeiou" else "A"
    if not isinstance(values, dict):
        raise ConfigurationError(f"{article} {what} is described by a dictionary, not {values!r}.")
    settings = dict(values)
    name = settings.pop("name", unnamed)
    if not isinstance(name, str) or name not in kinds:
        hint = did_you_mean(str(name), kinds)
        raise ConfigurationError(f"Unknown {what} {name!r}; known: {', '.join(kinds)}.{hint}")
    known = [field.name for field in dataclasses.fields(kinds[name])]
    for key in settings:
        if key not in known:
            raise ConfigurationError(
                f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}"
            )
    return kinds[name](**settings)
