"""Zones by distance, by hand."""

from pathlib import Path

import pandas as pd

from capsim.builder.county import to_csv
from capsim.scenario.load import load
from capsim.tables.nearest_zones import nearest_zones

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"


def places(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["settlement", "township", "x_km", "y_km"])


def schools(rows) -> pd.DataFrame:
    columns = ["school", "settlement", "lowest_grade", "highest_grade", "x_km", "y_km"]
    return pd.DataFrame(rows, columns=columns)


SETTLEMENTS = places([("a", "east", 0, 0), ("b", "east", 6, 0), ("c", "west", 8, 0)])
SCHOOLS = schools(
    [
        ("p1", "a", 1, 6, 0.0, 0.0),
        ("p2", "c", 1, 6, 8.0, 0.0),
        ("p3", "a", 1, 3, 1.0, 0.0),
        ("j1", "c", 7, 9, 8.0, 0.0),
        ("upper", "b", 4, 6, 6.0, 0.0),
    ]
)


def zone(table, settlement, level) -> list[str]:
    own = table[(table["settlement"] == settlement) & (table["level"] == level)]
    return own["school"].tolist()


def test_the_nearest_of_the_township_comes_first():
    zones = nearest_zones(SCHOOLS, SETTLEMENTS)
    assert zone(zones, "a", "primary") == ["p1"]
    # p2 is 2 km away and p3 is 5 km away, but p3 is in b's township.
    assert zone(zones, "b", "primary") == ["p3"]
    assert zone(zones, "c", "primary") == ["p2"]
    # The only junior school is in the other township.
    assert zone(zones, "a", "junior") == ["j1"]


def test_schools_without_the_entry_grade_have_no_zone():
    assert "upper" not in set(nearest_zones(SCHOOLS, SETTLEMENTS, count=5)["school"])


def test_further_schools_come_from_the_township():
    zones = nearest_zones(SCHOOLS, SETTLEMENTS, count=3)
    assert zone(zones, "a", "primary") == ["p1", "p3"]
    assert zone(zones, "c", "primary") == ["p2"]
    assert zone(zones, "b", "junior") == ["j1"]


def test_the_committed_zones_of_jiajiang():
    tables = load(JIAJIANG / "baseline.yaml").tables()
    pd.testing.assert_frame_equal(nearest_zones(tables.schools, tables.settlements), tables.zones)
    multi = nearest_zones(tables.schools, tables.settlements, count=3)
    committed = (JIAJIANG / "tables" / "zones_multi.csv").read_text(encoding="utf-8")
    assert committed == to_csv(multi)
