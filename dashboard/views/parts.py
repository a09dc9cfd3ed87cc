"""Elements that several views are made of."""

from typing import Any

from dash import html


def button(content: Any, name: str, **attributes: Any) -> html.Button:
    """A button with its id; it submits nothing."""
    return html.Button(content, id=name, type="button", **attributes)


def icon(name: str) -> html.I:
    """A decorative icon; the style sheet draws it in the colour of the text."""
    return html.I(className=f"icon i-{name}", **{"aria-hidden": "true"})


def icon_button(picture: str, name: str, label: str, **attributes: Any) -> html.Button:
    """A button with an icon; `label` is its name and its tooltip."""
    return button(
        icon(picture), name, className="icon-button", title=label, **{"aria-label": label, **attributes}
    )


def block(title: str, name: str, body: Any, *beside: Any) -> html.Section:
    """A titled part of a panel; `name` is its class, and `beside` follows its title. The scripts write into the note on
    the right, whose id is `<name>-note`."""
    note = html.Span(id=f"{name}-note", className="note")
    head = html.Div([html.H2(title, id=f"{name}-title"), *beside, note], className="block-head")
    return html.Section([head, body], className=f"block {name}", **{"aria-labelledby": f"{name}-title"})
