"""Octets in, whole commands out: lines with their literals, whatever the chunks they came in.

Limits hold before memory is used: a literal announces its size, and a line is given up as soon as it is too long.
Lines end with CRLF; a bare LF is taken too, as Dovecot does, because people type at servers. ``receive`` stores octets,
``next_event`` takes them apart one event at a time, so that what a command changes (``expect_line`` for IDLE and
AUTHENTICATE, ``limits`` after LOGIN, ``discard`` for STARTTLS) holds for the very next octet, pipelined or not.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable

import msgspec

TAG = re.compile(rb"([^\x00-\x20\x7f-\xff(){%*\"\\+]+)(?= |$)")
LITERAL = re.compile(rb"\{([0-9]{1,20})(\+?)\}\Z")
BRINGS_MAIL = re.compile(rb"[^ ]+ (?:APPEND|(?:UID )?REPLACE) ", re.IGNORECASE)
FOLDER_NAME_NEXT = re.compile(rb"[^ ]+ (?:APPEND|(?:UID )?REPLACE [0-9*]+) \Z", re.IGNORECASE)
SETS_METADATA = re.compile(rb"[^ ]+ SETMETADATA ", re.IGNORECASE)
MARKER_OCTETS = len("{12345678901234567890+}\r")


class Limits(msgspec.Struct, frozen=True):
    """What a client may send. Replace ``Framing.limits`` by another at any time.

    ``line_octets`` bounds the text of one command over all its lines, ``literal_octets`` its literals together, to
    which APPEND and REPLACE may add ``append_octets`` for its mails, each with at most ``mail_octets`` if that is given.
    ``discard_octets`` is how much of a command that is refused already is read and thrown away to stay in step; more ends
    the connection.
    """

    line_octets: int = 8_192
    literal_octets: int = 8_192
    append_octets: int = 0
    mail_octets: int | None = None
    discard_octets: int = 1_048_576


class CommandReceived(msgspec.Struct, frozen=True):
    """A whole command. ``pieces`` alternate between text and literal and begin and end with text.

    Text stands without line ends and without the ``{size}`` of the literal that follows it.
    """

    pieces: tuple[bytes, ...]


class LineReceived(msgspec.Struct, frozen=True):
    """The line that ``expect_line`` asked for, without its end."""

    line: bytes


class LiteralWanted(msgspec.Struct, frozen=True):
    """The client waits for ``+`` before it sends ``size`` octets. Answer so, or ``refuse_literal`` and a tagged NO."""

    tag: bytes | None
    size: int


class FramingErrorKind(enum.Enum):
    LINE_TOO_LONG = "line too long"
    LITERAL_TOO_LARGE = "literal too large"
    METADATA_TOO_LARGE = "metadata too large"
    NO_ROOM = "no room now"


class FramingError(msgspec.Struct, frozen=True):
    """A command over the limits. The next event is the next command's, unless ``fatal``: then say BYE and close.

    A fatal error may follow one that was not, when the rest of the refused command does not end.
    """

    kind: FramingErrorKind
    message: str
    tag: bytes | None
    fatal: bool


Event = CommandReceived | LineReceived | LiteralWanted | FramingError


class _State(enum.Enum):
    TEXT = enum.auto()
    LITERAL = enum.auto()
    SKIP_TEXT = enum.auto()
    SKIP_LITERAL = enum.auto()
    DEAD = enum.auto()


class Framing:
    """One connection's stream of commands. ``reserve`` is asked before the octets of a mail are kept: is there room now?"""

    def __init__(self, limits: Limits, reserve: Callable[[int], bool] = lambda _: True) -> None:
        self.limits = limits
        self._reserve = reserve
        self._buffer = bytearray()
        self._searched = 0
        self._raw_line = False
        self._next_command()

    def receive(self, octets: bytes) -> None:
        """Take octets in. Then ask ``next_event`` until it has none."""
        if self._state is not _State.DEAD:
            self._buffer += octets

    def next_event(self) -> Event | None:
        """The next event, or None until more octets are received."""
        while True:
            match self._state:
                case _State.TEXT:
                    event, moved = self._text()
                case _State.LITERAL:
                    event, moved = None, self._literal()
                case _State.SKIP_TEXT:
                    event, moved = self._skip_text()
                case _State.SKIP_LITERAL:
                    event, moved = None, self._skip_literal()
                case _State.DEAD:
                    return None
            if event is not None or not moved:
                return event

    def expect_line(self) -> None:
        """Deliver the next line raw: a response to AUTHENTICATE, or IDLE's DONE."""
        self._raw_line = True

    def refuse_literal(self) -> None:
        """Forget the command of the last ``LiteralWanted``: its client will not send the rest (RFC 3501, 7.5)."""
        self._next_command()

    def discard(self) -> None:
        """Throw away what was received and not yet delivered: nothing sent before TLS may count after it."""
        self._buffer.clear()
        self._next_command()

    def take_rest(self) -> bytes:
        """What was received behind the last command: under COMPRESS it is no text yet."""
        rest = bytes(self._buffer)
        self.discard()
        return rest

    @property
    def in_command(self) -> bool:
        """The client has begun a command and owes the rest of it."""
        return bool(self._buffer or self._pieces)

    def _next_command(self) -> None:
        self._state = _State.TEXT
        self._pieces: list[bytes] = []
        self._text_octets = 0
        self._literal_octets = 0
        self._wanted = 0
        self._discarded = 0
        self._tail = b""
        self._searched = 0

    def _text(self) -> tuple[Event | None, bool]:
        """One line: the end of a command, or of its text before a literal."""
        room = self.limits.line_octets - self._text_octets
        end = self._buffer.find(b"\n", self._searched, room + 2)
        if end < 0:
            if len(self._buffer) < room + 2:
                self._searched = len(self._buffer)
                return None, False
            return self._too_long(), True
        line = bytes(self._buffer[: end - 1 if end and self._buffer[end - 1] == 0x0D else end])
        if len(line) > room:
            return self._too_long(), True
        self._take(end + 1)
        if self._raw_line:
            self._raw_line = False
            return LineReceived(line), True
        return self._line(line)

    def _line(self, line: bytes) -> tuple[Event | None, bool]:
        marker = LITERAL.search(line) if line.endswith(b"}") else None
        if marker is None:
            event = CommandReceived((*self._pieces, line))
            self._next_command()
            return event, True
        self._pieces.append(line[: marker.start()])
        self._text_octets += len(line)
        return self._announce(int(marker[1]), synchronizing=not marker[2])

    def _announce(self, size: int, *, synchronizing: bool) -> tuple[Event | None, bool]:
        """A literal of ``size`` octets comes: is there room, and does the client wait to hear so?"""
        if self._literal_octets + size > self._literal_room() or self._is_too_large_a_mail(size):
            return self._too_large(size, synchronizing=synchronizing), True
        if self._is_append() and not self._reserve(size):
            return self._no_room(size, synchronizing=synchronizing), True
        self._wanted = size
        self._state = _State.LITERAL
        return (LiteralWanted(self._tag(), size) if synchronizing else None), True

    def _literal(self) -> bool:
        if len(self._buffer) < self._wanted:
            return False
        with memoryview(self._buffer) as view:
            self._pieces.append(bytes(view[: self._wanted]))
        self._literal_octets += self._wanted
        self._take(self._wanted)
        self._state = _State.TEXT
        return True

    def _literal_room(self) -> int:
        brings_mail = self._is_append() and not self._names_folder()
        return self.limits.literal_octets + (self.limits.append_octets if brings_mail else 0)

    def _is_append(self) -> bool:
        """Whether the command may bring mails: before login none may."""
        return self.limits.append_octets > 0 and BRINGS_MAIL.match(self._pieces[0]) is not None

    def _is_too_large_a_mail(self, size: int) -> bool:
        """RFC 7889 section 4: a mail over the limit is refused before it is sent."""
        limit = self.limits.mail_octets
        return limit is not None and size > limit and self._is_append() and not self._names_folder()

    def _names_folder(self) -> bool:
        """Whether the literal that is announced is the folder's name."""
        return len(self._pieces) == 1 and FOLDER_NAME_NEXT.match(self._pieces[0]) is not None

    def _too_long(self) -> FramingError:
        """The rest of the line is skipped; its beginning is kept only for the tag."""
        if not self._pieces:
            tag, space, _ = bytes(self._buffer[: self.limits.line_octets]).partition(b" ")
            self._pieces.append(tag if space and not self._raw_line else b"")
        self._raw_line = False
        error = self._error(FramingErrorKind.LINE_TOO_LONG, f"A command has at most {self.limits.line_octets} octets")
        self._skip(_State.SKIP_TEXT)
        return error

    def _too_large(self, size: int, *, synchronizing: bool) -> FramingError:
        """RFC 7888 section 4: a literal that nobody waits to send is on its way, so read it, or close."""
        fatal = not synchronizing and size > self.limits.discard_octets
        message = f"The literals of this command have at most {self._literal_room()} octets"
        if self._is_too_large_a_mail(size):
            message = f"A message has at most {self.limits.mail_octets} octets"
        error = self._error(self._kind_of_too_large(size), message, fatal=fatal)
        if fatal:
            self._die()
        elif synchronizing:
            self._next_command()
        else:
            self._wanted = size
            self._skip(_State.SKIP_LITERAL)
        return error

    def _kind_of_too_large(self, size: int) -> FramingErrorKind:
        """A value of metadata that can never be taken has an answer of its own (RFC 5464 section 4.3)."""
        if size > self.limits.literal_octets and SETS_METADATA.match(self._pieces[0]) is not None:
            return FramingErrorKind.METADATA_TOO_LARGE
        return FramingErrorKind.LITERAL_TOO_LARGE

    def _no_room(self, size: int, *, synchronizing: bool) -> FramingError:
        """The literal is within the limits, only not now: one that is on its way is skipped, however long it is."""
        error = self._error(FramingErrorKind.NO_ROOM, "Too many mails are on their way in; try again")
        if synchronizing:
            self._next_command()
        else:
            self._wanted = size
            self._discarded = -size
            self._skip(_State.SKIP_LITERAL)
        return error

    def _skip(self, state: _State) -> None:
        """Give up the command; its tag stays known, for a second and fatal error."""
        self._pieces = [self._tag() or b""]
        self._text_octets = self._literal_octets = 0
        self._state = state

    def _skip_text(self) -> tuple[Event | None, bool]:
        """Throw away up to the end of the line, which may announce a literal that must be thrown away as well."""
        room = self.limits.discard_octets - self._discarded
        end = self._buffer.find(b"\n", 0, room)
        count = end + 1 if end >= 0 else min(len(self._buffer), room)
        self._tail = (self._tail + self._buffer[:count])[-MARKER_OCTETS - 1 :]
        self._take(count)
        self._discarded += count
        if end >= 0:
            return self._skipped_line()
        return (self._endless(), True) if count == room else (None, False)

    def _skipped_line(self) -> tuple[Event | None, bool]:
        marker = LITERAL.search(self._tail.removesuffix(b"\n").removesuffix(b"\r"))
        self._tail = b""
        if marker is None or not marker[2]:
            self._next_command()
            return None, True
        self._wanted = int(marker[1])
        if self._wanted > self.limits.discard_octets - self._discarded:
            return self._endless(), True
        self._state = _State.SKIP_LITERAL
        return None, True

    def _skip_literal(self) -> bool:
        count = min(self._wanted, len(self._buffer))
        self._take(count)
        self._wanted -= count
        self._discarded += count
        if self._wanted:
            return False
        self._state = _State.SKIP_TEXT
        return True

    def _endless(self) -> FramingError:
        """Without a tag: the command was answered when it was refused (RFC 3501 section 2.2.2)."""
        self._die()
        return FramingError(
            FramingErrorKind.LINE_TOO_LONG, "Too much follows a command that was refused", None, fatal=True
        )

    def _error(self, kind: FramingErrorKind, message: str, *, fatal: bool = False) -> FramingError:
        return FramingError(kind, message, self._tag(), fatal)

    def _tag(self) -> bytes | None:
        match = TAG.match(self._pieces[0])
        return match[1] if match else None

    def _take(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0

    def _die(self) -> None:
        self.discard()
        self._state = _State.DEAD
