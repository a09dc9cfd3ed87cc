"""Monitors a model's skill: its one-step errors compared with those of the forecast of no change."""

HALF_LIFE = 50
"""Bars after which the weight of an error has halved."""
DECAY = 0.5 ** (1.0 / HALF_LIFE)
MAX_ERROR_RATIO = 1.1
"""A model whose weighted squared errors exceed this many times those of "no change" has lost its skill."""


class SkillMonitor:
    """Exponentially weighted sums of the squared errors of both forecasts; O(1) per bar.

    It starts with the closes that the model was fitted to. A few unusual closes are thus weighed against many others
    from the first bar on, and a model that is far off is detected within a few bars.
    """

    def __init__(self) -> None:
        self._own = self._naive = 0.0

    def add(self, error: float, naive_error: float) -> None:
        """Add the errors of the model and of "no change" for a new close."""
        self._own = DECAY * self._own + error * error
        self._naive = DECAY * self._naive + naive_error * naive_error

    @property
    def has_lost_skill(self) -> bool:
        """Whether the model's weighted squared errors exceed those of "no change" by more than a tenth."""
        return self._own > MAX_ERROR_RATIO * self._naive

    def state(self) -> list[float]:
        """The complete state for `restore`, as finite numbers."""
        return [self._own, self._naive]

    def restore(self, state: list[float]) -> None:
        """Restore a stored state."""
        self._own, self._naive = state
