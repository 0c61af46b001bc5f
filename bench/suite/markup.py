# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""HTML and SVG that is also XML: each tag closed, each text escaped, by construction."""

import re

# Tags without an end in HTML; all others must have one, also when they are empty.
VOID = {"meta", "br", "col"}
NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that needs no escaping: it was made here."""


def escaped(text):
    # What a failed check quotes may hold a terminal's colours: no such thing in XML.
    text = NOT_OF_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                  .replace('"', "&quot;"))


def join(*children):
    """Lists are flattened, None is nothing, whatever is not markup is escaped."""
    parts = []
    for child in children:
        if isinstance(child, (list, tuple)):
            parts.append(join(*child))
        elif isinstance(child, Markup):
            parts.append(child)
        elif child is not None:
            parts.append(escaped(str(child)))
    return Markup("".join(parts))


def element(name, /, *children, **attributes):
    """element("td", 7, class_="number"); stroke_width is stroke-width, None is left out."""
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
                    for key, value in attributes.items() if value is not None)
    if name in VOID:
        return Markup(f"<{name}{words}/>")
    return Markup(f"<{name}{words}>{join(*children)}</{name}>")
