"""What a pickle would call, found out by following its instructions and calling nothing.

A pickle is a small program: its instructions push values, remember them, and call Python functions
by name (Python's `pickletools`). torch's own reader (`weights_only`) refuses unknown functions one
at a time, and knows some with which a few bytes ask for gigabytes. Here only those pass that
`torch.save` uses for tensors, only with arguments as it writes them, and all others are named.
"""

from __future__ import annotations

import pickletools
import warnings
from dataclasses import dataclass
from typing import BinaryIO

TENSOR_CALLS = frozenset(
    {
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
    }
)
"""They make views of what is stored in the file, and no memory of their own."""

NUMPY_CALLS = frozenset(
    {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype"}
)
"""A single number of numpy's, such as a score in a checkpoint; nobody needs its value."""

_STORAGES = frozenset(
    f"torch.{kind}Storage"
    for kind in ("BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long")
) | {"torch.ShortStorage"}
_KNOWN = TENSOR_CALLS | NUMPY_CALLS | _STORAGES | {"collections.OrderedDict", "_codecs.encode"}

_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_TEXTS = ("BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING")
_OTHER_CALLS = ("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4")
_FILLING = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS")
_DEEPEST_TUPLE = 8  # Python hashes the tuples in a tuple without watching its stack
_LONGEST_NUMBER = 32  # bytes of the largest number that numpy has


def foreign_calls(file: BinaryIO) -> list[str]:
    """Give the names of all that a pickle uses beyond the calls known here; empty if it is safe.

    Args:
        file: At the pickle's start; afterwards at its end.

    Raises:
        ValueError: It is no pickle, or broken.
    """
    follower = _Follower()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in texts, which are Python's
            for opcode, argument, _ in pickletools.genops(file):
                follower.step(opcode, argument)
    except (IndexError, LookupError, TypeError, AttributeError) as problem:
        raise ValueError(f"its instructions are broken ({type(problem).__name__})") from problem
    return sorted(follower.foreign)


class _Value:
    """Something on the stack that is not looked into."""


@dataclass(frozen=True)
class _Tuple:
    """A tuple, with its items unless it was fetched from memory."""

    items: tuple[object, ...] | None
    depth: int


class _Call(str):
    """The name of a function."""

    __slots__ = ()


class _Made(str):
    """What a function of this name would give."""

    __slots__ = ()


# Functions that copy their argument are allowed it once: copies of copies fill any memory.
_FRESH, _AGAIN, _MARK = _Value(), _Value(), _Value()


class _Follower:
    """The stack and memory of a pickle, with names in place of values."""

    def __init__(self) -> None:
        self.foreign: set[str] = set()
        self._stack: list[object] = []
        self._memory: dict[object, object] = {}

    def step(self, opcode: pickletools.OpcodeInfo, argument: object) -> None:
        """Follow one instruction."""
        name = opcode.name
        if name == "MARK":
            self._stack.append(_MARK)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            self._push_call(name, argument)
        elif name in _TEXTS:
            self._stack.append(argument)
        elif name == "TUPLE":
            self._push_tuple(self._pop_to_mark())
        elif name in _TUPLES:
            self._push_tuple(self._pop(_TUPLES[name]))
        elif "PUT" in name or name == "MEMOIZE":
            self._memory[len(self._memory) if argument is None else argument] = self._stack[-1]
        elif "GET" in name:
            self._stack.append(_again(self._memory[argument]))
        elif name == "REDUCE":
            self._reduce(*self._pop(2))
        elif name == "BUILD":
            self._build(*self._pop(2))
        else:
            self._anything_else(opcode)

    def _push_tuple(self, items: list[object]) -> None:
        depth = 1 + max((item.depth for item in items if isinstance(item, _Tuple)), default=0)
        if depth > _DEEPEST_TUPLE:
            self.foreign.add("tuples within tuples")
        self._stack.append(_Tuple(tuple(items), depth))

    def _push_call(self, name: str, argument: object) -> None:
        parts = str(argument).split(" ") if name == "GLOBAL" else map(str, self._pop(2))
        call = _Call(".".join(parts))
        if call not in _KNOWN:
            self.foreign.add(call)
        self._stack.append(call)

    def _reduce(self, call: object, arguments: object) -> None:
        if not isinstance(call, _Call):
            self.foreign.add("a call of something without a name")
        elif call in _KNOWN and not _usual(call, arguments):
            self.foreign.add(f"{call} with unusual arguments")
        self._stack.append(_Made(call) if isinstance(call, str) else _FRESH)

    def _build(self, target: object, state: object) -> None:
        dictionary = target == _Made("collections.OrderedDict") and state is _FRESH
        if not (dictionary or (isinstance(target, _Made) and target == "numpy.dtype")):
            self.foreign.add("the state of an object that is no tensor")
        self._stack.append(target)

    def _anything_else(self, opcode: pickletools.OpcodeInfo) -> None:
        if opcode.name in _OTHER_CALLS:
            self.foreign.add(f"the instruction {opcode.name}")
        if pickletools.markobject in opcode.stack_before:
            self._pop_to_mark()
            before = self._pop(opcode.stack_before.index(pickletools.markobject))
        else:
            before = self._pop(len(opcode.stack_before))
        if opcode.name in _FILLING:
            self._stack.append(before[0])
        else:
            after = len(opcode.stack_after)
            self._stack.extend([_FRESH if after == 1 else _AGAIN] * after)

    def _pop(self, count: int) -> list[object]:
        if count > len(self._stack):
            raise IndexError
        popped = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return popped

    def _pop_to_mark(self) -> list[object]:
        items: list[object] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]


def _again(known: object) -> object:
    if isinstance(known, _Tuple):
        return _Tuple(None, known.depth)
    return known if isinstance(known, str) else _AGAIN


def _usual(call: _Call, arguments: object) -> bool:
    """Tell whether `torch.save` would write such a call."""
    items = arguments.items if isinstance(arguments, _Tuple) else None
    if items is None or call in _STORAGES:
        return False
    if call == "collections.OrderedDict":
        return items in ((), (_FRESH,))
    if call == "_codecs.encode":
        text, codec = (*items, None, None)[:2]
        short = isinstance(text, str) and len(text) <= _LONGEST_NUMBER
        return len(items) == 2 and short and codec == "latin1"
    return True
