"""How many messages a consuming part processes in one step."""

MAX_PER_STEP = 10_000
MIN_PER_STEP = 250
SLOW_SECONDS = 1.0
QUICK_SECONDS = 0.25


class StepSize:
    """The maximum number of messages of the next step, from 250 to 10,000.

    A part sends its heartbeat between two steps, and the page shows it as stuck after five seconds without one. A
    message of history can cost a hundred times as much as a quote, so the number adapts to the duration of steps:
    it is halved after a slow step and doubled after a fast one.
    """

    def __init__(self) -> None:
        self.messages = MAX_PER_STEP

    def took(self, seconds: float, messages: int) -> None:
        """Adapt to the duration of a step; a quick step that was not full says nothing about a full one."""
        if seconds > SLOW_SECONDS:
            self.messages = max(MIN_PER_STEP, self.messages // 2)
        elif seconds < QUICK_SECONDS and messages >= self.messages:
            self.messages = min(MAX_PER_STEP, self.messages * 2)
