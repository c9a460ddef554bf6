"""Every word capsim says, in each language, and the one function that says it.

Words stand in ``texts/<language>/<subject>.yaml`` as nested keys. A text is a sentence with
``{placeholders}`` (:meth:`str.format`), or a mapping of plural forms, ``zero``, ``one`` and
``other``, chosen by the value called ``count``. A test holds that languages have the same keys and
placeholders. Only ``declared.yaml`` is keyed by English text: see :func:`translated`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

Lang = Literal["en", "zh"]
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "zh")
DECLARED: Final = "declared"
PLURALS: Final = {"zero", "one", "other"}
FORMS: Final = {0: "zero", 1: "one"}


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
        found = found.get(FORMS.get(values["count"], "other"), found["other"])
    return str(found.format(**values) if values or "{" in found else found)


def named(group: str, code: str, lang: str) -> str:
    """Return the word of a group for a code; the code as text where there is none."""
    key = f"{group}.{code}"
    return say(key, lang) if has(key, lang) else code.replace("_", " ")


def translated(kind: str, text: str, lang: str, *groups: str) -> str:
    """Return a text that was declared in English, as it is where no translation is known.

    Parameters and columns of data are declared with an English unit and source, and users state
    sources in any language. ``declared.yaml`` holds the other languages by kind and English text;
    words that other groups of texts have stand there alone.
    """
    if lang == LANGUAGES[0]:
        return text
    words = subject(DECLARED, lang)[kind]
    if text in words:
        return str(words[text])
    return next((say(f"{g}.{text}", lang) for g in groups if has(f"{g}.{text}", lang)), text)


def field(name: str, lang: str) -> str:
    """Return the name of the column or attribute with a text in a language: ``name_zh``."""
    return name if lang == LANGUAGES[0] else f"{name}_{lang}"


def fields(name: str, lang: str) -> list[str]:
    """Return the columns that may hold a text, that of the language first."""
    return [field(name, of) for of in own_first(lang)]


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


def text(key: str, /, **values: Any) -> Text:
    """Return a text in all languages, its placeholders filled; values may be texts themselves."""
    return Text(
        {
            lang: say(
                key,
                lang,
                **{
                    name: said(value, lang) if isinstance(value, Text) else value
                    for name, value in values.items()
                },
            )
            for lang in LANGUAGES
        }
    )


def own_first(lang: str) -> list[Lang]:
    """Return the languages in which a name is looked for: `lang`, then the others."""
    return sorted(LANGUAGES, key=lambda other: other != lang)


def capitalised(text: str) -> str:
    """Return a text with a capital first letter, for languages that have capitals."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Message:
    """A text to be said later, in the language of whoever reads it; as ``str`` it is English."""

    key: str
    values: Mapping[str, Any]

    def say(self, lang: str) -> str:
        """Return the text in a language."""
        return say(self.key, lang, **self.values)

    def __str__(self) -> str:
        return self.say(LANGUAGES[0])

    def plain(self) -> dict[str, Any]:
        """Return the message as plain data, with its English text."""
        return {"key": self.key, "values": dict(self.values), "text": str(self)}


def message(key: str, /, **values: Any) -> Message:
    """Return a text with its values, to be said later."""
    return Message(key, values)


def said(record: object, lang: str) -> str:
    """Return a text in a language, or what :meth:`Message.plain` recorded; mere text as it is.

    A key of another version of capsim is said in English, as it was recorded.
    """
    if isinstance(record, Text):
        return record.forms[lang]
    if not isinstance(record, Mapping):
        return str(record)
    if not has(record["key"], lang):
        return str(record["text"])
    return say(record["key"], lang, **record["values"])


@lru_cache(maxsize=4096)
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
