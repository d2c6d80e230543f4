"""Reads a Dockerfile: its stages and their instructions, as far as ours uses them; anything else is an error."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from pathlib import Path

import msgspec

KNOWN = {
    *("FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
}


class Instruction(msgspec.Struct, frozen=True):
    word: str
    rest: str

    def options(self) -> dict[str, str]:
        return dict(re.findall(r"--([\w-]+)=(\S+)", self.rest))

    def pairs(self) -> dict[str, str]:
        """Of ``ENV``."""
        return {name: value for name, _, value in (part.partition("=") for part in self.arguments())}

    def arguments(self) -> list[str]:
        """What follows the word and its options: words, or the JSON form."""
        bare = re.sub(r"^(?:--[\w-]+=\S+\s+)*(?:CMD\s+)?", "", self.rest)
        return list(json.loads(bare)) if bare.startswith("[") else shlex.split(bare)


class Stage(msgspec.Struct, frozen=True):
    """One ``FROM`` and what follows it."""

    base: str
    instructions: list[Instruction]

    def all(self, word: str) -> list[Instruction]:
        return [each for each in self.instructions if each.word == word]

    def one(self, word: str) -> Instruction:
        (only,) = self.all(word)
        return only


def read(path: Path) -> list[Stage]:
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.partition(" ")
        assert word in KNOWN, f"the test does not know {line!r}"
        if word == "FROM":
            stages.append(Stage(rest.split()[0], []))
        else:
            stages[-1].instructions.append(Instruction(word, rest.strip()))
    return stages


def ignored(path: str, patterns: list[str]) -> bool:
    """Whether ``.dockerignore`` leaves a file of the project out; the last pattern that matches it, or a folder of it, says."""
    found = False
    parts = path.split("/")
    folders = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    for pattern in patterns:
        bare = pattern.removeprefix("!").removeprefix("**/")
        names = parts if "**/" in pattern else folders
        if any(fnmatch.fnmatchcase(name, bare) for name in names):
            found = not pattern.startswith("!")
    return found


def ignore_patterns(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
