"""How many messages one step of a consuming part takes."""

MOST_MESSAGES = 10_000
FEWEST_MESSAGES = 250
SLOW_SECONDS = 1.0
QUICK_SECONDS = 0.25


class StepSize:
    """The largest number of messages of the next step, at most 10,000 and at least 250.

    A part sends its sign of life between two steps, and the page takes it for stuck after five seconds. A message
    of history can cost a hundred times as much as a quote, so the number follows from how long steps take: half as
    many after a slow step, twice as many after a quick one.
    """

    def __init__(self) -> None:
        self.messages = MOST_MESSAGES

    def took(self, seconds: float) -> None:
        """A step that committed messages took so long."""
        if seconds > SLOW_SECONDS:
            self.messages = max(FEWEST_MESSAGES, self.messages // 2)
        elif seconds < QUICK_SECONDS:
            self.messages = min(MOST_MESSAGES, self.messages * 2)
