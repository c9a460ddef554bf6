"""Words: the same keys and placeholders in every language, and nothing missing in silence."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capsim import texts

FOLDER = Path(texts.__file__).parent
SUBJECTS = sorted(
    {path.stem for lang in texts.LANGUAGES for path in (FOLDER / lang).glob("*.yaml")}
    - {texts.DECLARED}
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


def strings_of_code() -> tuple[set[str], set[str]]:
    """Strings of the package, and beginnings of strings that code completes."""
    whole, begun = set(), set()
    for path in FOLDER.parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        parts = {id(v) for node in nodes if isinstance(node, ast.JoinedStr) for v in node.values}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in parts:
                    whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    return whole, begun


WHOLE, BEGUN = strings_of_code()
KEYS = [f"{name}.{key}" for name in SUBJECTS for key, _ in leaves(texts.subject(name, "en"))]
OF_TEXTS = tuple(f"{name}." for name in SUBJECTS)
FILES = (".yaml", ".html", ".docx", ".pdf", ".j2", ".typ")
# Groups from which columns of tables and sheets take their headers by the last part of the key.
HEADERS = ("labels.head.", "workbook.head.")


def test_every_key_of_the_code_has_a_text() -> None:
    said = {s for s in WHOLE if s.startswith(OF_TEXTS) and " " not in s}
    said = {s for s in said if not s.endswith(FILES)}
    begun = {s for s in BEGUN if s.startswith(OF_TEXTS) and " " not in s}
    assert [s for s in sorted(said) if s not in KEYS and not _begins(f"{s}.")] == []
    assert [s for s in sorted(begun) if not _begins(s)] == []


def _begins(text: str) -> bool:
    return any(key.startswith(text) for key in KEYS)


def test_every_text_is_said_somewhere() -> None:
    begun = tuple(s for s in BEGUN if s.startswith(OF_TEXTS) and s not in HEADERS)
    groups = tuple(f"{s}." for s in WHOLE if s.startswith(OF_TEXTS))
    unused = [k for k in KEYS if k not in WHOLE and not k.startswith((*begun, *groups))]
    parts = tuple(s for s in BEGUN if s.isidentifier())
    headers = {k: k.rsplit(".", 1)[1] for k in unused if k.startswith(HEADERS)}
    left = [k for k, last in headers.items() if last not in WHOLE and not last.startswith(parts)]
    assert [k for k in unused if k not in headers] + left == []


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
