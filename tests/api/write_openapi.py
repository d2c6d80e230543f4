"""``python -m tests.api.write_openapi`` writes openapi/openapi.json from the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from skrytka.core import Core
from skrytka.rest.app import create_app
from skrytka.rest.openapi_document import complete
from skrytka.settings import Settings

PATH = Path(__file__).parent.parent.parent / "openapi" / "openapi.json"


class _Unopened:
    """The document depends on the settings only: nothing else of the core is there."""

    settings = Settings()


def document() -> str:
    schema: dict[str, Any] = complete(create_app(cast("Core", _Unopened())).openapi_schema.to_schema())
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(document())
    print(f"wrote {PATH}")
