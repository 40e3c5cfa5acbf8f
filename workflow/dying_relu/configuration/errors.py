"""Refusals in our words: `key: found X, allowed: Y`, a line per problem, all of them at once."""

import difflib
import re
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

MOST_PROBLEMS = 50  # lines of a message

# Shows what was found, cut short where it is long.
SHORT = reprlib.Repr()
SHORT.maxlevel, SHORT.maxlist, SHORT.maxdict, SHORT.maxstring, SHORT.maxother = 3, 10, 6, 200, 200

# JSON Schema in words.
TYPES = {"null": "null", "array": "a list", "object": "a mapping of keys", "integer": "a whole number"}
TYPES |= {"number": "a number", "string": "text", "boolean": "true or false"}
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "with at least {} items",
    "maxItems": "with at most {} items",
    "uniqueItems": "none twice",
    "minProperties": "with at least {} keys",
}


class ConfigError(ValueError):
    """The configuration is refused; the message has one line per problem, each naming its key."""


def refuse(problems: Iterable[str]) -> None:
    """Raise ConfigError if there are problems; of very many, the message has the first ones."""
    if found := list(problems):
        more = [f"and {len(found) - MOST_PROBLEMS:,} problems more"] if len(found) > MOST_PROBLEMS else []
        raise ConfigError("\n".join(found[:MOST_PROBLEMS] + more))


def problem(found: str, allowed: str) -> PydanticCustomError:
    """An error in our words, for validators to raise."""
    return PydanticCustomError("problem", "{words}", {"words": f"found {found}, allowed: {allowed}"})


def raise_problems(problems: Iterable[tuple[str, Any, str]]) -> None:
    """Raise pydantic's ValidationError if there are problems: of each the key, what was found, and what is allowed."""
    details = [
        InitErrorDetails(type=problem("null" if found is None else str(found), allowed), loc=(key,), input=found)
        for key, found, allowed in problems
    ]
    if details:
        raise ValidationError.from_exception_data("configuration", details)


def in_words(error: ValidationError, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The problems of a ValidationError, sorted by key.

    `schema` is the JSON Schema of the validated model, `path` its place in the configuration.
    """
    errors = error.errors(include_url=False)
    # Where an item is refused, pydantic also finds the list too short.
    parents = {one["loc"][:length] for one in errors for length in range(len(one["loc"]))}
    yield from sorted(_line(one, schema, path) for one in errors if one["loc"] not in parents)


def show_key(key: Any) -> str:
    """A key as it is, or quoted where it is no word."""
    return key if isinstance(key, str) and re.fullmatch(r"[\w-]{1,64}", key) else SHORT.repr(key)


def _line(error: dict[str, Any], schema: dict[str, Any], path: str) -> str:
    kind, found, steps = error["type"], error["input"], error["loc"]
    *parents, last = steps
    if kind in ("extra_forbidden", "invalid_key"):
        known = list(next(part["properties"] for part in _parts(schema, parents) if "properties" in part))
        close = difflib.get_close_matches(str(last), known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return f"{_path(path, [*parents, str(last)])}: unknown key{hint}, allowed: {', '.join(known)}"
    if last == "[key]":
        steps = parents[:-1]
        (pattern,) = next(part["patternProperties"] for part in _parts(schema, steps) if "patternProperties" in part)
        words = f"found {SHORT.repr(found)}, allowed: text that matches {pattern}"
    elif kind == "problem":
        words = error["msg"]
    elif kind == "missing":
        words = "missing, and it has no default"
    elif kind == "finite_number":
        words = f"found {found}, allowed: a finite number"
    else:
        hint = " (a number to YAML: quote it)" if kind == "string_type" and type(found) in (int, float) else ""
        words = f"found {SHORT.repr(found)}{hint}, allowed: {'; or '.join(map(_allowed, _parts(schema, steps)))}"
    return f"{_path(path, steps)}: {words}"


def _path(path: str, steps: Iterable[Any]) -> str:
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{show_key(step)}"
    return path.removeprefix(".")


def _parts(schema: dict[str, Any], steps: Sequence[Any]) -> list[dict[str, Any]]:
    """The alternatives of a JSON Schema at a path."""

    def alternatives(part: dict[str, Any]) -> list[dict[str, Any]]:
        if "$ref" in part:
            return alternatives(schema["$defs"][part["$ref"].rpartition("/")[2]])
        return [one for option in part.get("anyOf", []) for one in alternatives(option)] or [part]

    parts = [schema]
    for step in steps:
        children = (
            part.get("items")
            if isinstance(step, int)
            else (part.get("properties") or {}).get(step)
            or next(iter(part.get("patternProperties", {}).values()), None)
            for part in parts
        )
        parts = alternatives(next(child for child in children if child))
    return parts


def _allowed(part: dict[str, Any]) -> str:
    if "pattern" in part:
        return f"text that matches {part['pattern']}"
    if "enum" in part or "const" in part:
        return "one of " + ", ".join(part.get("enum") or [part["const"]])
    return ", ".join([TYPES[part["type"]], *(words.format(part[key]) for key, words in LIMITS.items() if key in part)])
