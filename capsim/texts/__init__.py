"""Every word capsim says, in each language, and the one function that says it.

Words stand in ``texts/<language>/<subject>.yaml`` as nested keys. A text is a sentence with
``{placeholders}`` (:meth:`str.format`), or a mapping of plural forms, ``one`` and ``other``, chosen
by the value called ``count``. A test holds that languages have the same keys and placeholders.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

Lang = Literal["en", "zh"]
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "zh")
PLURALS: Final = {"one", "other"}


@lru_cache(maxsize=64)
def subject(name: str, lang: str) -> dict[str, Any]:
    """Return the words of one subject as nested dictionaries.

    Raises
    ------
    KeyError
        If there is no such language or subject.
    """
    from importlib import resources

    from ruamel.yaml import YAML

    if lang not in LANGUAGES:
        raise KeyError(f"no language {lang!r} (there are {', '.join(LANGUAGES)})")
    file = resources.files("capsim.texts").joinpath(lang, f"{name}.yaml")
    if not file.is_file():
        raise KeyError(f"no words on {name!r} in {lang!r}")
    words: dict[str, Any] = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return words


def has(key: str, lang: str) -> bool:
    """Whether there is a text of this key, ``subject.path.to.text``."""
    try:
        _find(key, lang)
    except KeyError:
        return False
    return True


def say(key: str, lang: str, /, **values: Any) -> str:
    """Return a text in a language, with its placeholders filled.

    Parameters
    ----------
    key : str
        ``subject.path.to.text``: the file and the keys within it.
    lang : str
        ``en`` or ``zh``.
    **values
        What the placeholders stand for; ``count`` also chooses the plural form.

    Raises
    ------
    KeyError
        If there is no such text, or a placeholder has no value.
    """
    found = _find(key, lang)
    if isinstance(found, dict):
        found = found["one" if values["count"] == 1 and "one" in found else "other"]
    sentence = str(found)
    return sentence.format(**values) if values or "{" in sentence else sentence


class Text(str):
    """English text that knows how it is said in the other languages.

    It is a plain string to everything that handles it; what is cut from it or joined to it is
    English alone.

    Parameters
    ----------
    forms : mapping of str to str
        The text in each language.
    """

    forms: Mapping[str, str]

    def __new__(cls, forms: Mapping[str, str]) -> Text:  # noqa: D102
        self = super().__new__(cls, forms["en"])
        self.forms = forms
        return self

    def __reduce__(self) -> tuple[type[Text], tuple[Mapping[str, str]]]:
        return Text, (self.forms,)


def said(text: str, lang: str) -> str:
    """Return a text in a language; a plain string as it is."""
    return text.forms[lang] if isinstance(text, Text) else text


def text(key: str, /, **values: Any) -> Text:
    """Return a text in all languages, its placeholders filled; values may be texts themselves."""
    return Text(
        {
            lang: say(key, lang, **{name: said(value, lang) for name, value in values.items()})
            for lang in LANGUAGES
        }
    )


def own_first(lang: str) -> list[Lang]:
    """Return the languages in which a name is looked for: `lang`, then the others."""
    return sorted(LANGUAGES, key=lambda other: other != lang)


def name_column(stem: str, lang: str) -> str:
    """Return the column (or coordinate) of the data that holds names in a language."""
    return stem if lang == "en" else f"{stem}_{lang}"


def _find(key: str, lang: str) -> Any:
    name, _, rest = key.partition(".")
    found: Any = subject(name, lang)
    for part in rest.split("."):
        if not isinstance(found, dict) or part not in found:
            raise KeyError(f"no text {key!r} in {lang!r}")
        found = found[part]
    if isinstance(found, dict) and not ("other" in found and set(found) <= PLURALS):
        raise KeyError(f"{key!r} is a group of texts, not a text")
    return found
