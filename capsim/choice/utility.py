"""What a family expects of each school: ``V_ij`` of the model, with terms that plug in by name.

``V_ij = sum over terms of coefficient * term + e_ij``, where ``e_ij`` is a Gumbel drawn for the
pair of family and school: a random-utility model whose choice shares are those of the conditional
logit (McFadden 1974). The systematic part is the same for all families of a settlement and an
income group, so it is computed once for each such cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.choice.travel import Alternatives
from capsim.core.draws import Stream
from capsim.scenario.options.choice import ChoiceOptions, DistanceOptions

I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
F32 = NDArray[np.float32]

_BLOCK_ROWS = 1 << 13
_LOWEST: Final = np.finfo(np.float32).min


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceSet:
    """What the terms of utility read: schools as the families of each settlement see them.

    Attributes
    ----------
    schools : ndarray of int32, shape (settlements, k)
        Candidate schools, padded with -1.
    km : ndarray of float32, shape (settlements, k)
    in_zone : ndarray of bool, shape (settlements, k)
    quality : ndarray of float32, shape (schools,)
        Perceived quality, standardised.
    fee_yuan : ndarray of float32, shape (schools,)
        Yearly fee.
    crowding : ndarray of float32, shape (schools,)
        Pupils above the class cap, as a share of it (0 where not crowded).
    income_yuan : ndarray of float32, shape (groups,)
        Mean household income of each income group.
    distance : DistanceOptions
        How distance enters.
    """

    schools: I32
    km: F32
    in_zone: NDArray[np.bool_]
    quality: F32
    fee_yuan: F32
    crowding: F32
    income_yuan: F32
    distance: DistanceOptions

    def of_school(self, values: F32) -> F32:
        """Return a value of each candidate from one number a school (0 where padded)."""
        padded = np.zeros(len(values) + 1, np.float32)
        padded[:-1] = values
        found: F32 = padded.take(self.schools, mode="wrap")  # the padding -1 is the last cell
        return found


Term = Callable[[ChoiceSet], F32]
"""A term of utility: from a choice set to an array that broadcasts to (groups, settlements, k)."""

_TERMS: dict[str, Term] = {}
SIBLING: Final = "sibling"
"""The term of the elder sibling's school; it hangs on the child and is added family by family."""


def term(name: str) -> Callable[[Term], Term]:
    """Register a term of utility under the name that scenarios use for its coefficient.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> @term("same_township")
    ... def same_township(choices):
    ...     return choices.in_zone.astype("float32")
    """

    def register(function: Term) -> Term:
        _TERMS[name] = function
        return function

    return register


def term_names() -> tuple[str, ...]:
    """Return the names of all terms that coefficients may be given for."""
    return (*_TERMS, SIBLING)


@term("distance")
def distance_term(choices: ChoiceSet) -> F32:
    """``g(d)``: 0 at the door and falling."""
    return distance_utility(choices.km, choices.distance)


@term("km")
def km_term(choices: ChoiceSet) -> F32:
    """Distance itself, for estimated models."""
    return np.where(np.isfinite(choices.km), choices.km, np.float32(0.0))


@term("quality")
def quality_term(choices: ChoiceSet) -> F32:
    """Perceived quality."""
    return choices.of_school(choices.quality)


@term("zone")
def zone_term(choices: ChoiceSet) -> F32:
    """1 for schools of the attendance zone."""
    return choices.in_zone.astype(np.float32)


@term("fee")
def fee_term(choices: ChoiceSet) -> F32:
    """Minus the fee as a share of income, by income group."""
    fee = choices.of_school(choices.fee_yuan)
    share: F32 = -fee[None, :, :] / choices.income_yuan[:, None, None]
    return share


@term("crowding")
def crowding_term(choices: ChoiceSet) -> F32:
    """Minus the excess of class size over the cap."""
    excess: F32 = np.negative(choices.of_school(choices.crowding))
    return excess


def distance_utility(km: ArrayLike, options: DistanceOptions) -> F32:
    """Return ``g(d)``: the utility of a distance, 0 at 0 km.

    Parameters
    ----------
    km : array_like
        Distances; infinite ones give 0 (they are masked elsewhere).
    options : DistanceOptions

    Returns
    -------
    ndarray of float32, same shape
    """
    d = np.asarray(km, dtype=np.float32)
    d = np.where(np.isfinite(d), d, np.float32(0.0))
    if options.form == "sigmoid":
        at_zero = 1.0 / (1.0 + np.exp(options.midpoint_km / options.scale_km))
        step = 1.0 / (1.0 + np.exp((options.midpoint_km - d) / options.scale_km))
        fall: F32 = (-options.drop * (step - at_zero) / (1.0 - at_zero)).astype(np.float32)
        return fall
    edges = (0.0, *options.breaks_km, np.inf)
    g = np.zeros_like(d)
    for slope, low, high in zip(options.slopes_per_km, edges[:-1], edges[1:], strict=True):
        part = np.minimum(d, np.float32(high))
        part -= np.float32(low)
        np.maximum(part, np.float32(0.0), out=part)
        part *= np.float32(slope)
        g += part
    return g


@dataclass(frozen=True, slots=True, eq=False)
class Tastes:
    """Coefficients of the terms by income group.

    Attributes
    ----------
    coefficients : mapping of str to ndarray of float32, shape (groups,)
    income_yuan : ndarray of float32, shape (groups,)
    distance : DistanceOptions
    """

    coefficients: Mapping[str, F32]
    income_yuan: F32
    distance: DistanceOptions

    @classmethod
    def from_options(cls, options: ChoiceOptions) -> Tastes:
        """Return the tastes of a scenario, whose names :func:`check_choice` has checked."""
        groups = len(options.families.income_groups)
        coefficients = {
            name: np.broadcast_to(np.asarray(value, dtype=np.float32), (groups,))
            for name, value in options.coefficients.items()
        }
        income = [group.income_yuan for group in options.families.income_groups]
        return cls(coefficients, np.array(income, dtype=np.float32), options.distance)


def systematic_utility(choices: ChoiceSet, coefficients: Mapping[str, F32]) -> F32:
    """Return the part of utility that families of a settlement and income group share.

    Parameters
    ----------
    choices : ChoiceSet
    coefficients : mapping of str to ndarray of float32, shape (groups,)
        The sibling's coefficient is not used here.

    Returns
    -------
    ndarray of float32, shape (groups, settlements, k)
        Minus infinity where a candidate is padding.
    """
    groups = len(choices.income_yuan)
    total = np.zeros((groups, *choices.schools.shape), dtype=np.float32)
    for name, coefficient in coefficients.items():
        if name != SIBLING and coefficient.any():
            total += coefficient[:, None, None] * _TERMS[name](choices)
    np.copyto(total, np.float32(-np.inf), where=choices.schools < 0)
    return total


def term_values(choices: ChoiceSet, names: Sequence[str]) -> F32:
    """Return the terms themselves, for estimation.

    Parameters
    ----------
    choices : ChoiceSet
    names : sequence of str
        Registered terms; the sibling's is none of a settlement.

    Returns
    -------
    ndarray of float32, shape (groups, settlements, k, terms)
    """
    shape = (len(choices.income_yuan), *choices.schools.shape)
    return np.stack([np.broadcast_to(_TERMS[name](choices), shape) for name in names], axis=-1)


def choice_set(
    alternatives: Alternatives,
    schools: I32,
    *,
    tastes: Tastes,
    quality: ArrayLike,
    fee_yuan: ArrayLike | None = None,
    crowding: ArrayLike | None = None,
) -> ChoiceSet:
    """Return the choice set of a table of schools by settlement.

    Parameters
    ----------
    alternatives : Alternatives
    schools : ndarray of int32, shape (settlements, k)
        For example ``alternatives.candidates`` or ``alternatives.zone``.
    tastes : Tastes
    quality : array_like, shape (schools,)
    fee_yuan, crowding : array_like, shape (schools,), optional
        Default 0.
    """
    count = alternatives.km.shape[1]
    if schools is alternatives.candidates:
        km, in_zone = alternatives.candidate_km, alternatives.candidate_in_zone
    else:
        known = schools >= 0
        km = alternatives.km_between(np.arange(len(schools))[:, None], schools)
        km[~known] = np.inf
        in_zone = known & (schools[:, :, None] == alternatives.zone[:, None, :]).any(axis=2)
    none = np.zeros(count, dtype=np.float32)
    return ChoiceSet(
        schools=schools,
        km=km,
        in_zone=in_zone,
        quality=np.asarray(quality, dtype=np.float32),
        fee_yuan=none if fee_yuan is None else np.asarray(fee_yuan, dtype=np.float32),
        crowding=none if crowding is None else np.asarray(crowding, dtype=np.float32),
        income_yuan=tastes.income_yuan,
        distance=tastes.distance,
    )


def family_utility(
    systematic: F32,
    schools: I32,
    words: NDArray[np.uint32],
    *,
    settlement: I32,
    income: NDArray[np.int8],
    identity: U64,
    taste: Stream,
    sibling_school: I32 | None = None,
    sibling_coefficient: F32 | None = None,
) -> F32:
    """Return each family's utility of each candidate, Gumbel noise drawn for the pair included.

    Parameters
    ----------
    systematic : ndarray of float32, shape (groups, settlements, k)
        From :func:`systematic_utility`.
    schools : ndarray of int32, shape (settlements, k)
        The candidates it was computed for.
    words : ndarray of uint32, shape (schools,)
        Words of the schools, from :func:`capsim.core.draws.alternative_words`.
    settlement : ndarray of int32, shape (n,)
    income : ndarray of int8, shape (n,)
    identity : ndarray of uint64, shape (n,)
        Families.
    taste : Stream
        Stream of the Gumbel noise.
    sibling_school : ndarray of int32, shape (n,), optional
        School of an elder sibling, -1 for none.
    sibling_coefficient : ndarray of float32, shape (groups,), optional

    Returns
    -------
    ndarray of float32, shape (n, k)
    """
    width = schools.shape[1]
    utility = np.empty((len(settlement), width), dtype=np.float32)
    if not width:
        return utility
    table = systematic.reshape(-1, width)
    word_table = words.take(schools, mode="clip")
    with_sibling = sibling_school is not None and sibling_coefficient is not None
    for start in range(0, len(settlement), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        home = settlement[part]
        block = utility[part]
        cell = income[part] * np.intp(schools.shape[0])
        cell += home
        table.take(cell, axis=0, out=block, mode="clip")
        block += taste.pair_gumbel(identity[part, None], word_table.take(home, axis=0))
        if with_sibling:
            assert sibling_school is not None and sibling_coefficient is not None
            rows = np.flatnonzero(sibling_school[part] >= 0)
            if rows.size:
                same = schools[home[rows]] == sibling_school[part][rows, None]
                bonus = sibling_coefficient[income[part][rows]]
                block[rows] += same * bonus[:, None]
    return utility


def ranked(utility: F32, schools: I32, most: int | None = None) -> I32:
    """Return each family's schools from best to worst.

    Parameters
    ----------
    utility : ndarray of float32, shape (n, k)
        Minus infinity for schools that are not alternatives.
    schools : ndarray of int32, shape (n, k)
    most : int, optional
        Length of the list; all by default.

    Returns
    -------
    ndarray of int32, shape (n, most or k)
        Padded with -1.
    """
    if utility.shape[1] == 1:
        return np.where(utility == -np.inf, np.int32(-1), schools)[:, :most]
    order = np.argsort(-utility, axis=1, kind="stable")[:, :most]
    listed = np.take_along_axis(schools, order, axis=1)
    listed[np.isneginf(np.take_along_axis(utility, order, axis=1))] = -1
    return listed


def submitted_lists(
    systematic: F32,
    schools: I32,
    words: NDArray[np.uint32],
    *,
    most: int | None = None,
    **families: Any,
) -> I32:
    """Return each family's candidates from best to worst, by :func:`family_utility`.

    Parameters
    ----------
    systematic : ndarray of float32, shape (groups, settlements, k)
    schools : ndarray of int32, shape (settlements, k)
    words : ndarray of uint32, shape (schools,)
    most : int, optional
        Length of the lists; all candidates by default.
    **families
        As :func:`family_utility` takes them.

    Returns
    -------
    ndarray of int32, shape (n, most or k)
        Padded with -1.
    """
    utility = family_utility(systematic, schools, words, **families)
    return ranked(utility, schools.take(families["settlement"], axis=0), most)


def logsum(utility: F32) -> F32:
    """Return the expected best utility of the alternatives of the last axis: ``log sum exp``."""
    # The largest of each set is found quicker if the sets lie beside each other.
    top = np.maximum.reduce(utility.T.copy(), axis=0, initial=_LOWEST).T  # finite if all is -inf
    above = utility - top[..., None]
    total = np.add.reduce(np.exp(above, out=above), axis=-1)
    with np.errstate(divide="ignore"):
        summed: F32 = np.log(total, out=total)
    summed += top
    return summed
