"""Groups: what flows from the lead, what it costs the lead, and which groups are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsim.core.errors import Problems
from capsim.scenario.options.staffing import Group, GroupForm, GroupForms, GroupOptions
from capsim.schools.groups import (
    Groups,
    check_groups,
    compile_groups,
)

SCHOOLS = ["lead", "near", "far", "other", "junior_only"]
ROWS = {name: row for row, name in enumerate(SCHOOLS)}
OPEN = np.array([[True, False]] * 4 + [[False, True]])


def options(*groups: dict[str, Any], years: int = 1, **rates: float) -> GroupOptions:
    form = {"flow": 0.2, "dilution": 0.1, "shared_teachers": 0.1} | rates
    made = [
        Group(**{"name": f"g{n}", "start_year": 2020, "form": "community"} | group)
        for n, group in enumerate(groups)
    ]
    return GroupOptions(
        groups=tuple(made),
        years_to_full_effect=years,
        forms=GroupForms(community=GroupForm(**form)),
    )


def groups_of(*groups: dict[str, Any], **kw: Any) -> Groups:
    return compile_groups(options(*groups, **kw), ROWS)


BOTH = {"lead": "lead", "members": ("near", "far")}
QUALITY = np.array([[1.0, 0], [0.0, 0], [-1.0, 0], [0.5, 0], [0, 0]])
PUPILS = np.array([[600.0, 0], [100, 0], [300, 0], [500, 0], [0, 400]])


def test_members_gain_and_the_lead_is_diluted() -> None:
    effect = groups_of(BOTH).in_year(2021, PUPILS, OPEN).effect(QUALITY)
    # Members: 0.2 x 1 and 0.2 x 2. Lead: -0.1 x (100/1000 x 1 + 300/1000 x 2) = -0.07.
    assert effect[:, 0] == pytest.approx([-0.07, 0.2, 0.4, 0.0, 0.0])
    assert not effect[:, 1].any()


def test_no_group_no_rate_no_effect() -> None:
    for none in (groups_of(), groups_of(BOTH, flow=0.0, dilution=0.0)):
        assert not none.in_year(2021, PUPILS, OPEN).effect(QUALITY).any()
        assert (groups_of().in_year(2021, PUPILS, OPEN).share_teaching(PUPILS) == PUPILS).all()


def test_nothing_flows_from_a_lead_that_is_worse() -> None:
    effect = groups_of(BOTH).in_year(2021, PUPILS, OPEN).effect(-QUALITY)
    assert not effect.any()


def test_groups_roll_out_and_grow() -> None:
    late = BOTH | {"start_year": 2022, "joins": {"far": 2024}}
    groups = groups_of(late, years=2)
    found = [groups.strength(year, OPEN)[:, 0].tolist() for year in range(2021, 2026)]
    assert found == [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]]


def test_closed_schools_take_no_part() -> None:
    shut = OPEN.copy()
    shut[0] = False
    assert not groups_of(BOTH).in_year(2021, PUPILS, shut).effect(QUALITY).any()
    shut = OPEN.copy()
    shut[2] = False
    effect = groups_of(BOTH).in_year(2021, PUPILS, shut).effect(QUALITY)
    assert effect[:, 0] == pytest.approx([-0.1 * 100 / 700, 0.2, 0, 0, 0])


def test_the_default_forms_are_ordered_from_close_to_weak() -> None:
    forms = GroupForms()
    order = [forms.one_legal_person, forms.community, forms.pairing, forms.video_link]
    flows = [form.flow for form in order]
    assert flows == sorted(flows, reverse=True)
    assert forms.video_link.shared_teachers == 0 and forms.video_link.dilution == 0


def test_shared_teaching_time_goes_to_the_members_by_pupils() -> None:
    heads = np.array([[40.0, 0], [10, 0], [20, 0], [30, 0], [0, 30]])
    taught = groups_of(BOTH).in_year(2021, PUPILS, OPEN).share_teaching(heads)
    several = groups_of(BOTH).in_year(2021, PUPILS, OPEN).share_teaching([heads, 2 * heads])
    assert (several == [taught, 2 * taught]).all()
    # Four full-time equivalents of the lead: one to near (100 pupils), three to far (300).
    assert taught[:, 0] == pytest.approx([36, 11, 23, 30, 0])


@given(
    st.lists(st.integers(0, 80), min_size=5, max_size=5),
    st.lists(st.integers(0, 900), min_size=5, max_size=5),
    st.lists(st.floats(-3, 3), min_size=5, max_size=5),
    st.integers(2018, 2026),
    st.floats(0, 0.5),
)
def test_shared_time_is_conserved_and_gaps_only_close(
    heads: list[int], pupils: list[int], quality: list[float], year: int, share: float
) -> None:
    column = np.zeros((5, 2))
    column[:, 0] = heads
    size, q = np.zeros((5, 2)), np.zeros((5, 2))
    size[:, 0], q[:, 0] = pupils, quality
    groups = groups_of(BOTH, shared_teachers=share, years=3)
    taught = groups.in_year(year, size, OPEN).share_teaching(column)
    assert taught.sum() == pytest.approx(column.sum())
    assert (taught >= -1e-9).all()
    effect = groups.in_year(year, size, OPEN).effect(q)
    assert (effect[1:] >= 0).all() and effect[0, 0] <= 0
    gap = np.maximum(q[0] - q, 0)
    assert (effect[1:] <= 0.2 * gap[1:] + 1e-9).all()


# ---------------------------------------------------------------- refused


def problems_of(made: GroupOptions) -> tuple[list[str], list[str]]:
    problems = Problems()
    levels = OPEN.copy()
    check_groups(
        made, problems, schools=SCHOOLS, teaches_level=levels, base_year=2020, horizon=2030
    )
    return [str(p) for p in problems], [str(p) for p in problems.warnings]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([BOTH | {"lead": "nobody"}], ["'nobody' is no school"]),
        ([BOTH | {"members": ("near", "ghost")}], ["'ghost' is no school"]),
        ([BOTH | {"members": ("near", "near")}], ["'near' is a member twice"]),
        ([BOTH, {"lead": "other", "members": ("near",)}], ["'near' is a member twice", "'g0'"]),
        ([BOTH | {"members": ("lead",)}], ["'lead' is also the lead"]),
        (
            [BOTH, {"lead": "other", "members": ("lead",)}],
            ["'lead' leads the group 'g0'", "no member of another group"],
        ),
        (
            [BOTH | {"members": ("junior_only",)}],
            ["'junior_only' teaches no level of its lead 'lead' (primary)"],
        ),
        ([BOTH | {"joins": {"other": 2023}}], ["joins: 'other' is no member"]),
        ([BOTH | {"joins": {"far": 2019}}], ["joins in 2019, before the group starts in 2020"]),
        ([BOTH | {"name": "x"}, {"name": "x", "lead": "other", "members": ("junior_only",)}],
         ["the name 'x' is given twice"]),
    ],
)  # fmt: skip
def test_bad_groups_are_refused_with_the_reason(
    groups: list[dict[str, Any]], words: list[str]
) -> None:
    found, _ = problems_of(options(*groups))
    for word in words:
        assert any(word in line for line in found), found


def test_all_faults_are_found_at_once() -> None:
    found, _ = problems_of(options({"lead": "nobody", "members": ("ghost", "near", "near")}))
    assert len(found) == 3


def test_a_lead_cannot_give_more_than_half_its_time() -> None:
    made = options(
        {"lead": "lead", "members": ("near",)},
        {"lead": "lead", "members": ("far",)},
        shared_teachers=0.3,
    )
    found, _ = problems_of(made)
    assert len(found) == 1 and "'lead' gives 60% of its teaching time" in found[0]


def test_good_groups_pass_and_a_late_one_is_warned_of() -> None:
    assert problems_of(options(BOTH)) == ([], [])
    found, warned = problems_of(options(BOTH | {"start_year": 2035}))
    assert not found and "2035 is after the last year 2030" in warned[0]


def test_the_page_on_schools_states_the_rates_of_the_forms() -> None:
    page = (Path(__file__).parents[2] / "docs" / "schools.md").read_text(encoding="utf-8")
    stated = {
        row[1].strip("` "): tuple(float(cell) for cell in row[2:5])
        for row in (line.split("|") for line in page.splitlines() if line.startswith("| `"))
    }
    forms = GroupForms()
    assert stated == {
        name: (form.flow, form.dilution, form.shared_teachers)
        for name, form in ((n, getattr(forms, n)) for n in type(forms).model_fields)
    }
