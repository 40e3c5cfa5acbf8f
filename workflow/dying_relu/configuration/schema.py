"""The JSON Schema of the configuration. `make schema` writes it to the file that editors read."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from dying_relu.configuration.run import PARAMETERS
from dying_relu.configuration.settings import Settings

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
HEADER = "# Generated from workflow/dying_relu/configuration by `make schema`; a test fails when they differ.\n"


class _Generator(GenerateJsonSchema):
    """Keeps the order of declaration, and leaves out titles, which repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def sort(self, value: Any, parent_key: str | None = None) -> Any:
        """Each description on one line, instead of keys in alphabetical order."""
        if isinstance(value, dict):
            return {key: self.sort(part, key) for key, part in value.items()}
        return " ".join(value.split()) if parent_key == "description" else value


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of `Settings`; a grid is described as one run's parameters."""
    return Settings.model_json_schema(schema_generator=_Generator)


def schema_text() -> str:
    """The content of `config.schema.yaml`: `json_schema`, with a value or a list of values for each key of a grid."""
    schema = deepcopy(json_schema())
    parameters = {key: {"$ref": f"#/$defs/Parameters/properties/{key}"} for key in PARAMETERS}
    schema["$defs"]["ExperimentSettings"]["properties"]["grids"]["items"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            key: {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]} for key, one in parameters.items()
        },
    }
    dialect = {"$schema": GenerateJsonSchema.schema_dialect}
    plain = json.loads(json.dumps(dialect | schema))  # in which nothing stands twice, of which YAML makes anchors
    return HEADER + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
