"""CPUs: the features that compiled code may rely on, and when it relies on the builder's own."""

from __future__ import annotations

import re

_OWN = re.compile(
    r"""(?<![\w-])(?:
      -m(?:arch|cpu)=native      # gcc and clang; -mtune only chooses among what all CPUs do
    | [-/]Q?xHost                # Intel's compilers
    | -tp[= ]?(?:host|native)    # NVIDIA's
    | (?:-C\s*)?target-cpu=native # rustc
    )(?![\w-])""",
    re.VERBOSE,
)
_X86 = frozenset(
    """
    3dnow 3dnowext 3dnowprefetch abm adx aes bmi1 bmi2 cldemote clflush clflushopt clwb clzero
    cmov cx16 cx8 enqcmd f16c fma fma4 fsgsbase fxsr gfni hle kl lahf_lm lwp mmx mmxext movbe
    movdir64b movdiri mwaitx pclmulqdq pku pni popcnt prefetchwt1 ptwrite raoint rdpid rdrand
    rdseed rtm serialize sha_ni sha512 sm3 sm4 ssse3 tbm tsxldtrk uintr vaes vpclmulqdq waitpkg
    wbnoinvd widekl xop xsave xsavec xsaveopt xsaves
    """.split()
)
_X86_BEGINNINGS = ("amx_", "avx", "sse")
_LINE = re.compile(r"^(flags|Features|isa)\s*:\s*(.*)$", re.MULTILINE)


def compiles_for_own_cpu(text: str) -> bool:
    """Say whether a compiler was told to use all that the CPU which it runs on can do."""
    return _OWN.search(text) is not None


def features_in(cpuinfo: str) -> frozenset[str]:
    """Return the features that `/proc/cpuinfo` tells of and that instructions depend on.

    Of x86's flags many tell of the kernel or of the machine instead, and come and go with those.
    """
    found = _LINE.search(cpuinfo)
    if found is None:
        return frozenset()
    words = found[2].split()
    if found[1] != "flags":
        return frozenset(words)
    return frozenset(word for word in words if word in _X86 or word.startswith(_X86_BEGINNINGS))
