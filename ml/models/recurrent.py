"""A small recurrent network over the newest returns: long short-term memory, one layer, one output.

Source: Hochreiter and Schmidhuber, "Long short-term memory" (Neural Computation 9, 1997), with the forget gate of Gers,
Schmidhuber and Cummins (2000). With x the return, h the output and c the cell, both initially 0, for every bar

    i, f, o = logistic(W x + U h + b)      g = tanh(W x + U h + b)      each with its own rows
    c' = f c + i g                         h' = o tanh(c')

and after the last one the prediction is intercept + head . h.
"""

from dataclasses import dataclass
from math import fsum, tanh
from operator import mul
from typing import Any

from ml.models.checked_numbers import bounded, finite, finite_list, integer
from ml.models.features import RETURNS, Features

MAX_CELLS = 64
GATES = 4


@dataclass(frozen=True)
class Recurrent:
    """`rows` are those of the gates i, f, g, o in this order, one per cell: the weight of x, the weights of h, and the
    bias. Only the newest `steps` returns are used."""

    form = "recurrent"
    steps: int
    rows: tuple[tuple[float, ...], ...]
    head: tuple[float, ...]
    intercept: float

    def predict(self, features: Features) -> float:
        """From the newest returns of the window."""
        cells = len(self.head)
        output, memory = [0.0] * cells, [0.0] * cells
        for each in features.returns[-self.steps :]:
            inputs = (each, *output, 1.0)
            sums = [fsum(map(mul, row, inputs)) for row in self.rows]
            for cell in range(cells):
                enter, forget, candidate, leave = sums[cell::cells]
                memory[cell] = _logistic(forget) * memory[cell] + _logistic(enter) * tanh(candidate)
                output[cell] = _logistic(leave) * tanh(memory[cell])
        return bounded(self.intercept + fsum(map(mul, self.head, output)))

    def numbers(self) -> dict[str, Any]:
        """The input of `from_numbers` that restores this model."""
        return {
            "form": self.form,
            "steps": self.steps,
            "rows": [list(row) for row in self.rows],
            "head": list(self.head),
            "intercept": self.intercept,
        }

    @classmethod
    def from_numbers(cls, numbers: dict[str, Any]) -> "Recurrent":
        """Raises ValueError if they are not valid for this form."""
        head = finite_list("head", numbers.get("head"))
        if not 1 <= len(head) <= MAX_CELLS:
            raise ValueError(f"a recurrent model has 1 to {MAX_CELLS} cells, not {len(head)}")
        rows = numbers.get("rows")
        if not (isinstance(rows, list) and len(rows) == GATES * len(head)):
            raise ValueError(f"rows must be a list with {GATES} rows per cell")
        found = [tuple(finite_list("row", row)) for row in rows]
        if any(len(row) != len(head) + 2 for row in found):
            raise ValueError("a row has a weight for the return, one for each cell, and a bias")
        steps = integer("steps", numbers.get("steps"), 1, RETURNS)
        return cls(steps, tuple(found), tuple(head), finite("intercept", numbers.get("intercept")))


def _logistic(value: float) -> float:
    """1 / (1 + exp(-value)), without overflow."""
    return 0.5 + 0.5 * tanh(0.5 * value)
