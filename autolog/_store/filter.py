"""The filter language: text to a tree of conditions.

``status = 'ERROR' AND (model LIKE 'gpt%' OR tag.env IN ('dev', 'test')) AND NOT duration > '2s'``
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from autolog._store.columns import EXISTING, SEARCHED, Column, closest, column, is_content, keyed
from autolog._store.errors import FilterError
from autolog._store.filter_tokens import OPERATORS, Token, tokens, unquoted, wrong
from autolog._store.jsontext import clean
from autolog._store.times import length_ns, parse_time

STATUSES: Final = ("OK", "ERROR", "IN_PROGRESS")

_LONGEST: Final = 20_000
_LONGEST_PATTERN: Final = 5_000  # SQLite refuses patterns of more than 50,000 bytes
_MOST_CONDITIONS: Final = 200
_MOST_VALUES: Final = 5_000
_DEEPEST: Final = 50

_COMPARISONS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "LIKE", "ILIKE", "IN", "IS", "NULL", "BETWEEN"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value to compare with: bound to the statement, never pasted into it. ``text`` is as it was written."""

    bound: str | int | float
    text: str


@dataclass(frozen=True, slots=True)
class Compare:
    """One condition: a column, an operator in capitals (``!=``, ``NOT LIKE``, ``IS NULL``...), its values."""

    column: Column
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    term: Node


Node = Compare | And | Or | Not


def parse_filter(text: str) -> Node | None:
    """Read a filter; ``None`` for an empty one. Raises ``FilterError`` showing where it went wrong and what exists."""
    text = clean(text)
    if len(text) > _LONGEST:
        raise FilterError(f"a filter of {len(text):,} characters; the longest is {_LONGEST:,}")
    return _Parser(text).whole() if text.strip() else None


class _Parser:
    """Recursive descent: or, and, not, condition."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next = 0
        self.conditions = 0
        self.values = 0

    def whole(self) -> Node:
        found = self.any_of(0)
        token = self.tokens[self.next]
        if token.kind != "end":
            self.fail(token, f"AND or OR is missing before {token.text}")
        return found

    def any_of(self, depth: int) -> Node:
        terms = [self.all_of(depth)]
        while self.take("OR"):
            terms.append(self.all_of(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def all_of(self, depth: int) -> Node:
        terms = [self.one(depth)]
        while self.take("AND"):
            terms.append(self.one(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def one(self, depth: int) -> Node:
        token = self.tokens[self.next]
        if depth > _DEEPEST:
            self.fail(token, f"more than {_DEEPEST} levels of parentheses")
        if self.take("NOT"):
            return Not(self.one(depth + 1))
        if self.take("("):
            found = self.any_of(depth + 1)
            if not self.take(")"):
                self.fail(self.tokens[self.next], f"the parenthesis opened at character {token.at + 1} is not closed")
            return found
        return self.condition()

    def condition(self) -> Node:
        self.conditions += 1
        if self.conditions > _MOST_CONDITIONS:
            self.fail(self.tokens[self.next], f"more than {_MOST_CONDITIONS} conditions")
        return self.comparison(self.column())

    def comparison(self, found: Column) -> Compare:
        token = self.tokens[self.next]
        if token.text in _COMPARISONS:
            self.next += 1
            return Compare(found, _COMPARISONS[token.text], (self.value(found),))
        if self.take("IS"):
            negated = "NOT " if self.take("NOT") else ""
            if not self.take("NULL"):
                self.fail(self.tokens[self.next], "IS is followed by NULL or NOT NULL")
            return Compare(found, f"IS {negated}NULL", ())
        negated = "NOT " if self.take("NOT") else ""
        operator = self.tokens[self.next].keyword
        if operator in ("LIKE", "ILIKE"):
            if found.kind not in ("text", "type", "label"):
                self.fail(self.tokens[self.next], f"{operator} is for text, and {found.name} is a {found.kind}")
            self.next += 1
            pattern = self.value(found)
            if len(pattern.text) > _LONGEST_PATTERN:
                self.fail(self.tokens[self.next - 1], f"a pattern of more than {_LONGEST_PATTERN:,} characters")
            return Compare(found, negated + operator, (pattern,))
        if self.take("BETWEEN"):
            low = self.value(found)
            if not self.take("AND"):
                self.fail(self.tokens[self.next], "BETWEEN is followed by two values with AND between them")
            return Compare(found, f"{negated}BETWEEN", (low, self.value(found)))
        if self.take("IN"):
            return Compare(found, f"{negated}IN", self.several(found))
        if operator in ("RLIKE", "REGEXP"):
            help_text = "Write LIKE or ILIKE: % is any text, _ any character"
            self.fail(self.tokens[self.next], "there are no regular expressions in a filter", help_text)
        return self.fail(
            self.tokens[self.next], f"an operator is missing after {found.name}", f"Operators: {OPERATORS}"
        )

    def several(self, of: Column) -> tuple[Value, ...]:
        if not self.take("("):
            self.fail(self.tokens[self.next], "IN is followed by values in parentheses: IN ('a', 'b')")
        found = [self.value(of)]
        while self.take(","):
            found.append(self.value(of))
        if not self.take(")"):
            self.fail(self.tokens[self.next], "a comma or the closing parenthesis of IN is missing")
        return tuple(found)

    def column(self) -> Column:
        token = self.tokens[self.next]
        if token.kind == "end":
            self.fail(token, "a condition is missing", EXISTING)
        name = unquoted(token.text) if token.text.startswith("`") else token.text
        if (token.kind != "word" and not token.text.startswith("`")) or token.keyword in _KEYWORDS:
            self.fail(token, f"a condition begins with a column, and {token.text} is none", EXISTING)
        self.next += 1
        found = column(name)
        key = self.tokens[self.next]
        if name.endswith(".") and key.kind == "quoted" and key.at == token.after:
            self.next += 1
            found = keyed(name, unquoted(key.text))
        if found is None and is_content(name):
            self.fail(token, f"there is no column {name}", SEARCHED)
        if found is None:
            self.fail(token, f"there is no column {name}.{closest(name)}", EXISTING)
        return found

    def value(self, of: Column) -> Value:
        token = self.tokens[self.next]
        self.values += 1
        if self.values > _MOST_VALUES:
            self.fail(token, f"more than {_MOST_VALUES:,} values")
        if token.keyword == "NULL":
            self.fail(token, "nothing equals NULL", f"Write {of.name} IS NULL, or {of.name} IS NOT NULL")
        boolean = token.kind == "word" and token.text.lower() in ("true", "false")
        if not boolean and (token.kind not in ("quoted", "number") or token.text.startswith("`")):
            found = token.text or "the end"
            self.fail(token, f"a value is missing for {of.name} before {found}", "Write text in quotes: 'gpt-4o'")
        self.next += 1
        quoted = token.kind == "quoted"
        text = unquoted(token.text) if quoted else token.text.lower() if boolean else token.text
        try:
            return Value(_bound(of, text, quoted=quoted), text)
        except ValueError as e:
            self.fail(token, str(e))

    def take(self, what: str) -> bool:
        if self.tokens[self.next].kind in ("word", "sign") and self.tokens[self.next].keyword == what:
            self.next += 1
            return True
        return False

    def fail(self, token: Token, problem: str, help_text: str = "") -> NoReturn:
        wrong(self.text, token.at, problem, help_text)


def _bound(of: Column, text: str, *, quoted: bool) -> str | int | float:
    """Give the value as the column holds it. Raises ``ValueError`` saying what the column takes."""
    match of.kind:
        case "text" | "type" | "label":
            return text
        case "status":
            if text.upper() not in STATUSES:
                raise ValueError(f"{of.name} is one of {', '.join(STATUSES)}, and never {text!r}")
            return text.upper()
        case "time":
            return parse_time(float(text) if not quoted and "e" in text.lower() else text)  # 1.7e9
        case "duration":
            if quoted:
                return length_ns(text)
            if of.name == "duration":
                raise ValueError(f"duration needs a unit: duration > '1.5s', or duration_ms > {text}")
            return round(_number(of, text) * 1e6)
        case "number":
            return _number(of, text)


def _number(of: Column, text: str) -> int | float:
    try:
        number = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise ValueError(f"{of.name} is compared with a number, and {text!r} is none") from None
    if not abs(number) < 2**63:
        raise ValueError(f"{text} is too large for {of.name}")
    return number
