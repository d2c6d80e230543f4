"""The committed OpenAPI document is the one the code generates."""

from __future__ import annotations

import json

from tests.api.write_openapi import PATH, document


def test_the_committed_document_is_current() -> None:
    assert PATH.read_text() == document(), "openapi/openapi.json is out of date: make openapi"


def test_every_operation_is_named_and_described() -> None:
    operations = [
        operation
        for path in json.loads(document())["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "responses" in operation
    ]
    assert len(operations) > 25
    assert all(operation.get("summary") and operation.get("operationId") for operation in operations)


def test_bodies_refuse_unknown_fields_in_the_document_too() -> None:
    schemas = json.loads(document())["components"]["schemas"]
    assert schemas["MailboxBody"]["additionalProperties"] is False


def test_what_a_client_needs_for_conditions_is_in_the_document() -> None:
    paths = json.loads(document())["paths"]
    mailbox = paths["/v1/mailboxes/{address}"]
    for operation, status in ((mailbox["get"], "200"), (mailbox["put"], "200"), (mailbox["put"], "201")):
        assert "ETag" in operation["responses"][status]["headers"]
    assert "304" in paths["/v1/domains/{domain}"]["get"]["responses"]
    assert "Retry-After" in mailbox["get"]["responses"]["default"]["headers"]
    assert "application/problem+json" in paths["/healthz/ready"]["get"]["responses"]["503"]["content"]
