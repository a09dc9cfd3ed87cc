"""Leaves out the arguments in a script in Pine that mean nothing for its condition. Pure."""

from lark import Token, Tree

from analytics.alerts.importing.pine_forms import full_name

Argument = Token | Tree[Token]

DEFAULTS = ("barmerge.gaps_off", "barmerge.lookahead_off", "false")
"""How request.security() joins bars if nothing else is written."""
FLOATS = ("float", "input.float")
"""The type of an input before version 5."""


def with_meaning(tree: Tree[Token]) -> Tree[Token]:
    """The tree, whose inputs and alerts have their value and their condition only: not what they are called, how they
    are shown or what they send."""
    for part in tree.iter_subtrees():
        if part.data == "called":
            name, *arguments = part.children
            if isinstance(name, Token):
                part.children = _kept(name, [each for each in arguments if each is not None])
    return tree


def _kept(name: Token, arguments: list[Argument]) -> list[Argument]:
    full = full_name(name)
    if full == "input" and any(_name_in(each) in FLOATS for each in arguments):
        full = "input.float"
    if full == "input" or full.startswith("input."):
        return [name.update(value=full), *_first(arguments, "defval")]
    if full == "alertcondition":
        return [name, *_first(arguments, "condition")]
    if full == "request.security":
        return [name, *(each for each in arguments if _name_in(each) not in DEFAULTS)]
    return [name, *arguments]


def _first(arguments: list[Argument], keyword: str) -> list[Argument]:
    """The first argument, or the one with this name."""
    first = [each for each in arguments[:1] if not _keyword(each)]
    return first or [each for each in arguments if _keyword(each) == keyword]


def _keyword(argument: Argument) -> str:
    """The name before an argument; empty if it has none."""
    is_named = isinstance(argument, Tree) and argument.data == "keyword"
    return str(argument.children[0]) if is_named and isinstance(argument, Tree) else ""


def _name_in(argument: Argument) -> str:
    """The name that an argument consists of; empty if it is anything else."""
    value = argument.children[1] if isinstance(argument, Tree) and _keyword(argument) else argument
    return str(value.children[0]) if isinstance(value, Tree) and value.data == "named" else ""
