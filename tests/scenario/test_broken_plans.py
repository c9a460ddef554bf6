"""What a user can get wrong in a plan or a setting of their own, and the line that tells them."""

import re
from pathlib import Path

import pytest

from capsim.cli.app import main
from capsim.scenario.load import load

YAML = "baseline.yaml"

PLANS = {
    "merger of an unknown school": (
        "  - {project: m, kind: merge, school: lake-primry, receiver: hill-primary, "
        "start_year: 2022}",
        r'plan\.yaml:5:31: programme\.projects\.0\.school: no school is called "lake-primry" '
        r'\(did you mean "lake-primary"\?\)',
    ),
    "school in an unknown settlement": (
        "  - {project: b, kind: build, school: new, school_kind: primary, settlement: x-99, "
        "rooms_primary: 6, start_year: 2022}",
        r'plan\.yaml:5:66: programme\.projects\.0\.settlement: no settlement is called "x-99"',
    ),
    "opening before the base year": (
        "  - {project: b, kind: build, school: new, school_kind: primary, settlement: lake-00, "
        "rooms_primary: 6, start_year: 2012}",
        r"plan\.yaml:5:105: programme\.projects\.0\.start_year: b: .*not after the base year 2020",
    ),
    "unknown kind of project": (
        "  - {project: b, kind: bild, school: new, start_year: 2022}",
        r'plan\.yaml:5:\d+: programme\.projects\.0.*: "bild" is not one of .*'
        r'\(did you mean "build"\?\)',
    ),
    "key of another kind": (
        "  - {project: e, kind: expand, school: lake-primary, rooms_primry: 2, start_year: 2022}",
        r"plan\.yaml:5:54: programme\.projects\.0\.rooms_primry: unknown key "
        r'\(did you mean "rooms_primary"\?\)',
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_broken_plan_gets_its_line_and_exit_code_3(name, county, capsys):
    project, expected = PLANS[name]
    Path("plan.yaml").write_text(
        f"extends: baseline.yaml\nname: plan\nprogramme:\n  projects:\n  {project.strip()}\n"
    )
    with pytest.raises(SystemExit) as stopped:
        main(["run", "plan.yaml", "--out", "runs/x"])
    assert stopped.value.code == 3
    streams = capsys.readouterr()
    assert streams.out == "" and "Traceback" not in streams.err
    assert re.search(expected, streams.err), streams.err
    assert not Path("runs").exists()


SETTINGS = {
    "status of no development": (
        "housing: {completion: {planed: 0.5}}",
        r"plan\.yaml:3:11: housing\.completion: planed is no status \(known: planned, ",
    ),
    "completion beyond certainty": (
        "housing: {completion: {planned: 1.5}}",
        r"plan\.yaml:3:24: housing\.completion\.planned: 1\.5 is out of range",
    ),
    "dwellings without a yield": (
        "housing: {pupil_yield: {villa: {primary: 0.5}}}\ndata: {housing: housing.csv}",
        r"plan\.yaml:3:11: housing\.pupil_yield: has no yield of flat, a type of housing\.csv",
    ),
    "mothers of no age": (
        "demography: {births: {method: tfr, fertility_schedule: {20-29: 0.2, x: 0.1}}}",
        r"plan\.yaml:3:36: demography\.births\.fertility_schedule: 'x' is not an age",
    ),
    "births below zero": (
        "demography: {births: {method: path, path: {2021: -5}}}",
        r"plan\.yaml:3:44: demography\.births\.path\.2021: -5 is out of range",
    ),
    "thirteen children a woman": (
        "demography: {births: {method: tfr, tfr: {2021: 1.2, 2030: 13}}}",
        r"plan\.yaml:3:53: demography\.births\.tfr\.2030: 13 is out of range",
    ),
    "less than no seats": (
        "enrolment: {migrants: {reserved_share: {primary: -0.5}}}",
        r"plan\.yaml:3:41: enrolment\.migrants\.reserved_share\.primary: -0\.5 is out of range "
        r"\(must be between 0 and 1\)",
    ),
    "costs below zero at both levels": (
        "budget: {teacher_cost_yuan: {primary: -1, junior: -2}}",
        r"plan\.yaml:3:10: budget\.teacher_cost_yuan: primary -1 and junior -2 are out of range",
    ),
    "schools without classrooms": (
        "programme: {demand_led: {rooms: {primary: 0}}}",
        r"plan\.yaml:3:34: programme\.demand_led\.rooms\.primary: 0 is out of range",
    ),
    "more leavers than teachers": (
        "staffing: {leaving_rate: {village: 1.5}}",
        r"plan\.yaml:3:27: staffing\.leaving_rate\.village: 1\.5 is out of range",
    ),
    "a grade that nobody can leave": (
        "choice: {leaving: {leave_by_grade: [0, 0, 0, 0, 0, 0, 0, 0, -1]}}",
        r"plan\.yaml:3:61: choice\.leaving\.leave_by_grade\.8: -1 is out of range",
    ),
    "recruits below zero": (
        "staffing: {recruits: {per_year: {2019: 4, 2020: -3}}}",
        r"plan\.yaml:3:23: staffing\.recruits\.per_year: -3 of 2020 is negative",
    ),
    "births of too few years": (
        "demography: {births: {method: path, path: {2021: 800}}}",
        r"plan\.yaml:3:37: demography\.births\.path: holds no births of 14 years, the first of "
        r"them 2022 \(give those of every year from 2021 to 2035\)",
    ),
    "two faults of kindergarten rolls": (
        "demography: {preschool: {weight: [2, 0.5, 0.5], error: [-0.1, 0.1, 0.1]}}",
        r"(?s)plan\.yaml:3:35: demography\.preschool\.weight\.0: 2 is out of range.*"
        r"plan\.yaml:3:57: demography\.preschool\.error\.0: -0\.1 is out of range",
    ),
    "register of nowhere": (
        "demography: {births: {volatility_from: nowhere}}",
        r'plan\.yaml:3:23: demography\.births\.volatility_from: "nowhere" is not one of ',
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_broken_setting_gets_its_line_and_exit_code_3(name, county, capsys):
    setting, expected = SETTINGS[name]
    Path("plan.yaml").write_text(f"extends: baseline.yaml\nname: plan\n{setting}\n")
    with pytest.raises(SystemExit) as stopped:
        main(["check", "plan.yaml"])
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert re.search(expected, said), said


def test_a_status_left_out_keeps_its_starting_value(county):
    completion = load(YAML, {"housing.completion": {"planned": 0.5}}).housing.completion
    assert completion["planned"] == 0.5
    assert completion["approved"] == 0.6
