"""Settings of all tests, the cases they share, and a small county to break."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from capsim.builder.county import init_template

sys.path.insert(0, str(Path(__file__).parent))

# Commands speak the language of the computer where nothing else is asked for.
os.environ["LANGUAGE"] = "en"

# Machines differ in speed: no property fails for being slow.
settings.register_profile("capsim", deadline=None)
settings.load_profile("capsim")


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
