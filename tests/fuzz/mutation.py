"""Mutation: inputs that are nearly understood, made from some that are."""

from __future__ import annotations

from hypothesis import strategies as st

from fuzz.targets import COMMON, Target


@st.composite
def inputs(draw: st.DrawFn, target: Target) -> bytes:
    """Return one of the target's seeds, or nothing, after a few changes."""
    data = draw(st.sampled_from([*target.seeds, b""]))
    for _ in range(draw(st.integers(1, 6))):
        data = _changed(draw, data, target)
    return target.repaired(data)


def _changed(draw: st.DrawFn, data: bytes, target: Target) -> bytes:
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 4, 8, 64, 512, 1 << 20])))
    other = draw(st.integers(0, len(data)))
    kind = draw(st.sampled_from(["word", "word", "bytes", "repeat", "move", "common"]))
    if kind == "word":
        put = draw(st.sampled_from(target.words or COMMON))
    elif kind == "common":
        put = draw(st.sampled_from(COMMON))
    elif kind == "bytes":
        put = draw(st.binary(max_size=8))
    elif kind == "repeat":
        put = data[start:end] * draw(st.sampled_from([2, 3, 100]))
        put = put[: 1 << 16]
    else:
        put = data[other : other + end - start]
    return data[:start] + put + data[end:]
