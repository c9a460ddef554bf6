"""In which language a command speaks, and its help in that language."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from capsim.texts import Lang, has, say

# As gettext asks them: the first that is set decides.
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def language_of_computer() -> Lang:
    """Return Chinese where the computer is set to it, else English."""
    named = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    if not named:
        named = locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


@dataclass
class Voice:
    """The language of a command: known for sure once its arguments are."""

    lang: Lang

    def settle(self, asked: Lang | None, paths: Iterable[Path]) -> Lang:
        """Take the language asked for, else that of the scenarios, else keep the computer's."""
        from capsim.scenario.language import language_of

        self.lang = asked or language_of(paths) or self.lang
        return self.lang


class Command(TyperCommand):
    """A command whose help stands in ``texts/<language>/cli.yaml``."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Put the words in place and print them."""
        put_help(self, ctx, language_of_computer())
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """All commands, with their help from ``texts/<language>/cli.yaml``."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Put the words in place and print them."""
        lang = language_of_computer()
        for command in self.commands.values():
            put_help(command, ctx, lang)
        self.help = say("cli.help.app", lang)
        super().format_help(ctx, formatter)


def put_help(command: Any, ctx: Any, lang: Lang) -> None:
    """Give a command and each of its parameters their help."""
    command.help = say(f"cli.help.{command.name}.about", lang)
    for parameter in command.get_params(ctx):
        own = f"cli.help.{command.name}.{parameter.name}"
        parameter.help = say(own if has(own, lang) else f"cli.help.option.{parameter.name}", lang)
