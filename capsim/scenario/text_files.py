"""Text of a user's file, whatever of the known encodings it has, and paths that stay inside."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from capsim.core.errors import Problems
from capsim.texts import text

CLOSE: Final = 0.75
"""Least similarity of a suggestion: twice the letters in common over the letters of both."""
FEWEST_LETTERS: Final = 3
"""Letters from which on the beginning of a word suggests it."""


def read_text(path: Path, shown: str, problems: Problems) -> str | None:
    """Return the text of a UTF-8 (with or without byte-order mark) or GB18030 file.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        Its name in messages.
    problems : Problems
        Receives what is wrong: missing, unreadable, empty, or of another encoding.

    Returns
    -------
    str or None
        None if a problem was added.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        problems.add_text(shown, "file.not_found", remedy=suggestion_of_file(path))
        return None
    except IsADirectoryError:
        problems.add_text(shown, "file.is_folder")
        return None
    except OSError as error:
        reason = error.strerror or text("messages.file.unknown_reason")
        problems.add_text(shown, "file.unreadable", reason=reason)
        return None
    if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        problems.add_text(shown, "file.empty")
        return None
    decoded = decode(raw)
    if decoded is None:
        problems.add_text(shown, "file.encoding")
    return decoded


def decode(raw: bytes) -> str | None:
    """Return `raw` decoded as UTF-8 or, failing that, GB18030; None if it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-16 without a mark decodes into text full of NUL characters.
        return None if "\x00" in text else text
    return None


def inside(path: Path, root: Path) -> bool:
    """Return whether `path`, with links followed, lies in the folder tree of `root`."""
    return path.resolve().is_relative_to(root.resolve())


def did_you_mean(word: str, known: Iterable[str], ask: str = "did_you_mean") -> str:
    """Return ``did you mean "x"?`` for the nearest known word, or an empty string.

    Near is a word with a slip of the pen (:data:`CLOSE`), or the only one that begins with `word`.
    `ask` is the key of another question.
    """
    return _suggestion(word, {name.casefold(): name for name in known}, ask)


def suggestion_of_file(path: Path) -> str:
    """Return a did-you-mean for a missing file from the files of its folder.

    Names are compared without their endings, which files of a kind share.
    """
    if not path.parent.is_dir():
        return ""
    files = [p for p in path.parent.iterdir() if p.is_file()]
    # Of files with one stem the one with the wanted ending is taken: it comes last.
    files.sort(key=lambda p: (p.suffix == path.suffix, p.name))
    return _suggestion(path.stem, {p.stem.casefold(): p.name for p in files})


def _suggestion(word: str, known: Mapping[str, str], ask: str = "did_you_mean") -> str:
    """A did-you-mean from what is compared to what is shown."""
    wanted = word.casefold()
    near = difflib.get_close_matches(wanted, list(known), n=1, cutoff=CLOSE)
    if not near and len(wanted) >= FEWEST_LETTERS:
        begun = [name for name in known if name.startswith(wanted)]
        near = begun if len(begun) == 1 else []
    return text(f"messages.{ask}", name=known[near[0]]) if near else ""
