"""The command line in this process, as a user types it, with its streams and its exit code."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from capsim.cli.app import main

SHORT = ("--replicates", "2", "--set", "years.horizon=2022")


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


def capsim(*arguments: object, folder: Path | None = None) -> Outcome:
    """Run a command, standing in a folder."""
    out, err = io.StringIO(), io.StringIO()
    here = Path.cwd()
    if folder is not None:
        os.chdir(folder)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as stopped,
        ):
            main([str(argument) for argument in arguments])
    finally:
        os.chdir(here)
    code = stopped.value.code
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def call():
    """The function that runs a command."""
    return capsim


@pytest.fixture(scope="session")
def office(tmp_path_factory) -> Path:
    """A folder with spaces and Chinese characters that holds a county made by ``init``."""
    folder = tmp_path_factory.mktemp("cli") / "规划 办公室"
    folder.mkdir()
    started = capsim("init", "示例 county", folder=folder)
    assert started.code == 0, started.err
    return folder


@pytest.fixture(scope="session")
def county(office) -> Path:
    """Folder of the county; nothing may be changed in it."""
    return office / "示例 county"


@pytest.fixture(scope="session")
def finished(office, county) -> tuple[Path, Outcome]:
    """The folder of a finished run, and what the command said."""
    said = capsim("run", county / "baseline.yaml", *SHORT, "--out", "runs/base", folder=office)
    return office / "runs" / "base", said
