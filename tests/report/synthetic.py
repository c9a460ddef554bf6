"""A made-up county's results in the form of the catalogue, for tests of figures and report.

Every number comes from small formulas with a seeded generator; identities hold (gap and spare
seats from demand and capacity, utilisation from roll and seats, attrition from village rolls).
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from capsim.catalogue import ATTRITION_CAUSES, BY_NAME, CAPACITY_CAUSES, TEACHER_CAUSES
from capsim.dims import CLASS_SIZE_BINS, DESTINATIONS, GRADES, LEVELS, SETTLEMENT_KINDS

INDICATORS = (
    ("high_degree_teachers", 4.2, 5.3),
    ("backbone_teachers", 1.0, 1.0),
    ("pe_arts_teachers", 0.9, 0.9),
    ("teaching_floor_area", 4.5, 5.8),
    ("sports_area", 7.5, 10.2),
    ("equipment_value", 2000.0, 2500.0),
    ("multimedia_classrooms", 2.3, 2.4),
)
TOWNSHIPS = [
    ("漹城镇", "Yancheng"), ("黄土镇", "Huangtu"), ("甘江镇", "Ganjiang"), ("吴场镇", "Wuchang"),
    ("木城镇", "Mucheng"), ("华头镇", "Huatou"), ("埇塱乡", "Yonglang"),
]  # fmt: skip
LEVEL_OF = np.array([0] * 6 + [1] * 3)


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
    extra_names=(),
    gap=True,
    provenance=None,
):
    """Return a Dataset of a made-up county; `drop` names variables to leave out."""
    rng = np.random.default_rng(seed)
    years = np.array(list(years))
    s, r, t = len(scenarios), replicates, len(years)
    shape = (s, r, t)
    factors = births_factor or {}
    towns = len(TOWNSHIPS)
    weight = np.array([0.34, 0.16, 0.14, 0.12, 0.10, 0.09, 0.05])

    # Births of the county: a shared random walk a replicate, scaled for stress paths after 2020.
    walk = np.cumsum(rng.normal(0, 0.04, (r, t)), axis=1) * (years > 2020)
    level = 2400 * np.exp(-0.035 * (years - years[0]))
    births_county = level * np.exp(walk)
    births = np.empty((*shape, towns))
    for i, name in enumerate(scenarios):
        path = name.partition("@")[2]
        factor = np.where(years > 2020, factors.get(path, 0.6) if path else 1.0, 1.0)
        births[i] = np.rint(births_county * factor)[..., None] * weight
    births = np.rint(births)
    before = 2500.0
    children = np.empty((*shape, towns, 16))
    for age in range(16):
        lagged = np.full((*shape, towns), before) * weight
        if t > age:
            lagged[:, :, age:] = births[:, :, : t - age]
        children[..., age] = np.rint(lagged * 0.985)
    population = np.rint(children.sum(-1) * 7)

    kinds = np.array(
        ["county_town" if k < 4 else "township_seat" if k < 10 else "village" for k in range(schools)]
    )
    township_of = np.where(kinds == "county_town", 0, np.arange(schools) % towns)
    teaches = np.zeros((schools, 2), dtype=bool)
    teaches[:, 0] = True
    teaches[[2, 5, 7], 1] = True
    if schools > 10:
        teaches[[3, 8], 0] = False
        teaches[[3, 8], 1] = True
    rooms = np.where(kinds == "county_town", 26, np.where(kinds == "township_seat", 12, 6))
    cap = np.array([45.0, 50.0])
    seats = rooms[:, None] * cap * teaches * (1.0 if gap else 6.0)
    school_capacity = np.broadcast_to(seats, (*shape, schools, 2)).copy()
    # Each scenario after the first adds 270 primary seats at the first school from its 8th year.
    for i, name in enumerate(scenarios):
        order = list(scenarios).index(name.partition("@")[0]) if "@" in name else i
        if order and t > 8:
            school_capacity[i, :, 8:, 0, 0] += 270 * order
    is_open = np.ones((*shape, schools), dtype=bool)
    closing = schools - 1
    if t > 12:
        is_open[:, :, 12:, closing] = False
        school_capacity[:, :, 12:, closing] = 0

    by_level = np.stack([children[..., 6:12].sum(-1), children[..., 12:15].sum(-1)], -1)
    public = np.array([0.83, 0.91])
    demand_town = by_level * public
    # Roll: pupils of the county shared over schools by a pull that drains villages with time.
    pull = np.where(kinds == "county_town", 3.0, np.where(kinds == "township_seat", 1.0, 0.4))
    drift = np.exp(-0.05 * np.arange(t)[:, None] * (kinds == "village"))
    strength = pull * drift * np.exp(rng.normal(0, 0.1, schools))
    roll = np.zeros((*shape, schools, 9))
    for grade in GRADES:
        which = LEVEL_OF[grade - 1]
        able = teaches[:, which] * is_open
        share = strength * able
        share = share / share.sum(-1, keepdims=True)
        pupils = children[..., 5 + grade].sum(-1) * public[which]
        roll[..., grade - 1] = np.rint(pupils[..., None] * share)
    roll[0, :, :, schools - 2, :] = np.minimum(roll[0, :, :, schools - 2, :], 0.5).round()  # tiny
    level_roll = np.stack([roll[..., :6].sum(-1), roll[..., 6:].sum(-1)], -1)
    classes = np.ceil(roll / np.where(LEVEL_OF == 0, 48, 52))
    size = np.divide(roll, classes, out=np.zeros_like(roll), where=classes > 0)
    class_size = np.zeros((*shape, 2, 80))
    for which in range(2):
        part = LEVEL_OF == which
        bins = np.clip(np.rint(size[..., part]), 1, 80).astype(int)
        for b in np.unique(bins):
            class_size[..., which, b - 1] = (classes[..., part] * (bins == b)).sum((-1, -2))

    areas = [f"{lv}:T{k + 1:02d}" for lv in LEVELS for k in range(towns)]
    area_level = np.repeat([0, 1], towns)
    demand = np.full((*shape, 2, 2 * towns), np.nan)
    capacity = np.full_like(demand, np.nan)
    town_of_school = np.eye(towns)[township_of]
    area_capacity = np.einsum("irtsl,sk->irtlk", school_capacity, town_of_school)
    for j, which in enumerate(area_level):
        demand[..., which, j] = demand_town[..., j % towns, which]
        capacity[..., which, j] = area_capacity[..., which, j % towns]
    seat_gap = np.maximum(0, demand - capacity)
    spare = np.maximum(0, capacity - demand)
    new_seats = np.maximum(0, capacity - capacity[:, :, :1])

    kind_of = np.stack([kinds == k for k in SETTLEMENT_KINDS], -1).astype(float)
    roll_by_kind = np.einsum("irtsl,sk->irtlk", level_roll, kind_of)
    village = roll_by_kind[..., 2]
    lost = np.full(shape + (2,), np.nan)
    lost[:, :, 1:] = village[:, :, :-1] - village[:, :, 1:]
    split = np.array([0.45, 0.1, 0.3, 0.05, 0.1, 0.02, -0.02])
    attrition = lost[..., None] * split
    attrition[..., 0] += lost - attrition.sum(-1)

    teachers = np.broadcast_to(np.rint(seats / 22), (*shape, schools, 2)) * is_open[..., None]
    need_norm = level_roll / np.array([19 / 0.91, 13.5 / 0.85])
    level_classes = np.stack([classes[..., :6].sum(-1), classes[..., 6:].sum(-1)], -1)
    need_classes = level_classes * np.array([2.2, 3.1])
    small = ((level_roll < 100) & (kinds == "village")[:, None] & teaches & is_open[..., None]).sum(-2)

    indicator = np.full((*shape, schools, 2, 7), np.nan)
    met = np.full_like(indicator, np.nan)
    for k, (_, *threshold) in enumerate(INDICATORS):
        base = np.array(threshold) * rng.uniform(0.7, 1.6, schools)[:, None]
        value = base * np.sqrt(np.maximum(level_roll[:, :, :1], 1) / np.maximum(level_roll, 1))
        there = (level_roll > 0) & is_open[..., None]
        indicator[..., k] = np.where(there, value, np.nan)
        met[..., k] = np.where(there, value >= np.array(threshold), np.nan)
    cv = 0.3 + 0.02 * np.arange(7) + rng.uniform(0, 0.05, (*shape, 2, 7))

    def flow(array):
        out = np.array(array, dtype=float)
        out[:, :, 0] = np.nan
        return out

    bins = dict(
        births=births, children=children, population=population,
        participation=np.broadcast_to(
            np.array([[0.83, 0.05, 0.11, 0.01], [0.91, 0.03, 0.055, 0.005]]), (*shape, 2, 4)
        ),
        demand=demand, capacity=capacity, seat_gap=seat_gap, spare_seats=spare, new_seats=new_seats,
        school_capacity=school_capacity,
        seats_offered=flow(np.rint(school_capacity / np.array([6, 3]))),
        entrants=flow(np.stack([roll[..., 0], roll[..., 6]], -1)),
        over_cap=np.maximum(0, level_roll - level_classes * cap),
        utilisation=np.divide(
            level_roll, school_capacity, out=np.full_like(level_roll, np.nan), where=school_capacity > 0
        ),
        quality=np.broadcast_to(rng.normal(0, 1, (schools, 1)), (*shape, schools, 2)),
        capacity_change=flow(np.zeros((*shape, schools, 2, len(CAPACITY_CAUSES)))),
        roll=roll, classes=classes, class_size=class_size,
        travel_km=np.broadcast_to(np.array([1.2, 1.9, 3.4]), (*shape, 2, 3))
        + 0.03 * np.arange(t)[:, None, None],
        travel_km_p90=np.broadcast_to(np.array([2.2, 3.9, 7.4]), (*shape, 2, 3))
        + 0.05 * np.arange(t)[:, None, None],
        zone_school_share=flow(np.full((*shape, 2, 3), 0.93)),
        first_choice_share=flow(np.full((*shape, 2, 3), 0.81)),
        unplaced=np.rint(rng.poisson(0.3, (*shape, 2, towns))).astype(float),
        roll_by_kind=roll_by_kind, attrition=attrition, small_schools=small.astype(float),
        closures=flow(np.zeros((*shape, 2))),
        boarders=np.rint(level_roll.sum(-1) * 0.05), bus_riders=np.rint(level_roll.sum(-1) * 0.02),
        teachers=teachers, teacher_need_norm=need_norm, teacher_need_classes=need_classes,
        posts=np.ceil(teachers * 1.05),
        teacher_flows=flow(np.zeros((*shape, schools, 2, len(TEACHER_CAUSES)))),
        indicator=indicator, indicator_met=met, variation_coefficient=cv,
        retention=np.full(shape, 0.955),
    )  # fmt: skip
    if costs:
        capital = np.zeros((*shape, 2, 2, 2))
        running = np.zeros((*shape, 4, 2))
        for i, name in enumerate(scenarios):
            order = list(scenarios).index(name.partition("@")[0]) if "@" in name else i
            if t > 7:
                capital[i, :, 6:8, 0, :, 0] = 9e6 * order * np.array([0.6, 0.4])
                capital[i, :, 7, 1, 0, 0] = 2.5e6 * order
        capital[..., 1] = capital[..., 0] * (1.02 ** -np.arange(t))[:, None, None]
        running[..., 0, 0] = teachers.sum((-1, -2)) * 115_000
        running[..., 1, 0] = level_roll.sum(-2) @ np.array([720.0, 940.0])
        running[..., 2, 0] = level_roll.sum((-1, -2)) * 0.05 * 300
        running[..., 3, 0] = level_roll.sum((-1, -2)) * 0.02 * 1_500
        running[..., 1] = running[..., 0] * (1.02 ** -np.arange(t))[:, None]
        bins |= {"capital_cost": flow(capital), "running_cost": flow(running)}

    dataset = xr.Dataset(coords={"scenario": list(scenarios), "replicate": np.arange(r), "year": years})
    for name, values in bins.items():
        if name in drop:
            continue
        entry = BY_NAME[name]
        dataset[name] = xr.DataArray(
            np.array(values, dtype=np.float64), dims=("scenario", "replicate", "year", *entry.dims),
            attrs={"units": entry.unit, "long_name": entry.long_name, "long_name_zh": entry.long_name_zh},
        )  # fmt: skip
    dataset["is_open"] = (("scenario", "replicate", "year", "school"), is_open)
    names_en = [f"School {k + 1}" for k in range(schools)]
    names_zh = [f"第{k + 1}小学" for k in range(schools)]
    for k, text in enumerate(extra_names):
        names_en[k] = names_zh[k] = text
    x = rng.normal(0, 8, schools)
    y = rng.normal(0, 6, schools)
    coords = {
        "township": [f"T{k + 1:02d}" for k in range(towns)],
        "township_name": ("township", [en for _, en in TOWNSHIPS]),
        "township_name_zh": ("township", [zh for zh, _ in TOWNSHIPS]),
        "township_x_km": ("township", np.linspace(-10, 10, towns)),
        "township_y_km": ("township", np.linspace(6, -6, towns)),
        "planning_area": areas,
        "planning_area_name": ("planning_area", [TOWNSHIPS[k % towns][1] for k in range(2 * towns)]),
        "planning_area_name_zh": ("planning_area", [TOWNSHIPS[k % towns][0] for k in range(2 * towns)]),
        "school": [f"S{k + 1:03d}" for k in range(schools)],
        "name": ("school", names_en),
        "name_zh": ("school", names_zh),
        "school_township": ("school", [f"T{k + 1:02d}" for k in township_of]),
        "school_settlement_kind": ("school", kinds),
        "x_km": ("school", x),
        "y_km": ("school", y),
        "parent": ("school", [""] * schools),
        "age": np.arange(16),
        "level": list(LEVELS),
        "grade": list(GRADES),
        "settlement_kind": list(SETTLEMENT_KINDS),
        "destination": list(DESTINATIONS),
        "class_size_bin": list(CLASS_SIZE_BINS),
        "attrition_cause": list(ATTRITION_CAUSES),
        "resource_indicator": [name for name, *_ in INDICATORS],
        "project": ["new town primary", "Huangtu extension"],
        "funding_source": ["county budget", "provincial grant"],
        "price_basis": ["nominal", "real"],
        "cost_item": ["teachers", "public_funds", "boarding", "buses"],
        "capacity_cause": list(CAPACITY_CAUSES),
        "teacher_cause": list(TEACHER_CAUSES),
    }
    used = {dim for variable in dataset.values() for dim in variable.dims}
    dataset = dataset.assign_coords(
        {k: v for k, v in coords.items() if (v[0] if isinstance(v, tuple) else k) in used}
    )
    default = {
        "versions": {"capsim": "0.1.0", "numpy": np.__version__},
        "seed": seed,
        "information_date": "2020-11-01",
        "scenarios": {
            name: {"name": name, "enrolment": {"class_cap": {"primary": 45, "junior": 50}}}
            for name in scenarios
        },
        "inputs": [{"path": "schools.csv", "sha256": "ab" * 32}],
        "assumptions": [
            {"key": "enrolment.class_cap.primary", "value": 45, "unit": "pupils",
             "source": "JD2017", "mark": "found", "scenario": scenarios[0]},
            {"key": "demography.tfr", "value": 1.1, "unit": "children per woman",
             "source": "assumed for the demonstration", "mark": "assumed", "scenario": scenarios[0]},
        ],
        "data": [
            {"table": "schools.csv", "column": "rooms_primary", "mark": "assumed", "source": "builder"},
            {"table": "population.csv", "column": "persons", "mark": "reported", "source": "census 2020"},
        ],
    }  # fmt: skip
    dataset.attrs["provenance"] = json.dumps(provenance or default, ensure_ascii=False)
    return dataset
