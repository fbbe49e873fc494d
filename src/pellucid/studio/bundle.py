"""ES modules as one script, for a page that is opened from disk, where modules can't load others.

Each module becomes a function that is called once and returns what it exports, so names of
different modules never clash. Only plain forms are taken, and anything else is refused::

    import { forward, backward } from "./engine.js";
    export function name() {}
    export function* name() {}
    export const name = 1;
    export class Name {}
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["bundled"]

_IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "\./(\w+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function\*?|class) (\w+)\b)", re.MULTILINE)
_OTHER = re.compile(r"^\s*(?:import|export)\b.*|.*\bimport(?:\(|\.meta).*", re.MULTILINE)
_ENDING = re.compile(r"</script|<!--", re.IGNORECASE)


def bundled(modules: Mapping[str, str], entry: str) -> str:
    r"""Return a module, and all that it imports, as the text of one script.

    Parameters
    ----------
    modules : mapping of str to str
        Names of files, such as ``"main.js"``, and their text.
    entry : str
        The module to begin with.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        A module is not there or imports itself by a detour, one does not export what another
        imports, or a form of import or export is not known.

    Examples
    --------
    >>> modules = {"b.js": "export const b = f;"}
    >>> modules["a.js"] = 'import { b } from "./b.js";\nb();'
    >>> print(bundled(modules, "a.js"))
    const b_js = (() => {
    const b = f;
    return { b };
    })();
    const a_js = (() => {
    const { b } = b_js;
    b();
    return {  };
    })();
    """
    parts: dict[str, str] = {}
    exports: dict[str, list[str]] = {}
    _add(modules, entry, (), parts, exports)
    return "\n".join(parts.values())


def _add(
    modules: Mapping[str, str],
    name: str,
    importing: tuple[str, ...],
    parts: dict[str, str],
    exports: dict[str, list[str]],
) -> None:
    """Add a module behind those that it imports."""
    if name in parts:
        return
    chain = " -> ".join([*importing, name])
    if name in importing:
        raise ValueError(f"Modules import one another in a circle: {chain}.")
    if name not in modules:
        raise ValueError(f"There is no module {name}: {chain}.")
    text = modules[name]
    if _ENDING.search(text):
        raise ValueError(f"{name} would end the script that it stands in; write it in two parts.")
    for names, other in _IMPORT.findall(text):
        _add(modules, other, (*importing, name), parts, exports)
        missing = {*_listed(names)} - {*exports[other]}
        if missing:
            raise ValueError(f"{name} imports {', '.join(sorted(missing))}, which {other} has not.")
    exports[name] = _EXPORT.findall(text)
    text = _IMPORT.sub(lambda found: _taken(_listed(found[1]), found[2]), text)
    text = _EXPORT.sub("", text)
    odd = _OTHER.search(_without_comments(text))
    if odd:
        raise ValueError(f"{name} has a form that can't be bundled: {odd[0].strip()}.")
    given = ", ".join(exports[name])
    parts[name] = (
        f"const {_variable(name)} = (() => {{\n{text.strip()}\nreturn {{ {given} }};\n}})();"
    )


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _taken(names: list[str], other: str) -> str:
    return f"const {{ {', '.join(names)} }} = {_variable(other)};"


def _variable(name: str) -> str:
    return name.replace(".", "_")


def _without_comments(text: str) -> str:
    """Return a text without comments that name types: ``import("./engine.js").Layer``."""
    return re.sub(r"/\*\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
