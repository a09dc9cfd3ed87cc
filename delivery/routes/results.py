"""What became of an attempt to send a message, in words that contain no text of the receiver."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import NamedTuple

import requests
import urllib3

from delivery.plan.next_message import SEVERAL
from delivery.routes.receiver_answer import ReceiverAnswer
from shared.runtime.retry_after import seconds_wanted

MESSAGE_REFUSED = (400, 413, 422, 552, 554)
"""Statuses of HTTP and of mail servers by which a receiver may refuse one message and take another one."""
LOGIN_REFUSED = (401, 403, 535)
REDIRECTED = (301, 302, 307, 308)
BUSY = 429
AT_ONCE, AFTER_SEVERAL = 1, SEVERAL
"""How many attempts a digest may fail before it is sent in parts."""
WRONG_PAUSE = 300.0
"""Seconds after which an address or a login that was refused is tried again: some services lock an account after many
failures, and some have taken the message although they redirect."""
MAX_CAUSES = 10
TIME_OUT = "no answer in time"
DELIVERED = "delivered"
UNREACHABLE: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror, urllib3.exceptions.NameResolutionError), "the name of the host was not found"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((ssl.SSLError, requests.exceptions.SSLError), "no encrypted connection could be made"),
    # To urllib3 this is a kind of time-out.
    ((urllib3.exceptions.NewConnectionError,), "the host could not be reached"),
)
"""The words for an error by which no message got to the receiver, by its type or that of one of its causes; the first
that fits counts."""
BROKEN_OFF: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), TIME_OUT),
    (
        (ConnectionError, smtplib.SMTPServerDisconnected, requests.ConnectionError),
        "the connection was closed or could not be made",
    ),
)
"""The same for the others."""


class SendingResult(NamedTuple):
    """`words` describe what happened. `retry_after` is how many seconds the receiver asks to wait, None if it does not.

    One alert may be the reason why a digest fails: after how many attempts it is sent in parts, None if the reason is
    another one, such as a host that is not reached.
    """

    is_delivered: bool
    words: str
    retry_after: float | None = None
    splits_after: int | None = None


TIMED_OUT = SendingResult(False, TIME_OUT, splits_after=AFTER_SEVERAL)


def result_of(is_delivered: bool, answer: ReceiverAnswer) -> SendingResult:
    """The result of an attempt of which apprise only reports whether it succeeded."""
    if is_delivered:
        return SendingResult(True, DELIVERED)
    if answer.status is not None and not 200 <= answer.status < 300:
        pause = seconds_wanted(answer.retry_after, answer.date) if answer.retry_after else None
        return _refusal(answer.status, _phrase(answer.status), pause)
    if (status := _mail_status(answer.error)) is not None:
        return _refusal(status, " of the mail server", None)
    return broken(answer.error)


def _refusal(status: int, whose: str, pause: float | None) -> SendingResult:
    is_of_the_message = status not in (*LOGIN_REFUSED, *REDIRECTED, BUSY)
    if pause is None and status in LOGIN_REFUSED + REDIRECTED:
        pause = WRONG_PAUSE
    words = f"refused with status {status}{whose}"
    if status in REDIRECTED:
        words += ": it redirects; write the address that it redirects to"
    splits_after = AT_ONCE if status in MESSAGE_REFUSED else AFTER_SEVERAL
    return SendingResult(False, words, pause, splits_after if is_of_the_message else None)


def broken(error: BaseException | None) -> SendingResult:
    """The result of an attempt in which a library failed with an error; None if it had none."""
    causes = [] if error is None else list(_causes(error))
    if words := _words_for(causes, UNREACHABLE):
        return SendingResult(False, words)
    unknown = (
        "refused, the service gave no reason" if error is None else f"it failed ({type(error).__name__})"
    )
    return SendingResult(False, _words_for(causes, BROKEN_OFF) or unknown, splits_after=AFTER_SEVERAL)


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _mail_status(error: BaseException | None) -> int | None:
    """The status of a mail server's answer; None if the error contains none."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=None)
    return None


def _words_for(
    causes: Sequence[BaseException], kinds: Sequence[tuple[tuple[type[BaseException], ...], str]]
) -> str:
    fitting = (words for types, words in kinds if any(isinstance(cause, types) for cause in causes))
    return next(fitting, "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it; urllib3 has causes in an attribute and in arguments."""
    found, seen = [error], 0
    while found and seen < MAX_CAUSES:
        cause, seen = found.pop(0), seen + 1
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        found += [each for each in inner if isinstance(each, BaseException)]
