"""Fonts for text that the default font cannot show, such as Japanese, Chinese or Korean."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font
from matplotlib.text import Text

NOTE = "(no installed font has the characters of these boxes; the SVG file has the text)"
UNUSABLE = ("Last Resort", "Emoji")  # fonts that show boxes, or no outlines


@contextmanager
def fonts_for(figure: Figure, *, keeps_text: bool) -> Iterator[None]:
    """While the block lasts, give each text of the figure installed fonts that have its characters.

    If there are none, logs a warning; unless the format `keeps_text`, as SVG does, the text also carries a note.
    """
    changed = []
    for text in figure.findobj(Text):
        families, original = text.get_fontfamily(), text.get_text()
        if missing := _missing(text.get_fontproperties(), original):
            changed.append((text, families, original))
            others, missing = _fallbacks(missing, text.get_fontweight())
            text.set_fontfamily([*families, *others])
        if missing:
            logging.warning("No installed font has %s; install one that does, such as Noto Sans CJK", missing)
            text.set_text(original if keeps_text else f"{original}\n{NOTE}")
    yield
    for text, families, original in changed:
        text.set_fontfamily(families)
        text.set_text(original)


def _missing(font: FontProperties, characters: str) -> str:
    """The characters that the font does not have, each once, sorted."""
    face = get_font(findfont(font))
    return "".join(sorted({c for c in characters if not c.isspace() and not face.get_char_index(ord(c))}))


@cache
def _fallbacks(characters: str, weight: str | int) -> tuple[list[str], str]:
    """Installed families that have the characters in this weight, and the characters that none has."""
    families: list[str] = []
    for path in set(findSystemFonts()) - {font.fname for font in fontManager.ttflist}:  # installed since the first use
        with suppress(OSError, RuntimeError):
            fontManager.addfont(path)
    for family in sorted({font.name for font in fontManager.ttflist}):
        if characters and not any(word in family for word in UNUSABLE):
            missing = _missing(FontProperties(family=family, weight=weight), characters)
            if missing != characters:
                families.append(family)
                characters = missing
    return families, characters
