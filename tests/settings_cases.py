"""Backgrounds under which every setting of a scenario has something to change."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

TOWNSHIPS = {
    "north": 0.40,
    "east": 0.15,
    "south": 0.15,
    "west": 0.10,
    "lake": 0.08,
    "hill": 0.07,
    "forest": 0.05,
}
ALL_LEVELS = ("primary", "junior")


def both(value: float) -> dict[str, float]:
    return dict.fromkeys(ALL_LEVELS, value)


def groups() -> list[dict[str, object]]:
    leads = ("primary-1", "primary-2", "primary-3", "primary-4")
    members = ("east-primary-1", "south-primary-1", "west-primary-1", "lake-primary")
    forms = ("one_legal_person", "community", "pairing", "video_link")
    return [
        {
            "name": form,
            "lead": f"north-{lead}",
            "members": [member],
            "form": form,
            "start_year": 2021,
        }
        for lead, member, form in zip(leads, members, forms, strict=True)
    ]


BUILD = {
    "project": "new-north",
    "kind": "build",
    "school": "north-new-primary",
    "school_kind": "primary",
    "settlement": "north-01",
    "rooms_primary": 6,
    "start_year": 2021,
    "zone_settlements": ["north-01"],
}
LEASE = {
    "project": "rooms",
    "kind": "lease",
    "school": "north-junior",
    "seats_junior": 100,
    "start_year": 2021,
    "end_year": 2026,
}

CLOSE = {"project": "end", "kind": "close", "school": "east-primary-2", "start_year": 2021}
WORKS = {
    "project": "works",
    "kind": "renovate",
    "school": "south-primary-1",
    "rooms_out_of_use_primary": 8,
    "start_year": 2021,
    "lead_time": {"low_months": 30, "high_months": 40},
}
RESERVE = {"school": "north-primary-1", "level": "primary", "share": 0.5, "tiers": ["migrant"]}
LENT = {
    "from_year": 2021,
    "to_year": 2030,
    "lent_in_per_year": 3,
    "sent_out_per_year": 3,
    "years_away": 2,
}
INCOMES = [
    {"name": "low", "share": 0.8, "income_yuan": 20_000},
    {"name": "middle", "share": 0.1, "income_yuan": 30_000},
    {"name": "high", "share": 0.1, "income_yuan": 40_000},
]
SMALL_SCHOOLS = {
    "enabled": True,
    "threshold_pupils": 150,
    "years": 1,
    "measures": ["merge", "bus", "board", "teaching_point"],
}


def births_of_each_year(number: float) -> dict[int, float]:
    return dict.fromkeys(range(2021, 2033), number)


BUSY: dict[str, object] = {
    "years.horizon": 2032,
    "replicates": 1,
    "data.preschool": "preschool.csv",
    "data.private_schools": "private_schools.csv",
    "data.housing": "housing.csv",
    "data.planning_areas": "planning_areas.csv",
    "participation.private": "mechanism",
    "coverage.basis": "hospital",
    "enrolment.zones": "multi",
    "enrolment.seat_lock.enabled": True,
    "enrolment.lottery_per_school": True,
    "enrolment.migrants.reserved_share": both(0.1),
    "enrolment.class_cap": both(30),
    "enrolment.hard_cap": both(40),
    "choice.arriving.rate_by_grade": [0.02] * 9,
    "staffing.allocation": "county_managed",
    "staffing.exchange": {"share": 0.1, "term_years": 2},
    "groups.groups": groups(),
    "programme.projects": [BUILD, LEASE],
    "programme.small_schools": {
        "enabled": True,
        "threshold_pupils": 60,
        "years": 2,
        "measures": ["merge", "bus", "board", "teaching_point"],
    },
}
SCARCE: dict[str, object] = {
    "years.horizon": 2032,
    "replicates": 1,
    "data.teachers": "teachers_plain.csv",
    "data.births": "births_by_township.csv",
    "data.population": ["population_by_township.csv"],
    "data.preschool": "preschool.csv",
    "coverage": {"basis": "hospital", "by": "township"},
    "demography.births.method": "tfr",
    "demography.preschool.by": "county",
    "choice.distance.form": "sigmoid",
    "choice.consider_past_cutoffs": True,
    "enrolment.class_cap": both(35),
    "enrolment.hard_cap": both(37),
    "enrolment.beds.limit_admission": True,
    "enrolment.placement.travel_limit_km": {"primary": 3, "junior": 5},
    "enrolment.transfers.one_out_one_in": False,
    "classes.merge_size": both(25),
    "staffing.recruits.per_year": 40,
    "staffing.exchange": {"share": 0.1, "direction": "town_to_village"},
    "programme.demand_led": {
        "enabled": True,
        "shortfall_seats": both(20),
        "lead_time": {
            "low_months": 10,
            "high_months": 30,
            "mode_months": 12,
            "delay_probability": 0.5,
        },
    },
}
PLAIN: dict[str, object] = {
    "years.horizon": 2032,
    "replicates": 1,
    "data.teachers": "teachers_plain.csv",
}
BACKGROUNDS = {"busy": BUSY, "scarce": SCARCE, "plain": PLAIN}

TWO_CENSUSES = {**PLAIN, "data.population": ["population_2010.csv", "population.csv"]}
NO_REGISTER = {**PLAIN, "data.births": None, "replicates": 2}
OWN_PATH = {**PLAIN, "demography.births": {"method": "path", "path": births_of_each_year(800)}}
COLLAPSE = {**PLAIN, "demography.births": {"method": "stress", "stress": "china_2016"}}
KINDERGARTENS = {**BUSY, "data.preschool": "preschool_by_township.csv"}
PAST_ENTRANTS = {
    **PLAIN,
    "data.births": "births_long.csv",
    "data.rolls": "rolls_long.csv",
    "coverage": {"basis": "hospital", "by": "township"},
}
TWO_REGISTERS = {**PAST_ENTRANTS, "data.births": "births_two_bases.csv"}
OLD_HOUSING = {**BUSY, "data.housing": "housing_old.csv"}
TWO_PRIVATE = {**BUSY, "data.private_schools": "private_two.csv"}
MINUTES = {**PLAIN, "data.travel": "travel_minutes.csv"}
LOCKED = {
    **BUSY,
    "enrolment.class_cap": both(15),
    "enrolment.hard_cap": both(18),
    "enrolment.direct_promotion": False,
    "enrolment.seat_lock.tiers": ["hukou_and_home"],
}
CUTOFFS_KNOWN = {**BUSY, "choice.consider_past_cutoffs": True}
CLOSURE = {**PLAIN, "programme.projects": [CLOSE]}
ROOMS_LACK = {**PLAIN, "programme.projects": [WORKS]}
LATE = {**PLAIN, "years.horizon": 2060}
SMALL = {**PLAIN, "programme.small_schools": SMALL_SCHOOLS}
BOARDING = {**PLAIN, "programme.small_schools": {**SMALL_SCHOOLS, "measures": ["board"]}}

# Settings that no rule changes, with the background they work under and a new value.
BY_HAND: dict[str, tuple[dict[str, object], object]] = {
    "budget.price_year": (PLAIN, 2025),
    "choice.coefficients": (BUSY, {"quality": 3.0}),
    "choice.families.income_groups": (BUSY, INCOMES),
    "choice.moving.closed": (CLOSURE, 5.0),
    "choice.past_cutoff_years": (CUTOFFS_KNOWN, 1),
    "choice.travel_speed_kmh": (MINUTES, 30.0),
    "classes.merge_when_rooms_lack": (ROOMS_LACK, False),
    "coverage.basis": (TWO_REGISTERS, "hukou"),
    "coverage.by": (PAST_ENTRANTS, "county"),
    "coverage.exclude_years": (PAST_ENTRANTS, [2018]),
    "coverage.factor": (BUSY, 0.8),
    "coverage.limits": (PAST_ENTRANTS, [0.5, 0.6]),
    "coverage.prior_children": (PAST_ENTRANTS, 2000.0),
    "coverage.years": (PAST_ENTRANTS, 1),
    "demography.births.fertility_schedule": (SCARCE, {"20-24": 0.06, "25-29": 0.09}),
    "demography.births.path": (OWN_PATH, births_of_each_year(600)),
    "demography.births.stress": (COLLAPSE, "korea_2015"),
    "demography.births.stress_paths": (PLAIN, ["china_2016"]),
    "demography.births.tfr": (SCARCE, {2021: 1.0, 2032: 2.0}),
    "demography.births.volatility_from": (NO_REGISTER, None),
    "demography.migration.outside": (TWO_CENSUSES, "none"),
    "demography.preschool.by": (KINDERGARTENS, "county"),
    "demography.preschool.prior_children": (KINDERGARTENS, 1000.0),
    "demography.preschool.ratio": (BUSY, [0.9, 0.8, 0.7]),
    "demography.preschool.township_error": (KINDERGARTENS, [0.2, 0.2, 0.2]),
    "enrolment.feeders": (BUSY, [{"primary": "north-primary-1", "junior": "north-junior"}]),
    "enrolment.private.most_choices": (TWO_PRIVATE, 2),
    "enrolment.reserves": (BUSY, [RESERVE]),
    "enrolment.seat_lock.share.junior": (LOCKED, 0.3),
    "enrolment.seat_lock.tiers": (LOCKED, ["home"]),
    "enrolment.tiers": (BUSY, ["other", "migrant", "home", "hukou", "hukou_and_home", "sibling"]),
    "groups.groups": (BUSY, []),
    "housing.completion": (BUSY, dict.fromkeys(("planned", "approved", "under_construction"), 0.1)),
    "housing.pupil_yield": (BUSY, {"flat": {"primary": 0.5, "junior": 0.2}}),
    "housing.usual_years": (OLD_HOUSING, 1),
    "programme.demand_led.funding_source": (SCARCE, "province"),
    "programme.merger_limit_km": (CLOSURE, 0.5),
    "programme.projects": (BUSY, []),
    "programme.small_schools.board_limit_km": (BOARDING, 1.0),
    "programme.small_schools.measures": (BUSY, ["merge"]),
    "programme.small_schools.teaching_point_threshold_pupils": (SMALL, 60),
    "programme.small_schools.walk_limit_km": (SMALL, 30.0),
    "programme.buses.stop_minutes": (BUSY, 6.0),
    "staffing.outside": (PLAIN, [LENT]),
    "staffing.recruits.male_share": (LATE, 0.9),
    "staffing.retirement.female_target_years": (LATE, 60),
    "staffing.retirement.male_target_years": (LATE, 65),
    "standards.figures": (PLAIN, {"sports_area": {"primary": 5.0, "junior": 5.0}}),
    "standards.warning_probability": ({**SCARCE, "replicates": 5}, 0.9),
}
# Settings of the run and not of the county, and those that only several plans together show.
NOT_IN_A_FUTURE = {
    "replicates": "the number of futures",
    "information_date": "tests of the tables hold it: it chooses what is read of them",
    "budget.gap_cost_yuan_per_seat_year": "tests of regret hold it: it weighs plans",
}


Row = dict[str, object]


def read(table: Path) -> list[Row]:
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(table: Path, rows: list[Row], columns: Sequence[str] | None = None) -> None:
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def by_township(rows: list[Row], amount: str) -> list[Row]:
    """The rows of the county once more by township, a little different in each."""
    return [
        {
            **row,
            "area": township,
            amount: round(float(row[amount]) * share * (1 + 0.02 * ((number + place) % 3))),
        }
        for number, row in enumerate(rows)
        for place, (township, share) in enumerate(TOWNSHIPS.items())
    ]


def with_earlier(rows: list[Row], amount: str, years: Sequence[int], change: float) -> list[Row]:
    """The rows of the first year once more for earlier years, with other amounts."""
    first = min(int(row["year"]) for row in rows)
    of_first = [row for row in rows if int(row["year"]) == first]
    earlier = [
        {**row, "year": year, amount: round(float(row[amount]) * (1 + change * ((i + year) % 4)))}
        for year in years
        for i, row in enumerate(of_first)
    ]
    return earlier + rows


def add_tables(at: Path) -> None:
    """Write further tables into a folder, from those of the template."""
    known = ("school", "level", "sex", "age", "teachers")
    write(at / "teachers_plain.csv", read(at / "teachers.csv"), known)
    persons, births = read(at / "population.csv"), read(at / "births.csv")
    write(at / "population_by_township.csv", by_township(persons, "persons"))
    fewer = [{**p, "date": "2010-11-01", "persons": int(p["persons"]) + 40} for p in persons]
    write(at / "population_2010.csv", fewer)
    register = by_township(births, "births")
    write(at / "births_by_township.csv", register)
    long = with_earlier(register, "births", range(2008, 2014), 0.03)
    write(at / "births_long.csv", long)
    other = [{**row, "basis": "hukou", "births": round(0.8 * float(row["births"]))} for row in long]
    write(at / "births_two_bases.csv", long + other)
    rolls = read(at / "rolls.csv")
    write(at / "rolls_long.csv", with_earlier(rolls, "pupils", (2017, 2018, 2019), 0.04))
    in_kindergarten = by_township(read(at / "preschool.csv"), "pupils")
    write(at / "preschool_by_township.csv", in_kindergarten)
    (private,) = read(at / "private_schools.csv")
    second = {**private, "school": "second-private", "settlement": "north-01", "name": "Second"}
    write(at / "private_two.csv", [private, second])
    estates = read(at / "housing.csv")
    old = {"development": "old", "status": "completed", "completion_year": 2018}
    write(at / "housing_old.csv", [*estates, {**estates[0], **old}])
    ways = read(at / "travel.csv")
    minutes = [{**way, "minutes": round(2.0 * float(way["km"]), 1)} for way in ways]
    write(at / "travel_minutes.csv", minutes, ("settlement", "school", "minutes"))
