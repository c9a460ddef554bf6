"""The language a scenario asks for, known before anything of it is checked.

What is wrong with a file is said in its language, so the key is found by pattern: also in a file
that is not valid YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from capsim.scenario.text_files import decode, inside
from capsim.texts import LANGUAGES, Lang

_LANGUAGE: Final = re.compile(r"""^language\s*[:：]\s*["']?(\w+)["']?\s*(?:#.*)?$""", re.MULTILINE)
_EXTENDS: Final = re.compile(r"^extends\s*[:：](.*(?:\n[ \t-].*)*)", re.MULTILINE)
_FILE: Final = re.compile(r"""[^\s\[\],"']+\.ya?ml""")


def language_of(paths: Iterable[Path]) -> Lang | None:
    """Return the first language that scenario files, or scenarios in folders of runs, ask for."""
    for path in paths:
        files = sorted(path.glob("scenario*.resolved.yaml")) if path.is_dir() else [path]
        for file in files:
            found = _asked(file, file.parent, set())
            if found is not None:
                return found
    return None


def _asked(file: Path, root: Path, seen: set[Path]) -> Lang | None:
    """What a file says, else what the last of the files it extends says."""
    if file.resolve() in seen or not inside(file, root) or not file.is_file():
        return None
    seen.add(file.resolve())
    text = decode(file.read_bytes()) or ""
    own = _LANGUAGE.search(text)
    if own is not None:
        return next((lang for lang in LANGUAGES if lang == own[1]), None)
    extends = _EXTENDS.search(text)
    for name in reversed(_FILE.findall(extends[1]) if extends else []):
        below = _asked(file.parent / name, root, seen)
        if below is not None:
            return below
    return None
