"""Extends, overrides, changes, differences and where every key was set."""

import pickle
from pathlib import Path

import pytest
from ruamel.yaml import YAML as Ruamel

from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.load import diff, dump, load, resolve
from capsim.scenario.renamed import rename_keys
from capsim.scenario.yaml_tree import merge, parse_yaml, plain


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def tree(text: str):
    problems = Problems()
    parsed = parse_yaml(text, "x.yaml", problems)
    problems.raise_if_any()
    return parsed


def test_mappings_merge_lists_are_replaced_and_null_deletes():
    below = tree("a: {b: 1, c: 2}\nd: [1, 2, 3]\ne: 5")
    above = tree("a: {b: null, f: 7}\nd: [4]")
    assert plain(merge(below, above)) == {"a": {"c": 2, "f": 7}, "d": [4], "e": 5}


def test_yaml_1_2_reads_words_and_times_as_text():
    read = plain(tree("a: no\nb: 1:30\nc: yes\nd: 2020-11-01\ne: 010\nf: 1_000"))
    assert read["a"] == "no" and read["b"] == "1:30" and read["c"] == "yes"
    assert read["d"].isoformat() == "2020-11-01"
    assert read["e"] == 10


def test_extends_takes_everything_from_below(county):
    write("cap.yaml", "extends: baseline.yaml\nname: cap\nenrolment: {class_cap: {primary: 40}}\n")
    scenario = load("cap.yaml")
    assert scenario.name == "cap"
    assert scenario.enrolment.class_cap.as_tuple() == (40, 50)
    assert scenario.years.horizon == 2035
    assert scenario.provenance.set_at["enrolment.class_cap.primary"] == "cap.yaml:3:25"
    assert scenario.provenance.set_at["years.horizon"] == "baseline.yaml:20:3"


def test_several_files_are_laid_over_each_other_in_order(county):
    write("one.yaml", "seed: 1\nreplicates: 11\n")
    write("two.yaml", "seed: 2\n")
    write("all.yaml", "extends: [baseline.yaml, one.yaml, two.yaml]\n")
    scenario = load("all.yaml")
    assert (scenario.seed, scenario.replicates, scenario.name) == (2, 11, "baseline")


def test_plans_that_extend_one_baseline_can_be_combined(county):
    """What the first plan changes stays, though the second takes the baseline's value."""
    write("one.yaml", "extends: baseline.yaml\nenrolment: {class_cap: {primary: 40}}\n")
    write("two.yaml", "extends: baseline.yaml\nreplicates: 11\n")
    write("both.yaml", "extends: [one.yaml, two.yaml]\nname: both\n")
    both = load("both.yaml")
    assert both.enrolment.class_cap.as_tuple() == (40, 50)
    assert (both.replicates, both.name) == (11, "both")
    assert set(both.provenance.hashes) >= {"baseline.yaml", "one.yaml", "two.yaml", "both.yaml"}
    write("baseline.yaml", Path("baseline.yaml").read_text() + "replicats: 5\n")
    with pytest.raises(InvalidInput) as caught:
        load("both.yaml")
    assert str(caught.value).count("replicats: unknown key") == 1


def test_tables_are_found_from_the_folder_of_the_file_that_names_them(county):
    Path("base").mkdir()
    Path("baseline.yaml").rename("base/baseline.yaml")
    Path("tables").rename("base/tables")
    write("plan.yaml", "extends: base/baseline.yaml\nname: plan\n")
    assert load("plan.yaml").data.folder == "base/tables"
    assert load("plan.yaml").tables().rolls.equals(load("base/baseline.yaml").tables().rolls)


def test_null_gives_the_default_back(county):
    write("plain.yaml", "extends: baseline.yaml\nseed: null\n")
    assert load("plain.yaml").seed == type(load("plain.yaml")).model_fields["seed"].default


def test_null_is_none_where_the_default_is_something_else(county):
    key = "demography.births.volatility_from"
    scenario = load("baseline.yaml", [f"{key}=null"])
    assert scenario.demography.births.volatility_from is None
    write("none.yaml", dump(scenario))
    assert load("none.yaml").demography.births.volatility_from is None
    assert load("baseline.yaml").demography.births.volatility_from is not None


def test_the_file_gives_the_name_if_the_scenario_does_not(county):
    Path("baseline.yaml").write_text(
        Path("baseline.yaml").read_text(encoding="utf-8").replace("name: baseline\n", "", 1),
        encoding="utf-8",
    )
    assert load("baseline.yaml").name == "baseline"


def test_set_reads_values_as_yaml(county):
    scenario = load(
        "baseline.yaml",
        ["years.horizon=2030", "enrolment.class_cap.primary=40", "enrolment.zones=multi",
         "information_date=2021-01-31", "data.births="],
    )  # fmt: skip
    assert scenario.years.horizon == 2030
    assert scenario.enrolment.class_cap.primary == 40
    assert scenario.enrolment.zones == "multi"
    assert scenario.known_until().isoformat() == "2021-01-31"
    assert scenario.data.births is None and scenario.tables().births is None
    assert scenario.provenance.set_at["years.horizon"] == "--set"
    assert scenario.provenance.overrides["enrolment.zones"] == "multi"


def test_a_later_override_wins(county):
    assert load("baseline.yaml", ["seed=1", "seed=2"]).seed == 2


def test_with_changes_a_copy(county):
    base = load("baseline.yaml")
    plan = base.with_({"enrolment.class_cap.primary": 40}, name="cap 40")
    assert (plan.name, plan.enrolment.class_cap.primary) == ("cap 40", 40)
    assert base.enrolment.class_cap.primary == 45
    assert plan.tables() is base.tables()
    again = plan.with_({"seed": None})
    assert again.enrolment.class_cap.primary == 40 and again.name == "cap 40"
    with pytest.raises(InvalidInput, match=r"class_cap\.primry: unknown key"):
        base.with_({"enrolment.class_cap.primry": 40})


def test_with_reads_other_tables_anew(county):
    base = load("baseline.yaml")
    plan = base.with_({"data.births": None})
    assert plan.tables().births is None and base.tables().births is not None


def test_a_scenario_cannot_be_changed(county):
    scenario = load("baseline.yaml")
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 5


def test_diff_names_what_differs(county):
    base = load("baseline.yaml")
    plan = base.with_({"enrolment.class_cap.primary": 40, "data.births": None}, name="plan")
    found = {d.key: (d.left, d.right) for d in diff(base, plan)}
    assert found == {
        "enrolment.class_cap.primary": (45.0, 40.0),
        "data.births": ("births.csv", None),
    }
    assert str(diff(base, base)) == "no difference in the inputs"
    assert "enrolment.class_cap.primary: 45.0 -> 40.0" in str(diff(base, plan))


def test_diff_sees_changed_tables(county):
    base = load("baseline.yaml")
    rolls = Path("tables/rolls.csv")
    lines = rolls.read_text(encoding="utf-8").splitlines()
    school, grade, pupils, year = lines[1].split(",")
    lines[1] = f"{school},{grade},{int(pupils) + 1},{year}"
    rolls.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [d.key for d in diff(base, load("baseline.yaml"))] == ["tables/rolls.csv"]


def test_the_resolved_scenario_loads_again_the_same(county):
    scenario = load("baseline.yaml", ["seed=7", "enrolment.class_cap.primary=42"])
    write("again.yaml", dump(scenario))
    again = load("again.yaml")
    assert resolve(again) == resolve(scenario)
    assert not diff(scenario, again)


def test_the_resolved_scenario_holds_every_key(county):
    resolved = Ruamel(typ="safe").load(dump(load("baseline.yaml")))
    assert resolved["enrolment"]["hard_cap"] == {"primary": 55.0, "junior": 55.0}
    assert resolved["data"]["settlements"] == "settlements.csv"


def test_a_scenario_travels_between_processes(county):
    scenario = load("baseline.yaml")
    copy = pickle.loads(pickle.dumps(scenario))
    assert resolve(copy) == resolve(scenario)
    assert copy.tables().rolls.equals(scenario.tables().rolls)
    assert copy.provenance == scenario.provenance


def test_every_file_is_hashed(county):
    hashes = load("baseline.yaml").input_hashes()
    assert {"baseline.yaml", "tables/rolls.csv", "tables/population.csv"} <= set(hashes)
    assert all(len(value) == 64 for value in hashes.values())


def test_old_names_are_read_with_a_warning(county):
    text = Path("baseline.yaml").read_text(encoding="utf-8")
    write("old.yaml", text.replace("replicates: 100", "runs: 50"))
    scenario = load("old.yaml")
    assert scenario.replicates == 50
    assert [str(w) for w in scenario.provenance.warnings] == [
        "old.yaml:23:1: runs: is now called replicates (please rename it)"
    ]


def test_old_and_new_name_together_are_a_problem():
    problems = Problems()
    rename_keys(tree("years: {start: 2017, base: 2018}"), problems)
    assert [str(p) for p in problems] == [
        "x.yaml:1:9: years.start: is an old name of years.base, which is set too"
    ]


def test_renaming_leaves_the_rest():
    problems = Problems()
    renamed = rename_keys(tree("a: {b: 1, c: 2}"), problems, {"a.b": "d.e"})
    assert plain(renamed) == {"a": {"c": 2}, "d": {"e": 1}}
    assert not len(problems) and len(problems.warnings) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_scenarios_are_read_in_the_known_encodings(county, encoding):
    text = Path("baseline.yaml").read_text(encoding="utf-8")
    Path("baseline.yaml").write_bytes(text.encode(encoding))
    assert load("baseline.yaml").place.name_zh == "示例县"


def test_a_section_set_in_part_keeps_the_rest_of_its_default(county):
    scenario = load("baseline.yaml", ["budget.public_funds_yuan.primary=800"])
    default = load("baseline.yaml").budget.public_funds_yuan
    assert scenario.budget.public_funds_yuan.as_tuple() == (800, default.junior)
    scenario = load("baseline.yaml", ["programme.demand_led.lead_time.low_months=20"])
    default_time = load("baseline.yaml").programme.demand_led.lead_time
    lead_time = scenario.programme.demand_led.lead_time
    assert lead_time.low_months == 20
    assert lead_time.high_months == default_time.high_months
    assert lead_time.delay_probability == default_time.delay_probability
