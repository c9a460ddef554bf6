"""Words: the same keys and placeholders in every language, and nothing missing in silence."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capsim import texts

FOLDER = Path(texts.__file__).parent
SUBJECTS = sorted(
    {path.stem for lang in texts.LANGUAGES for path in (FOLDER / lang).glob("*.yaml")}
)


def leaves(words: Any, at: str = "") -> Iterator[tuple[str, list[str]]]:
    """Key and forms of each text."""
    if isinstance(words, str):
        yield at, [words]
    elif "other" in words and set(words) <= texts.PLURALS:
        yield at, list(words.values())
    else:
        for key, inner in words.items():
            yield from leaves(inner, f"{at}.{key}".lstrip("."))


def placeholders(forms: list[str]) -> set[str]:
    found = {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}
    return {name.split(".")[0].split("[")[0] for name in found} - {"count"}


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_language_has_every_text_with_the_same_placeholders(name: str) -> None:
    english, *others = (dict(leaves(texts.subject(name, lang))) for lang in texts.LANGUAGES)
    for other in others:
        assert set(other) == set(english)
        for key, forms in english.items():
            assert placeholders(other[key]) == placeholders(forms), key


def test_plural_forms_follow_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"school": {"one": "{count} school", "other": "{count} schools"}}
    monkeypatch.setattr(texts, "subject", lambda name, lang: words)
    assert [texts.say("x.school", "en", count=n) for n in (0, 1, 2)] == [
        "0 schools",
        "1 school",
        "2 schools",
    ]


def test_what_is_missing_is_an_error() -> None:
    for key in ("common.level.none", "nothing.level", "common.level"):
        assert not texts.has(key, "en")
        with pytest.raises(KeyError):
            texts.say(key, "en")
    with pytest.raises(KeyError):
        texts.say("common.level.primary", "fr")
