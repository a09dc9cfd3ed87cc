"""Names of exchanges (codes, full names and market identifiers), and the calendar of each one.

A name is looked up regardless of case, spaces and punctuation, so that `NasdaqGS` and `NASDAQ GS` are the same. If a
source provides an unknown exchange with its time zone, both are kept as `code@zone`.
"""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

US_SHARES = "XNYS"
SIMULATED = "SIMULATED"
ALWAYS_OPEN = "24/7"
CURRENCIES = "CCY"
AT = "@"
"""Separator between an exchange's code and its time zone."""
UNTOLD = "UNTOLD"
"""Used as code if a source names no exchange for an instrument that is traded at one."""
DEFAULT_ZONE = "America/New_York"
"""Time zone of an exchange for which a source provides neither a known code nor a zone."""
WITHOUT_EXCHANGE = {"CRYPTOCURRENCY": None, "CURRENCY": CURRENCIES}
"""Kinds of instruments without an exchange, and the calendar of each; coins need none."""

_CODES = """
    XNYS: XNYS NYSE NASDAQ XNAS ARCX BATS OOTC XASE NMS NYQ NYS NAS NGM NCM NAE ASE PCX BTS YHD
    XNYS: PNK OQB OQX OEM OGM OBB SNP DJI NIM WCB CBO CXI CGI OPR ASQ
    XLON: LSE IOB FGI FSI AQS CXE    XDUB: ISE DUB
    XETR: GER DXE BRM    XFRA: FRA BER MUN HAN    XSTU: STU    XHAM: HAM    XDUS: DUS
    XPAR: PAR ENX    XAMS: AMS    XBRU: BRU    XLIS: LIS    XMIL: MIL TLO MDD    XMAD: MCE MAD
    XSWX: EBS ZRH VTX    XWBO: VIE    XWAR: WSE    XPRA: PRA    XBUD: BUD    ASEX: ATH    XBSE: BVB BUH
    XSTO: STO    XCSE: CPH    XHEL: HEL    XOSL: OSL    XICE: ICE
    XTAL: TAL    XRIS: RIS    XLIT: LIT    XMOS: MCX    XIST: IST
    XTAE: TLV    XSAU: SAU    XJSE: JNB
    XTKS: JPX OSA FKA SAP NAG    XHKG: HKG    XSHG: SHH SHZ    XTAI: TAI TWO    XKRX: KSC KOE
    XBOM: NSI BSE    XSES: SES    XKLS: KLS    XIDX: JKT    XBKK: SET    XPHS: PHS PHP    XKAR: KAR
    XASX: ASX CXA    XNZE: NZE
    XTSE: TOR VAN CNQ NEO    XMEX: MEX
    BVMF: SAO    XBUE: BUE    XSGO: SGO    XBOG: BVC    XLIM: LIM
    CMES: CMX NYM CBT CME    IEPA: NYB
    CCY: CCY    24/7: 24/7 CCC    SIMULATED: SIMULATED
"""
"""Calendars, each with Yahoo's codes of its exchanges; an exchange without its own calendar has that of a similar one.

The two exchanges of Mumbai, of China and of Korea have the same sessions; futures are those of CME Group and of ICE
(NYB). Indices have the hours of the exchange of their shares.
"""
_WORDS = """
    XNYS: NasdaqGS, NasdaqGM, NasdaqCM, Nasdaq GIDS, NYSEArca, NYSE American, NYSE MKT, AMEX, Cboe US, Cboe Indices,
    XNYS: Chicago Options, OTC Markets, OTC Markets OTCPK, OTC Markets OTCQB, OTC Markets OTCQX, OTC Markets EXPM,
    XNYS: OTC Markets OTCID, Other OTC, BATS Trading, Dow Jones, OPRA, New York Stock Exchange
    XLON: London, London Stock Exchange, FTSE Index, Cboe UK, Aquis AQSE    XDUB: Irish, Dublin
    XETR: XETRA, Cboe DE    XFRA: Frankfurt, Berlin, Munich, Hanover    XSTU: Stuttgart    XHAM: Hamburg
    XDUS: Dusseldorf, Düsseldorf
    XPAR: Paris, Euronext    XAMS: Amsterdam    XBRU: Brussels    XLIS: Lisbon    XMIL: Milan    XMAD: Madrid
    XSWX: Swiss, Zurich    XWBO: Vienna    XWAR: Warsaw    XPRA: Prague    XBUD: Budapest    ASEX: Athens
    XBSE: Bucharest    XSTO: Stockholm    XCSE: Copenhagen    XHEL: Helsinki    XOSL: Oslo    XICE: Iceland
    XTAL: Tallinn    XRIS: Riga    XLIT: Vilnius    XMOS: MOEX, Moscow    XIST: Istanbul    XTAE: Tel Aviv
    XSAU: Saudi    XJSE: Johannesburg
    XTKS: Tokyo, Osaka, Nagoya, Fukuoka, Sapporo    XHKG: HKSE, Hong Kong    XSHG: Shanghai, Shenzhen
    XTAI: Taiwan, Taipei Exchange    XKRX: KSE, KOSDAQ    XBOM: NSE    XSES: Singapore    XKLS: Kuala Lumpur
    XIDX: Jakarta    XBKK: Thailand    XPHS: Philippines    XKAR: Karachi, Pakistan
    XASX: Sydney, Cboe AU    XNZE: NZSE    XTSE: Toronto, TSXV, Canadian Sec, Cboe CA    XMEX: Mexico
    BVMF: São Paulo, Sao Paulo, Sao Paolo    XBUE: Buenos Aires    XSGO: Santiago    XBOG: Colombia    XLIM: Lima
    CMES: COMEX, NY Mercantile, CBOT    IEPA: NYBOT, ICE Futures
"""
"""Full names of exchanges: Yahoo's `fullExchangeName`, and other common names."""


def _plain(name: str) -> str:
    return "".join(sign for sign in name.upper() if sign.isalnum() or sign in "/@")


def _read(text: str, is_words: bool) -> dict[str, str]:
    """The calendar of each normalised name."""
    found = {}
    for group in (group.strip() for line in text.splitlines() for group in line.split("    ")):
        calendar, _, names = group.partition(": ")
        for name in names.split(",") if is_words else names.split():
            if name.strip():
                found[_plain(name)] = calendar
    return found


_KNOWN = _read(_WORDS, is_words=True) | _read(_CODES, is_words=False)


@lru_cache(maxsize=1024)
def calendar_name(exchange: str) -> str | None:
    """The calendar of an exchange, a name of exchange_calendars or one of ours; None if unknown."""
    known = _KNOWN.get(_plain(exchange))
    if known is not None:
        return known
    import exchange_calendars  # here, because it takes 40 MB and is seldom asked

    return exchange if exchange in exchange_calendars.get_calendar_names() else None


@lru_cache(maxsize=1024)
def zone_of(exchange: str) -> ZoneInfo | None:
    """The time zone in an exchange's name; None if there is none."""
    _, _, zone = exchange.partition(AT)
    try:
        return ZoneInfo(zone) if zone else None
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # the name of a folder of zones, or one too long for a file
        return None


def is_known(exchange: str) -> bool:
    """Whether the opening hours of this exchange are known from its name, or its open days from its time zone."""
    return calendar_name(exchange) is not None or zone_of(exchange) is not None


def with_zone(exchange: str | None, zone: str | None) -> str | None:
    """The exchange as stored in the log: its code, with its time zone if the code is unknown."""
    if not exchange or not zone or is_known(exchange):
        return exchange or None
    named = f"{exchange}{AT}{zone}"
    return named if zone_of(named) is not None else exchange


def exchange_for_log(exchange: str | None, zone: str | None, kind: str | None) -> str | None:
    """The exchange as stored in the log, also if its source omits it; None if it may be open 24/7.

    `kind` is Yahoo's type of the instrument. Without a kind, and with no zone or UTC, it may be a coin.
    """
    if exchange:
        return with_zone(exchange, zone)
    if kind in WITHOUT_EXCHANGE:
        return WITHOUT_EXCHANGE[kind]
    if not kind and zone in (None, "UTC"):
        return None
    named = f"{UNTOLD}{AT}{zone}"
    return named if zone_of(named) is not None else f"{UNTOLD}{AT}{DEFAULT_ZONE}"


def merged_exchange(latest: str | None, before: str | None) -> str | None:
    """The exchange to use from now on: `latest`, unless it lacks a zone or a code that `before` has."""
    if before is None or latest is None:
        return latest or before
    return before if latest == before.partition(AT)[0] or latest.partition(AT)[0] == UNTOLD else latest
