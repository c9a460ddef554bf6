"""Bad programmes are refused with the words the user needs, all at once."""

from __future__ import annotations

import pandas as pd
import pytest

from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.schools.programme.checks import check_programme

SETTLEMENTS = pd.DataFrame(
    {
        "settlement": ["seat", "hill", "far"],
        "x_km": [0.0, 5.0, 40.0],
        "y_km": [0.0, 0.0, 0.0],
    }
)
SCHOOLS = pd.DataFrame(
    {
        "school": ["town", "middle", "north", "south", "remote", "both"],
        "kind": ["primary", "junior", "primary", "primary", "primary", "nine_year"],
        "settlement": ["seat", "seat", "hill", "hill", "far", "seat"],
        "x_km": [None, None, None, 6.0, None, None],
        "y_km": [None, None, None, 1.0, None, None],
    }
)
NOW = {"low_months": 0, "high_months": 0}


def check(projects, **options):
    problems = Problems()
    check_programme(
        ProgrammeOptions(projects=projects, **options),
        schools=SCHOOLS,
        settlements=SETTLEMENTS,
        base_year=2017,
        horizon_year=2040,
        class_cap=(45, 50),
        terrain_factor=1.3,
        problems=problems,
    )
    return [str(p) for p in problems], [str(w) for w in problems.warnings]


def item(kind, school, name="p", start=2019, **more):
    more.setdefault("lead_time", NOW)
    return {"kind": kind, "project": name, "school": school, "start_year": start, **more}


def new(school="new", **more):
    more = {"school_kind": "primary", "settlement": "seat", "rooms_primary": 12, **more}
    return item("build", school, **more)


GOOD = [
    new(name="a", transfer_from=["town"], transfer_grades=[2]),
    item("expand", "town", "b", rooms_primary=6, seats_primary=270),
    item("renovate", "middle", "c", area_m2=500, rooms_out_of_use_junior=2),
    item("merge", "north", "d", start=2021, receiver="south"),
    item("close", "both", "e", start=2022, level="junior", receiver="middle"),
    item("convert", "south", "f", start=2020, to="nine_year", rooms_moved=2),
    item("lease", "town", "g", rooms_primary=2, end_year=2024),
]

BAD = {
    "unknown school": ([item("expand", "twon", rooms_primary=1)], 'did you mean "town"'),
    "unknown receiver": ([item("merge", "north", receiver="nowhere")], "unknown school 'nowhere'"),
    "unknown site": ([new(settlement="moon")], "unknown settlement 'moon'"),
    "unknown zone": ([new(zone_settlements=["set"])], 'did you mean "seat"'),
    "unknown source of transfer": (
        [new(transfer_from=["x"], transfer_grades=[2])],
        "transfer_from: p: unknown school 'x'",
    ),
    "stands already": ([new("town")], "stands already"),
    "built twice": ([new(name="a"), new(name="b")], "is built twice"),
    "identifier twice": (
        [item("expand", "town", rooms_primary=1), item("expand", "north", rooms_primary=1)],
        "used by more than one project",
    ),
    "opens before the base year": (
        [new(start=2014, lead_time={"low_months": 24, "high_months": 32})],
        "opens in 2016, not after the base year 2017",
    ),
    "takes effect in the base year": (
        [item("close", "north", start=2017)],
        "takes effect in 2017, not after the base year",
    ),
    "seats without rooms": (
        [item("expand", "town", rooms_primary=2, seats_primary=100)],
        "100 seats without rooms for them: 2 classrooms hold 90 (3 classrooms",
    ),
    "seats with no rooms at all": (
        [new(rooms_primary=0, seats_primary=540)],
        "540 seats without rooms",
    ),
    "no size": ([new(rooms_primary=None)], "has no classrooms"),
    "too small an area": ([new(rooms_primary=None, area_m2=100.0)], "has no classrooms"),
    "area of two levels": (
        [new(school_kind="nine_year", rooms_primary=None, area_m2=9000.0)],
        "gives no size for a school of two levels",
    ),
    "a level without rooms": (
        [new(school_kind="nine_year")],
        "teaches junior grades but has no rooms",
    ),
    "rooms of a level not taught": (
        [item("expand", "town", rooms_junior=3)],
        "teaches no junior grades",
    ),
    "repairs of a level not taught": (
        [item("renovate", "town", cost_yuan=1, rooms_out_of_use_junior=3)],
        "teaches no junior grades",
    ),
    "a phase before the project": (
        [new(phases=[{"start_year": 2018, "rooms_primary": 2}])],
        "phase starts before",
    ),
    "a phase without rooms": (
        [new(phases=[{"start_year": 2020}])],
        "phases.0.rooms_primary: p: has no classrooms",
    ),
    "expansion of a closed school": (
        [item("close", "north", "a"), item("expand", "north", "b", start=2020, rooms_primary=2)],
        "expand of a closed school: 'a' ends 'north' by 2019",
    ),
    "work before the school opens": (
        [new(name="a", start=2025), item("expand", "new", "b", start=2020, rooms_primary=2)],
        "opens in 2025 or later",
    ),
    "own receiver": ([item("merge", "north", receiver="north")], "is its own receiver"),
    "receiver of another level": (
        [item("merge", "north", receiver="middle")],
        "does not teach grade(s) 1, 2, 3, 4, 5, 6",
    ),
    "receiver out of range": (
        [item("merge", "remote", receiver="town")],
        "'town' is 52.0 km away by road, out of range",
    ),
    "no receiver in range": (
        [item("close", "remote")],
        "no other school within 15 km by road teaches grade(s) 1, 2, 3, 4, 5, 6",
    ),
    "receiver has ended": (
        [item("close", "south", "a"), item("merge", "north", "b", start=2021, receiver="south")],
        "has ended by 2019 ('a') without a receiver",
    ),
    "circle": (
        [
            item("merge", "north", "a", receiver="south"),
            item("merge", "south", "b", start=2022, receiver="north"),
        ],
        "receivers in a circle",
    ),
    "ended twice": (
        [
            item("merge", "north", "a", receiver="south"),
            item("close", "north", "b", start=2022, receiver="town"),
        ],
        "'north' is ended by 'a' too",
    ),
    "lease without a time": (
        [item("lease", "town", rooms_primary=2, end_year=2019)],
        "the lease ends in 2019 but may begin in 2019",
    ),
    "level not taught": ([item("close", "town", level="junior")], "teaches no junior grades"),
    "conversion to itself": (
        [item("convert", "town", to="primary")],
        "is a primary school already",
    ),
    "nine-year without rooms": (
        [item("convert", "town", to="nine_year")],
        "say how many classrooms pass",
    ),
    "junior teaching point": (
        [item("convert", "middle", to="teaching_point", receiver="both")],
        "without primary grades",
    ),
    "teaching point without parent": (
        [item("convert", "north", to="teaching_point")],
        "needs a parent school",
    ),
    "transfer of a grade not taught": (
        [new(transfer_from=["town"], transfer_grades=[8])],
        "the new school does not teach grade 8",
    ),
    "transfer of an entry grade": (
        [new(transfer_from=["town"], transfer_grades=[1])],
        "grade 1 is filled by admission",
    ),
    "transfer from nobody": (
        [new(transfer_from=["middle"], transfer_grades=[3])],
        "no school of transfer_from teaches grade 3",
    ),
    "transfer without grades": ([new(transfer_from=["town"])], "needs both"),
}


def test_a_sound_programme_passes():
    problems, warnings = check(GOOD)
    assert problems == []
    assert warnings == []


@pytest.mark.parametrize("name", BAD)
def test_bad_programmes_are_refused(name):
    projects, words = BAD[name]
    problems, _ = check(projects)
    assert any(words in line for line in problems), problems
    assert all(line.startswith("programme.") for line in problems)


def test_all_problems_are_found_at_once():
    problems, _ = check(
        [
            item("merge", "remote", "a", receiver="town"),
            item("expand", "nowhere", "b", rooms_primary=1),
            new(name="c", start=2010),
        ]
    )
    assert len(problems) == 3


def test_the_problems_raise_invalid_input():
    problems = Problems()
    check_programme(
        ProgrammeOptions(projects=[item("close", "remote")]),
        schools=SCHOOLS,
        settlements=SETTLEMENTS,
        base_year=2017,
        horizon_year=2040,
        class_cap=(45, 50),
        terrain_factor=1.3,
        problems=problems,
    )
    with pytest.raises(InvalidInput, match=r"programme\.projects\.0\.receiver"):
        problems.raise_if_any()


@pytest.mark.parametrize(
    ("projects", "words"),
    [
        ([new(start=2045)], "after the horizon"),
        (
            [item("close", "north", "a", receiver="south"),
             item("expand", "north", "b", start=2018, rooms_primary=1,
                  lead_time={"low_months": 2, "high_months": 30})],
            "may come after 'a' has ended",
        ),
        (
            [item("merge", "south", "a", receiver="town"),
             item("merge", "north", "b", start=2021, receiver="south")],
            "its receiver is used",
        ),
        ([new(name="a", start=2022), item("merge", "north", "b", receiver="new")], "waits"),
        ([item("renovate", "town")], "counted as 0"),
    ],
)  # fmt: skip
def test_what_may_turn_out_badly_is_a_warning(projects, words):
    problems, warnings = check(projects)
    assert problems == []
    assert any(words in line for line in warnings), warnings


def test_a_kept_campus_may_be_far_away():
    problems, _ = check([item("merge", "remote", receiver="town", keep_rooms=True)])
    assert problems == []


def test_a_receiver_may_learn_the_grades_from_the_programme():
    problems, _ = check(
        [
            item("merge", "both", "a", receiver="town", keep_rooms=True),
            item("close", "middle", "b", start=2021, receiver="town"),
        ]
    )
    assert problems == []


@pytest.mark.parametrize(("start", "refused"), [(2023, False), (2024, True)])
def test_a_gradual_closure_of_a_nine_year_school_lasts_six_years(start, refused):
    problems, _ = check(
        [
            item("close", "both", "a", start=2019, gradual=True),
            item("expand", "both", "b", start=start, rooms_primary=1),
        ]
    )
    assert any("closed school" in line for line in problems) is refused


def test_the_demand_led_rule_needs_whole_rooms():
    problems, _ = check([], demand_led={"enabled": True, "rooms": {"primary": 8.5, "junior": 7.5}})
    assert [line.split(":")[0] for line in problems] == [
        "programme.demand_led.rooms.primary",
        "programme.demand_led.rooms.junior",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"funding": {"county": 0.5}}, "adds up to 0.5"),
        ({"payment_shares": [0.5, 0.6]}, "adds up to 1.1"),
        ({"funding": {"county": 1.5, "province": -0.5}}, "negative share"),
        ({"lead_time": {"low_months": 5, "high_months": 4}}, "is below low_months"),
        ({"lead_time": {"low_months": 5, "high_months": 9, "mode_months": 10}}, "outside"),
        ({"rooms_primry": 4}, "rooms_primry"),
    ],
)
def test_the_schema_refuses(fields, words):
    with pytest.raises(ValueError, match=words):
        ProgrammeOptions(projects=[new(**fields)])
