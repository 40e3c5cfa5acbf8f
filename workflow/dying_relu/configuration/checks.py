"""What is refused before the settings are read: in the files, on the command line, and by sheer number."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import yaml

from dying_relu.configuration.errors import refuse, show_key

MOST_VALUES = 200_000


def reject_alias_bombs(raw: dict[str, Any]) -> None:
    """Refuse keys with more values than anybody writes; YAML's aliases can multiply them without end."""

    def is_too_much(value: Any) -> bool:
        queue, count = [value], 0
        while queue and count <= MOST_VALUES:
            part = queue.pop()
            count += 1
            queue += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        return count > MOST_VALUES

    words = f"found more than {MOST_VALUES:,} values, allowed: at most so many"
    refuse(f"{show_key(key)}: {words}" for key, value in raw.items() if is_too_much(value))


def duplicate_keys(text: str) -> list[str]:
    """Keys that a YAML (or JSON) mapping has twice, of which a reader takes the last one without a word.

    The line is that in which the mapping begins, from 1.
    """
    found, seen, queue = [], set(), [yaml.compose(text, Loader=yaml.SafeLoader)]
    while queue:
        node = queue.pop()
        if node is None or id(node) in seen:  # an alias is the same node as its anchor
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            queue += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            where = node.start_mark.line + 1
            words = f"times below line {where}, allowed: once"
            found += [(where, f"{key}: found {times} {words}") for key, times in keys.items() if times > 1]
            queue += [part for pair in node.value for part in pair]
    return [problem for _, problem in sorted(found)]


def shell_problems(entries: Iterable[str]) -> Iterator[str]:
    """Entries of Snakemake's `--config` that do not arrive as they were written.

    YAML takes what follows ` #` for a comment. And Snakemake quotes entries for the shell of a submitted job as Python
    does (`repr`): in double quotes where there is an apostrophe, and a shell looks inside these.
    """
    for entry in entries:
        key, _, value = entry.partition("=")
        if "'" in entry and set(entry) & set('"$`\\'):
            yield (
                f'{key}: found an apostrophe together with one of " $ ` \\ in --config, '
                "allowed: not both; a file (--configfile) may have both"
            )
        with suppress(yaml.YAMLError):
            if str(yaml.load(value, yaml.BaseLoader)).count("#") < value.count("#"):
                yield f"{key}: found ' #' in --config, where YAML begins a comment, allowed: quotes around the text"
