"""Admission of one level in one year: the enrolment rules, round after round.

The rounds and their order are those of the model's description: direct promotion; the zone round
with the private lottery at the same time; those who lost it; migrant children by points;
placement by distance; boarders; seats up to the hard cap. Seats a round leaves are carried over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from capsim.admission import placing, zone_round
from capsim.admission.outcomes import OUTCOMES, ROUNDS
from capsim.admission.rules import REGISTRATIONS, CompiledRules, Rules, compile_rules
from capsim.admission.state import AdmissionStreams, Applicants, Book, Demand, Offer
from capsim.choice.travel import Alternatives

__all__ = [
    "ORDER_OF_ROUNDS",
    "OUTCOMES",
    "REGISTRATIONS",
    "ROUNDS",
    "Admission",
    "AdmissionStreams",
    "Applicants",
    "CompiledRules",
    "Demand",
    "Offer",
    "Rules",
    "admit",
    "compile_rules",
]

ORDER_OF_ROUNDS: Final[tuple[Callable[[Book], None], ...]] = (
    placing.direct_round,
    zone_round.zone_rounds,
    placing.migrant_round,
    placing.placement_round,
    placing.boarding_round,
    placing.emergency_round,
    placing.unplaced,
)
"""What :func:`admit` does, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """Result of an admission.

    Attributes
    ----------
    school : ndarray of int32, shape (n,)
        School of each applicant, -1 if unplaced.
    outcome : ndarray of int8, shape (n,)
        Round and reason: a code of :data:`OUTCOMES`.
    rank : ndarray of int32, shape (n,)
        Position of the school in the list the family submitted, 0 for the first; -1 for those
        placed by the bureau and the unplaced.
    cutoff_tier, cutoff_score : ndarray of float64, shape (schools, rounds)
        Tier (from 1) and score of the last child admitted by each round of :data:`ROUNDS` where
        it filled the school; missing elsewhere. Scores are lottery numbers from 0 to 1, points or
        kilometres, by round and rule.
    seats_left, emergency_left : ndarray of int64, shape (schools,)
    """

    school: NDArray[np.int32]
    outcome: NDArray[np.int8]
    rank: NDArray[np.int32]
    cutoff_tier: NDArray[np.float64]
    cutoff_score: NDArray[np.float64]
    seats_left: NDArray[np.int64]
    emergency_left: NDArray[np.int64]


def admit(
    applicants: Applicants,
    offer: Offer,
    alternatives: Alternatives,
    demand: Demand,
    rules: Rules,
    streams: AdmissionStreams,
) -> Admission:
    """Admit the applicants of one level and year by the rules.

    Parameters
    ----------
    applicants : Applicants
    offer : Offer
    alternatives : Alternatives
        Schools open to each settlement, from :func:`capsim.choice.travel.alternatives`.
    demand : Demand
        What families know of schools.
    rules : Rules
        From :func:`compile_rules`.
    streams : AdmissionStreams

    Returns
    -------
    Admission
    """
    book = Book(applicants, offer, alternatives, demand, rules, streams)
    for hold in ORDER_OF_ROUNDS:
        hold(book)
    return Admission(
        school=book.school,
        outcome=book.outcome,
        rank=book.rank,
        cutoff_tier=book.cutoff_tier,
        cutoff_score=book.cutoff_score,
        seats_left=book.seats,
        emergency_left=book.emergency,
    )
