"""Reading tables: encodings, workbooks, Chinese headers, and what empty cells mean."""

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.builder.table_docs import describe_assumptions, describe_tables
from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.load import load
from capsim.tables.cells import parse_table
from capsim.tables.columns import BY_NAME, TABLES
from capsim.tables.files import RawTable

DOCS = Path(__file__).parents[2] / "docs" / "data.md"


def parsed(name: str, header: str, *rows: str):
    problems = Problems()
    raw = RawTable(
        f"{name}.csv", header.split(","), [(i, r.split(",")) for i, r in enumerate(rows, start=2)]
    )
    table = parse_table(raw, BY_NAME[name], problems)
    return table, [str(p) for p in problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_known_encodings(county, encoding):
    path = Path("tables/settlements.csv")
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    names = load("baseline.yaml").tables().settlements["name_zh"]
    assert names[0] == "城关镇第1社区"


def test_a_workbook_gives_the_same_tables(county):
    before = load("baseline.yaml").tables()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("rolls", "schools"):
        frame = pd.read_csv(f"tables/{name}.csv", keep_default_na=False, dtype=object)
        sheet = book.create_sheet(name)
        sheet.append(list(frame.columns))
        for row in frame.to_numpy().tolist():
            sheet.append([int(x) if str(x).isdigit() else x or None for x in row])
    book.save("tables/county.xlsx")
    after = load("baseline.yaml", ["data.rolls=county.xlsx#rolls", "data.schools=county.xlsx"])
    pd.testing.assert_frame_equal(after.tables().rolls, before.rolls)
    pd.testing.assert_frame_equal(after.tables().schools, before.schools)


def test_a_workbook_names_the_row_of_the_sheet(county):
    book = openpyxl.Workbook()
    book.active.append(["school", "grade", "pupils"])
    book.active.append([])
    book.active.append(["north-primary-1", 1, -3])
    book.save("tables/rolls.xlsx")
    with pytest.raises(InvalidInput, match=r"rolls\.xlsx:3: pupils: -3 is negative"):
        load("baseline.yaml", ["data.rolls=rolls.xlsx"])
    with pytest.raises(InvalidInput, match=r'has no sheet "Roll" \(sheets: Sheet\)'):
        load("baseline.yaml", ["data.rolls=rolls.xlsx#Roll"])


def test_chinese_headers_and_words(county):
    path = Path("tables/rolls.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("school,grade,pupils,year", "学校,年级,人数,学年"), "utf-8")
    zones = Path("tables/zones.csv")
    text = zones.read_text(encoding="utf-8").replace("settlement,level,school", "居住地,学段,学校")
    text = text.replace(",primary,", ",小学,").replace(",junior,", ",初中,")
    zones.write_bytes(text.encode("gb18030"))
    tables = load("baseline.yaml").tables()
    assert list(tables.rolls.columns) == ["school", "grade", "pupils", "year"]
    assert set(tables.zones["level"]) == {"primary", "junior"}


def test_headers_are_unique_within_a_table():
    for table in TABLES:
        names = [n for c in table.columns for n in (c.name, *c.zh)]
        assert len(set(names)) == len(names), table.name
        assert set(table.key) <= {c.name for c in table.columns}


def test_defaults_of_a_short_table_of_schools(county):
    Path("tables/schools.csv").write_text(
        "school,kind,settlement,rooms,rooms_primary,rooms_junior,parent\n"
        "a,primary,north-00,,6,,\n"
        "b,junior,north-01,,,4,\n"
        "c,nine_year,east-00,10,,,\n"
        "d,teaching_point,east-01,,1,,c\n",
        encoding="utf-8",
    )
    Path("tables/rolls.csv").write_text(
        "school,grade,pupils\na,1,30\nb,7,40\nc,1,60\nc,7,40\nd,1,5\nd,3,0\n", encoding="utf-8"
    )
    Path("tables/teachers.csv").write_text(
        "school,level,sex,age,teachers\na,primary,female,30,2\na,primary,female,30,3\n",
        encoding="utf-8",
    )
    switched_off = ["data.zones=", "data.classes=", "data.columns=", "data.townships="]
    tables = load("baseline.yaml", switched_off).tables()
    schools = tables.schools.set_index("school")
    assert schools["lowest_grade"].to_dict() == {"a": 1, "b": 7, "c": 1, "d": 1}
    assert schools["highest_grade"].to_dict() == {"a": 6, "b": 9, "c": 9, "d": 3}
    # Ten rooms of the nine-year school by its roll of 60 and 40.
    assert schools.loc["c", ["rooms_primary", "rooms_junior"]].tolist() == [6, 4]
    assert schools.loc["a", ["rooms_primary", "rooms_junior"]].tolist() == [6, 0]
    places = tables.settlements.set_index("settlement")
    assert schools.loc["d", "x_km"] == places.loc["east-01", "x_km"]
    assert schools["beds"].tolist() == [0, 0, 0, 0]
    assert schools["name_zh"].tolist() == ["a", "b", "c", "d"]
    assert np.isnan(schools.loc["a", "quality_primary"])
    assert tables.rolls["year"].unique().tolist() == [2020]
    assert tables.teachers["teachers"].tolist() == [5]  # rows of a kind are added up
    assert tables.teachers["subject_group"].isna().all()  # none given: drawn in the run
    assert np.isnan(tables.teachers["backbone"][0])
    assert tables.zones is None
    zones = tables.zones_or_nearest().set_index(["level", "settlement"])["school"]
    assert zones["primary", "east-01"] == "d"  # beside the teaching point
    assert zones["junior", "hill-00"] == "c" or zones["junior", "hill-00"] == "b"
    assert tables.townships["township"].tolist() == list(
        dict.fromkeys(tables.settlements["township"])
    )


def test_population_has_ages_and_canonical_areas(county):
    population = load("baseline.yaml").tables().population
    assert set(population["area"]) == {"county"}
    row = population[(population["age"] == "85+") & (population["sex"] == "male")].iloc[0]
    assert (row["age_low"], row["age_high"]) == (85, 100)
    assert population["persons"].sum() == 96200


def test_several_years_of_rolls(county):
    path = Path("tables/rolls.csv")
    text = path.read_text(encoding="utf-8")
    older = text.replace(",2020\n", ",2019\n").split("\n", 1)[1]
    path.write_text(text + older, encoding="utf-8")
    rolls = load("baseline.yaml").tables().rolls
    by_year = rolls.groupby("year")["pupils"].sum().to_dict()
    assert set(by_year) == {2019, 2020} and by_year[2019] == by_year[2020]


def test_row_numbers_count_lines_inside_quotes(county):
    Path("tables/townships.csv").write_text(
        'township,name\nnorth,"North\nor so"\neast,East\nsouth,South\nwest,West\nlake,Lake\n'
        "hill,Hill\nforest,Forest\nnorth,Again\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInput, match=r"townships\.csv:10: township: north is given twice"):
        load("baseline.yaml")


def test_many_wrong_cells_are_counted_not_listed():
    _, problems = parsed("rolls", "school,grade,pupils", *["a,1,x"] * 50)
    shown = [p for p in problems if "is not a number" in p]
    assert len(shown) == 20
    assert "rolls.csv: pupils: 30 more rows are wrong" in problems


@given(st.integers(0, 20000))
def test_any_count_is_read_back(pupils):
    table, problems = parsed("rolls", "school,grade,pupils", f"a,1,{pupils}")
    assert not problems and table is not None
    assert table.frame["pupils"][0] == pupils


@given(st.text(alphabet="0123456789.,+-eEx １二", min_size=1, max_size=6))
def test_a_cell_is_a_number_or_a_problem(cell):
    cell = cell.replace(",", "").strip()
    if not cell:
        return
    _, problems = parsed("rolls", "school,grade,pupils", f"a,1,{cell}")
    try:
        good = cell.isascii() and float(cell).is_integer() and 0 <= float(cell) <= 20000
    except ValueError:
        good = False
    assert bool(problems) != good


def test_every_column_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    assert describe_tables().split("\n", 1)[1].strip() in text
    assert describe_assumptions() in text


def test_unlikely_tables_are_warned_of(county):
    schools = Path("tables/schools.csv")
    frame = pd.read_csv(schools, dtype=object, keep_default_na=False)
    assert frame.loc[0, "school"] == "north-primary-1"
    frame.loc[0, "rooms_primary"] = "5"
    frame.to_csv(schools, index=False)
    settlements = Path("tables/settlements.csv")
    places = pd.read_csv(settlements, keep_default_na=False)
    places["population"] *= 2
    places.to_csv(settlements, index=False)
    scenario = load("baseline.yaml")
    first, second = map(str, scenario.provenance.warnings)
    assert first.startswith("schools.csv:2: rooms_primary: 5 rooms for ")
    assert second == (
        "settlements.csv: population: adds up to 192,400, the census of 2020-11-01 to 96,200"
    )
    # They stay when another key is changed.
    assert scenario.with_({"seed": 3}).provenance.warnings == scenario.provenance.warnings


def test_a_damaged_workbook_is_refused(county):
    book = openpyxl.Workbook()
    book.active.append(["school", "grade", "pupils"])
    book.save("tables/rolls.xlsx")
    raw = bytearray(Path("tables/rolls.xlsx").read_bytes())
    for place in range(40, len(raw) - 100, 97):
        raw[place] ^= 0x55
    Path("tables/rolls.xlsx").write_bytes(bytes(raw))
    with pytest.raises(InvalidInput, match=r"rolls\.xlsx: is not an Excel workbook"):
        load("baseline.yaml", ["data.rolls=rolls.xlsx"])
