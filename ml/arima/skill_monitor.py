"""Whether a model is still worth listening to: its one-step errors beside those of saying that nothing changes."""

HALF_LIFE = 50
"""Bars after which an error counts half as much."""
DECAY = 0.5 ** (1.0 / HALF_LIFE)
MAX_ERROR_RATIO = 1.1
"""A model whose squared errors come to more than so many times those of "no change" has lost its trust."""


class SkillMonitor:
    """The squared errors of both so far, each bar's counting less with every bar that follows; O(1) a bar.

    It begins with the closes that the model was searched over. So a few odd closes are weighed against many others
    from the first bar on, and a model that is far off is found out within a few.
    """

    def __init__(self) -> None:
        self._own = self._naive = 0.0

    def add(self, error: float, naive_error: float) -> None:
        """A close has come, this far from what the model and what "no change" had expected of it."""
        self._own = DECAY * self._own + error * error
        self._naive = DECAY * self._naive + naive_error * naive_error

    @property
    def has_lost_skill(self) -> bool:
        """Whether "no change" would have been the better word by more than a tenth."""
        return self._own > MAX_ERROR_RATIO * self._naive

    def state(self) -> list[float]:
        """All that `restore` needs to go on bit for bit, as finite numbers."""
        return [self._own, self._naive]

    def restore(self, state: list[float]) -> None:
        """Go on from a stored state."""
        self._own, self._naive = state
