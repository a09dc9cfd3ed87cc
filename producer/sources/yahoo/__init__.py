"""Yahoo: a stream of quotes, polled quotes, two years of history, and company data."""

from producer.sources.yahoo.provider import Yahoo

__all__ = ["Yahoo"]
