"""The one error of the grammar: the client wrote nonsense."""

from __future__ import annotations


class SyntaxFault(Exception):
    """A command that is none. ``message`` is for the client; ``tag`` is None where not even that could be read.

    It becomes a tagged BAD, or an untagged one without a tag (RFC 3501 section 7.1.3). With a response code the grammar's becomes
    NO: the command can be read, but can never be done. A handler's is BAD with the code.
    """

    def __init__(self, message: str, tag: bytes | None = None, code: bytes | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.tag = tag
        self.code = code
