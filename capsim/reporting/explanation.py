"""An answer in sentences and a table, and counts written so that they point to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from capsim.core.quantiles import BAND

if TYPE_CHECKING:
    import pandas as pd

Cells = dict[str, list[str]]

FEWEST_SHOWN: Final = 5
"""Children are not counted out below this: a count could point to somebody."""


@dataclass(frozen=True)
class Explanation:
    """An answer in sentences and a table.

    Attributes
    ----------
    title : str
    sentences : tuple of str
        The answer in words, the most important first.
    table : dict of str to list of str
        Columns of the table behind it, all of the same length.
    """

    title: str
    sentences: tuple[str, ...]
    table: Cells

    def frame(self) -> pd.DataFrame:
        """Return the table as a DataFrame of text."""
        import pandas as pd

        return pd.DataFrame(self.table)

    def text(self) -> str:
        """Return title, sentences and table as plain text of aligned columns."""
        lines = [self.title, *(f"  {sentence}" for sentence in self.sentences)]
        if not self.table or not next(iter(self.table.values())):
            return "\n".join(lines)
        widths = [max(map(_width, [head, *cells])) for head, cells in self.table.items()]
        rows = [list(self.table), *map(list, zip(*self.table.values(), strict=True))]
        lines.append("")
        for row in rows:
            padded = [_pad(cell, width) for cell, width in zip(row, widths, strict=True)]
            lines.append("  " + "  ".join(padded).rstrip())
        return "\n".join(lines)


def band(values: Any) -> str:
    """Median with the 80 % band over replicates; small counts are not given."""
    low, median, high = (float(q) for q in np.quantile(np.asarray(values, float), BAND))
    if 0 < median < FEWEST_SHOWN:
        return f"<{FEWEST_SHOWN}"
    if round(low) == round(high):
        return f"{median:,.0f}"
    bottom = f"<{FEWEST_SHOWN}" if 0 < low < FEWEST_SHOWN else f"{low:,.0f}"
    return f"{median:,.0f} [{bottom}-{high:,.0f}]"


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
