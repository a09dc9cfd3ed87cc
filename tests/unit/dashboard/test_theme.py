"""The style sheet: contrast of both themes, sizes of type, and the bundled typeface."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from dashboard.document import ASSETS, FONT, ICON, document
from dashboard.presenters.figures import chart_options, chart_series, fan_series, studies
from dashboard.presenters.indicators import OTHER_COLOURS
from shared.settings.analysis_settings import Alerts, Indicators

FONT_SHA256 = "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62"
LICENCE_SHA256 = "3b0a5fca3d17942cde889069889dedbbbd075e9b599968c82a95f4d944e9b345"
TEXT, GRAPHIC = 4.5, 3.0
"""The least contrast of text and of a graphic (WCAG 2.2, AA)."""
SIZES = {"11px", "12px", "13px", "15px", "20px", "28px"}
TEXT_COLOURS = ("--text", "--dim", "--up", "--down", "--amber", "--accent")
GROUNDS = ("--ground", "--panel", "--raised", "--selected")
SELECTED_SHARE = 0.08
"""The share of the accent in the colour of what is selected."""
NAME = re.compile(r"--[a-z]+")


def sheets() -> dict[str, str]:
    """The style sheets by their names."""
    return {path.name: path.read_text("utf-8") for path in sorted(ASSETS.glob("*.css"))}


def themes() -> dict[str, dict[str, str]]:
    """The colours of each theme by their names."""
    sheet = sheets()["0_theme.css"]
    found = {}
    for name, selector in (("dark", ":root {"), ("light", ':root[data-theme="light"] {')):
        block = sheet.split(selector, 1)[1].split("}", 1)[0]
        found[name] = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", block))
    return found


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """A colour laid over another one."""
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * over + (1 - share) * under):02x}" for over, under in pairs)


def series_colours() -> set[str]:
    """The names of all colours in what is drawn on the chart, without their opacity."""
    drawn = repr((chart_options(), chart_series(Alerts()), fan_series(), studies(Indicators())))
    return {*NAME.findall(drawn), *OTHER_COLOURS}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_has_the_contrast_of_aa_on_every_ground(theme: str) -> None:
    colours = themes()[theme]
    found = {(text, on): contrast(colours[text], colours[on]) for text in TEXT_COLOURS for on in GROUNDS}
    assert {pair: round(value, 2) for pair, value in found.items() if value < TEXT} == {}
    assert contrast(colours["--on-accent"], colours["--accent"]) >= TEXT


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_names_and_values_in_the_colours_of_their_series_can_be_read(theme: str) -> None:
    colours = themes()[theme]
    lines = series_colours() - {"--panel", "--line", "--grid", "--faint"}
    assert len(lines) > 15
    found = {name: contrast(colours[name], colours["--panel"]) for name in lines}
    assert {name: round(value, 2) for name, value in found.items() if value < TEXT} == {}
    for ground in GROUNDS:
        assert contrast(colours["--faint"], colours[ground]) >= GRAPHIC


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colour_of_what_is_selected_is_a_little_of_the_accent(theme: str) -> None:
    colours = themes()[theme]
    wanted = mixed(colours["--accent"], colours["--panel"], SELECTED_SHARE)
    parts = [(int(wanted[at : at + 2], 16), int(colours["--selected"][at : at + 2], 16)) for at in (1, 3, 5)]
    assert all(abs(one - other) <= 6 for one, other in parts), wanted


def test_bar_of_the_browser_has_the_ground_of_the_page() -> None:
    dark, light = (themes()[name]["--ground"] for name in ("dark", "light"))
    script = (ASSETS / "theme.js").read_text("utf-8")
    assert f'dark: "{dark}", light: "{light}"' in script
    assert f'name="theme-color" content="{dark}"' in document("test")
    manifest = json.loads((ASSETS / "app.webmanifest").read_text("utf-8"))
    assert (manifest["background_color"], manifest["theme_color"]) == (dark, dark)


def test_both_themes_have_the_same_colours() -> None:
    dark, light = themes()["dark"], themes()["light"]
    assert dark.keys() == light.keys()
    assert len(dark) > 20


def test_style_sheets_have_colours_by_name_and_six_sizes_of_type() -> None:
    for name, sheet in sheets().items():
        sizes = set(re.findall(r"font-size: ([^;]+);", sheet)) | set(
            re.findall(r"font: [^;]*?(\d+px)", sheet)
        )
        assert sizes <= SIZES | {"0"}, name
        if name != "0_theme.css":
            assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;, )])", sheet) == [], name


def test_green_and_red_are_for_prices() -> None:
    coloured = {
        rule.split("{")[0].strip()
        for sheet in sheets().values()
        for rule in re.findall(r"[^{}]+\{[^{}]*var\(--(?:up|down)\)[^{}]*\}", sheet)
    }
    assert coloured == {
        ".up",
        ".down",
        ".trend-up",
        ".trend-down",
        ".alert.up::before",
        ".alert.down::before",
    }


def test_typeface_is_the_published_one_and_comes_with_its_licence() -> None:
    assert sha256((ASSETS / FONT).read_bytes()).hexdigest() == FONT_SHA256
    licence = (ASSETS / FONT).with_name("OFL.txt")
    assert sha256(licence.read_bytes()).hexdigest() == LICENCE_SHA256
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text("utf-8")


def test_document_names_files_that_exist() -> None:
    names = re.findall(r'"/assets/([^"?]+)', document("market"))
    assert {FONT, ICON, "theme.js"} <= {*names}
    assert [name for name in names if not Path(ASSETS, name).is_file()] == []


def test_movement_stops_for_those_who_asked_for_less_of_it() -> None:
    reduced = sheets()["0_theme.css"].split("prefers-reduced-motion: reduce", 1)[1]
    assert "animation: none !important" in reduced and "transition: none !important" in reduced
