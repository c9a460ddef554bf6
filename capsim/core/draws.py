"""Keyed random numbers: a draw is a pure function of what it is drawn for.

A draw depends on ``(seed, replicate, process, year)`` - the *stream* - and on the permanent
identity of the thing it is drawn for (a child, a teacher, a project), and for choices also on the
alternative. There is no state: nothing depends on the order of draws or on how many others draw,
so adding a family changes nobody else's luck and adding a school changes no other school's
appeal. Two scenarios with the same seed therefore differ by policy and not by luck (common random
numbers).

The method: mix the identity, xor the stream's key, mix again. ``mix`` is the 64-bit finaliser of
SplitMix64 (Steele, Lea and Flood 2014, variant 13 of Stafford's mixers); pairs of family and
school are finished by the 32-bit finaliser of MurmurHash3 (Appleby 2011).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from capsim.core.inversion import binomial_of, poisson_of

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
U32 = NDArray[np.uint32]
I8 = NDArray[np.int8]

# As arrays without dimensions, which operators take quicker than scalars.
_M1 = np.array(0xBF58476D1CE4E5B9, np.uint64)
_M2 = np.array(0x94D049BB133111EB, np.uint64)
_GOLDEN = np.array(0x9E3779B97F4A7C15, np.uint64)
_S11, _S27, _S30, _S31, _S32 = (np.array(shift, np.uint64) for shift in (11, 27, 30, 31, 32))
_P1 = np.array(0x85EBCA6B, np.uint32)
_P2 = np.array(0xC2B2AE35, np.uint32)
_P13, _P16 = np.array(13, np.uint32), np.array(16, np.uint32)
_HALF = np.array(0.5)
_TO_UNIT = np.array(2.0**-53)
_MOST = (1 << 53) - 1
_LOWER = (1 << 33) - 1


def mix(values: ArrayLike) -> U64:
    """Scramble 64-bit words so that every input bit changes about half of the output bits.

    Parameters
    ----------
    values : array_like of uint64, any shape

    Returns
    -------
    ndarray of uint64, same shape
    """
    words = np.array(values, dtype=np.uint64, copy=None, ndmin=1)
    return _finish(words + _GOLDEN)


def _scramble(z: U64) -> U64:
    """Mix words in place."""
    z += _GOLDEN
    return _finish(z)


def _finish(z: U64) -> U64:
    """Mix words in place, the constant added already."""
    _stir(z)
    z ^= z >> _S31
    return z


def _stir(z: U64) -> None:
    """Mix words in place but for the last step, which leaves the upper 31 bits as they are."""
    z ^= z >> _S30
    z *= _M1
    z ^= z >> _S27
    z *= _M2


def _to_unit(words: U64) -> F64:
    """Turn words, which are overwritten, into uniforms strictly between 0 and 1."""
    words >>= _S11
    u = words.view(np.int64).astype(np.float64)  # signed words are converted faster
    u += _HALF
    u *= _TO_UNIT
    return u


def identity_of(names: Iterable[str]) -> U64:
    """Return the permanent 64-bit identity of named things (settlements, schools, projects).

    The identity hangs on the name alone, never on a row number, so that inserting a row into a
    table changes no other row's draws.
    """
    words = [hashlib.blake2b(n.encode("utf-8"), digest_size=8).digest() for n in names]
    return np.frombuffer(b"".join(words), dtype="<u8").astype(np.uint64)


def combine(*parts: ArrayLike) -> U64:
    """Return one identity from several parts, in order: ``combine(settlement, cohort, ordinal)``.

    Parameters
    ----------
    parts : array_like of non-negative integers
        Broadcast against each other.

    Returns
    -------
    ndarray of uint64, the broadcast shape (at least one-dimensional)
    """
    total = mix(np.asarray(parts[0]).astype(np.uint64))
    for part in parts[1:]:
        total = extend(total, part)
    return total


def extend(combined: U64, part: ArrayLike) -> U64:
    """Return identities made by :func:`combine` with one more part behind the others."""
    # The multiplication makes the order of the parts count.
    return _scramble((combined * _M1) ^ mix(np.asarray(part).astype(np.uint64)))


def alternative_words(identity: ArrayLike) -> U32:
    """Return the 32-bit words under which alternatives (schools) enter pair draws.

    Parameters
    ----------
    identity : array_like of uint64
        Permanent identities, from :func:`identity_of`.

    Returns
    -------
    ndarray of uint32, same shape
    """
    ids = np.asarray(identity, dtype=np.uint64)
    return (mix(ids) >> _S32).astype(np.uint32).reshape(ids.shape)


@dataclass(frozen=True, slots=True)
class Stream:
    """The random numbers of one process in one year of one replicate.

    Attributes
    ----------
    key : int
        64-bit key; make it with :func:`stream`.
    """

    key: int

    def words(self, identity: ArrayLike) -> U64:
        """Return 64 random bits for each identity (shape of `identity`)."""
        ids = np.asarray(identity, dtype=np.uint64)
        z = mix(ids)
        z ^= np.array(self.key, np.uint64)
        return _scramble(z).reshape(ids.shape)

    def words_of(self, mixed: U64) -> U64:
        """Return what :meth:`words` does for identities that are mixed already."""
        return _scramble(mixed ^ np.array(self.key, np.uint64))

    def uniform(self, identity: ArrayLike) -> F64:
        """Return a uniform for each identity, strictly between 0 and 1 (float64)."""
        return _to_unit(self.words(identity))

    def normal(self, identity: ArrayLike) -> F64:
        """Return a standard normal for each identity, by inversion."""
        return np.asarray(special.ndtri(self.uniform(identity)), dtype=np.float64)

    def occurs(self, identity: ArrayLike, probability: ArrayLike) -> NDArray[np.bool_]:
        """Return whether an event of the given probability happens to each identity."""
        return self.uniform(identity) < np.asarray(probability, dtype=np.float64)

    def below(
        self, identity: ArrayLike, bound: float, where: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.intp], F64]:
        """Return the rows whose uniform may be below a bound, and the uniforms of these rows.

        For events that are rare: only their candidates need probabilities of their own.

        Parameters
        ----------
        identity : array_like of uint64, shape (n,)
        bound : float
            Above 0, at most 1.
        where : ndarray of bool, shape (n,), optional
            Rows that are asked for; all by default.

        Returns
        -------
        rows : ndarray of intp
            All rows whose uniform is below the bound; rounding may add one that just is not.
        uniform : ndarray of float64
        """
        z = mix(identity)
        z ^= np.array(self.key, np.uint64)
        return _below(z, bound, where)

    def below_of(
        self, mixed: U64, bound: float, where: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.intp], F64]:
        """Return what :meth:`below` does for identities that are mixed already."""
        return _below(mixed ^ np.array(self.key, np.uint64), bound, where)

    def category(self, identity: ArrayLike, shares: ArrayLike) -> I8:
        """Draw a category for each identity.

        Parameters
        ----------
        identity : array_like of uint64, shape (n,)
        shares : array_like, shape (k,) or (n, k)
            Probabilities of the categories; each row sums to 1.

        Returns
        -------
        ndarray of int8, shape (n,)
        """
        return category_of(self.uniform(identity), shares)

    def pair_words(
        self, identity: ArrayLike, alternative: ArrayLike, out: U32 | None = None
    ) -> U32:
        """Return 32 random bits for each pair of a family and an alternative.

        Parameters
        ----------
        identity : array_like of uint64
            Families; broadcast against `alternative`, so give ``identity[:, None]`` with a table
            of one row per family.
        alternative : array_like of uint32
            Words of the alternatives, from :func:`alternative_words`.
        out : ndarray of uint32, optional
            Where to put the result, of the broadcast shape.

        Returns
        -------
        ndarray of uint32, the broadcast shape

        Notes
        -----
        The finaliser of MurmurHash3 on the xor of both words, with the upper half of the family's
        word added between its two multiplications, so that all 64 bits of the family count. For
        large tables call it in blocks that fit the cache.
        """
        family = self.words(identity)
        first = family.astype(np.uint32)
        second = (family >> _S32).astype(np.uint32)
        x: U32 = np.bitwise_xor(first, np.asarray(alternative, dtype=np.uint32), out=out)
        shifted = x >> _P16
        x ^= shifted
        x *= _P1
        np.right_shift(x, _P13, out=shifted)
        x ^= shifted
        x += second
        x *= _P2
        np.right_shift(x, _P16, out=shifted)
        x ^= shifted
        return x

    def pair_uniform(self, identity: ArrayLike, alternative: ArrayLike) -> F32:
        """Return a float32 uniform for each pair, strictly between 0 and 1.

        Arguments are those of :meth:`pair_words`; the uniforms are multiples of 2**-24 and half
        of that instead of 0.
        """
        words = self.pair_words(identity, alternative)
        words >>= np.uint32(8)
        u: F32 = words.astype(np.float32)
        np.maximum(u, np.float32(0.5), out=u)
        u *= np.float32(2.0**-24)
        return u

    def pair_gumbel(self, identity: ArrayLike, alternative: ArrayLike) -> F32:
        """Return a standard Gumbel (location 0, scale 1) for each pair, finite, by inversion.

        Arguments are those of :meth:`pair_words`.
        """
        u = self.pair_uniform(identity, alternative)
        np.log(u, out=u)
        np.negative(u, out=u)
        np.log(u, out=u)
        np.negative(u, out=u)
        return u

    def poisson(self, identity: ArrayLike, mean: ArrayLike) -> NDArray[np.int64]:
        """Draw a Poisson count for each identity, by inversion (means up to about 1e6)."""
        u = self.uniform(identity)
        return poisson_of(u, np.broadcast_to(np.asarray(mean, dtype=np.float64), u.shape))

    def binomial(
        self, identity: ArrayLike, count: ArrayLike, probability: ArrayLike
    ) -> NDArray[np.int64]:
        """Draw a binomial count for each identity, by inversion."""
        u = self.uniform(identity)
        n = np.broadcast_to(np.asarray(count, dtype=np.float64), u.shape)
        p = np.broadcast_to(np.asarray(probability, dtype=np.float64), u.shape)
        return binomial_of(u, n, p)


def _below(z: U64, bound: float, where: NDArray[np.bool_] | None) -> tuple[NDArray[np.intp], F64]:
    """Rows and uniforms of :meth:`Stream.below`, from words to be mixed, which are overwritten."""
    z += _GOLDEN
    _stir(z)
    few = z <= np.array((min(int(bound * 2.0**53), _MOST) << 11) | _LOWER, np.uint64)
    if where is not None:
        few &= where
    rows = few.nonzero()[0]
    words = z.take(rows)
    words ^= words >> _S31
    return rows, _to_unit(words)


@lru_cache(maxsize=1 << 10)
def stream(seed: int, replicate: int, process: str, year: int = 0) -> Stream:
    """Return the stream of one process.

    Parameters
    ----------
    seed : int
        Seed of the run.
    replicate : int
        Number of the replicate, from 0.
    process : str
        Name of what is drawn, e.g. ``"births"`` or ``"taste"``; different names are independent.
    year : int
        School year; leave 0 for things drawn once for ever (tastes, incomes).
    """
    text = f"{seed}\x1f{replicate}\x1f{process}\x1f{year}".encode()
    return Stream(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def uniforms(streams: Sequence[Stream], identity: ArrayLike) -> F64:
    """Return the uniforms that each of several streams draws for the same identities.

    Parameters
    ----------
    streams : sequence of Stream
    identity : array_like of uint64, shape (n,)

    Returns
    -------
    ndarray of float64, shape (streams, n)
        Row by row what :meth:`Stream.uniform` gives; the identities are mixed only once.
    """
    keys = np.array([source.key for source in streams], dtype=np.uint64)
    return _to_unit(_scramble(keys[:, None] ^ mix(identity)))


def category_of(u: F64, shares: ArrayLike, row: NDArray[np.integer] | None = None) -> I8:
    """Return the category that each uniform falls into.

    Parameters
    ----------
    u : ndarray of float64, shape (n,)
    shares : array_like, shape (k,) or (m, k)
        Probabilities of the categories; each row sums to 1. Several rows are one for each
        uniform, or `row` says which is whose.
    row : ndarray of int, shape (n,), optional

    Returns
    -------
    ndarray of int8, shape (n,)
    """
    edges = np.asarray(shares, dtype=np.float64).cumsum(axis=-1)
    drawn = np.zeros(len(u), dtype=np.int8)
    for edge in edges.T[:-1]:
        above: NDArray[np.bool_] = u >= (edge if row is None else edge.take(row))
        drawn += above.view(np.int8)  # which needs no conversion
    return drawn
