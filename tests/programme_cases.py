"""A few schools and a building programme, run year by year: what its tests share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from capsim.core.catalogue import CAPACITY_CAUSES
from capsim.core.dims import SCHOOL_KINDS
from capsim.scenario.options.programme import ProgrammeOptions
from capsim.schools.programme.ledger import SeatLedger
from capsim.schools.programme.programme import (
    apply_events,
    compile_programme,
    draw_schedule,
    due_events,
)
from capsim.schools.programme.projects import GRADES_OF_KIND

CAP = np.array([45.0, 50.0])
BASE = 2017
CAUSE = {name: k for k, name in enumerate(CAPACITY_CAUSES)}
AT_ONCE = {"low_months": 0, "high_months": 0}


@dataclass
class Columns:
    """The least a state must have."""

    rooms: np.ndarray
    posts: np.ndarray
    teaches: np.ndarray
    is_open: np.ndarray
    beds: np.ndarray
    parent: np.ndarray
    kind: np.ndarray


STANDING = {
    "town": ("primary", 24, 0),
    "middle": ("junior", 0, 18),
    "north": ("primary", 6, 0),
    "south": ("primary", 6, 0),
    "both": ("nine_year", 12, 6),
}


@dataclass
class County:
    """Schools by name, with a programme run year by year."""

    projects: list[dict]
    replicate: int = 0
    seed: int = 1
    log: list = field(default_factory=list)

    def __post_init__(self):
        options = ProgrammeOptions(projects=self.projects)
        built = [(p.school, p.school_kind) for p in options.projects if p.kind == "build"]
        self.ids = [*STANDING, *(name for name, _ in built)]
        kinds = [*(k for k, _, _ in STANDING.values()), *(k for _, k in built)]
        n, m = len(self.ids), len(STANDING)
        grades = np.zeros((n, 9), bool)
        for row, kind in enumerate(kinds):
            grades[row, [g - 1 for g in GRADES_OF_KIND[kind]]] = True
        rooms = np.zeros((n, 2), np.int32)
        rooms[:m] = [r[1:] for r in STANDING.values()]
        self.state = Columns(
            rooms=rooms,
            posts=(2 * rooms).astype(np.int32),
            teaches=grades,
            is_open=np.arange(n) < m,
            beds=np.where(np.arange(n) < m, 20, 0).astype(np.int32),
            parent=np.full(n, -1, np.int32),
            kind=np.array([SCHOOL_KINDS.index(k) for k in kinds], np.int32),
        )
        self.programme = compile_programme(
            options, school_ids=self.ids, school_kinds=kinds, class_cap=CAP, base_year=BASE
        )
        self.schedule = draw_schedule(self.programme, self.seed, self.replicate)
        self.ledger = SeatLedger(self.state.rooms, CAP)

    def row(self, name):
        return self.ids.index(name)

    def rooms(self, name):
        return self.state.rooms[self.row(name)].tolist()

    def grades(self, name):
        return (np.flatnonzero(self.state.teaches[self.row(name)]) + 1).tolist()

    def step(self, year):
        applied = apply_events(self.state, self.schedule, due_events(self.schedule, year))
        self.ledger.record(applied.rooms_change)
        assert self.ledger.balances(self.state.rooms)
        return applied

    def run(self, last):
        return {year: self.step(year) for year in range(BASE + 1, last + 1)}


def project(kind, school, start=2019, **more):
    more.setdefault("lead_time", AT_ONCE)
    name = more.pop("project", f"{kind}-{school}")
    return {"kind": kind, "project": name, "school": school, "start_year": start, **more}


def build(school="new", start=2019, **more):
    more.setdefault("school_kind", "primary")
    more.setdefault("settlement", "s")
    if not any(k.startswith(("rooms", "seats", "area")) for k in more):
        more["rooms_primary"] = 12
    return project("build", school, start, **more)
