"""Yahoo: a stream of quotes, quotes to be polled, two years of history, and what companies there are."""

from producer.sources.yahoo.provider import Yahoo

__all__ = ["Yahoo"]
