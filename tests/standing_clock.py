"""Clocks that stand still, however long a test takes."""

from datetime import datetime

from producer.transport.provider_clock import ProviderClock


def standing_at(moment: datetime) -> ProviderClock:
    """The clock of a provider: always `moment`, and no second passes that would make it look set back."""
    return ProviderClock(lambda: moment, lambda: 0.0)


class SteppedClock:
    """Time that passes only while somebody waits, or when a test moves it on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False
