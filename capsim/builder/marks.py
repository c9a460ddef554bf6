"""How each column of a built county came about."""

from __future__ import annotations

from typing import Final

_A: Final = "assumed"
_D: Final = "derived"

MARKS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "townships": {
        "township": ("reported", "names from the file of totals"),
        "name": ("reported", "from the file of totals"),
        "name_zh": ("reported", "from the file of totals"),
    },
    "settlements": {
        "settlement": (_A, "numbered places; real villages are not listed"),
        "township": (_A, "by the rank-size rule"),
        "kind": (_A, "county town and seats of towns urban, all else villages"),
        "x_km": (_A, "spiral over the county's area, moved by a keyed draw"),
        "y_km": (_A, "spiral over the county's area, moved by a keyed draw"),
        "population": (_D, "sums to the census; spread by the rank-size rule"),
        "name": (_A, "pattern"),
        "name_zh": (_A, "pattern"),
    },
    "schools": {
        "school": (_A, "pattern"),
        "kind": (_D, "numbers by kind as reported; teaching points assumed"),
        "settlement": (_A, "sited by population"),
        "name": (_A, "pattern, except schools named in the file of totals"),
        "name_zh": (_A, "pattern, except schools named in the file of totals"),
        "parent": (_A, "nearest school of the township"),
        "rooms_primary": (_A, "classes, and spare rooms outside the county town"),
        "rooms_junior": (_A, "classes, and spare rooms outside the county town"),
        "beds": (_A, "share of the roll outside the county town"),
        "posts_primary": (_A, "all posts filled"),
        "posts_junior": (_A, "all posts filled"),
        "quality_primary": (_A, "by the kind of place, with a keyed deviation"),
        "quality_junior": (_A, "by the kind of place, with a keyed deviation"),
        "site_area_m2_primary": (_D, "sums to the reported area; shared by rooms"),
        "site_area_m2_junior": (_D, "sums to the reported area; shared by rooms"),
        "building_area_m2_primary": (_D, "sums to the reported area; shared by rooms"),
        "building_area_m2_junior": (_D, "sums to the reported area; shared by rooms"),
        "teaching_area_m2_primary": (_A, "share of the building area"),
        "teaching_area_m2_junior": (_A, "share of the building area"),
        "sports_area_m2_primary": (_A, "share of the site area"),
        "sports_area_m2_junior": (_A, "share of the site area"),
        "equipment_yuan_primary": (_A, "per pupil"),
        "equipment_yuan_junior": (_A, "per pupil"),
        "multimedia_rooms_primary": (_A, "share of the rooms"),
        "multimedia_rooms_junior": (_A, "share of the rooms"),
    },
    "rolls": {
        "school": (_A, "as in schools"),
        "grade": (_D, "shares of the cohorts"),
        "pupils": (_D, "sums by level as reported; schools by distance and pull"),
        "year": ("reported", "year of the totals"),
    },
    "classes": {
        "school": (_A, "as in schools"),
        "grade": (_A, "as in rolls"),
        "classes": (_A, "roll over class cap"),
    },
    "teachers": {
        "school": (_A, "as in schools"),
        "level": (_D, "sums by level as reported"),
        "sex": (_A, "share by level"),
        "age": (_A, "profile of the file of totals"),
        "teachers": (_D, "sums by level as reported; schools by pupils and classes"),
        "subject_group": (_A, "share"),
        "backbone": (_A, "share by the kind of place"),
        "degree": (_A, "share by level and age"),
        "years_at_school": (_A, "drawn within the years of service"),
    },
    "zones": {
        "settlement": (_A, "as in settlements"),
        "level": (_A, "both levels"),
        "school": (_A, "nearest campus of the township, else of the county"),
    },
}


def marks_yaml() -> str:
    """Return the marks of the built columns as YAML."""
    lines = ["# How each column came about: reported, derived from reported figures, or assumed."]
    for table, columns in MARKS.items():
        lines.append(f"{table}:")
        lines += [f'  {column}: {{{mark}: "{note}"}}' for column, (mark, note) in columns.items()]
    return "\n".join(lines) + "\n"
