"""A whole small county in a folder, copied fresh for every test that breaks it."""

import shutil
from pathlib import Path

import pytest

from capsim.scenario.county import init_template


@pytest.fixture(scope="session")
def template_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "county"
    init_template(folder)
    return folder


@pytest.fixture
def county(template_folder, tmp_path, monkeypatch) -> Path:
    """A copy of the template, with the test standing in its folder."""
    folder = tmp_path / "县 county"
    shutil.copytree(template_folder, folder)
    monkeypatch.chdir(folder)
    return folder


def change(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{path} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
