"""What is suggested for a word that is not known, and when nothing is."""

from pathlib import Path

import pytest

from capsim.scenario.text_files import did_you_mean, suggestion_of_file

KEYS = ["class_cap", "hard_cap", "primary", "junior", "settlement", "township", "horizon"]
FILES = ["baseline.yaml", "merge_30.yaml", "merge_50.yaml", "two_schools.yaml", "rolls.csv"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("class_cup", "class_cap"), ("PRIMRY", "primary"), ("settlment", "settlement"),
     ("twonship", "township"), ("town", "township"), ("hor", "horizon")],
)  # fmt: skip
def test_slips_and_beginnings_are_recognised(word: str, expected: str) -> None:
    assert did_you_mean(word, KEYS) == f'did you mean "{expected}"?'


@pytest.mark.parametrize("word", ["area", "cap", "ho", "secondary", "", "x-99", "seats"])
def test_other_words_suggest_nothing(word: str) -> None:
    assert did_you_mean(word, KEYS) == ""


def test_a_beginning_of_several_words_suggests_none() -> None:
    assert did_you_mean("mer", ["merge_30", "merge_50"]) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("baselin.yaml", "baseline.yaml"), ("base.yaml", "baseline.yaml"), ("rols.csv", "rolls.csv"),
     ("two_school.yaml", "two_schools.yaml"), ("baseline.yml", "baseline.yaml")],
)  # fmt: skip
def test_files_are_compared_without_their_endings(tmp_path: Path, name: str, expected: str) -> None:
    for file in FILES:
        (tmp_path / file).touch()
    assert suggestion_of_file(tmp_path / name) == f'did you mean "{expected}"?'


@pytest.mark.parametrize("name", ["nothere.yaml", "x.csv", "county.yaml", "plan.yaml", "m.yaml"])
def test_files_of_one_ending_alone_suggest_nothing(tmp_path: Path, name: str) -> None:
    for file in FILES:
        (tmp_path / file).touch()
    assert suggestion_of_file(tmp_path / name) == ""


def test_the_wanted_ending_comes_first(tmp_path: Path) -> None:
    for file in ("rolls.csv", "rolls.xlsx"):
        (tmp_path / file).touch()
    assert suggestion_of_file(tmp_path / "rols.xlsx") == 'did you mean "rolls.xlsx"?'
    assert suggestion_of_file(tmp_path / "rols.csv") == 'did you mean "rolls.csv"?'
