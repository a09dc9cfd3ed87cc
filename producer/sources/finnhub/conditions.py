"""The sale conditions of Finnhub's trades: a list of numbers, written as texts."""

CODES = {
    str(number): code
    for number, code in enumerate(".AWBCDEFGH.IKKLMNOOQPRSTUVVXYZ145566789..", start=1)
    if code != "."
}
"""The code of each number, as in `shared.market.trade_conditions`. Those without one are the regular sale, the CAP
election, a trade reported as "opened", and the exemption from the trade-through rule.

Source: the list of trade conditions that https://finnhub.io/docs/api/websocket-trades refers to."""

STOPPED = "1"


def conditions_of(numbers: object) -> str | None:
    """The conditions of a trade; None for a regular sale, and for trades that have none, such as those of coins.

    Unknown numbers are left out. A stopped stock, 1, comes last: together with another digit it could be read as a
    number where the quotes are exported and replayed.
    """
    if not isinstance(numbers, list):
        return None
    codes = (CODES.get(number) for number in numbers if isinstance(number, str))
    found = dict.fromkeys(code for code in codes if code is not None)
    return "".join(sorted(found, key=STOPPED.__eq__)) or None
