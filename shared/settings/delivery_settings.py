"""The settings of the delivery of alerts, and the form of their texts. Pure."""

import difflib
import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from shared.market.alert_texts import THRESHOLD_TEXTS, rule_name
from shared.settings.addresses import unencoded_in
from shared.settings.analysis_settings import Section

FIELDS = ("symbol", "interval", "rule", "text", "severity", "price", "time", "values", "id")
"""What a template may name in braces."""
SUBJECT = "{symbol}: {text}"
BODY = "{text}\n{symbol} at {price}, {time} ({interval})\n{values}"
SEVERITIES = ("info", "warning", "critical")
"""From the lowest to the highest."""
BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
"""A brace written twice, a field with its name, or a brace that stands alone."""
ADDRESS = re.compile(r"[A-Za-z0-9]+://\S+")
RULE_NAME = re.compile(r"rule [1-9][0-9]{0,17}")
QUIET = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


class QuietHours(NamedTuple):
    """From when to when of each day alerts wait; over midnight where `since` is the later one."""

    since: time
    until: time


def _quiet_hours(text: object) -> object:
    if not isinstance(text, str):
        return text
    if not (found := QUIET.fullmatch(text.strip())):
        raise ValueError("must be hours such as 22:00-07:00")
    try:
        hours = QuietHours(*(time(int(found[at]), int(found[at + 1])) for at in (1, 3)))
    except ValueError:
        raise ValueError("must be hours such as 22:00-07:00, each from 00:00 to 23:59") from None
    if hours.since == hours.until:
        raise ValueError("must begin and end at different times, such as 22:00-07:00")
    return hours


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as UTC or America/New_York") from None
    return name


def _urls(urls: SecretStr) -> SecretStr:
    """Raises ValueError with the place of what is no address, and never with its text."""
    for number, url in enumerate(urls.get_secret_value().split(), 1):
        if not ADDRESS.fullmatch(url):
            raise ValueError(
                f"must be addresses such as mailto://…, separated by spaces, and number {number} is none"
            )
        if signs := unencoded_in(url):
            raise ValueError(
                f"has an address, number {number}, in which a part of a user name, password or token may be taken for"
                f" the host or a parameter: write {', '.join(signs)}"
            )
    return urls


def _selections(text: object) -> object:
    """Selections by the number of their route: `2:critical;3:rule 1,price_change`. Raises ValueError for a name that is
    neither a severity nor one that alerts can have: such a route would send nothing."""
    if not isinstance(text, str):
        return text
    found: dict[int, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        number, colon, names = part.partition(":")
        chosen = tuple(filter(None, (" ".join(name.split()) for name in names.split(","))))
        if not (colon and number.strip().isdecimal() and chosen) or int(number) in found:
            raise ValueError(
                "must be numbers of routes, each once, with severities or rules, such as 2:critical;3:rule 1,rule 4"
            )
        for name in chosen:
            _require_selectable(name)
        found[int(number)] = chosen
    return found


def _require_selectable(name: str) -> None:
    names = (*SEVERITIES, *THRESHOLD_TEXTS)
    if name in names or RULE_NAME.fullmatch(name):
        return
    digits = re.sub("[^0-9]", "", name)
    near = difflib.get_close_matches(name.lower(), names, n=1) or ([rule_name(int(digits))] if digits else [])
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(
        f"has {name[:40]!r}, which is neither a severity ({', '.join(SEVERITIES)}) nor the name of a rule such as"
        f" rule 3 or {next(iter(THRESHOLD_TEXTS))}{hint}"
    )


def _template(text: str) -> str:
    r"""Check a template; \n is a new line. Raises ValueError with the place of what is wrong."""
    text = text.replace("\\n", "\n")
    for found in BRACES.finditer(text):
        place = f"at character {found.start() + 1}"
        if found[0] in ("{", "}"):
            raise ValueError(f"has a single {found[0]} {place}; a brace itself is written twice")
        if found[1] is not None and found[1] not in FIELDS:
            raise ValueError(_no_field(found[1], place))
    return text


def _no_field(name: str, place: str) -> str:
    near = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f" did you mean {{{near[0]}}}?" if near else ""
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    return f"has no field {{{name[:40]}}} ({place});{hint} the fields are {known}"


def filled(template: str, values: Mapping[str, str]) -> str:
    """The text of a checked template."""
    return BRACES.sub(lambda found: found[0][0] if found[1] is None else values[found[1]], template)


Template = Annotated[str, AfterValidator(_template)]


class DeliverySettings(Section):
    """Where alerts are sent and when. Without `urls` there is no delivery.

    `selections` are the severities and rules that a route takes, by the number of its address; a route without one
    takes all. `quiet_hours` are local times of `zone`. `give_up_hours` is how long an alert is tried,
    `send_seconds` how long one attempt may take. Delivered alerts are removed from the outbox after `kept_days`.
    More than `digest_above` alerts that wait for a route are sent as one message.
    """

    urls: Annotated[SecretStr, AfterValidator(_urls)] = Field(
        default=SecretStr(""), validation_alias="ALERT_URLS"
    )
    selections: Annotated[dict[int, tuple[str, ...]], BeforeValidator(_selections)] = Field(
        default={}, validation_alias="ALERT_ROUTES"
    )
    subject: Template = Field(default=SUBJECT, validation_alias="ALERT_SUBJECT")
    body: Template = Field(default=BODY, validation_alias="ALERT_BODY")
    quiet_hours: Annotated[QuietHours | None, BeforeValidator(_quiet_hours)] = Field(
        default=None, validation_alias="ALERT_QUIET_HOURS"
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(default="UTC", validation_alias="ALERT_ZONE")
    digest_above: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5, validation_alias="ALERT_DIGEST_ABOVE"
    )
    give_up_hours: Annotated[float, Field(gt=0, le=720)] = Field(
        default=24.0, validation_alias="ALERT_GIVE_UP_HOURS"
    )
    send_seconds: Annotated[float, Field(ge=1, le=300)] = Field(
        default=20.0, validation_alias="ALERT_SEND_SECONDS"
    )
    kept_days: Annotated[float, Field(ge=1, le=3650)] = Field(
        default=30.0, validation_alias="ALERT_KEPT_DAYS"
    )

    @property
    def addresses(self) -> list[str]:
        """The addresses with their secrets, in order: never log them."""
        return self.urls.get_secret_value().split()

    @property
    def is_on(self) -> bool:
        """Whether alerts are delivered."""
        return bool(self.addresses)

    @model_validator(mode="after")
    def _require_routes(self) -> Self:
        for number in self.selections:
            if not 1 <= number <= len(self.addresses):
                raise ValueError(f"ALERT_ROUTES={number}:…: ALERT_URLS has {len(self.addresses)} addresses.")
        return self
