"""A made-up county's results in the form of the catalogue, for tests of figures and report.

Every number comes from small formulas with a seeded generator; identities hold: gap and spare
seats from demand and capacity, utilisation from roll and seats, attrition from village rolls.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import xarray as xr

from capsim.core.catalogue import ATTRITION_CAUSES, BY_NAME, CAPACITY_CAUSES, TEACHER_CAUSES
from capsim.core.dims import CLASS_SIZE_BINS, DESTINATIONS, GRADES, LEVELS, SETTLEMENT_KINDS

RUN = ("scenario", "replicate", "year")
TOWNSHIPS = (
    ("漹城镇", "Yancheng"),
    ("黄土镇", "Huangtu"),
    ("甘江镇", "Ganjiang"),
    ("吴场镇", "Wuchang"),
    ("木城镇", "Mucheng"),
    ("华头镇", "Huatou"),
    ("埇塱乡", "Yonglang"),
)
TOWN_SHARE = np.array([0.34, 0.16, 0.14, 0.12, 0.10, 0.09, 0.05])
THRESHOLDS = {
    "high_degree_teachers": (4.2, 5.3),
    "backbone_teachers": (1.0, 1.0),
    "pe_arts_teachers": (0.9, 0.9),
    "teaching_floor_area": (4.5, 5.8),
    "sports_area": (7.5, 10.2),
    "equipment_value": (2000.0, 2500.0),
    "multimedia_classrooms": (2.3, 2.4),
}
LEVEL_OF_GRADE = np.array([0] * 6 + [1] * 3)
PUBLIC = np.array([0.83, 0.91])
CAP = np.array([45.0, 50.0])


def make_results(
    scenarios=("baseline",),
    *,
    replicates=20,
    years=range(2017, 2041),
    schools=24,
    seed=1,
    costs=True,
    births_factor=None,
    drop=(),
    names=(),
    seats_factor=1.0,
    provenance=None,
):
    """Return a Dataset of a made-up county.

    Parameters: `births_factor` scales births after 2020 by stress path; `drop` names variables to
    leave out; `names` replaces the names of the first schools; `seats_factor` scales capacity.
    """
    c = SimpleNamespace(
        scenarios=tuple(scenarios),
        years=np.array(list(years)),
        schools=schools,
        rng=np.random.default_rng(seed),
        factors=births_factor or {},
        seats_factor=seats_factor,
    )
    c.shape = (len(c.scenarios), replicates, len(c.years))
    data = {}
    for part in (_people, _places, _pupils, _seats, _villages, _staff, _standards, _travel):
        data |= part(c)
    if costs:
        data |= _money(c)
    dataset = _dataset(c, {k: v for k, v in data.items() if k not in drop}, names)
    content = provenance if provenance is not None else default_provenance(c.scenarios, seed)
    dataset.attrs["provenance"] = json.dumps(content, ensure_ascii=False)
    return dataset


def order_of(c, name):
    """Position of a scenario's plan: the first builds nothing, later ones more and more."""
    return c.scenarios.index(name.partition("@")[0]) if "@" in name else c.scenarios.index(name)


def missing_first_year(array):
    out = np.array(array, dtype=float)
    out[:, :, 0] = np.nan
    return out


def _people(c):
    _, r, t = c.shape
    after = c.years > 2020
    walk = np.cumsum(c.rng.normal(0, 0.04, (r, t)), axis=1) * after
    county = 2400 * np.exp(-0.035 * (c.years - c.years[0])) * np.exp(walk)
    births = np.empty((*c.shape, len(TOWNSHIPS)))
    for i, name in enumerate(c.scenarios):
        path = name.partition("@")[2]
        factor = np.where(after, c.factors.get(path, 0.6), 1.0) if path else np.ones(t)
        births[i] = np.rint((county * factor)[..., None] * TOWN_SHARE)
    children = np.empty((*births.shape, 16))
    for age in range(16):
        lagged = np.broadcast_to(2500.0 * TOWN_SHARE, births.shape).copy()
        if t > age:
            lagged[:, :, age:] = births[:, :, : t - age]
        children[..., age] = np.rint(lagged * 0.985)
    c.children = children
    shares = np.array([[0.83, 0.05, 0.11, 0.01], [0.91, 0.03, 0.055, 0.005]])
    return {
        "births": births,
        "children": children,
        "population": children.sum(-1) * 7,
        "participation": np.broadcast_to(shares, (*c.shape, 2, 4)),
    }


def _places(c):
    n = c.schools
    c.kinds = np.array(
        [SETTLEMENT_KINDS[0 if k < 4 else 1 if k < 10 else 2] for k in range(n)], dtype=object
    )
    c.township = np.where(c.kinds == "county_town", 0, np.arange(n) % len(TOWNSHIPS))
    c.teaches = np.zeros((n, 2), dtype=bool)
    c.teaches[:, 0] = True
    c.teaches[2::3, 1] = np.arange(2, n, 3) < 8
    c.teaches[3] = (False, True)
    c.is_open = np.ones((*c.shape, n), dtype=bool)
    if c.shape[2] > 12:
        c.is_open[:, :, 12:, n - 1] = False
    return {"is_open": c.is_open.astype(float)}


def _pupils(c):
    t = c.shape[2]
    village = c.kinds == "village"
    pull = np.select([c.kinds == "county_town", village], [3.0, 0.4], 1.0)
    strength = pull * np.exp(-0.05 * np.arange(t)[:, None] * village)
    strength = strength * np.exp(c.rng.normal(0, 0.1, c.schools))
    roll = np.zeros((*c.shape, c.schools, 9))
    for grade in GRADES:
        level = LEVEL_OF_GRADE[grade - 1]
        share = strength * c.teaches[:, level] * c.is_open
        share = share / share.sum(-1, keepdims=True)
        pupils = c.children[..., 5 + grade].sum(-1) * PUBLIC[level]
        roll[..., grade - 1] = np.rint(pupils[..., None] * share)
    c.roll = roll
    c.level_roll = np.stack([roll[..., :6].sum(-1), roll[..., 6:].sum(-1)], -1)
    classes = np.ceil(roll / np.where(LEVEL_OF_GRADE == 0, 48, 52))
    c.level_classes = np.stack([classes[..., :6].sum(-1), classes[..., 6:].sum(-1)], -1)
    size = np.divide(roll, classes, out=np.zeros_like(roll), where=classes > 0)
    sizes = np.zeros((*c.shape, 2, len(CLASS_SIZE_BINS)))
    for level in range(2):
        part = LEVEL_OF_GRADE == level  # noqa: SIM300
        bins = np.clip(np.rint(size[..., part]), 1, 80).astype(int)
        for b in np.unique(bins):
            sizes[..., level, b - 1] = (classes[..., part] * (bins == b)).sum((-1, -2))
    entrants = np.stack([roll[..., 0], roll[..., 6]], -1)
    return {
        "roll": roll,
        "classes": classes,
        "class_size": sizes,
        "entrants": missing_first_year(entrants),
        "over_cap": np.maximum(0, c.level_roll - c.level_classes * CAP),
    }


def _seats(c):
    rooms = np.select([c.kinds == "county_town", c.kinds == "village"], [26, 6], 12)
    seats = np.broadcast_to(
        rooms[:, None] * CAP * c.teaches * c.seats_factor, (*c.shape, c.schools, 2)
    ).copy()
    for i, name in enumerate(c.scenarios):
        seats[i, :, 8:, 0, 0] += 270 * order_of(c, name)
    seats *= c.is_open[..., None]
    c.seats = seats
    towns = len(TOWNSHIPS)
    by_town = np.einsum("irtsl,sk->irtlk", seats, np.eye(towns)[c.township])
    ages = np.stack([c.children[..., 6:12].sum(-1), c.children[..., 12:15].sum(-1)], -1)
    wanted = np.moveaxis(ages * PUBLIC, -1, -2)
    demand = np.full((*c.shape, 2, 2 * towns), np.nan)
    capacity = np.full_like(demand, np.nan)
    for level in range(2):
        own = slice(level * towns, (level + 1) * towns)
        demand[..., level, own] = wanted[..., level, :]
        capacity[..., level, own] = by_town[..., level, :]
    use = np.divide(c.level_roll, seats, out=np.full_like(seats, np.nan), where=seats > 0)
    return {
        "demand": demand,
        "capacity": capacity,
        "seat_gap": np.maximum(0, demand - capacity),
        "spare_seats": np.maximum(0, capacity - demand),
        "new_seats": np.maximum(0, capacity - capacity[:, :, :1]),
        "school_capacity": seats,
        "seats_offered": missing_first_year(np.rint(seats / np.array([6, 3]))),
        "utilisation": use,
        "capacity_change": missing_first_year(np.zeros((*seats.shape, len(CAPACITY_CAUSES)))),
        "unplaced": np.rint(c.rng.poisson(0.3, (*c.shape, 2, towns))).astype(float),
    }


def _villages(c):
    kinds = np.stack([c.kinds == kind for kind in SETTLEMENT_KINDS], -1).astype(float)
    by_kind = np.einsum("irtsl,sk->irtlk", c.level_roll, kinds)
    village = by_kind[..., 2]
    lost = np.full(village.shape, np.nan)
    lost[:, :, 1:] = village[:, :, :-1] - village[:, :, 1:]
    attrition = lost[..., None] * np.array([0.45, 0.1, 0.3, 0.05, 0.1, 0.02, -0.02])
    attrition[..., 0] += lost - attrition.sum(-1)
    small = (c.level_roll < 100) & (c.kinds == "village")[:, None] & c.teaches
    return {
        "roll_by_kind": by_kind,
        "attrition": attrition,
        "small_schools": (small & c.is_open[..., None]).sum(-2).astype(float),
        "closures": missing_first_year(np.zeros((*c.shape, 2))),
        "boarders": np.rint(c.level_roll.sum(-1) * 0.05),
        "bus_riders": np.rint(c.level_roll.sum(-1) * 0.02),
    }


def _staff(c):
    c.teachers = np.rint(c.seats / 22)
    return {
        "teachers": c.teachers,
        "teacher_need_norm": c.level_roll / np.array([19 / 0.91, 13.5 / 0.85]),
        "teacher_need_classes": c.level_classes * np.array([2.2, 3.1]),
        "posts": np.ceil(c.teachers * 1.05),
        "teacher_flows": missing_first_year(np.zeros((*c.teachers.shape, len(TEACHER_CAUSES)))),
        "quality": np.broadcast_to(c.rng.normal(0, 1, (c.schools, 1)), c.teachers.shape),
    }


def _standards(c):
    value = np.full((*c.level_roll.shape, len(THRESHOLDS)), np.nan)
    met = np.full_like(value, np.nan)
    there = (c.level_roll > 0) & c.is_open[..., None]
    grown = np.sqrt(np.maximum(c.level_roll[:, :, :1], 1) / np.maximum(c.level_roll, 1))
    for k, threshold in enumerate(THRESHOLDS.values()):
        stock = np.array(threshold) * c.rng.uniform(0.7, 1.6, c.schools)[:, None]
        value[..., k] = np.where(there, stock * grown, np.nan)
        met[..., k] = np.where(there, value[..., k] >= np.array(threshold), np.nan)
    spread = 0.3 + 0.02 * np.arange(7) + c.rng.uniform(0, 0.05, (*c.shape, 2, 7))
    return {
        "indicator": value,
        "indicator_met": met,
        "variation_coefficient": spread,
        "retention": np.full(c.shape, 0.955),
    }


def _travel(c):
    step = np.arange(c.shape[2])[:, None, None]
    form = (*c.shape, 2, 3)
    return {
        "travel_km": np.broadcast_to(np.array([1.2, 1.9, 3.4]) + 0.03 * step, form),
        "travel_km_by_township": np.broadcast_to(
            np.linspace(0.6, 3.2, len(TOWNSHIPS)), (*c.shape, 2, len(TOWNSHIPS))
        ),
        "travel_km_p90": np.broadcast_to(np.array([2.2, 3.9, 7.4]) + 0.05 * step, form),
        "zone_school_share": missing_first_year(np.full(form, 0.93)),
        "first_choice_share": missing_first_year(np.full(form, 0.81)),
    }


def _money(c):
    t = c.shape[2]
    capital = np.zeros((*c.shape, 2, 2, 2))
    for i, name in enumerate(c.scenarios):
        capital[i, :, 6:8, 0, :, 0] = 9e6 * order_of(c, name) * np.array([0.6, 0.4])
        capital[i, :, 7:8, 1, 0, 0] = 2.5e6 * order_of(c, name)
    prices = 1.02 ** -np.arange(t)
    capital[..., 1] = capital[..., 0] * prices[:, None, None]
    pupils = c.level_roll.sum((-1, -2))
    running = np.zeros((*c.shape, 5, 2))
    running[..., 0, 0] = c.teachers.sum((-1, -2)) * 115_000
    running[..., 1, 0] = c.level_roll.sum(-2) @ np.array([720.0, 940.0])
    running[..., 2, 0] = pupils * 0.05 * 300
    running[..., 3, 0] = pupils * 0.02 * 3_000
    running[..., 1] = running[..., 0] * prices[:, None]
    return {
        "capital_cost": missing_first_year(capital),
        "running_cost": missing_first_year(running),
    }


def _coordinates(c, names):
    towns = len(TOWNSHIPS)
    school_names = [list(names)[k] if k < len(names) else None for k in range(c.schools)]
    areas = [f"{level}:T{k + 1:02d}" for level in LEVELS for k in range(towns)]
    return {
        "township": [f"T{k + 1:02d}" for k in range(towns)],
        "township_name": ("township", [en for _, en in TOWNSHIPS]),
        "township_name_zh": ("township", [zh for zh, _ in TOWNSHIPS]),
        "township_x_km": ("township", np.linspace(-10, 10, towns)),
        "township_y_km": ("township", np.linspace(6, -6, towns)),
        "planning_area": areas,
        "planning_area_name": ("planning_area", [en for _, en in TOWNSHIPS] * 2),
        "planning_area_name_zh": ("planning_area", [zh for zh, _ in TOWNSHIPS] * 2),
        "planning_area_level": ("planning_area", [a.split(":")[0] for a in areas]),
        "school": [f"S{k + 1:03d}" for k in range(c.schools)],
        "name": ("school", [n or f"School {k + 1}" for k, n in enumerate(school_names)]),
        "name_zh": ("school", [n or f"第{k + 1}小学" for k, n in enumerate(school_names)]),
        "school_kind": ("school", ["primary"] * c.schools),
        "school_township": ("school", [f"T{k + 1:02d}" for k in c.township]),
        "school_settlement_kind": ("school", [str(kind) for kind in c.kinds]),
        "x_km": ("school", c.rng.normal(0, 8, c.schools)),
        "y_km": ("school", c.rng.normal(0, 6, c.schools)),
        "parent": ("school", [""] * c.schools),
        "age": np.arange(16),
        "level": list(LEVELS),
        "grade": list(GRADES),
        "settlement_kind": list(SETTLEMENT_KINDS),
        "destination": list(DESTINATIONS),
        "class_size_bin": list(CLASS_SIZE_BINS),
        "attrition_cause": list(ATTRITION_CAUSES),
        "resource_indicator": list(THRESHOLDS),
        "project": ["new town primary", "Huangtu extension"],
        "funding_source": ["county_budget", "provincial_grant"],
        "price_basis": ["nominal", "real"],
        "cost_item": ["teachers", "public_funds", "boarding", "buses", "leases"],
        "capacity_cause": list(CAPACITY_CAUSES),
        "teacher_cause": list(TEACHER_CAUSES),
    }


def _dataset(c, data, names):
    dataset = xr.Dataset(
        coords={"scenario": list(c.scenarios), "replicate": np.arange(c.shape[1]), "year": c.years}
    )
    for name, values in data.items():
        entry = BY_NAME[name]
        words = {"long_name": entry.long_name, "long_name_zh": entry.long_name_zh}
        dataset[name] = xr.DataArray(
            np.array(values, dtype=np.float64),
            dims=(*RUN, *entry.dims),
            attrs={"units": entry.unit, **words},
        )
    used = {str(dim) for variable in dataset.values() for dim in variable.dims}
    known = _coordinates(c, names)
    return dataset.assign_coords(
        {k: v for k, v in known.items() if (v[0] if isinstance(v, tuple) else k) in used}
    )


def default_provenance(scenarios, seed=1):
    """Provenance as a run writes it, with two settings and two columns of data."""
    cap = {"key": "enrolment.class_cap.primary", "value": 45, "unit": "pupils"}
    rate = {"key": "demography.tfr", "value": 1.1, "unit": "children per woman"}
    return {
        "capsim": "0.1.0",
        "versions": {"numpy": np.__version__},
        "seed": seed,
        "information_date": "2020-11-01",
        "scenarios": {
            name: {
                "name": name,
                "place": {"name": "Testshire", "name_zh": "测试县"},
                "enrolment": {"class_cap": {"primary": 45, "junior": 50}},
            }
            for name in scenarios
        },
        "inputs": {name: {"tables/schools.csv": "ab" * 32} for name in scenarios},
        "notes": {name: [] for name in scenarios},
        "assumptions": [
            row
            for name in scenarios
            for row in (
                {**cap, "source": "JD2017", "mark": "found", "scenario": name},
                {**rate, "source": "assumed here", "mark": "assumed", "scenario": name},
            )
        ],
        "data": [
            {"table": "schools", "column": "rooms", "mark": "assumed", "source": "builder"},
            {"table": "population", "column": "persons", "mark": "reported", "source": "census"},
        ],
    }


def by_header(sheet):
    """Rows of a sheet of the workbook as mappings from its column heads."""
    heads = [cell.value for cell in sheet[4]]
    return [
        dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=5, values_only=True)
    ]
