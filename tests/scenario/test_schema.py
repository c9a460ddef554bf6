"""The vocabulary: every key documented, every parameter with a source, shipped files load."""

import contextlib
import json
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from capsim.scenario.assumptions import list_assumptions
from capsim.scenario.load import load, resolve
from capsim.scenario.options.base import ByLevel
from capsim.scenario.options.staffing import ByKind
from capsim.scenario.schema import Scenario
from capsim.scenario.schema_errors import known_keys

ROOT = Path(__file__).parents[2]
JIAJIANG = ROOT / "scenarios" / "jiajiang"
TEMPLATE = ROOT / "capsim" / "builder" / "template"
NOT_SCENARIOS = {"totals.yaml", "reported.yaml"}
SHIPPED = sorted(p for p in JIAJIANG.glob("*.yaml") if p.name not in NOT_SCENARIOS)


def sections(model: type[BaseModel], seen: set | None = None) -> set[type[BaseModel]]:
    seen = {model} if seen is None else seen | {model}
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            if inner not in seen:
                seen |= sections(inner, seen)
    return seen


def models_in(annotation) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {m for a in typing.get_args(annotation) for m in models_in(a)}


SECTIONS = sorted(sections(Scenario), key=lambda section: section.__name__)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.__name__)
def test_every_key_is_documented(section):
    assert section.model_config["extra"] == "forbid" and section.model_config["frozen"]
    for name, field in section.model_fields.items():
        assert field.description, f"{section.__name__}.{name} has no docstring"


# Effects on utility and on log odds, which may go either way.
SIGNED = {
    "ChoiceOptions": {"coefficients"},
    "DistanceOptions": {"slopes_per_km"},
    "MovingOptions": {"constant", "small_class", "closed", "parent_in_town"},
}


# Sections that can be made of one value, because the others have defaults.
COMPLETE = [
    section
    for section in SECTIONS
    if not any(field.is_required() for field in section.model_fields.values())
]


def below_zero(value: object) -> object | None:
    """The same kind of value with its first number below zero; None if it holds no number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return -1
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        numbers = {key: below_zero(one) for key, one in value.items()}
        first = next((key for key, one in numbers.items() if one is not None), None)
        return None if first is None else {**value, first: numbers[first]}
    if isinstance(value, tuple) and value and below_zero(value[0]) is not None:
        return (below_zero(value[0]), *value[1:])
    return None


@pytest.mark.parametrize("section", COMPLETE, ids=lambda s: s.__name__)
def test_numbers_below_zero_are_refused_but_for_effects(section):
    accepted = set()
    for name, field in section.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        wrong = None if models_in(field.annotation) - {ByLevel, ByKind} else below_zero(default)
        if wrong is None:
            continue
        with contextlib.suppress(ValidationError):
            section.model_validate({name: wrong})
            accepted.add(name)
    assert accepted == SIGNED.get(section.__name__, set())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_scenarios_load(path):
    scenario = load(path)
    assert scenario.name == path.stem
    assert scenario.title.en and scenario.title.zh
    assert not scenario.provenance.warnings


def test_reported_figures_stand_in_the_base_year():
    reported = YAML(typ="safe").load((JIAJIANG / "reported.yaml").read_text(encoding="utf-8"))
    tables = load(JIAJIANG / "baseline.yaml").tables()
    kinds = tables.schools["kind"].value_counts()
    for kind in ("primary", "junior", "nine_year", "complete_middle"):
        assert kinds[kind] == reported["schools"][kind]
    counted = kinds.drop("teaching_point").sum()
    assert counted == reported["schools"]["total"]
    for level, grades in (("primary", range(1, 7)), ("junior", range(7, 10))):
        rolls = tables.rolls[tables.rolls["grade"].isin(grades)]
        assert rolls["pupils"].sum() == reported["pupils"][level]
        teachers = tables.teachers[tables.teachers["level"] == level]
        assert teachers["teachers"].sum() == reported["teachers"][level]
        for area in ("site_area_m2", "building_area_m2"):
            assert tables.schools[f"{area}_{level}"].sum() == reported[area][level]
    assert len(tables.townships) == reported["towns"]
    residents = tables.population.groupby(tables.population["date"].astype(str))["persons"].sum()
    for year in (2010, 2020):
        census = reported["census"][year]
        assert residents[f"{year}-11-01"] == census["residents"]
        assert census["urban"] + census["rural"] == census["residents"]


def test_the_totals_are_the_reported_figures():
    read = YAML(typ="safe").load
    reported = read((JIAJIANG / "reported.yaml").read_text(encoding="utf-8"))
    totals = read((JIAJIANG / "totals.yaml").read_text(encoding="utf-8"))
    for key in ("pupils", "teachers", "site_area_m2", "building_area_m2"):
        assert totals[key] == {lv: reported[key][lv] for lv in ("primary", "junior")}
    census = reported["census"]
    passed = (2017 + 8 / 12 - (2010 + 10 / 12)) / 10
    for key, name in (("total", "residents"), ("urban", "urban")):
        between = census[2010][name] + passed * (census[2020][name] - census[2010][name])
        assert totals["residents"][key] == pytest.approx(between, abs=1)


def test_the_template_loads_with_every_setting_switched_on(county):
    text = (county / "baseline.yaml").read_text(encoding="utf-8")
    assert text.count("\n#") > 5
    lines = []
    for line in text.splitlines():
        bare = line.lstrip()
        switched_off = bare.startswith("#") and bare[1:2] not in ("", " ")
        lines.append(line.replace("#", "", 1) if switched_off else line)
    (county / "all.yaml").write_text("\n".join(lines), encoding="utf-8")
    scenario = load("all.yaml")
    assert scenario.tables().travel is not None
    assert scenario.tables().private_schools is not None
    assert scenario.tables().planning_areas is not None
    assert scenario.tables().housing["units"].tolist() == [320, 480]
    assert scenario.tables().preschool["age"].tolist() == [3, 4, 5] * 4
    assert scenario.programme.projects[0].project == "new-north"


def test_the_template_holds_every_table(county):
    from capsim.tables.columns import TABLES

    for table in TABLES:
        assert (county / "tables" / f"{table.name}.csv").is_file()
    assert (county / "tables" / "columns.md").is_file()


def test_the_json_schema_fits_files_that_extend():
    schema = Scenario.model_json_schema()
    json.dumps(schema)
    assert "extends" in schema["properties"] and "required" not in schema
    assert schema["additionalProperties"] is False
    cap = schema["$defs"]["EnrolmentOptions"]["properties"]["class_cap"]
    assert cap["mark"] == "found" and cap["description"]


def test_known_keys_of_a_list_of_variants():
    keys = known_keys(Scenario, ("programme", "projects", 0, "build", "roms_primary"))
    assert "rooms_primary" in keys and "receiver" in keys


def test_assumptions_have_unit_source_and_mark():
    rows = list_assumptions(load(JIAJIANG / "baseline.yaml"))
    keys = [row["key"] for row in rows]
    assert len(set(keys)) == len(keys) > 100
    for row in rows:
        assert row["source"] and row["mark"], row["key"]
    by_key = {row["key"]: row for row in rows}
    assert by_key["enrolment.class_cap"]["mark"] == "reported"
    assert by_key["enrolment.class_cap"]["value"] == {"primary": 50.0, "junior": 50.0}
    assert by_key["enrolment.hard_cap"]["mark"] == "recalled"
    assert not by_key["enrolment.hard_cap"]["is_set"]


def test_a_set_value_without_source_is_an_assumption():
    scenario = load(JIAJIANG / "baseline.yaml", ["enrolment.hard_cap.primary=60"])
    row = next(r for r in list_assumptions(scenario) if r["key"] == "enrolment.hard_cap")
    assert (row["mark"], row["source"], row["is_set"]) == ("assumed", "set in --set", True)


def test_the_standards_scenario_differs_in_the_cap_alone():
    base, standards = (resolve(load(JIAJIANG / f"{n}.yaml")) for n in ("baseline", "standards"))
    assert standards.pop("enrolment")["class_cap"] == {"primary": 45.0, "junior": 50.0}
    base.pop("enrolment")
    for key in ("name", "title", "description", "sources"):
        base.pop(key), standards.pop(key)
    assert base == standards
