"""Makes XML of what servers send as a feed: its letters, and signs that XML does not allow. Pure.

One story with "AT&T" or "&nbsp;" in its title makes a whole feed unreadable to a parser of XML, and every other reader
of feeds shows it.
"""

import html
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from xml.sax.saxutils import escape

BOMS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
"""The encoding by the first bytes of a text."""
ENCODING = re.compile(r"(utf-?8|iso|windows|cp|koi8|latin|mac|shift|euc|gb|big5|ascii)[\w-]*", re.IGNORECASE)
"""Encodings of letters; Python knows others that are none, or take long."""
DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w-]+)[\"']")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
UNNAMED = "windows-1252"
"""That of a text that is no UTF-8 and names no encoding."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPENING = re.compile(r"<!\[CDATA\[|<!--")
_END = {"<![CDATA[": "]]>", "<!--": "-->"}
"""What ends that which an opening begins."""
_REFERENCE = re.compile(r"&(#\w{1,8};|\w{1,32};)?")
_OF_XML = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;")
_BEFORE_ROOT = re.compile(r"\s*(?:<!--.*?-->|<\?.*?\?>|<!DOCTYPE\s[^\[<>]*>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"\s*<[A-Za-z_][\w:.-]*")
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]*):[A-Za-z_]")
_DECLARED_PREFIX = re.compile(r"xmlns:([A-Za-z_][\w.-]*)")
MOST_UNDECLARED = 1_000
"""Prefixes without a declaration; a feed has a handful. A parser reads a root of megabytes again and again."""


def decoded(content: bytes, content_type: str) -> str:
    """The text of a body. What is valid UTF-8 is that, whatever it declares; else its own declaration counts, and then
    that of the header Content-Type."""
    for mark, encoding in BOMS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode(_encoding(content[:1_000], content_type), "replace")


def _encoding(begin: bytes, content_type: str) -> str:
    declared, named = DECLARED.search(begin), CHARSET.search(content_type)
    for name in (declared and declared[1].decode(), named and named[1]):
        if name and ENCODING.fullmatch(name):
            try:
                "".encode(name)
            except LookupError:
                continue
            return name
    return UNNAMED


def well_formed(text: str) -> str:
    """The text from its root on, with references, signs and prefixes that XML allows. Raises ValueError if it has no
    root, declares entities, with which a small feed could fill the memory, or has too many prefixes. The time that it
    takes grows as the text does."""
    begin = 0
    text = text.lstrip("\ufeff")
    while found := _BEFORE_ROOT.match(text, begin):
        begin = found.end()
    root = _ROOT.match(text, begin)
    if root is None:
        raise ValueError("it has no root")
    rest = "".join(_parts(_ILLEGAL.sub(" ", text[root.end() :])))
    return text[begin : root.end()] + _undeclared(text[begin : root.end()] + rest) + rest


def _parts(text: str) -> Iterator[str]:
    """The text in parts: comments and CDATA as they are, because & is no reference in them, and the others repaired.

    One that does not end is the last: no parser reads on behind it, and a search from each opening would be long.
    """
    begin = 0
    while opening := _OPENING.search(text, begin):
        mark = _END[opening[0]]
        end = text.find(mark, opening.end())
        if end < 0:
            break
        yield _REFERENCE.sub(_repaired, text[begin : opening.start()])
        begin = end + len(mark)
        yield text[opening.start() : begin]
    yield _REFERENCE.sub(_repaired, text[begin:])


def _repaired(found: re.Match[str]) -> str:
    """The signs that a reference of HTML means; one that means nothing is text."""
    reference = found[0]
    if reference in _OF_XML:
        return reference
    meant = html.unescape(reference) if found[1] else reference
    return escape(_ILLEGAL.sub(" ", meant))


def _undeclared(text: str) -> str:
    """Declarations of the prefixes that a text uses without any. Raises ValueError if there are too many."""
    missing = {*_PREFIX.findall(text)} - {*_DECLARED_PREFIX.findall(text), "xml", "xmlns"}
    if len(missing) > MOST_UNDECLARED:
        raise ValueError(f"it uses more than {MOST_UNDECLARED} prefixes that it does not declare")
    return "".join(f' xmlns:{each}="undeclared"' for each in sorted(missing))
