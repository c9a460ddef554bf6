"""What one replicate leaves behind: arrays by year, laid out as the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import BY_NAME


class Record:
    """Arrays of one replicate, ``(years, ...)``, made on first use of a variable.

    Missing values are NaN; variables are float32, which holds every count of a county exactly up
    to 16 million.

    Parameters
    ----------
    years : int
        Years of the run, the base year included; also an attribute.
    sizes : mapping of str to int
        Length of each dimension of the catalogue.
    """

    def __init__(self, years: int, sizes: Mapping[str, int]) -> None:
        self.years = years
        self._sizes = dict(sizes)
        self.arrays: dict[str, NDArray[Any]] = {}

    def put(self, name: str, index: int, values: Any) -> None:
        """Write the values of one year.

        Raises
        ------
        KeyError
            If the variable is not in the catalogue.
        ValueError
            If the shape is not the catalogue's.
        """
        if name not in self.arrays:
            self.arrays[name] = np.full(self._shape(name), np.nan, np.float32)
        target = self.arrays[name]
        found = np.asarray(values)
        if found.shape != target.shape[1:]:
            raise ValueError(f"{name}: shape {found.shape} instead of {target.shape[1:]}")
        target[index] = found

    def put_years(self, name: str, values: NDArray[Any], *, first: int = 0) -> None:
        """Write the values of all years observed so far, from a first one on; others are missing.

        Raises
        ------
        KeyError, ValueError
            As :meth:`put`.
        """
        shape = self._shape(name)
        end = first + len(values)
        if values.shape[1:] != shape[1:] or end > self.years:
            raise ValueError(f"{name}: shape {values.shape} instead of {shape}")
        table = np.empty(shape, np.float32)
        table[:first] = table[end:] = np.nan
        table[first:end] = values
        self.arrays[name] = table

    def _shape(self, name: str) -> tuple[int, ...]:
        return (self.years, *(self._sizes[d] for d in BY_NAME[name].dims))

    def get(self, name: str, index: int) -> NDArray[Any]:
        """Return the values written for one year."""
        return np.asarray(self.arrays[name][index])

    def put_money(self, name: str, values: Any) -> None:
        """Keep an array of money beside the catalogue's variables, without rounding.

        Parameters
        ----------
        name : str
        values : array_like
            Whole yuan as int64, other sums as float64.
        """
        self.arrays[name] = np.asarray(values)
