"""The notebooks run from top to bottom, and are kept without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PACKAGE = str(ROOT / "capsim")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_is_one_for_planners_and_one_for_researchers():
    assert {p.stem for p in NOTEBOOKS} >= {"01_first_run", "02_researcher"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    notebook = nbformat.read(path, as_version=4)
    kept = [c for c in notebook.cells if c.cell_type == "code" and c.outputs]
    assert not kept, "outputs are not kept in the repository"
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}})
    client.execute()
    loud = [
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr" and PACKAGE in output.text
    ]
    assert not loud, "capsim warns in a notebook"
