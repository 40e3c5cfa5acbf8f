"""Sections of the configuration, which read text as the number, truth value or null that a field wants.

Inside brackets and braces, Snakemake's `--config` hands on everything as text; and YAML takes 1e-3 for text.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from types import NoneType
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

NUMBERS = frozenset({int, float})


class Section(BaseModel):
    """A part of the configuration: immutable, without unknown keys. The text below a field describes it."""

    model_config = ConfigDict(
        strict=True,  # a truth value is no number
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        regex_engine="python-re",  # the default engine cannot look ahead, as the patterns do
        use_attribute_docstrings=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _coerce(cls, value: Any, info: ValidationInfo) -> Any:
        return _coerced(value, _kinds(cls, info.field_name))


@cache
def _kinds(model: type[Section], field: str) -> frozenset[type]:
    """The scalars that text may stand for in a field, by its annotation."""

    def types(annotation: Any) -> Iterator[Any]:
        yield annotation
        for part in get_args(annotation):
            yield from types(part)

    found = [kind for kind in types(model.model_fields[field].annotation) if kind in (bool, int, float, NoneType)]
    return frozenset(found)


def _coerced(value: Any, kinds: frozenset[type]) -> Any:
    if isinstance(value, list):
        return [_coerced(item, kinds - {NoneType}) for item in value]
    if isinstance(value, dict) and NoneType in kinds:  # an entry of a mapping that is taken away
        return {key: None if item == "null" else item for key, item in value.items()}
    if isinstance(value, str) and kinds:
        scalar = _scalar(value)
        if type(scalar) in (kinds | NUMBERS if kinds & NUMBERS else kinds):
            value = scalar
    if isinstance(value, float) and int in kinds and value.is_integer():
        return int(value)
    return value


def _scalar(text: str) -> Any:
    for read in (yaml.safe_load, float):
        with suppress(ValueError, yaml.YAMLError):
            if not isinstance(value := read(text), str):
                return value
    return text
