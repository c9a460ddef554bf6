"""Another education bureau in place of the usual one: the class that a scenario names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from capsim.core.errors import InvalidInput
from capsim.scenario.provenance import sha256_of


class DecidesForCounty:
    """What a class must inherit from to be named as a scenario's ``bureau``.

    :class:`capsim.year.bureau.Bureau` does; subclasses override what they decide otherwise.
    """


def named_bureau(reference: str, folder: str | Path, where: str) -> type[DecidesForCounty]:
    """Import the class that a scenario names; its module may stand beside the scenario's file.

    Parameters
    ----------
    reference : str
        ``module:Class``.
    folder : path-like
        Folder of the scenario.
    where : str
        File, line and key, for messages.

    Raises
    ------
    InvalidInput
        If there is no such module or class, or the class is no bureau.
    """
    module_name, _, class_name = reference.partition(":")
    if not module_name or not class_name:
        raise InvalidInput.of_text(where, "bureau.form", name=repr(reference))
    beside = str(folder)
    sys.path.insert(0, beside)
    try:
        module = import_module(module_name)
    except Exception as error:  # whatever the user's module does when it is imported
        what = f"{type(error).__name__}: {error}"
        named = {"module": repr(module_name), "error": what}
        raise InvalidInput.of_text(where, "bureau.import", **named) from error
    finally:
        sys.path.remove(beside)
    found = getattr(module, class_name, None)
    if found is None:
        named = {"module": repr(module_name), "name": repr(class_name)}
        raise InvalidInput.of_text(where, "bureau.no_class", **named)
    if not (isinstance(found, type) and issubclass(found, DecidesForCounty)):
        raise InvalidInput.of_text(where, "bureau.no_bureau", name=repr(reference))
    return found


def hash_beside(bureau: type[DecidesForCounty], folder: str | Path) -> dict[str, str]:
    """Return the SHA-256 of the bureau's module by its path, if it stands below the folder."""
    file = Path(sys.modules[bureau.__module__].__file__ or "").resolve()
    root = Path(folder).resolve()
    if not file.is_relative_to(root):
        return {}
    return {file.relative_to(root).as_posix(): sha256_of(file)}
