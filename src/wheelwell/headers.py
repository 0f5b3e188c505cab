"""Headers: the packages that usually bring what a compiler does not find, by distribution."""

from __future__ import annotations

SYSTEMS = ("Debian", "Fedora", "Alpine", "Homebrew")

_PACKAGES = """
Python.h             python3-dev                 python3-devel            python3-dev             python
Eigen/               libeigen3-dev               eigen3-devel             eigen-dev               eigen
alsa/asoundlib.h     libasound2-dev              alsa-lib-devel           alsa-lib-dev            -
boost/               libboost-dev                boost-devel              boost-dev               boost
bzlib.h              libbz2-dev                  bzip2-devel              bzip2-dev               bzip2
cairo.h              libcairo2-dev               cairo-devel              cairo-dev               cairo
curl/curl.h          libcurl4-openssl-dev        libcurl-devel            curl-dev                curl
curses.h             libncurses-dev              ncurses-devel            ncurses-dev             ncurses
dbus/dbus.h          libdbus-1-dev               dbus-devel               dbus-dev                dbus
ffi.h                libffi-dev                  libffi-devel             libffi-dev              libffi
ft2build.h           libfreetype-dev             freetype-devel           freetype-dev            freetype
gdal.h               libgdal-dev                 gdal-devel               gdal-dev                gdal
geos_c.h             libgeos-dev                 geos-devel               geos-dev                geos
gmp.h                libgmp-dev                  gmp-devel                gmp-dev                 gmp
gssapi/gssapi.h      libkrb5-dev                 krb5-devel               krb5-dev                krb5
hdf5.h               libhdf5-dev                 hdf5-devel               hdf5-dev                hdf5
jpeglib.h            libjpeg-dev                 libjpeg-turbo-devel      libjpeg-turbo-dev       jpeg-turbo
krb5.h               libkrb5-dev                 krb5-devel               krb5-dev                krb5
lber.h               libldap-dev                 openldap-devel           openldap-dev            openldap
ldap.h               libldap-dev                 openldap-devel           openldap-dev            openldap
libpq-fe.h           libpq-dev                   libpq-devel              libpq-dev               libpq
libusb.h             libusb-1.0-0-dev            libusb1-devel            libusb-dev              libusb
libxml/              libxml2-dev                 libxml2-devel            libxml2-dev             libxml2
libxslt/             libxslt1-dev                libxslt-devel            libxslt-dev             libxslt
limits.h             libc6-dev                   glibc-devel              musl-dev                -
linux/               linux-libc-dev              kernel-headers           linux-headers           -
lzma.h               liblzma-dev                 xz-devel                 xz-dev                  xz
magic.h              libmagic-dev                file-devel               file-dev                libmagic
mpfr.h               libmpfr-dev                 mpfr-devel               mpfr-dev                mpfr
mysql.h              default-libmysqlclient-dev  mariadb-connector-c-devel mariadb-connector-c-dev mysql-client
mysql/mysql.h        default-libmysqlclient-dev  mariadb-connector-c-devel mariadb-connector-c-dev mysql-client
ncurses.h            libncurses-dev              ncurses-devel            ncurses-dev             ncurses
openssl/             libssl-dev                  openssl-devel            openssl-dev             openssl
pcap.h               libpcap-dev                 libpcap-devel            libpcap-dev             libpcap
png.h                libpng-dev                  libpng-devel             libpng-dev              libpng
portaudio.h          portaudio19-dev             portaudio-devel          portaudio-dev           portaudio
proj.h               libproj-dev                 proj-devel               proj-dev                proj
readline/            libreadline-dev             readline-devel           readline-dev            readline
sasl/sasl.h          libsasl2-dev                cyrus-sasl-devel         cyrus-sasl-dev          cyrus-sasl
snappy-c.h           libsnappy-dev               snappy-devel             snappy-dev              snappy
sql.h                unixodbc-dev                unixODBC-devel           unixodbc-dev            unixodbc
sqlite3.h            libsqlite3-dev              sqlite-devel             sqlite-dev              sqlite
stdio.h              libc6-dev                   glibc-devel              musl-dev                -
stdlib.h             libc6-dev                   glibc-devel              musl-dev                -
systemd/             libsystemd-dev              systemd-devel            -                       -
tcl.h                tk-dev                      tk-devel                 tk-dev                  tcl-tk
tk.h                 tk-dev                      tk-devel                 tk-dev                  tcl-tk
yaml.h               libyaml-dev                 libyaml-devel            yaml-dev                libyaml
zlib.h               zlib1g-dev                  zlib-devel               zlib-dev                zlib
"""  # noqa: E501
"""A header, or a directory of such, with the packages of each system."""

_BY_HEADER = {line.split()[0]: line.split()[1:] for line in _PACKAGES.strip().splitlines()}


def packages_of(header: str) -> str:
    """Say which packages bring a header, by system; empty where that is not known."""
    found = _BY_HEADER.get(header) or _BY_HEADER.get(f"{header.partition('/')[0]}/")
    pairs = zip(SYSTEMS, found or (), strict=False)
    return ", ".join(f"{system}: {package}" for system, package in pairs if package != "-")


def packages_of_library(name: str) -> str:
    """Say which packages bring what a linker calls `-l` and a name; empty where nobody knows."""
    return packages_of(_LIBRARIES.get(name, f"{name}.h"))


def project_of(header: str) -> str:
    """Return the project on the index whose wheel brings a header; empty for none."""
    directory = header.partition("/")[0]
    return directory if directory in _PROJECTS and directory != header else ""


_PROJECTS = frozenset({"nanobind", "numpy", "pybind11"})

_LIBRARIES = {
    **dict.fromkeys(("crypto", "ssl"), "openssl/"),
    "bz2": "bzlib.h",
    "curl": "curl/curl.h",
    "freetype": "ft2build.h",
    **dict.fromkeys(("gssapi_krb5", "krb5"), "krb5.h"),
    "jpeg": "jpeglib.h",
    "mysqlclient": "mysql.h",
    "odbc": "sql.h",
    "pq": "libpq-fe.h",
    "readline": "readline/",
    "sasl2": "sasl/sasl.h",
    "snappy": "snappy-c.h",
    "tcl8.6": "tcl.h",
    "usb-1.0": "libusb.h",
    "xml2": "libxml/",
    "xslt": "libxslt/",
    "z": "zlib.h",
}
"""Libraries whose header is not called as they are."""
