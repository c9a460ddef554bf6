"""Direct promotion, the points round, and the bureau's placing of children their zone cannot take.

Each round takes seats from what the rounds before left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capsim.admission import outcomes as codes
from capsim.admission.keys import TIER_SHIFT, distance_score, points_score, same_everywhere
from capsim.admission.matching import match
from capsim.admission.rules import MIGRANT
from capsim.admission.state import Book

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Rows = NDArray[np.intp]

_CODE = codes.CODE


def direct_round(book: Book) -> None:
    """Promote children whose next school is guaranteed, up to its hard cap."""
    wanted = book.applicants.direct_school
    rows = (wanted >= 0).nonzero()[0]
    if not rows.size:
        return
    capacity = book.seats + book.emergency
    result = match(wanted.take(rows)[:, None], book.lottery(rows)[:, None], capacity)
    book.admit(codes.DIRECT, rows, result, _CODE["direct_promotion"])


def migrant_round(book: Book) -> None:
    """Admit migrant children by points to seats left or kept for them, nearest schools first."""
    if not book.rules.migrant_round:
        return
    rows = book.waiting()
    rows = rows[book.applicants.registration.take(rows) == MIGRANT]
    if not rows.size:
        return
    home = book.applicants.settlement.take(rows)
    lists = book.alternatives.candidates.take(home, axis=0)
    key = points_score(book.applicants.points.take(rows), book.lottery(rows))
    result = match(lists, same_everywhere(key, lists), book.public_seats())
    book.reason[rows] = _CODE["placed_points_low"]
    book.admit(codes.MIGRANT_POINTS, rows, result, _CODE["migrant_points"], kind="points")


def placement_round(book: Book) -> None:
    """Place waiting children in free seats within the travel limit, nearest children first."""
    rows = book.waiting()
    if not (book.rules.placement and rows.size):
        return
    _place(book, codes.PLACEMENT, rows, book.alternatives.nearest, book.public_seats(), None)


def boarding_round(book: Book) -> None:
    """Place children who board at schools beyond the travel limit that have seats and beds."""
    if not (book.rules.placement and book.rules.place_boarders):
        return
    rows = book.waiting()
    rows = rows[book.applicants.boards[rows]]
    if not rows.size:
        return
    capacity = np.minimum(book.public_seats(), book.beds)
    _place(book, codes.BOARDING, rows, book.alternatives.beyond, capacity, _CODE["boarding"])


def emergency_round(book: Book) -> None:
    """Fill classes to the hard cap: own zone first, then the nearest within the limit."""
    rows = book.waiting()
    if not (book.rules.emergency and rows.size):
        return
    home = book.applicants.settlement[rows]
    zone = book.alternatives.zone[home]
    nearest = book.alternatives.nearest[home]
    lists = np.concatenate([zone, nearest], axis=1)
    km = book.alternatives.km[home[:, None], lists]
    key = distance_score(km, book.lottery(rows)[:, None])
    key[:, zone.shape[1] :] |= np.uint32(1) << TIER_SHIFT
    capacity = book.emergency + book.seats
    capacity[book.private] = 0
    result = match(lists, key, capacity)
    own = result.rank < zone.shape[1]
    code = np.where(own, _CODE["emergency_zone"], _CODE["emergency_elsewhere"])
    book.admit(codes.EMERGENCY, rows, result, code, kind="distance", ranks=False)


def unplaced(book: Book) -> None:
    """Give children still without a seat their reason."""
    rows = book.waiting()
    if rows.size:
        nearest = book.alternatives.nearest
        home = book.applicants.settlement[rows]
        reach = nearest[home, 0] >= 0 if nearest.shape[1] else np.zeros(rows.size, dtype=bool)
        none = np.where(reach, _CODE["unplaced_full"], _CODE["unplaced_out_of_reach"])
        book.outcome[rows] = none


def _place(
    book: Book, number: int, rows: Rows, table: I32, capacity: I64, code: int | None
) -> None:
    """Place children at the schools of a table of distances, by their turn and distance."""
    if not table.shape[1] or not np.count_nonzero(capacity):
        return
    home = book.applicants.settlement.take(rows)
    lists = table.take(home, axis=0)
    km = book.alternatives.km_between(home[:, None], lists)
    key = distance_score(km, book.lottery(rows)[:, None])
    key |= book.turn(rows)[:, None] << TIER_SHIFT
    result = match(lists, key, capacity)
    outcome = book.reason[rows] if code is None else np.full(rows.size, code, dtype=np.int8)
    book.admit(number, rows, result, outcome, kind="distance", ranks=False)
