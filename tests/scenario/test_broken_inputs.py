"""What a user can get wrong, and the line that tells them: exit code 3, no traceback, no output."""

import json
import re
from pathlib import Path

import pytest

from capsim.cli.app import main
from capsim.core.errors import InvalidInput
from capsim.scenario.load import load

GOLDEN = Path(__file__).parents[1] / "golden" / "broken.json"


def change(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text, f"{path} does not hold {old!r}"
    Path(path).write_text(text.replace(old, new, 1), encoding="utf-8")


def add(path: str, text: str) -> None:
    Path(path).write_text(Path(path).read_text(encoding="utf-8") + text, encoding="utf-8")


def line_of(path: str, start: str) -> int:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if line.startswith(start))


def drop_lines(path: str, pattern: str) -> None:
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not re.match(pattern, line)]
    assert len(kept) < len(lines)
    Path(path).write_text("".join(kept), encoding="utf-8")


YAML = "baseline.yaml"
SCHOOLS, ROLLS, TEACHERS = "tables/schools.csv", "tables/rolls.csv", "tables/teachers.csv"
SETTLEMENTS, ZONES = "tables/settlements.csv", "tables/zones.csv"
POPULATION, CLASSES = "tables/population.csv", "tables/classes.csv"

# name: (how it is broken, what the message must hold; {n} is the number the breaker returns)
BROKEN = {
    "unknown key": (
        lambda: change(YAML, "class_cap:", "class_cup:"),
        r'baseline\.yaml:50:3: enrolment\.class_cup: unknown key \(did you mean "class_cap"\?\)',
    ),
    "unknown key inside": (
        lambda: change(YAML, "{primary: 45", "{primry: 45"),
        r"baseline\.yaml:50:15: enrolment\.class_cap\.primry: unknown key "
        r'\(did you mean "primary"\?\)',
    ),
    "missing key": (
        lambda: change(YAML, "  horizon: 2035\n", ""),
        r"baseline\.yaml:18:1: years\.horizon: is missing",
    ),
    "text for a number": (
        lambda: change(YAML, "replicates: 100", "replicates: many"),
        r'baseline\.yaml:23:1: replicates: "many" is not a number',
    ),
    "number out of range": (
        lambda: change(YAML, "replicates: 100", "replicates: 0"),
        r"baseline\.yaml:23:1: replicates: 0 is out of range \(must be at least 1\)",
    ),
    "code without quotes": (
        lambda: change(YAML, "  area_km2: 420", "  code: 511126\n  area_km2: 420"),
        r"baseline\.yaml:17:3: place\.code: 511126 is not text \(put it in quotes\)",
    ),
    "no such date": (
        lambda: change(YAML, "2020-12-31", "2020-13-31"),
        r'baseline\.yaml:21:1: information_date: "2020-13-31" is not a date',
    ),
    "horizon before the base year": (
        lambda: change(YAML, "horizon: 2035", "horizon: 2019"),
        r"baseline\.yaml:18:1: years: horizon 2019 is not after the base year 2020",
    ),
    "base year without rolls": (
        lambda: change(YAML, "base: 2020", "base: 2021"),
        r"rolls\.csv: holds no roll of the base year 2021 \(holds 2020\)",
    ),
    "key set twice": (
        lambda: add(YAML, "seed: 5\n"),
        r"baseline\.yaml:\d+:1: seed: key is set twice \(first at baseline\.yaml:22:1\)",
    ),
    "not YAML": (
        lambda: add(YAML, "programme: [1, 2\n"),
        r"baseline\.yaml:\d+:\d+: not valid YAML: .*expected",
    ),
    "tab as indentation": (
        lambda: add(YAML, "budget:\n\tprice_year: 2020\n"),
        r"baseline\.yaml:\d+:1: not valid YAML: .*cannot start",
    ),
    "empty scenario": (
        lambda: Path(YAML).write_text("\n"),
        r"baseline\.yaml: file is empty",
    ),
    "a list for a scenario": (
        lambda: Path(YAML).write_text("- a\n- b\n"),
        r"baseline\.yaml:1:1: the file must hold keys with values",
    ),
    "schema of the future": (
        lambda: change(YAML, "schema_version: 1", "schema_version: 2"),
        r"baseline\.yaml:7:1: schema_version: 2 is not one of 1",
    ),
    "cyclic extends": (
        lambda: (
            change(YAML, "schema_version", "extends: second.yaml\nschema_version"),
            Path("second.yaml").write_text("extends: baseline.yaml\n"),
        ),
        r"second\.yaml:1:1: extends: baseline\.yaml extends itself in a circle",
    ),
    "extends a missing file": (
        lambda: change(YAML, "schema_version", "extends: base.yaml\nschema_version"),
        r"baseline\.yaml:7:1: extends: base\.yaml: file not found",
    ),
    "extends outside the folder": (
        lambda: (
            Path("../other.yaml").write_text("seed: 1\n"),
            change(YAML, "schema_version", "extends: ../other.yaml\nschema_version"),
        ),
        r"baseline\.yaml:7:1: extends: \.\./other\.yaml lies outside the scenario's folder",
    ),
    "tables outside the folder": (
        lambda: change(YAML, "folder: tables", "folder: ../.."),
        r"baseline\.yaml:27:3: data\.folder: \.\./\.\. lies outside the scenario's folder",
    ),
    "table outside the folder": (
        lambda: change(YAML, "rolls: rolls.csv", "rolls: ../../rolls.csv"),
        r"baseline\.yaml:30:3: data\.rolls: \.\./\.\./rolls\.csv lies outside the scenario's",
    ),
    "alias bomb": (
        lambda: Path(YAML).write_text(
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n"
                for i in range(9)
            )
        ),
        r"baseline\.yaml:\d+:\d+: aliases expand the file to more than 20000 values",
    ),
    "alias of itself": (
        lambda: add(YAML, "budget: &loop {price_year: *loop}\n"),
        r"baseline\.yaml:\d+:\d+: an alias refers to itself",
    ),
    "nested without end": (
        lambda: add(YAML, "budget: " + "[" * 300 + "]" * 300 + "\n"),
        r"baseline\.yaml(:\d+:\d+)?: nested deeper than 60 levels",
    ),
    "custom tag": (
        lambda: change(YAML, "seed: 20200901", "seed: !!python/object:os.system 1"),
        r"baseline\.yaml:22:7: cannot be read: ",
    ),
    "missing table": (
        lambda: Path(ROLLS).unlink(),
        r"baseline\.yaml:30:3: data\.rolls: rolls\.csv: file not found \(tables are looked for in",
    ),
    "misspelt table": (
        lambda: change(YAML, "schools: schools.csv", "schools: school.csv"),
        r'data\.schools: school\.csv: file not found \(did you mean "schools\.csv"\?\)',
    ),
    "empty table": (
        lambda: Path(ROLLS).write_text(""),
        r"rolls\.csv: file is empty",
    ),
    "header only": (
        lambda: Path(ROLLS).write_text("school,grade,pupils\n"),
        r"rolls\.csv: has a header but no rows",
    ),
    "unknown encoding": (
        lambda: Path(ROLLS).write_bytes("school,grade,pupils\n\u00e9cole,1,5\n".encode("utf-16")),
        r"rolls\.csv: encoding is neither UTF-8 nor GB18030 \(save the file as UTF-8\)",
    ),
    "not a workbook": (
        lambda: (
            change(YAML, "rolls: rolls.csv", "rolls: rolls.xlsx"),
            Path("tables/rolls.xlsx").write_bytes(b"PK but no workbook"),
        ),
        r"rolls\.xlsx: is not an Excel workbook",
    ),
    "semicolons": (
        lambda: Path(ROLLS).write_text("school;grade;pupils\nx;1;5\n"),
        r"rolls\.csv:1: columns are not separated by commas",
    ),
    "missing column": (
        lambda: change(ROLLS, "pupils", "pupil"),
        r'rolls\.csv: column pupils is missing \(is it called "pupil"\?\)',
    ),
    "unknown column": (
        lambda: change(SCHOOLS, "rooms_primary", "room_primary"),
        r'schools\.csv: unknown column "room_primary" \(did you mean "rooms_primary"\?\)',
    ),
    "too many cells": (
        lambda: change(ROLLS, "north-primary-1,1,", "north-primary-1,1,1,"),
        r"rolls\.csv:2: row has 5 cells, the header 4",
    ),
    "negative roll": (
        lambda: change(ROLLS, "north-primary-1,1,", "north-primary-1,1,-"),
        r"rolls\.csv:2: pupils: -\d+ is negative",
    ),
    "text in a number": (
        lambda: change(ROLLS, "north-primary-1,2,", "north-primary-1,2,about "),
        r'rolls\.csv:3: pupils: "about \d+" is not a number',
    ),
    "thousands separator": (
        lambda: change(ROLLS, "north-primary-1,2,", 'north-primary-1,2,"1,0'),
        r"rolls\.csv:3",
    ),
    "half a pupil": (
        lambda: change(ROLLS, "north-primary-1,2,", "north-primary-1,2,0.5"),
        r"rolls\.csv:3: pupils: 0\.5\d+ is not a whole number",
    ),
    "grade of nobody": (
        lambda: change(ROLLS, "north-primary-1,6,", "north-primary-1,13,"),
        r"rolls\.csv:7: grade: 13 is above 9",
    ),
    "grade not taught": (
        lambda: change(ROLLS, "north-primary-1,6,", "north-primary-1,7,"),
        r"rolls\.csv:7: grade: north-primary-1 teaches grades 1 to 6, not 7",
    ),
    "unknown school": (
        lambda: change(ROLLS, "north-primary-1,1,", "north-primery-1,1,"),
        r'rolls\.csv:2: school: no school is called "north-primery-1" '
        r'\(did you mean "north-primary-1"\?\)',
    ),
    "same roll twice": (
        lambda: change(ROLLS, "north-primary-1,2,", "north-primary-1,1,"),
        r"rolls\.csv:3: north-primary-1, 1, 2020 is given twice \(first in row 2\)",
    ),
    "school without roll": (
        lambda: drop_lines(ROLLS, "lake-junior,"),
        r'schools\.csv:\d+: school: "lake-junior" has no roll in 2020 \(write 0 in rolls\.csv',
    ),
    "school twice": (
        lambda: change(SCHOOLS, "north-primary-2,", "north-primary-1,"),
        r"schools\.csv:3: school: north-primary-1 is given twice \(first in row 2\)",
    ),
    "unknown kind": (
        lambda: change(SCHOOLS, "north-primary-1,primary", "north-primary-1,primery"),
        r'schools\.csv:2: kind: "primery" is not one of .*\(did you mean "primary"\?\)',
    ),
    "unknown settlement": (
        lambda: change(SCHOOLS, "primary,north-0", "primary,nrth-0"),
        r'schools\.csv:2: settlement: no settlement is called "nrth-0\d" \(did you mean "north-',
    ),
    "point without parent": (
        lambda: change(SCHOOLS, ",south-primary-1,", ",,"),
        r"schools\.csv:\d+: parent: a teaching point needs a parent school",
    ),
    "rooms of a level not taught": (
        lambda: change("tables/schools.csv", ",0,", ",3,"),
        r"schools\.csv:2: rooms_junior: 3 rooms for a level the school does not teach",
    ),
    "teachers of a level not taught": (
        lambda: change(TEACHERS, "north-primary-1,primary", "north-primary-1,junior"),
        r"teachers\.csv:2: level: north-primary-1 does not teach junior",
    ),
    "teacher of 7 years": (
        lambda: change(TEACHERS, "male,4", "male,"),
        r"teachers\.csv:\d+: age: \d is below 16",
    ),
    "zone without a school": (
        lambda: change(ZONES, "east-00,primary,east-primary-1", "east-00,primary,"),
        r"zones\.csv:\d+: school: is empty",
    ),
    "settlement without a zone": (
        lambda: drop_lines(ZONES, "east-00,primary"),
        r'zones\.csv: "east-00" has no primary zone \(name at least one school for it\)',
    ),
    "zone of a junior school": (
        lambda: change(ZONES, "lake-00,primary,lake-primary", "lake-00,primary,lake-junior"),
        r"zones\.csv:\d+: level: lake-junior does not teach primary",
    ),
    "unknown township": (
        lambda: change(SETTLEMENTS, "east-00,east,", "east-00,eastt,"),
        r'settlements\.csv:\d+: township: no township is called "eastt" \(did you mean "east"\?\)',
    ),
    "population of one sex": (
        lambda: drop_lines(POPULATION, ".*female"),
        r"population\.csv:2: age: Example on 2020-11-01 has no rows for female",
    ),
    "age group left out": (
        lambda: drop_lines(POPULATION, ".*,male,10-14"),
        r"population\.csv:2: age: Example on 2020-11-01, male: leaves out ages 10 to 14",
    ),
    "overlapping age groups": (
        lambda: change(POPULATION, "male,10-14", "male,8-14"),
        r"male: repeats ages 8 to 9",
    ),
    "closed last age": (
        lambda: change(POPULATION, "male,85+", "male,85"),
        r"the last age group 85 is not open \(write it as 85\+ or 100\+\)",
    ),
    "unknown area": (
        lambda: change(POPULATION, "Example", "Exampel"),
        r'population\.csv:2: area: "Exampel" is neither a township nor the county Example '
        r'\(did you mean "Example"\?\)',
    ),
    "census later than known": (
        lambda: change(YAML, "2020-12-31", "2020-06-30"),
        r"population\.csv: the first census, of 2020-11-01, is later than the information date "
        r"2020-06-30",
    ),
    "no age": (
        lambda: change(POPULATION, "male,5-9", "male,5 to 9"),
        r'population\.csv:6: age: "5 to 9" is not an age \(write it as 7, 5-9 or 85\+\)',
    ),
    "pupils without class": (
        lambda: drop_lines(CLASSES, "lake-junior,7"),
        r"rolls\.csv:\d+: grade: lake-junior has \d+ pupils in grade 7 but classes\.csv no class",
    ),
    "unknown mark": (
        lambda: change("tables/columns.yaml", "kind: {assumed", "kind: {guessed"),
        r'columns\.yaml:\d+:3: settlements\.kind: "guessed" is not one of reported, derived',
    ),
    "source of no key": (
        lambda: change(YAML, "  enrolment.class_cap: {mark", "  enrolment.class_cop: {mark"),
        r"baseline\.yaml:\d+:3: sources\.enrolment\.class_cop: unknown key \(did you mean",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_its_line_and_exit_code_3(name, county, capsys):
    breaker, expected = BROKEN[name]
    breaker()
    before = sorted(county.rglob("*"))
    with pytest.raises(SystemExit) as stopped:
        main(["run", YAML, "--out", "runs/x"])
    assert stopped.value.code == 3
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Traceback" not in streams.err
    assert re.search(expected, streams.err), streams.err
    assert streams.err == json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    assert sorted(county.rglob("*")) == before


def test_a_broken_input_gets_few_lines(county):
    """One fault is one line, not a cascade."""
    change(ROLLS, "north-primary-1,1,", "north-primary-1,1,-")
    with pytest.raises(InvalidInput) as caught:
        load(YAML)
    assert len(caught.value.problems) == 1


def test_everything_wrong_is_said_at_once(county):
    change(YAML, "class_cap:", "class_cup:")
    change(ROLLS, "north-primary-1,1,", "north-primary-1,1,-")
    change(ZONES, "east-00,primary,east-primary-1", "east-00,primary,east-primary-9")
    drop_lines(POPULATION, ".*,male,10-14")
    with pytest.raises(InvalidInput) as caught:
        load(YAML)
    text = str(caught.value)
    for part in ("class_cup", "is negative", "east-primary-9", "leaves out ages 10 to 14"):
        assert part in text
    assert len(caught.value.problems) == 4


def test_overrides_are_checked_as_well(county):
    with pytest.raises(InvalidInput) as caught:
        load(YAML, ["enrolment.class_cap.primry=40", "seed", "years.horizon=soon"])
    text = str(caught.value)
    assert '--set: enrolment.class_cap.primry: unknown key (did you mean "primary"?)' in text
    assert '--set: "seed" sets nothing (write it as key=value)' in text
    assert '--set: years.horizon: "soon" is not a number' in text
