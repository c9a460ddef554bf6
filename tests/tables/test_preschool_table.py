"""The table of kindergarten rolls: what it holds when it is right, and every line when not."""

from pathlib import Path

import pytest

from capsim.core.errors import InvalidInput
from capsim.scenario.load import load
from capsim.tables.county_tables import COUNTY_AREA

HEAD = "year,area,age,pupils"


def townships() -> list[str]:
    return sorted(set(load("baseline.yaml").tables().settlements["township"]))


def table(*rows: str, head: str = HEAD):
    text = "\n".join([head, *rows]) + "\n"
    Path("tables/preschool.csv").write_text(text, encoding="utf-8")
    return load("baseline.yaml", {"data.preschool": "preschool.csv"}).tables().preschool


def lines(*rows: str, head: str = HEAD) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        table(*rows, head=head)
    return str(caught.value).splitlines()


@pytest.mark.usefixtures("county")
def test_without_the_table_there_is_none() -> None:
    assert load("baseline.yaml").tables().preschool is None


@pytest.mark.usefixtures("county")
def test_names_of_the_county_and_of_classes() -> None:
    found = table("2019,*,小班,900", "2019,示例县,中班,910", "2020,Example,大班,920")
    assert found["area"].tolist() == [COUNTY_AREA] * 3
    assert found["age"].tolist() == [3, 4, 5]
    assert found["pupils"].tolist() == [900, 910, 920]


@pytest.mark.usefixtures("county")
def test_kindergartens_of_an_area_are_added_up() -> None:
    head = "年份,乡镇,幼儿园,班别,人数"
    rows = [f"2020,{name},{garden},大班,{number}" for number, name in enumerate(townships())
            for garden in ("first", "second")]  # fmt: skip
    found = table(*rows, head=head)
    assert found.columns.tolist() == ["year", "area", "age", "pupils"]
    assert found["pupils"].tolist() == [2 * number for number in range(len(townships()))]


@pytest.mark.usefixtures("county")
def test_every_fault_has_its_row_and_column() -> None:
    found = lines("2020,*,6,900", "2020,*,3,-4", "20,*,4,900", "2020,lak,5,9", "2020,*,5,", "")
    assert set(found) == {
        'preschool.csv:2: age: "6" is not one of 3, 4, 5',
        'preschool.csv:4: year: "20" is not a year (write it as 2017)',
        "preschool.csv:3: pupils: -4 is negative",
        "preschool.csv:6: pupils: is empty",
        'preschool.csv:5: area: "lak" is neither a township nor the county Example '
        '(did you mean "lake"?)',
    }


@pytest.mark.usefixtures("county")
def test_a_row_may_occur_once() -> None:
    (line,) = lines("2020,*,5,900", "2020,*,5,901")
    assert line == "preschool.csv:3: 2020, *, 5 is given twice (first in row 2)"
    (line,) = lines("2020,*,5,900", "2020,Example,5,901")
    assert line == (
        'preschool.csv:3: area: 2020, age 5: the county is given twice (first as "*" in row 2)'
    )


@pytest.mark.usefixtures("county")
def test_townships_are_all_there_unless_the_county_is() -> None:
    first, *others = townships()
    (line,) = lines(f"2020,{first},5,300", "2020,*,4,900")
    assert line.startswith(f"preschool.csv: area: 2020, age 5: no row of {', '.join(others[:3])}")
    assert line.endswith(
        "(write 0 for a township without a kindergarten, or give a row of the county)"
    )
    assert len(table(f"2020,{first},5,300", "2020,*,5,900")) == 2


@pytest.mark.usefixtures("county")
def test_a_missing_column_and_a_missing_file() -> None:
    (line,) = lines("2020,*,900", head="year,area,pupils")
    assert line == (
        "preschool.csv: column age is missing (completed years on 31 August, or the class)"
    )
    with pytest.raises(InvalidInput, match=r"data\.preschool: nurseries\.csv: file not found"):
        load("baseline.yaml", {"data.preschool": "nurseries.csv"})


@pytest.mark.usefixtures("county")
@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weight", [0.8, 1.6, 0.4], r"weight\.1: 1\.6 is out of range"),
        ("error", [0.03, -0.05, 0.08], r"error\.1: -0\.05 is out of range"),
        ("ratio", [1.0, 0.0, 1.0], r"ratio\.1: 0.* is out of range \(must be more than 0"),
        ("by", "school", "is not one of township, county"),
    ],
)
def test_settings_out_of_range(key: str, value: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        load("baseline.yaml", {f"demography.preschool.{key}": value})
