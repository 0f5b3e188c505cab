"""Settings: what a caller may vary about a build, all of it but secrets in the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wheelwell.errors import ConfigurationError

KNOWN_VARIABLES = frozenset(
    """
    AR ARFLAGS AS ASFLAGS CC CFLAGS CPP CPPFLAGS CXX CXXFLAGS F77 F90 FC FCFLAGS FFLAGS LD LDFLAGS
    LDSHARED LDCXXSHARED NM OBJC OBJCFLAGS OPT BASECFLAGS CCSHARED RANLIB STRIP
    C_INCLUDE_PATH CPATH CPLUS_INCLUDE_PATH LD_LIBRARY_PATH LD_RUN_PATH LIBRARY_PATH
    DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH
    ARCHFLAGS DEVELOPER_DIR MACOSX_DEPLOYMENT_TARGET SDKROOT _PYTHON_HOST_PLATFORM
    PKG_CONFIG PKG_CONFIG_LIBDIR PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
    CMAKE_ARGS CMAKE_BUILD_TYPE CMAKE_GENERATOR CMAKE_INSTALL_PREFIX CMAKE_MODULE_PATH
    CMAKE_OSX_ARCHITECTURES CMAKE_OSX_DEPLOYMENT_TARGET CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE
    CUDAARCHS CUDACXX CUDAFLAGS CUDAHOSTCXX CUDA_HOME CUDA_PATH CUDA_ROOT CUDNN_HOME FORCE_CUDA
    HIP_PATH NVCC NVCC_APPEND_FLAGS NVCC_PREPEND_FLAGS ROCM_HOME ROCM_PATH PYTORCH_ROCM_ARCH
    TORCH_CUDA_ARCH_LIST TORCH_NVCC_FLAGS USE_CUDA USE_ROCM
    CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS MATURIN_PEP517_ARGS PYO3_CROSS PYO3_CROSS_LIB_DIR
    RUSTC RUSTC_WRAPPER RUSTFLAGS RUSTUP_TOOLCHAIN
    BLAS BLAS_LIBS LAPACK LAPACK_LIBS MKLROOT NPY_BLAS_ORDER NPY_LAPACK_ORDER OPENBLAS
    GDAL_CONFIG GEOS_CONFIG HDF5_DIR MPICC MYSQLCLIENT_CFLAGS MYSQLCLIENT_LDFLAGS NETCDF4_DIR
    OPENSSL_DIR OPENSSL_ROOT_DIR PG_CONFIG PROJ_DIR WITH_XMLSEC XML2_CONFIG XSLT_CONFIG
    DISTUTILS_DEBUG DISTUTILS_USE_SDK SETUPTOOLS_USE_DISTUTILS
    PDM_BUILD_SCM_VERSION POETRY_DYNAMIC_VERSIONING_BYPASS SOURCE_DATE_EPOCH
    """.split()
)
"""Variables that builds are known to read: where they are set, they are part of the key."""

KNOWN_PREFIXES = (
    "GRPC_PYTHON_",
    "HATCH_BUILD_",
    "PBR_",
    "SETUPTOOLS_SCM_OVERRIDES_FOR_",
    "SETUPTOOLS_SCM_PRETEND_",
    "SKBUILD_",
)
"""Beginnings of the names of further such variables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a caller may vary about a build."""

    config: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """PEP 517 config settings: each name with its values, in the order given."""

    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the build is given."""

    constraints: tuple[str, ...] = ()
    """Constraints on build requirements (PEP 508), sorted."""

    requirements: tuple[str, ...] = ()
    """Build requirements beside those that the source declares (PEP 508), sorted."""

    as_of: str = ""
    """The instant as of which build requirements are resolved, as `instants` writes it: only what
    was there before it counts. Empty for now. In a request also a date, `upload` or `auto`."""
    is_isolated: bool = True
    """Whether the build gets an environment of its own, and not that of the Python asked for."""

    installed: Mapping[str, str] = field(default_factory=dict)
    """Without isolation: the distributions of that environment, name and version. The cache looks
    them up; nobody need give them."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables that the build is given, and that nothing else may hold: they are not
    in the key."""

    def __post_init__(self) -> None:
        """Raise `ConfigurationError` where a variable is to be secret and in the key at once."""
        for name in sorted(self.variables.keys() & self.secrets.keys()):
            raise ConfigurationError(
                f"{name} is given as a secret, and as a variable that is part of the key",
                hint="--secret-env keeps it out of the key, --env puts it there: choose one",
            )

    def inputs(self) -> dict[str, object]:
        """Return the settings' part of the key."""
        return {
            "config": {name: list(values) for name, values in self.config.items()},
            "variables": dict(self.variables),
            "constraints": list(self.constraints),
            "requirements": list(self.requirements),
            "isolation": "on" if self.is_isolated else "off",
            "installed": dict(self.installed),
            "as_of": self.as_of,
        }

    def for_backend(self) -> dict[str, str | list[str]]:
        """Return the config settings as hooks take them: a list only where a name is repeated."""
        return {
            name: values[0] if len(values) == 1 else list(values)
            for name, values in self.config.items()
        }


def known_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of `environ` that builds are known to read."""
    return {
        name: value
        for name, value in environ.items()
        if name in KNOWN_VARIABLES or name.startswith(KNOWN_PREFIXES)
    }
