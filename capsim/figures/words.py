"""Words of the figures, which stand in ``texts/<language>/figures.yaml``."""

from __future__ import annotations

from capsim.core.errors import InvalidInput
from capsim.texts import LANGUAGES, Lang, has, say


def check_lang(lang: str) -> Lang:
    """Return `lang` if it is a language of the figures.

    Raises
    ------
    InvalidInput
        If it is not ``"en"`` or ``"zh"``.
    """
    for known in LANGUAGES:
        if lang == known:
            return known
    raise InvalidInput.of("lang", f'"{lang}" is not a language of the reports', 'use "en" or "zh"')


def word(key: str, lang: str, **values: object) -> str:
    """Return a phrase of the figures in a language, with `values` filled in."""
    return say(f"figures.{key}", check_lang(lang), **values)


def code_word(group: str, code: str, lang: str) -> str:
    """Return the name of a code of the results, as ``model.last_value``; else the code as text."""
    key = f"figures.{group}.{code}"
    return say(key, check_lang(lang)) if has(key, lang) else code.replace("_", " ")


def heading(key: str, lang: str) -> str:
    """Return a common word, as ``level.primary``, with a capital letter."""
    text = say(f"common.{key}", check_lang(lang))
    return text[:1].upper() + text[1:]


def path_label(path: str, lang: str) -> str:
    """Return the name of a stress path of births; the code as text if it is not a shipped one."""
    return code_word("path", path, lang)
