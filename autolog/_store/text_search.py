"""Words and phrases to SQL, over the text index or, where SQLite has none, over the payloads themselves."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from autolog._store.errors import FilterError
from autolog._store.filter_sql import Sql
from autolog._store.jsontext import clean, dumps, without_surrogates

_MOST_TERMS: Final = 50
_LONGEST: Final = 2000
_TERM: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SYMBOLS: Final = "#@%&*/\\"
# Scripts without spaces: the index takes a whole sentence for one word there, so these are looked up in the text
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_FIELDS: Final = ("p.inputs", "p.outputs", "p.attributes", "p.exception")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase: ``match`` is what the index is asked, ``needle`` what the text must hold, if anything."""

    match: str | None
    needle: str | None
    text: str


def parse_text(text: str) -> tuple[Term, ...]:
    """Read what a person typed into a search box; there is no wrong text, only one that is too long.

    All words must be in one span, ``"quoted words"`` next to each other; ``refund*`` is the beginning of a word.
    Everything else is taken as it is written: ``C++``, ``can't``, ``50%``. Raises ``FilterError`` for more than
    50 words or one of more than 2,000 characters.
    """
    terms: list[Term] = []
    for found in _TERM.finditer(text.replace("\0", " ")):
        phrase, word = found[1], found[2]
        # AND is what the words mean anyway; it is how people write it who know other search boxes
        if (phrase or word or "").strip() and word != "AND":
            terms.append(_term(phrase if word is None else word, quoted=word is None))
    if len(terms) > _MOST_TERMS:
        raise FilterError(f"{len(terms)} words to search for; at most {_MOST_TERMS}, of which a quoted phrase is one")
    return tuple(terms)


def index_expression(terms: tuple[Term, ...]) -> str | None:
    """Give what the text index is asked for all terms together, ``None`` if it can help with none."""
    return " ".join(t.match for t in terms if t.match) or None


def index_rows(terms: tuple[Term, ...]) -> Sql | None:
    """Give a select of the traces (row ids) in which one span has all terms, ``None`` if the index cannot help."""
    expression = index_expression(terms)
    if expression is None:
        return None
    needles = _needles(terms)
    payload = "JOIN payload p ON p.span = x.id" if needles.text else ""
    return Sql(
        f"SELECT x.trace FROM terms JOIN spans x ON x.id = terms.rowid {payload} WHERE terms MATCH ? {needles.text}",
        (expression, *needles.params),
    )


def text_condition(terms: tuple[Term, ...], *, indexed: bool) -> Sql:
    """Give the condition that some span of the trace ``t`` has all terms, for few traces or without the index."""
    expression = index_expression(terms) if indexed else None
    needles = _needles(terms, all_of_them=not indexed)
    index = "CROSS JOIN terms ON terms.rowid = x.id" if expression else ""
    match = "AND terms MATCH ?" if expression else ""
    return Sql(
        f"EXISTS (SELECT 1 FROM spans x CROSS JOIN payload p ON p.span = x.id {index} "
        f"WHERE x.trace = t.id {match} {needles.text})",
        (*((expression,) if expression else ()), *needles.params),
    )


def _term(text: str, *, quoted: bool) -> Term:
    if len(text) > _LONGEST:
        raise FilterError(f"a word or phrase of {len(text):,} characters to search for; at most {_LONGEST:,}")
    bare = text.strip(".,;:!?'()[]{}-_") if not quoted else text.strip()
    prefix = not quoted and bare.endswith("*") and bare[:-1].isalnum()
    if prefix:
        bare = bare[:-1]
    if _UNSPACED.search(bare) or not any(_indexed(c) for c in bare):
        return Term(None, bare or text, bare or text)
    match = '"' + without_surrogates(bare).replace('"', " ") + '"' + "*" * prefix
    edges = (bare[0], bare[-1])
    return Term(match, bare if any(_symbol(c) for c in edges) else None, bare)


def _indexed(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Co"


def _symbol(char: str) -> bool:
    """Whether a character at the edge of a word tells it from others, though the index drops it: C++, C#, $5."""
    return char in _SYMBOLS or unicodedata.category(char).startswith("S")


def _needles(terms: tuple[Term, ...], *, all_of_them: bool = False) -> Sql:
    wanted = [t.text if all_of_them else t.needle for t in terms if all_of_them or t.needle]
    if not wanted:
        return Sql("")
    escaped = [dumps(w)[1:-1] for w in wanted if w]  # the payloads are JSON, where a quote is \"
    one = " OR ".join(f"instr(lower({field}), lower(?))" for field in _FIELDS)
    tests = " AND ".join(f"({one} OR instr(lower(x.name), lower(?)))" for _ in escaped)
    values = tuple(v for w, e in zip(wanted, escaped, strict=True) for v in (*(e,) * len(_FIELDS), clean(w or "")))
    return Sql(f"AND {tests}", values)
