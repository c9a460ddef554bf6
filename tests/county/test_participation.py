"""The public share that rolls and residents imply, where a scenario leaves it open."""

from __future__ import annotations

import pytest

import capsim
from capsim.builder.county import init_template
from capsim.county.county import build_county


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    folder = tmp_path_factory.mktemp("participation") / "county"
    init_template(folder)
    rolls = folder / "tables" / "rolls.csv"
    header, *rows = rolls.read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("pupils")
    fewer = []
    for row in rows:
        cells = row.split(",")
        cells[place] = str(round(0.7 * int(cells[place])))
        fewer.append(",".join(cells))
    rolls.write_text("\n".join([header, *fewer]) + "\n", encoding="utf-8")
    scenario = folder / "baseline.yaml"
    lines = scenario.read_text(encoding="utf-8").splitlines(keepends=True)
    open_levels = ("participation:", "  primary: {private", "  junior: {private")
    kept = [line for line in lines if not line.startswith(open_levels)]
    scenario.write_text("".join(kept), encoding="utf-8")
    return scenario


def test_children_on_no_roll_stay_off_the_rolls_of_the_next_stage(baseline):
    scenario = capsim.load(baseline, {"years.horizon": 2023, "participation.derived": True})
    county = build_county(scenario, replicates=1)
    shares = county.scenario.participation
    children = county.persons.sum(axis=(0, 1))
    junior = county.schools.roll[:, 6:9].sum() / children[12:15].sum()
    assert shares.junior.public == pytest.approx(junior, abs=0.002)
    assert any(note.key == "notes.participation" for note in county.notes if hasattr(note, "key"))


def test_what_a_scenario_gives_stands(baseline):
    given = {"private": 0.0, "out_of_county": 0.0}
    scenario = capsim.load(
        baseline,
        {
            "participation.derived": True,
            "participation.junior": given,
            "years.horizon": 2023,
        },
    )
    county = build_county(scenario, replicates=1)
    assert county.scenario.participation.junior.public == 1.0
    assert county.scenario.participation.primary.public < 1.0
