"""Another education bureau in place of the usual one: the class that a scenario names."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

FORM = "a module and a class, as in my_module:MyBureau"


class DecidesForCounty:
    """What a class must inherit from to be named as a scenario's ``bureau``.

    :class:`capsim.year.bureau.Bureau` does; subclasses override what they decide otherwise.
    """


class NoBureau(ValueError):
    """The class cannot be had; `remedy` says what would help."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.remedy = remedy


def named_bureau(reference: str, folder: str | Path) -> type[DecidesForCounty]:
    """Import the class that a scenario names; its module may stand beside the scenario's file.

    Parameters
    ----------
    reference : str
        ``module:Class``.
    folder : path-like
        Folder of the scenario.

    Raises
    ------
    NoBureau
        If there is no such module or class, or the class is no bureau.
    """
    module_name, _, class_name = reference.partition(":")
    if not module_name or not class_name:
        raise NoBureau(f"{reference!r} does not name a class", FORM)
    beside = str(folder)
    sys.path.insert(0, beside)
    try:
        module = import_module(module_name)
    except Exception as error:  # whatever the user's module does when it is imported
        what = f"{type(error).__name__}: {error}"
        raise NoBureau(
            f"cannot import {module_name!r} ({what})",
            "put the module beside the scenario or install it",
        ) from error
    finally:
        sys.path.remove(beside)
    found = getattr(module, class_name, None)
    if found is None:
        raise NoBureau(f"the module {module_name!r} has no {class_name!r}", FORM)
    if not (isinstance(found, type) and issubclass(found, DecidesForCounty)):
        raise NoBureau(
            f"{reference!r} is no bureau", "let the class inherit from capsim.year.bureau.Bureau"
        )
    return found
