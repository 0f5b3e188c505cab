"""Programs: compilers and tools that builds call, and the packages that usually bring them."""

from __future__ import annotations

import re

from wheelwell.headers import SYSTEMS

_PACKAGES = """
cc            build-essential             gcc                       build-base               gcc
c++           build-essential             gcc-c++                   build-base               gcc
gfortran      gfortran                    gcc-gfortran              gfortran                 gcc
cargo         cargo                       cargo                     cargo                    rust
rustc         rustc                       rust                      rust                     rust
nvcc          nvidia-cuda-toolkit         cuda-toolkit              -                        -
go            golang-go                   golang                    go                       go
cmake         cmake                       cmake                     cmake                    cmake
ninja         ninja-build                 ninja-build               ninja-build              ninja
mpicc         libopenmpi-dev              openmpi-devel             openmpi-dev              open-mpi
make          make                        make                      make                     make
pkg-config    pkg-config                  pkgconf-pkg-config        pkgconf                  pkgconf
autoconf      autoconf                    autoconf                  autoconf                 autoconf
autoreconf    autoconf                    autoconf                  autoconf                 autoconf
automake      automake                    automake                  automake                 automake
aclocal       automake                    automake                  automake                 automake
libtoolize    libtool                     libtool                   libtool                  libtool
m4            m4                          m4                        m4                       m4
bison         bison                       bison                     bison                    bison
flex          flex                        flex                      flex                     flex
git           git                         git                       git                      git
nasm          nasm                        nasm                      nasm                     nasm
patch         patch                       patch                     patch                    gpatch
perl          perl                        perl                      perl                     perl
protoc        protobuf-compiler           protobuf-compiler         protoc                   protobuf
swig          swig                        swig                      swig                     swig
llvm-config   llvm-dev                    llvm-devel                llvm-dev                 llvm
gdal-config   libgdal-dev                 gdal-devel                gdal-dev                 gdal
krb5-config   libkrb5-dev                 krb5-devel                krb5-dev                 krb5
mysql_config  default-libmysqlclient-dev  mariadb-connector-c-devel mariadb-connector-c-dev  mysql-client
pg_config     libpq-dev                   libpq-devel               libpq-dev                libpq
xml2-config   libxml2-dev                 libxml2-devel             libxml2-dev              libxml2
xslt-config   libxslt1-dev                libxslt-devel             libxslt-dev              libxslt
"""  # noqa: E501
"""A program with the packages of each system."""

_BY_NAME = {line.split()[0]: line.split()[1:] for line in _PACKAGES.strip().splitlines()}

_ALIKE = {
    **dict.fromkeys(("c", "gcc", "clang", "icc", "icx"), "cc"),
    **dict.fromkeys(("cxx", "g++", "clang++", "icpc", "icpx"), "c++"),
    **dict.fromkeys(("f77", "f90", "f95", "flang", "fortran", "g77", "ifort", "ifx"), "gfortran"),
    "cuda": "nvcc",
    **dict.fromkeys(("ninja-build", "samu"), "ninja"),
    **dict.fromkeys(("gmake", "unix makefiles"), "make"),
    **dict.fromkeys(("mpic++", "mpicxx", "mpif77", "mpif90", "mpifort"), "mpicc"),
    "pkgconf": "pkg-config",
    "rust": "rustc",
}
"""What a program is also called, or asked for as."""

_COMPILERS = frozenset({"cc", "c++", "gfortran"})
_AT_INDEX = frozenset({"cmake", "ninja", "swig"})
"""Programs that are a project of the same name, too."""

_VERSION = re.compile(r"-[\d.]+$")


def known_program(named: str) -> str:
    """Return the name of the program that a path, a command or a language stands for.

    Empty where it is none that builds are known to call.
    """
    name = _VERSION.sub("", named.rpartition("/")[2]).lower()
    found = _ALIKE.get(name, name)
    if found in _BY_NAME:
        return found
    last = name.rpartition("-")[2]  # as in x86_64-linux-gnu-gcc
    compiler = _ALIKE.get(last, last)
    return compiler if compiler in _COMPILERS else ""


def is_like_compiler(named: str) -> bool:
    """Say whether a path or a command is called as compilers are."""
    return _VERSION.sub("", named).endswith(("cc", "++", "clang", "fortran", "compiler"))


def packages_of_program(program: str) -> str:
    """Say which packages bring a program, by system, and what else does."""
    pairs = zip(SYSTEMS, _BY_NAME.get(program, ()), strict=False)
    told = [f"{system}: {package}" for system, package in pairs if package != "-"]
    if program in {"cc", "c++"}:
        told.append("or xcode-select --install on macOS")
    if program in _AT_INDEX:
        told.append(f"or --build-requirement {program}")
    return ", ".join(told)
