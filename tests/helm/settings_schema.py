"""The part of the chart's values schema that is not written by hand: ``settings``, from the types of Skrytka's settings.

So a wrong key, or a value that is out of bounds, is refused by Helm and not by pods that start again and again. Written by
``python -m tests.helm.settings_schema``; a test compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from skrytka.plugin_host import manager
from skrytka.serve.settings_loading import core_sections

SCHEMA = Path(__file__).parent.parent.parent / "helm" / "skrytka" / "values.schema.json"
FRONT_ENDS = ("imap", "pop3", "lmtp")

OWNED = frozenset(
    (
        *("serve.plugins", "serve.workers", "serve.health_listen", "rest.listen"),
        *("store.url", "store.shard_urls", "redis.url", "blobs.url", "tls.certificate", "tls.key"),
    )
)
"""What other values decide, or Secrets hold; the front ends' ``listen`` and ``listen_tls`` too."""

_PROXY_RULE = {
    "if": {"required": ["proxy_protocol"], "properties": {"proxy_protocol": {"minItems": 1}}},
    "then": {"required": ["trusted_networks"], "properties": {"trusted_networks": {"minItems": 1}}},
}
"""What ``settings_rules`` demands of values that only make sense together."""


def settings_schema() -> dict[str, Any]:
    sections: dict[str, Any] = {**core_sections(), **manager.load(FRONT_ENDS).sections()}
    properties = {}
    for section, kind in sections.items():
        _, definitions = msgspec.json.schema_components([kind])
        keys = {
            key: _bare(each)
            for key, each in definitions[kind.__name__]["properties"].items()
            if f"{section}.{key}" not in OWNED and not (section in FRONT_ENDS and key.startswith("listen"))
        }
        if keys:
            properties[section] = _object(keys) | (_PROXY_RULE if section in FRONT_ENDS else {})
    return _object(properties)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the default, which is the code's. Null in values removes a key, it never arrives."""
    bare = {key: value for key, value in schema.items() if key != "default"}
    if "anyOf" in bare:
        (bare,) = [each for each in bare["anyOf"] if each != {"type": "null"}]
    return bare


def document() -> str:
    """The whole schema with that part as it should be."""
    schema = json.loads(SCHEMA.read_text())
    schema["properties"]["settings"] = settings_schema()
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(document())
