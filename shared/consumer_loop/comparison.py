"""Compares the log with what was read of it, through a reader beside the group, which goes on reading meanwhile."""

from contextlib import ExitStack

from shared.consumer_loop.bookmark import Bookmark
from shared.kafka import Log, LogReader, Message, open_log
from shared.progress.fingerprints import fingerprint


class LogComparison:
    """The comparison of a log; its reader is opened for the first one."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._resources = ExitStack()
        self._opened: LogReader | None = None

    def require_same(self, bookmark: Bookmark) -> None:
        """Raise StopPart if another message is now where the last message written was. Raises Unavailable."""
        if not bookmark.has_fingerprint:
            return
        number = bookmark.partition.number
        found = self._reader().message_at(number, bookmark.written - 1)
        if found is not None:
            bookmark.compare(found)
        else:
            bookmark.explain_missing(*self._reader().bounds(number))

    def holds(self, partition: int, message: Message) -> bool:
        """Whether the log still holds this message, which was fetched earlier: a broker that lost the end of its log
        does not. Raises Unavailable."""
        found = self._reader().message_at(partition, message.offset)
        return found is not None and fingerprint(found) == fingerprint(message)

    def holds_next(self, bookmark: Bookmark) -> bool:
        """Whether the log holds the next message to read. Raises Unavailable."""
        return self._reader().message_at(bookmark.partition.number, bookmark.position) is not None

    def close(self) -> None:
        """Close the reader."""
        self._resources.close()

    def _reader(self) -> LogReader:
        if self._opened is None:
            self._opened = self._resources.enter_context(open_log(self._log))
        return self._opened
