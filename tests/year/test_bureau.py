"""The bureau decides, and a scenario may name another one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import capsim
from capsim.core.catalogue import TEACHER_CAUSES
from capsim.core.errors import InvalidInput
from capsim.county.county import County, build_county
from capsim.schools.staffing.allocation import no_moves
from capsim.schools.staffing.exchange import Exchanged
from capsim.year.bureau import Bureau
from capsim.year.model import CountyModel
from capsim.year.order import run_year
from capsim.year.state import State

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
IDLE = """
import numpy as np
from capsim.year.bureau import Bureau


class NoRecruits(Bureau):
    def recruit(self, county, state, year, lost):
        return np.zeros(0, np.intp)


class Idle:
    pass
"""


class Passive(Bureau):
    """Decides that nothing is done; notes what it was asked."""

    def __init__(self, model):
        super().__init__(model)
        self.asked: list[str] = []

    def programme(self, county, state, year, due):
        self.asked.append("programme")
        return []

    def recruit(self, county, state, year, lost):
        self.asked.append("recruit")
        assert lost > 0 and year.staffing.posts.shape == state.staff.present.shape
        return []

    def reallocate(self, county, state, year):
        self.asked.append("reallocate")
        return no_moves()

    def exchange(self, county, state, year):
        self.asked.append("exchange")
        return Exchanged(np.zeros(0, np.intp), np.zeros(0, np.intp))

    def review_small_schools(self, county, state, year):
        self.asked.append("review_small_schools")
        return []

    def start_schools(self, county, state, year):
        self.asked.append("start_schools")
        return []


@pytest.fixture(scope="module")
def busy() -> County:
    """Projects, exchange, a review of small schools and demand-led schools."""
    expand = {
        "kind": "expand", "project": "e", "school": "yongqing-junior", "start_year": 2018,
        "rooms_junior": 2, "lead_time": {"low_months": 0, "high_months": 0},
    }  # fmt: skip
    changes = {
        "years.horizon": 2023,
        "enrolment.class_cap": {"primary": 45, "junior": 45},
        "programme.projects": [expand],
        "programme.small_schools": {"enabled": True, "threshold_pupils": 60, "years": 1},
        "programme.demand_led": {
            "enabled": True,
            "years": 1,
            "shortfall_seats": {"primary": 20, "junior": 20},
        },
    }
    return build_county(capsim.load(JIAJIANG / "baseline.yaml", changes), replicates=1)


def years_of(county: County, kind: type[Bureau]) -> tuple[State, Bureau]:
    state, bureau = State(county, 0), kind(CountyModel(county, 0))
    for _ in range(5):
        run_year(county, state, bureau)
    return state, bureau


def test_every_decision_of_the_year_is_asked_for_and_carried_out(busy):
    usual, _ = years_of(busy, Bureau)
    nothing, bureau = years_of(busy, Passive)
    assert bureau.asked[:6] == [
        "programme",
        "recruit",
        "reallocate",
        "exchange",
        "review_small_schools",
        "start_schools",
    ]
    assert len(bureau.asked) == 5 * 6
    row = busy.schools.ids.index("yongqing-junior")
    rooms = [
        int(state.schools.rooms[row, 1] - busy.schools.rooms[row, 1]) for state in (usual, nothing)
    ]
    assert rooms == [2, 0]
    ended = [busy.schools.is_open & ~state.schools.is_open for state in (usual, nothing)]
    assert ended[0].any() and not ended[1].any()
    assert usual.demand_rule.started.sum() > 0 == nothing.demand_rule.started.sum()
    flows = {name: TEACHER_CAUSES.index(name) for name in ("recruited", "exchanged_in")}
    for state, some in ((usual, True), (nothing, False)):
        for column in flows.values():
            assert (state.staff.flows[..., column].sum() > 0) == some
    assert nothing.staff.present.sum() < usual.staff.present.sum()


@pytest.fixture
def folder(tmp_path):
    """A copy of the demonstration with a module of bureaus beside it."""
    folder = Path(shutil.copytree(JIAJIANG, tmp_path / "county"))
    (folder / "bureaus_of_a_test.py").write_text(IDLE, encoding="utf-8")
    return folder


def scenario_with(folder: Path, bureau: str) -> Path:
    file = folder / "other.yaml"
    text = f"extends: baseline.yaml\nyears: {{horizon: 2018}}\nbureau: {bureau}\n"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_scenario_names_a_bureau_and_workers_import_it_again(folder):
    usual = capsim.load(folder / "baseline.yaml", {"years.horizon": 2018})
    other = capsim.load(scenario_with(folder, "bureaus_of_a_test:NoRecruits"))
    scenarios = [usual, other.with_({}, name="other")]
    changes = {"demography.births.stress_paths": []}
    scenarios = [s.with_(changes) for s in scenarios]
    results = capsim.run(scenarios, replicates=2, jobs=2)
    flows = results.data["teacher_flows"].sel(year=2018, teacher_cause="recruited")
    recruited = flows.sum(("school", "level", "replicate"))
    assert recruited.sel(scenario=usual.name) > 0
    assert recruited.sel(scenario="other") == 0


@pytest.mark.parametrize(
    ("bureau", "words"),
    [
        ("no_such_module:Bureau", ["cannot import 'no_such_module'", "beside the scenario"]),
        ("bureaus_of_a_test:Nobody", ["has no 'Nobody'"]),
        ("bureaus_of_a_test:Idle", ["is no bureau", "capsim.year.bureau.Bureau"]),
        ("bureaus_of_a_test", ["does not name a class", "my_module:MyBureau"]),
    ],
)
def test_a_bureau_that_cannot_be_had_is_a_line_with_file_and_key(folder, bureau, words):
    file = scenario_with(folder, bureau)
    with pytest.raises(InvalidInput) as raised:
        capsim.load(file)
    (problem,) = raised.value.problems
    line = str(problem)
    assert "other.yaml:3:" in line and ": bureau:" in line
    for word in words:
        assert word in line


def test_a_module_that_fails_is_a_line_with_its_reason(folder):
    (folder / "broken_bureau_of_a_test.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"ZeroDivisionError: division by zero"):
        capsim.load(scenario_with(folder, "broken_bureau_of_a_test:Any"))
