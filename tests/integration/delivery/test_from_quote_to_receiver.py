"""A quote that raises an alert, on its way from the log to the receiver of a message."""

from datetime import UTC, datetime, timedelta

from analytics.analytics_consumer import analyse
from delivery.delivery import deliver
from shared.kafka import partition_of
from shared.market.records import Quote
from tests.integration.delivery.receivers import webhook
from tests.integration.desk import Desk
from tests.waiting import wait_for


def quotes(first: datetime, price: float) -> list[Quote]:
    """Three minutes at a price, and two at one that is a tenth higher; a quote every ten seconds."""
    return [
        Quote(
            symbol="ACME",
            event_time=first + timedelta(seconds=10 * number),
            price=price if number < 18 else price * 11 / 10,
            size=1.0,
            source="test",
            position=number,
            received_time=first + timedelta(seconds=10 * number),
        )
        for number in range(30)
    ]


def test_a_new_alert_is_delivered_and_one_of_the_past_is_not(desk: Desk) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with webhook() as hook:
        desk.settings |= {
            "ALERT_URLS": hook.url,
            "ALERT_INTERVALS": "1m",
            "FORECAST_INTERVALS": "none",
            "SKIP_EXTREME_VALUES": "false",
        }
        desk.database()
        with desk.at_work(deliver), desk.at_work(analyse):
            wait_for(lambda: desk.rows("select count(*) from delivery_start") == [(1,)])
            home = partition_of(b"ACME", 2)
            desk.publish(quotes(now - timedelta(days=1), 100.0), home)
            desk.publish(quotes(now - timedelta(minutes=8), 110.0), home)
            wait_for(lambda: bool(hook.payloads))
            desk.wait_until_read("analytics")
    stored = desk.rows("select event_time from alerts where rule = 'price_change' order by 1")
    assert len(stored) == 2
    ((alert,),) = (payload["alerts"] for payload in hook.payloads)
    assert (alert["symbol"], alert["rule"], alert["price"]) == ("ACME", "price_change", 121.0)
    assert datetime.fromisoformat(alert["event_time"]) == stored[1][0]
    assert hook.subjects[0].startswith("Simulated: ACME: ")
