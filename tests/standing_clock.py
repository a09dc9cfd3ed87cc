"""A time that stands still, however long a test takes."""

from datetime import datetime

from producer.transport.provider_clock import ProviderClock


def standing_at(moment: datetime) -> ProviderClock:
    """The clock of a provider: always `moment`, and no second passes that would make it look set back."""
    return ProviderClock(lambda: moment, lambda: 0.0)
