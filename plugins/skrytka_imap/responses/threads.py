"""THREAD (RFC 5256 section 4), piece by piece: it is one line, however many messages there are and however deep they nest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

THREAD = b"* THREAD"
PIECES = 4_096


def thread_lists(
    roots: Sequence[int], children: Mapping[int, Sequence[int]], number_of: Callable[[int], int | None]
) -> Iterator[bytes]:
    """RFC 5256 section 5. A node without a number, a message that is not there, has two children or more.

    thread-data    = "THREAD" [SP 1*thread-list]
    thread-list    = "(" (thread-members / thread-nested) ")"
    thread-members = nz-number *(SP nz-number) [SP thread-nested]
    thread-nested  = 2*thread-list
    """
    done: list[str] = []
    for root in roots:
        left: list[int | str] = [")", root, "("]
        while left:
            item = left.pop()
            if isinstance(item, str):
                done.append(item)
                continue
            number, below = number_of(item), children.get(item, ())
            done.append("" if number is None else f"{number} " if below else str(number))
            if len(below) == 1:
                left += below
            else:
                left += [piece for child in reversed(below) for piece in (")", child, "(")]
            if len(done) >= PIECES:
                yield "".join(done).encode()
                done.clear()
    yield "".join(done).encode()
