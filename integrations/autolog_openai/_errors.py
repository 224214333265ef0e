"""What went wrong, as the provider said it: error bodies, errors inside good replies and inside streams."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from autolog_openai._json import Json, as_dict, as_int, as_list, as_str, dicts, is_dict

__all__ = ["Problem", "problem_in", "problem_of_status"]

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that a provider reported. ``code`` is its code, or the error's type where it has no codes."""

    message: str | None = None
    code: str | None = None
    type: str | None = None


def _code(value: object) -> str | None:
    number = as_int(value)
    return as_str(value) if number is None else str(number)


def _message(value: object) -> str | None:
    """Give a message; of a validation error's list, what each entry says."""
    text = as_str(value)
    if text is not None or not value:
        return text
    said = [m for entry in dicts(value) if (m := as_str(entry.get("msg")) or as_str(entry.get("message")))]
    if said:
        return "; ".join(said)
    return json.dumps(value, ensure_ascii=False, default=str)[:_LONGEST]


def _problem_of(error: Json) -> Problem:
    kind = as_str(error.get("type"))
    message = _message(error.get("message")) or _message(error.get("detail")) or _message(error.get("msg"))
    return Problem(message, _code(error["code"]) if "code" in error else kind, kind)


def _is_error(value: Json) -> bool:
    # "type" of Responses' error event and of Anthropic's body, "object" of vLLM's and Mistral's.
    return value.get("object") == "error" or value.get("type") == "error"


def _problem_of_text(text: str) -> Problem | None:
    title = _TITLE.search(text)
    said = (title[1] if title else text).strip()
    return Problem(said[:_LONGEST]) if said else None


def problem_in(body: object, *, failed: bool) -> Problem | None:
    """Find the error in a body. ``failed`` says that the status is an error's, so that the whole body speaks of it."""
    if isinstance(body, str):
        return _problem_of_text(body) if failed else None
    entries = as_list(body)
    # Google answers with a list of one; of a stream that nobody puts together, an error is the last event.
    value = as_dict((entries[0] if failed else entries[-1]) if entries else body)
    error = value.get("error")
    if is_dict(error) and error:
        return _problem_of(error)
    if isinstance(error, str) and error:
        said = as_str(value.get("message")) or as_str(value.get("error_description"))
        return Problem(said or error, _code(value.get("code")))
    if value and (failed or _is_error(value)):
        return _problem_of(value)
    return None


def problem_of_status(body: Json) -> Problem | None:
    """Find the failure of an object that says how it ended: a response, a run, a batch, a choice."""
    status = body.get("status")
    if status == "failed":
        errors = dicts(as_dict(body.get("errors")).get("data"))
        error = as_dict(body.get("last_error")) or as_dict(body.get("error")) or (errors[0] if errors else {})
        found = _problem_of(error)
        return Problem(found.message or "failed", found.code, found.type)
    if status == "incomplete" and as_dict(body.get("incomplete_details")).get("reason") == "content_filter":
        return Problem("the answer was stopped by the content filter", "content_filter")
    for choice in dicts(body.get("choices")):  # OpenRouter
        error = as_dict(choice.get("error"))
        if error:
            return _problem_of(error)
    return None
