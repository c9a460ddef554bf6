"""Names of dimensions and their fixed coordinates, and exact alignment of labelled arrays.

Labelled arrays align exactly or raise: no silent union, intersection or reordering of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from capsim.core.errors import InvalidInput, Problems

if TYPE_CHECKING:
    import xarray as xr

LEVELS: Final = ("primary", "junior")
SEXES: Final = ("female", "male")
GRADES: Final = tuple(range(1, 10))
LEVEL_OF_GRADE: Final = ("primary",) * 6 + ("junior",) * 3
ENTRY_GRADES: Final = (1, 7)
GRADES_OF_LEVEL: Final = {"primary": (1, 2, 3, 4, 5, 6), "junior": (7, 8, 9)}
SETTLEMENT_KINDS: Final = ("county_town", "township_seat", "village")
SCHOOL_KINDS: Final = ("primary", "junior", "nine_year", "complete_middle", "teaching_point")
DESTINATIONS: Final = ("public", "private", "out_of_county", "none")
ENTRY_AGE: Final = 6
SCHOOL_AGES: Final = tuple(range(6, 15))
OLDEST_AGE: Final = 100
AGES: Final = tuple(range(OLDEST_AGE + 1))
CLASS_SIZE_BINS: Final = tuple(range(1, 81))  # the last bin is "80 and over"

# Index of the level (0 primary, 1 junior) of each grade 1..9.
GRADE_LEVEL_INDEX: Final = np.array([0] * 6 + [1] * 3, dtype=np.int8)


def require_dims(array: xr.DataArray, dims: Sequence[str], *, name: str) -> None:
    """Raise unless `array` has exactly the named dimensions (in any order).

    Raises
    ------
    InvalidInput
        Naming the dimensions that are missing or not known.
    """
    missing = [d for d in dims if d not in array.dims]
    extra = [str(d) for d in array.dims if d not in dims]
    problems = Problems()
    if missing:
        problems.add(name, f"lacks the dimension(s) {', '.join(missing)}")
    if extra:
        problems.add(name, f"has unexpected dimension(s) {', '.join(extra)}")
    problems.raise_if_any()


def require_labels(
    array: xr.DataArray, dim: str, labels: Iterable[Any], *, name: str
) -> xr.DataArray:
    """Return `array` with the coordinate of `dim` in the order of `labels`.

    Raises
    ------
    InvalidInput
        If labels are missing, unknown or repeated.
    """
    wanted = list(labels)
    if dim not in array.coords:
        raise InvalidInput.of(name, f"has no labels on dimension {dim}")
    found = array.coords[dim].values.tolist()
    problems = Problems()
    if len(set(found)) != len(found):
        repeated = sorted({str(x) for x in found if found.count(x) > 1})
        problems.add(name, f"{dim} repeats {_some(repeated)}")
    missing = [str(x) for x in wanted if x not in set(found)]
    unknown = [str(x) for x in found if x not in set(wanted)]
    if missing:
        problems.add(name, f"{dim} lacks {_some(missing)}")
    if unknown:
        problems.add(name, f"{dim} has unknown {_some(unknown)}")
    problems.raise_if_any()
    return array if found == wanted else array.sel({dim: wanted})


def _some(items: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
