"""Power: what may be on a disk after it failed, worked out from the system calls of a process.

The model is as unkind as POSIX allows. A file's content is safe once the file is synced, its name
once the directory that holds it is. Of what is not, each change of a directory is there or is not,
in any combination, but for a rename, which is one step; a content is whole, half, zeros or none.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.recording import Recorded

Tree = Mapping[str, bytes | None]
"""What is on a disk: each path with its content, or None for a directory."""

SAMPLES = 6
"""How many combinations of a moment's unsafe changes are taken by chance, beside the regular."""

HARMLESS = frozenset("flock fcntl chmod fchmod fchmodat utimensat utime utimes futimesat".split())
"""The calls that change neither names nor contents."""

_LOSSES: Sequence[Callable[[bytes], bytes]] = (
    lambda content: content,
    lambda _: b"",
    lambda content: bytes(len(content)),
    lambda content: content[: len(content) // 2],
)
"""What may have become of the content of a file that was not synced."""


@dataclass(frozen=True, slots=True)
class _Link:
    directory: int
    name: str
    node: int
    is_made: bool
    """Whether the name is given to the node, or taken from it."""


@dataclass(slots=True)
class _Change:
    """A change of directories that is there whole or not at all."""

    links: tuple[_Link, ...]
    is_safe: bool = False


class Disk:
    """A directory tree that calls change; nodes are numbered as they come."""

    def __init__(self, root: str) -> None:
        """Take the tree below `root` as it is, all of it safe."""
        self._root = root
        self._base: dict[int, dict[str, int]] = {}
        self._now: dict[int, dict[str, int]] = {}
        self._contents: dict[int, bytes] = {}
        self._safe: dict[int, bytes] = {}
        self._changes: list[_Change] = []
        self._top = self._read(Path(root))

    def tree(self) -> Tree:
        """Return what is there now, for those who do not lose power."""
        return self._below(self._now, self._contents)

    def apply(self, call: Recorded) -> bool:
        """Let a call happen that succeeded; say whether anything changed, or became safe.

        Raises `AssertionError` for one that the model does not know.
        """
        name, paths = call.name, [self._relative(path) for path in call.paths]
        if name in HARMLESS or not any(path is not None for path in paths):
            return False
        assert None not in paths, f"into or out of the store: {call}"
        first, *others = [path for path in paths if path is not None]
        if name == "openat":
            return self._open(first, call.flags)
        if name in {"write", "pwrite64", "ftruncate"}:
            self._write(self._node(first), call)
        elif name in {"fsync", "fdatasync"}:
            self._sync(self._node(first))
        elif name in {"mkdir", "mkdirat"}:
            self._link(first, self._new_directory())
        elif name in {"unlink", "rmdir", "unlinkat"}:
            self._change(self._unlinked(first))
        else:
            assert name in {"rename", "renameat", "renameat2"}, f"the model lacks {call}"
            node = self._node(first)
            self._change(self._linked(others[0], node), self._unlinked(first))
        return True

    def after_power_loss(self, chance: random.Random) -> Iterator[Tree]:
        """Yield what may be on the disk if the power fails now."""
        unsafe = [number for number, each in enumerate(self._changes) if not each.is_safe]
        lost = [node for node in self._contents if self._contents[node] != self._safe.get(node)]
        for kept in _combinations(unsafe, chance):
            names = self._names(kept)
            for loss in _LOSSES if lost else _LOSSES[:1]:
                contents = self._contents | {node: loss(self._contents[node]) for node in lost}
                yield self._below(names, contents)

    def _read(self, path: Path) -> int:
        if not path.is_dir():
            return self._new_file(path.read_bytes(), is_safe=True)
        node = self._new_directory()
        names = {child.name: self._read(child) for child in path.iterdir()}
        self._base[node], self._now[node] = names, dict(names)
        return node

    def _relative(self, path: str) -> str | None:
        if path == self._root:
            return ""
        inside = path.startswith(f"{self._root}/")
        return path.removeprefix(f"{self._root}/") if inside else None

    def _new_file(self, content: bytes = b"", *, is_safe: bool = False) -> int:
        node = len(self._now) + len(self._contents)
        self._contents[node] = content
        if is_safe:
            self._safe[node] = content
        return node

    def _new_directory(self) -> int:
        node = len(self._now) + len(self._contents)
        self._base[node], self._now[node] = {}, {}
        return node

    def _node(self, path: str) -> int:
        node = self._top
        for part in filter(None, path.split("/")):
            node = self._now[node][part]
        return node

    def _open(self, path: str, flags: Collection[str]) -> bool:
        directory, _, name = path.rpartition("/")
        if "O_CREAT" in flags and name not in self._now[self._node(directory)]:
            self._link(path, self._new_file())
            return True
        if "O_TRUNC" in flags and self._contents[self._node(path)]:
            self._contents[self._node(path)] = b""
            return True
        return False

    def _write(self, node: int, call: Recorded) -> None:
        old = self._contents[node]
        if call.name == "ftruncate":
            self._contents[node] = old[: call.number].ljust(call.number, b"\0")
        else:
            assert call.name == "write" or call.number == 0, call
            start = len(old) if call.name == "write" else call.number
            self._contents[node] = old[:start] + call.data + old[start + len(call.data) :]

    def _sync(self, node: int) -> None:
        if node in self._contents:
            self._safe[node] = self._contents[node]
        for change in self._changes:
            if any(link.directory == node for link in change.links):
                change.is_safe = True

    def _link(self, path: str, node: int) -> None:
        self._change(self._linked(path, node))

    def _linked(self, path: str, node: int) -> _Link:
        directory, _, name = path.rpartition("/")
        return _Link(self._node(directory), name, node, is_made=True)

    def _unlinked(self, path: str) -> _Link:
        directory, _, name = path.rpartition("/")
        return _Link(self._node(directory), name, self._node(path), is_made=False)

    def _change(self, *links: _Link) -> None:
        change = _Change(links)
        self._changes.append(change)
        _apply(self._now, change)

    def _names(self, kept: Collection[int]) -> dict[int, dict[str, int]]:
        """Return the names in each directory, of the unsafe changes those that are kept."""
        names = {node: dict(children) for node, children in self._base.items()}
        for number, change in enumerate(self._changes):
            if change.is_safe or number in kept:
                _apply(names, change)
        return names

    def _below(self, names: Mapping[int, Mapping[str, int]], contents: Mapping[int, bytes]) -> Tree:
        found: dict[str, bytes | None] = {}

        def walk(node: int, path: str) -> None:
            for name, child in names[node].items():
                found[f"{path}{name}"] = contents.get(child)
                if child in names:
                    walk(child, f"{path}{name}/")

        walk(self._top, "")
        return found


def _apply(names: dict[int, dict[str, int]], change: _Change) -> None:
    for link in change.links:
        if link.is_made:
            names[link.directory][link.name] = link.node
        elif names[link.directory].get(link.name) == link.node:
            del names[link.directory][link.name]


def _combinations(unsafe: Sequence[int], chance: random.Random) -> Iterator[frozenset[int]]:
    """Yield which of the unsafe changes are kept: each suffix lost, each alone lost or kept, …"""
    chosen = {frozenset(unsafe[:count]) for count in range(len(unsafe) + 1)}
    chosen |= {frozenset(unsafe) - {each} for each in unsafe}
    chosen |= {frozenset({each}) for each in unsafe}
    for _ in range(SAMPLES):
        chosen.add(frozenset(each for each in unsafe if chance.random() < 0.5))
    yield from chosen


def lay_out(tree: Tree, root: Path) -> str:
    """Make a directory that holds a tree, and return its path."""
    root.mkdir(mode=0o700)
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
    return str(root)
