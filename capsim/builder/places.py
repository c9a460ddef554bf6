"""Settlements of a county from its townships: rank-size populations, positions on a spiral."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from capsim.builder.rounding import Floats, apportion
from capsim.builder.totals import Totals, TotalsTownship
from capsim.core.draws import identity_of, stream

GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


def rank_size(count: int, exponent: float) -> Floats:
    """Return the weights of `count` places by the rank-size rule, the largest first.

    The k-th place weighs ``(k + 1) ** -exponent`` (k from 1): Zipf's law with Mandelbrot's shift,
    which keeps the first place from towering over the others.
    """
    return np.asarray((np.arange(1, count + 1) + 1.0) ** -exponent, dtype=np.float64)


def spiral(count: int, radius_km: float) -> Floats:
    """Return `count` evenly spread points of a disc, from the middle outwards (Vogel 1979).

    Returns
    -------
    ndarray of float64, shape (count, 2)
        x and y in km.
    """
    step = np.arange(count)
    distance = radius_km * np.sqrt(step / max(count, 1))
    angle = step * GOLDEN_ANGLE
    return np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])


def township_table(totals: Totals) -> pd.DataFrame:
    """Return the table of townships."""
    return pd.DataFrame(
        {
            "township": [t.township for t in totals.townships],
            "name": [t.name for t in totals.townships],
            "name_zh": [t.name_zh or t.name for t in totals.townships],
        }
    )


def settlement_table(totals: Totals) -> pd.DataFrame:
    """Return the table of settlements: communities of the county town, seats and villages.

    The county town holds its share of the urban residents, the seats of towns the rest by rank;
    rural residents are spread over the townships by rank and over their villages by rank. The
    first village of a rural township is its seat. Populations sum to the residents of the county.
    """
    residents, assumed = totals.residents, totals.assumptions
    town = round(residents.urban * assumed.county_town_share_of_urban)
    seats = [t for t in totals.townships if t.kind == "town"]
    if not seats:
        town = residents.urban
    weights = _township_weights(totals)
    seat_people = dict.fromkeys((t.township for t in totals.townships), 0)
    if seats:
        share = [weights[t.township] for t in seats]
        parts = apportion(residents.urban - town, share, least=1)
        seat_people |= {t.township: int(n) for t, n in zip(seats, parts, strict=True)}
    rural_weights = _rural_weights(totals, weights, seat_people, town)
    rural = apportion(residents.total - residents.urban, rural_weights, least=100)
    frames = [
        _of_township(totals, township, number, seat_people[township.township], town, int(people))
        for number, (township, people) in enumerate(zip(totals.townships, rural, strict=True))
    ]
    return pd.concat(frames, ignore_index=True)


def _township_weights(totals: Totals) -> dict[str, float]:
    """Weight of each township: its population if known, else the rank-size rule."""
    ranked = rank_size(len(totals.townships), totals.assumptions.rank_size_exponent)
    return {
        township.township: float(township.population or weight)
        for township, weight in zip(totals.townships, ranked, strict=True)
    }


def _rural_weights(
    totals: Totals, weights: dict[str, float], seats: dict[str, int], town: int
) -> list[float]:
    """Weights of the rural residents; where populations are known, what the seats leave."""
    if totals.townships[0].population is None:
        return [weights[t.township] for t in totals.townships]
    urban = {**seats}
    for township in totals.townships:
        if township.kind == "county_seat":
            urban[township.township] = town
    return [max(weights[t.township] - urban[t.township], 100.0) for t in totals.townships]


def _of_township(
    totals: Totals, township: TotalsTownship, number: int, seat: int, town: int, rural: int
) -> pd.DataFrame:
    """Settlements of one township: first the urban ones, then the villages."""
    assumed = totals.assumptions
    urban = seat
    communities = 1 if seat else 0
    if township.kind == "county_seat":
        urban = town
        communities = max(round(town / assumed.community_persons), 4)
    villages = max(round(rural / assumed.village_persons), 2)
    people = np.concatenate(
        [
            apportion(urban, rank_size(communities, assumed.rank_size_exponent)) if urban else [],
            apportion(rural, rank_size(villages, assumed.rank_size_exponent)),
        ]
    ).astype(np.int64)
    names, names_zh = _names(township, communities, villages)
    identifiers = [f"{township.township}-{i:02d}" for i in range(communities + villages)]
    place = _positions(totals, number, identifiers, communities)
    kind = "county_town" if township.kind == "county_seat" else "township_seat"
    return pd.DataFrame(
        {
            "settlement": identifiers,
            "township": township.township,
            "kind": [kind] * communities + ["village"] * villages,
            "x_km": np.round(place[:, 0], 2),
            "y_km": np.round(place[:, 1], 2),
            "population": people,
            "name": names,
            "name_zh": names_zh,
        }
    )


def _names(
    township: TotalsTownship, communities: int, villages: int
) -> tuple[list[str], list[str]]:
    zh = township.name_zh or township.name
    if township.kind == "county_seat":
        names = [f"{township.name} community {i + 1}" for i in range(communities)]
        names_zh = [f"{zh}第{i + 1}社区" for i in range(communities)]
    else:
        names, names_zh = [f"{township.name} seat"] * communities, [f"{zh}镇区"] * communities
    names += [f"{township.name} village {i + 1}" for i in range(villages)]
    names_zh += [f"{zh}第{i + 1}村" for i in range(villages)]
    if township.kind == "rural_township":
        names[0], names_zh[0] = f"{township.name} seat", f"{zh}政府驻地"
    return names, names_zh


def _positions(totals: Totals, number: int, identifiers: list[str], communities: int) -> Floats:
    """Positions of a township's settlements in km; the county town is the origin.

    Townships stand on a spiral over a disc of the county's area, the county town's in the middle
    and the others in their order; villages stand on a spiral over the township's part of it. Each
    place but a seat is moved by up to a quarter of the distance between neighbours.
    """
    area = float(totals.place.area_km2 or 0.0)
    count = len(totals.townships)
    order = [i for i, t in enumerate(totals.townships) if t.kind == "county_seat"]
    order += [i for i in range(count) if i not in order]
    seat = spiral(count, math.sqrt(area / math.pi))[order.index(number)]
    villages = len(identifiers) - communities
    radius = math.sqrt(area / count / math.pi)
    places = spiral(villages + 1, radius)[1:]
    if totals.townships[number].kind == "county_seat":
        # Communities of a county town lie about 0.6 km apart.
        inner = spiral(communities, min(0.32 * math.sqrt(communities), radius))
    else:
        inner = np.zeros((communities, 2))
    if totals.townships[number].kind == "rural_township":
        places = spiral(villages, radius)
    whole = np.concatenate([inner, places])
    draw = stream(totals.seed, 0, "builder position")
    identity = identity_of(identifiers)
    spacing = radius / math.sqrt(len(identifiers))
    shift = (draw.uniform(identity) * spacing / 2)[:, None]
    angle = stream(totals.seed, 0, "builder angle").uniform(identity) * 2 * math.pi
    moved = whole + shift * np.column_stack([np.cos(angle), np.sin(angle)])
    fixed = np.arange(len(identifiers)) < max(communities, 1)
    result: Floats = np.where(fixed[:, None], whole, moved) + seat
    return result
