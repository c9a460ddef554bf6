"""Faults of a series of births: the row of the file, and no fault where there is none."""

from pathlib import Path

import pytest

from capsim.core.errors import InvalidInput
from capsim.scenario.load import load

HEAD = "year,area,births,basis"
YEARS = range(2013, 2020)


def rows(area: str = "*", births: int = 1000, basis: str = "hukou", years=YEARS) -> list[str]:
    return [f"{year},{area},{births},{basis}" for year in years]


def townships() -> list[str]:
    return sorted(set(load("baseline.yaml").tables().settlements["township"]))


def loaded(lines: list[str], **changes: object):
    Path("tables/births.csv").write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return load("baseline.yaml", {key.replace("__", "."): v for key, v in changes.items()})


def faults(lines: list[str], **changes: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        loaded(lines, **changes)
    return str(caught.value).splitlines()


@pytest.mark.usefixtures("county")
def test_a_year_left_out_is_told_at_the_row_after_it() -> None:
    series = rows()
    del series[3]
    remedy = "(give the county, or all its townships, in every year)"
    assert faults(series) == [f"births.csv:5: year: no births of 2016 before this row {remedy}"]
    del series[3]
    assert faults(series) == [
        f"births.csv:5: year: no births of 2016 to 2017 before this row {remedy}"
    ]


@pytest.mark.usefixtures("county")
def test_townships_that_are_not_all_there_leave_a_gap() -> None:
    names = townships()
    series = [row for year in YEARS for name in names for row in rows(name, 50, years=[year])]
    assert len(loaded(series).tables().births) == len(series)
    without = [row for row in series if not row.startswith(f"2016,{names[0]}")]
    row = 2 + next(i for i, text in enumerate(without) if text.startswith("2017"))
    (line,) = faults(without)
    assert line.startswith(f"births.csv:{row}: year: no births of all townships of 2016 before")
    assert loaded([*without, "2016,*,700,hukou"]).tables().births is not None


@pytest.mark.usefixtures("county")
def test_two_bases_need_a_choice_and_only_the_chosen_one_is_checked() -> None:
    gap = [row for row in rows(basis="hospital") if not row.startswith("2016")]
    series = [*rows(), *gap]
    (line,) = faults(series)
    assert line == (
        f"births.csv:{len(YEARS) + 2}: basis: hospital after hukou: two bases "
        "(say which one to use: coverage.basis)"
    )
    scenario = loaded(series, coverage__basis="hukou")
    with pytest.raises(InvalidInput, match="no births of 2016"):
        scenario.with_({"coverage.basis": "hospital"})
    (line,) = faults(rows(), coverage__basis="resident")
    assert line == "births.csv: basis: holds no resident (found hukou)"


@pytest.mark.usefixtures("county")
def test_more_in_some_townships_than_in_the_county() -> None:
    name = townships()[0]
    (line,) = faults([*rows(), f"2018,{name},1200,hukou"])
    assert line == (
        "births.csv:7: births: townships have 1,200 births in 2018, the county 1,000 "
        "(give both on one basis)"
    )


@pytest.mark.usefixtures("county")
def test_the_county_under_two_names_in_one_year() -> None:
    (line,) = faults([*rows(), "2018,Example,1000,hukou"])
    assert line == f"births.csv:{len(YEARS) + 2}: area: the county is given twice in 2018"


@pytest.mark.usefixtures("county")
def test_what_is_not_known_yet_is_not_checked() -> None:
    series = [*rows(), "2024,*,900,hukou", "2026,*,900,hukou"]
    assert loaded(series).tables().births is not None


@pytest.mark.usefixtures("county")
def test_a_faulty_setting_brings_no_fault_of_the_births_with_it() -> None:
    series = [*rows(), *rows(basis="hospital")]
    (line,) = faults(series, coverage__basis="hukuo")
    assert "coverage.basis" in line
