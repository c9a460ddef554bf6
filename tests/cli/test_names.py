"""Rare characters in names: drawn where the font has them, named before the run where not."""

import shutil
from pathlib import Path

import pytest

from capsim.cli.app import main

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"


def check_with(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    county = folder / "county"
    shutil.copytree(JIAJIANG, county)
    table = county / "tables" / "settlements.csv"
    text = table.read_text(encoding="utf-8-sig")
    table.write_text(text.replace("漹城镇第1社区", name), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["check", str(county / "baseline.yaml")])
    assert end.value.code == 0
    return capsys.readouterr().err


def test_rare_characters_of_the_font_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "settlements" not in check_with("埇塱漷", tmp_path, capsys)


def test_a_character_without_a_glyph_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = chr(0x31F00)  # not assigned
    said = check_with(f"{absent}村", tmp_path, capsys)
    assert "settlements: name" in said
    assert absent in said
