"""One address of ALERT_URLS, and how a message is sent to it."""

from collections.abc import Iterable, Iterator
from copy import copy
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins import NotifyBase
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.custom_xml import NotifyXML
from apprise.plugins.email import NotifyEmail

from delivery.plan.next_message import OutgoingMessage
from delivery.plan.texts import fields_of
from delivery.routes.receiver_answer import answer_noted, note_answers
from delivery.routes.results import SendingResult, result_of
from shared.errors import ConfigError
from shared.settings.addresses import is_this_machine

TITLE_ROOM = 100
"""Characters of a service's limit that are left for the subject, which some put before the text."""
AUTOMATIC = {"Auto-Submitted": "auto-generated"}
"""The header of a mail that no person wrote, which nobody's notice of absence answers (RFC 3834, 5)."""
RECEIVERS = ("targets", "topics")
"""What the services call the list of those to whom one address sends."""
PASSWORDS = ("pass", "password")
UNDECLARED = ("user", "port")
"""Parameters that apprise reads of each address, and services do not declare."""
TYPES = {"info": NotifyType.INFO, "warning": NotifyType.WARNING, "critical": NotifyType.FAILURE}


class Route:
    """An address by its number in ALERT_URLS, from 1.

    `label` is how it is shown: scheme and host, and a number if several have the same; it contains no secret. `address`
    is complete, with the one receiver of this route: never log it.
    """

    def __init__(self, number: int, label: str, address: str, service: NotifyBase, zone: str) -> None:
        self.number, self.label, self.address = number, label, address
        self._service, self._zone = service, zone
        self._scheme = label.partition("://")[0]
        self._headers = dict(getattr(service, "headers", {}))
        self._extras = dict(getattr(service, "payload_extras", {}))

    def __repr__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its name in logs, such as "route 2 (jsons://example.org)"."""
        return f"route {self.number} ({self.label})"

    @property
    def is_plain(self) -> bool:
        """Whether it sends unencrypted to another machine, although the service has an encrypted form."""
        service = self._service
        has_choice = bool(service.secure_protocol) and self._scheme in _names(service.protocol)
        return has_choice and not service.secure and not is_this_machine(str(service.host))

    @property
    def limit(self) -> int:
        """How many characters the text of a message may have."""
        return max(1, int(self._service.body_maxlen) - TITLE_ROOM)

    def send(self, message: OutgoingMessage) -> SendingResult:
        """Send a message. A webhook also gets the message's key in a header, and JSON the alerts with their fields."""
        if isinstance(self._service, NotifyJSON | NotifyForm | NotifyXML):
            self._service.headers = {**self._headers, "Idempotency-Key": message.key}
        if isinstance(self._service, NotifyJSON):
            self._service.payload_extras = {**self._extras, "alerts": [*self._alert_fields(message)]}
        with answer_noted() as answer:
            is_sent = self._service.notify(
                body=message.text.body,
                title=message.text.subject,
                notify_type=TYPES[message.severity],
                body_format=NotifyFormat.TEXT,
            )
        return result_of(bool(is_sent), answer)

    def _alert_fields(self, message: OutgoingMessage) -> Iterable[dict[str, Any]]:
        for alert in message.alerts:
            times = {"event_time": alert.event_time, "published_at": alert.published_at}
            texts = {name: time.isoformat() for name, time in times.items()}
            numbers = {"price": alert.price, "value": alert.value, "threshold": alert.threshold}
            yield {**fields_of(alert, self._zone), **texts, **numbers, "values": dict(alert.named_values)}


def open_routes(addresses: Iterable[str], zone: str, send_seconds: float) -> list[Route]:
    """The routes of ALERT_URLS; an address of several receivers has one for each, so that one who is refused does not
    make the others get the message again. From here on nothing of apprise is logged: its lines contain addresses.

    Raises ConfigError with the number and the scheme of an address that can't be used.
    """
    note_answers()
    routes: list[Route] = []
    asset = AppriseAsset(app_id="Tickstream", app_desc="Tickstream", storage_mode="memory")
    for number, address in enumerate(addresses, 1):
        service = Apprise.instantiate(address, asset=asset)
        scheme = address.partition("://")[0].lower()
        if not isinstance(service, NotifyBase):
            raise ConfigError(
                f"ALERT_URLS: the address number {number} ({scheme}://…) is of no known service, or incomplete; "
                "docs/delivery.md has examples."
            )
        _require_known_parameters(number, address, service)
        name = _without_secrets(address, service)
        for each in _for_each_receiver(service):
            same = sum(route.label.partition(" ")[0] == name for route in routes)
            label = f"{name} {same + 1}" if same else name
            # Before the time limits are set, which would be a part of it.
            address = str(each.url())  # type: ignore[no-untyped-call] # apprise has few types
            routes.append(Route(number, label, address, each, zone))
            each.socket_connect_timeout = each.socket_read_timeout = send_seconds
    return routes


def _for_each_receiver(service: NotifyBase) -> Iterator[NotifyBase]:
    """The service with one receiver at a time; itself if it has no list of several."""
    if isinstance(service, NotifyEmail):
        service.headers = {**AUTOMATIC, **service.headers}
        copied = sorted({*service.cc, *service.bcc} - {address for _, address in service.targets})
        service.targets = [*service.targets, *((service.names.get(each, False), each) for each in copied)]
        service.cc, service.bcc = set(), set()
    for name in RECEIVERS:
        receivers = getattr(service, name, ())
        if isinstance(receivers, list | tuple) and len(receivers) > 1:
            for receiver in receivers:
                alone = copy(service)
                setattr(alone, name, [receiver])
                yield alone
            return
    yield service


def _require_known_parameters(number: int, address: str, service: NotifyBase) -> None:
    """Raise ConfigError if an address of mail with a password among its parameters has one that is unknown: it may be
    the end of the password, after an &. Other services read more parameters than they declare."""
    parts = address.partition("?")[2].split("&")
    names = [unquote(part.partition("=")[0]).lower() for part in parts]
    if not isinstance(service, NotifyEmail) or {*names}.isdisjoint(PASSWORDS):
        return
    for place, name in enumerate(names, 1):
        if name and name[0] not in "+-:" and name not in {*service.template_args, *PASSWORDS, *UNDECLARED}:
            raise ConfigError(
                f"ALERT_URLS: the address number {number} has a password, and its parameter number {place} is none of"
                " this service: correct its name, or write & as %26 in the password."
            )


def _without_secrets(address: str, service: NotifyBase) -> str:
    """Scheme and host. Where an address has a token in the place of the host, as those of many chats have, or where
    its service reads another host in it than stands there, only the scheme."""
    scheme, _, rest = address.partition("://")
    place = rest.partition("?")[0]
    authority = place.partition("/")[0]
    written = authority.rpartition("@")[2].lower()
    host = str(getattr(service, "host", None) or "").lower()
    is_host = "host" in service.template_tokens and (_is_address(host) or "." in host or host == "localhost")
    is_written = written in (host, f"[{host}]") or written.rpartition(":")[0] in (host, f"[{host}]")
    is_certain = "@" in authority or "@" not in place
    return f"{scheme.lower()}://{host if is_host and is_written and is_certain else ''}"


def _names(protocol: object) -> tuple[str, ...]:
    """The schemes of a service, which names one, several or none."""
    if isinstance(protocol, str):
        return (protocol,)
    return tuple(map(str, protocol)) if isinstance(protocol, tuple | list) else ()


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
