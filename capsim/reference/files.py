"""Reading of the files shipped in this folder."""

from __future__ import annotations

from importlib import resources
from typing import Any


def read_yaml(name: str) -> Any:
    """Return the content of a shipped YAML file as plain dictionaries and lists."""
    from ruamel.yaml import YAML

    text = resources.files("capsim.reference").joinpath(name).read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)
