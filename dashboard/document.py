"""The HTML document around the page: what a browser loads before the first paint."""

from html import escape
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
FIRST_SCRIPTS = ("theme.js", "sides.js")
"""Scripts in assets/ that run before the first paint; all others run after the page's content."""
NOT_WITH_THE_REST = r"^(theme|sides|offline|worker)\.js$"
"""The files in assets/ that Dash must not load by itself."""
FONT = "fonts/inter-latin-wght-normal.woff2"
ICON = "icons/mark.svg"
DOCUMENT = """<!DOCTYPE html>
<html lang="en" data-market="{market}">
<head>{{%metas%}}<title>{{%title%}}</title>
<meta name="color-scheme" content="dark light">
<meta name="theme-color" content="#0b0e13">
<meta name="description" content="Live quotes, indicators, alerts and forecasts">
<link rel="manifest" href="/assets/app.webmanifest">
<link rel="preload" href="/assets/{font}" as="font" type="font/woff2" crossorigin>
<link rel="icon" href="/assets/{icon}" type="image/svg+xml">
<link rel="apple-touch-icon" href="/assets/icons/touch-180.png">
{first}{{%css%}}</head>
<body>{{%app_entry%}}<div>{{%config%}}{{%scripts%}}{{%renderer%}}</div></body>
</html>"""

ALONE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} · Tickstream</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<link rel="icon" href="/assets/{icon}" type="image/svg+xml">
<script src="/assets/theme.js"></script>{script}
<link rel="stylesheet" href="/assets/0_theme.css"></head>
<body><main class="alone"><img src="/assets/{icon}" alt="" width="48" height="48"><h1>{title}</h1>
<p>{text}</p><p><a href="{href}">{link}</a></p></main></body>
</html>"""
NOT_FOUND = ALONE.format(
    title="Page not found",
    text="There is nothing at this address.",
    href="/desk",
    link="Open the desk",
    icon=ICON,
    script="",
)
"""The page for an address that does not exist. It does not repeat the address, which anybody may have written."""
OFFLINE = ALONE.format(
    title="No connection",
    text="The server of Tickstream does not answer. No prices are shown here, because they would be old. "
    "The page opens by itself as soon as the server answers.",
    href="",
    link="Try again",
    icon=ICON,
    script='<script src="/assets/offline.js"></script>',
)
"""What a browser shows where the server can't be reached; `assets/worker.js` keeps it there."""


def document(market: str) -> str:
    """The document, with places for what Dash adds. The address of a script changes with its content. By the market,
    which is the server's feed and database, the page keeps what the user has chosen and seen."""
    first = "".join(f'<script src="{versioned(name)}"></script>\n' for name in FIRST_SCRIPTS)
    return DOCUMENT.format(market=escape(market), font=FONT, icon=ICON, first=first)


def versioned(name: str) -> str:
    """The address of a file in assets/, with the time of its last change, so that no browser shows an old one."""
    return f"/assets/{name}?m={(ASSETS / name).stat().st_mtime}"
