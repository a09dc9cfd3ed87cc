"""The HTML document around the page: what a browser loads before the first paint."""

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
FIRST_SCRIPTS = ("theme.js",)
"""Scripts in assets/ that run before the first paint; all others run after the page's content."""
NOT_WITH_THE_REST = r"^theme\.js$"
"""The files in assets/ that Dash must not load by itself."""
FONT = "fonts/inter-latin-wght-normal.woff2"
ICON = "icons/mark.svg"
DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>{{%metas%}}<title>{{%title%}}</title>
<meta name="color-scheme" content="dark light">
<link rel="preload" href="/assets/{font}" as="font" type="font/woff2" crossorigin>
<link rel="icon" href="/assets/{icon}" type="image/svg+xml">
<link rel="apple-touch-icon" href="/assets/icons/touch-180.png">
{first}{{%css%}}</head>
<body>{{%app_entry%}}<div>{{%config%}}{{%scripts%}}{{%renderer%}}</div></body>
</html>"""


def document() -> str:
    """The document, with places for what Dash adds. The address of a script changes with its content."""
    first = "".join(f'<script src="{versioned(name)}"></script>\n' for name in FIRST_SCRIPTS)
    return DOCUMENT.format(font=FONT, icon=ICON, first=first)


def versioned(name: str) -> str:
    """The address of a file in assets/, with the time of its last change, so that no browser shows an old one."""
    return f"/assets/{name}?m={(ASSETS / name).stat().st_mtime}"
