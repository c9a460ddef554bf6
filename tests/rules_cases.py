"""Places on a line and children with known lottery numbers: what the tests of rules share.

The lottery number of a household is its own number (lower is better), tastes are not random, and
places lie on a line, so that every case can be followed with a pencil.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capsim.admission.admit import (
    OUTCOMES,
    REGISTRATIONS,
    AdmissionStreams,
    Applicants,
    Demand,
    Offer,
    admit,
    compile_rules,
)
from capsim.admission.state import beds_left
from capsim.choice.travel import alternatives
from capsim.choice.utility import Tastes
from capsim.core.draws import identity_of
from capsim.scenario.options.choice import ChoiceOptions
from capsim.scenario.options.enrolment import EnrolmentOptions


@dataclass(frozen=True)
class Numbered:
    """Random numbers that are the identities themselves."""

    chosen: tuple[int, ...] = ()

    def at(self, rows):
        return self

    def words(self, identity):
        return np.asarray(identity, np.uint64) << np.uint64(36)

    def pair_words(self, identity, alternative):
        # The school decides: at schools of an odd word the order of the numbers is reversed.
        number = np.asarray(identity, np.uint64).astype(np.uint32)
        odd = (np.asarray(alternative) & np.uint32(1)).astype(bool)
        return np.where(odd, 100 - number, number).astype(np.uint32) << np.uint32(4)

    def pair_gumbel(self, identity, alternative):
        shape = np.broadcast_shapes(np.shape(identity), np.shape(alternative))
        return np.zeros(shape, np.float32)

    def occurs(self, identity, probability):
        return np.isin(np.asarray(identity), self.chosen)


class Place:
    """Homes and schools on a line, with one zone school a home unless said otherwise."""

    def __init__(self, homes, schools, zone, seats, *, private=None, emergency=None, beds=None):
        self.schools = len(schools)
        self.km = np.abs(np.subtract.outer(homes, schools)).astype(np.float32)
        self.zone = np.atleast_2d(np.array(zone).T).T if np.ndim(zone) == 1 else np.array(zone)
        self.private = np.zeros(self.schools, bool)
        if private is not None:
            self.private[private] = True
        zeros = np.zeros(self.schools, int)
        self.offer = Offer(
            np.array(seats),
            zeros if emergency is None else np.array(emergency),
            zeros if beds is None else np.array(beds),
            self.private,
        )
        self.names = [f"school {number}" for number in range(self.schools)]
        self.homes = [f"home {number}" for number in range(len(homes))]

    def admit(self, children, options=None, *, level=0, demand=None, locked=()):
        options = options or EnrolmentOptions()
        self.around = alternatives(
            self.km,
            self.zone,
            ~self.private,
            identity_of(self.names),
            candidates=10,
            limit_km=options.placement.travel_limit_km.at(("primary", "junior")[level]),
            open_private=self.private,
            private_range_km=options.private.range_km,
        )
        rules = compile_rules(options, self.names, self.homes).by_level[level]
        lot = Numbered()
        return admit(
            columns(children),
            self.offer,
            self.around,
            demand or tastes(np.zeros(self.schools)),
            rules,
            AdmissionStreams(lot, lot, Numbered(tuple(locked)), lot),
        )

    def beds_left(self, children, result):
        """Beds that the children admitted last leave."""
        return beds_left(self.offer.beds, columns(children), result.school, self.around).tolist()


def tastes(values, fee_yuan=None, /, **coefficients):
    options = ChoiceOptions(coefficients=coefficients or {"distance": 1.0, "quality": 1.0})
    return Demand(Tastes.from_options(options), np.array(values, float), fee_yuan=fee_yuan)


def child(home=0, reg="hukou_and_home", **traits):
    usual = {"points": 0.0, "direct": -1, "sibling": -1, "house": None, "boards": False}
    return {"home": home, "reg": reg, **usual, **traits}


def columns(children):
    def column(name, dtype):
        return np.array([c[name] for c in children], dtype)

    number = np.arange(len(children), dtype=np.uint64)
    house = [n if c["house"] is None else c["house"] for n, c in enumerate(children)]
    return Applicants(
        identity=number,
        household=np.array(house, np.uint64),
        settlement=column("home", np.int32),
        registration=np.array([REGISTRATIONS.index(c["reg"]) for c in children], np.int8),
        points=column("points", np.float32),
        direct_school=column("direct", np.int32),
        sibling_school=column("sibling", np.int32),
        income=np.zeros(len(children), np.int8),
        boards=column("boards", bool),
    )


def named(admission):
    return [OUTCOMES[code] for code in admission.outcome]


def options(**changes):
    """Options with sections changed by name: ``options(migrants={"round": "with_tiers"})``."""
    return EnrolmentOptions.model_validate(changes)


QUIET = {"placement": {"enabled": False, "emergency": False}}
