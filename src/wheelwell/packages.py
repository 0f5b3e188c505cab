"""Packages: which of a system's usually bring a header, a library or a program that is missing."""

from __future__ import annotations

_SYSTEMS = ("Debian", "Fedora", "Alpine", "Homebrew")

_TABLE = """
# headers, libraries, and their programs
Eigen/ | libeigen3-dev eigen3-devel eigen-dev eigen
Python.h | python3-dev python3-devel python3-dev python
alsa/asoundlib.h alsa.pc -lasound | libasound2-dev alsa-lib-devel alsa-lib-dev -
boost/ | libboost-dev boost-devel boost-dev boost
bzlib.h -lbz2 | libbz2-dev bzip2-devel bzip2-dev bzip2
cairo.h cairo.pc -lcairo | libcairo2-dev cairo-devel cairo-dev cairo
cups/cups.h cups-config | libcups2-dev cups-devel cups-dev cups
curl/curl.h curl-config libcurl.pc -lcurl | libcurl4-openssl-dev libcurl-devel curl-dev curl
curses.h ncurses.h ncurses.pc ncursesw.pc -lncurses -lncursesw | libncurses-dev ncurses-devel ncurses-dev ncurses
dbus/dbus.h dbus-1.pc -ldbus-1 | libdbus-1-dev dbus-devel dbus-dev dbus
expat.h expat.pc -lexpat | libexpat1-dev expat-devel expat-dev expat
ffi.h libffi.pc -lffi | libffi-dev libffi-devel libffi-dev libffi
ft2build.h freetype2.pc freetype-config -lfreetype | libfreetype-dev freetype-devel freetype-dev freetype
gdal.h gdal.pc gdal-config -lgdal | libgdal-dev gdal-devel gdal-dev gdal
geos_c.h geos-config geos.pc -lgeos_c | libgeos-dev geos-devel geos-dev geos
girepository.h gobject-introspection-1.0.pc | libgirepository1.0-dev gobject-introspection-devel gobject-introspection-dev gobject-introspection
git2.h libgit2.pc -lgit2 | libgit2-dev libgit2-devel libgit2-dev libgit2
glib.h glib-2.0.pc | libglib2.0-dev glib2-devel glib-dev glib
gmp.h gmp.pc -lgmp | libgmp-dev gmp-devel gmp-dev gmp
graphviz/ libcgraph.pc -lcgraph | libgraphviz-dev graphviz-devel graphviz-dev graphviz
gssapi/ gssapi.h krb5.h krb5-config krb5-gssapi.pc -lkrb5 -lgssapi_krb5 | libkrb5-dev krb5-devel krb5-dev krb5
hdf5.h hdf5.pc h5cc -lhdf5 | libhdf5-dev hdf5-devel hdf5-dev hdf5
jpeglib.h libjpeg.pc -ljpeg | libjpeg-dev libjpeg-turbo-devel libjpeg-turbo-dev jpeg-turbo
lapack.pc blas.pc openblas.pc openblas -llapack -lblas -lopenblas | libopenblas-dev openblas-devel openblas-dev openblas
assert.h limits.h stdio.h stdlib.h string.h | libc6-dev glibc-devel musl-dev -
lber.h ldap.h -lldap -llber | libldap-dev openldap-devel openldap-dev openldap
libmemcached/ -lmemcached | libmemcached-dev libmemcached-devel libmemcached-dev libmemcached
libpq-fe.h pg_config libpq.pc -lpq | libpq-dev libpq-devel libpq-dev libpq
librdkafka/ rdkafka.pc -lrdkafka | librdkafka-dev librdkafka-devel librdkafka-dev librdkafka
libusb.h libusb-1.0.pc -lusb-1.0 | libusb-1.0-0-dev libusb1-devel libusb-dev libusb
libxml/ xml2-config libxml-2.0.pc -lxml2 | libxml2-dev libxml2-devel libxml2-dev libxml2
libxslt/ libexslt/ xslt-config libxslt.pc -lxslt -lexslt | libxslt1-dev libxslt-devel libxslt-dev libxslt
linux/ | linux-libc-dev kernel-headers linux-headers -
lz4.h liblz4.pc -llz4 | liblz4-dev lz4-devel lz4-dev lz4
lzma.h liblzma.pc -llzma | liblzma-dev xz-devel xz-dev xz
magic.h libmagic.pc -lmagic | libmagic-dev file-devel file-dev libmagic
maxminddb.h libmaxminddb.pc -lmaxminddb | libmaxminddb-dev libmaxminddb-devel libmaxminddb-dev libmaxminddb
mpc.h -lmpc | libmpc-dev libmpc-devel mpc1-dev libmpc
mpfr.h mpfr.pc -lmpfr | libmpfr-dev mpfr-devel mpfr-dev mpfr
mysql.h mysql/ mysql_config mysqlclient.pc mariadb.pc libmariadb.pc -lmysqlclient | default-libmysqlclient-dev mariadb-connector-c-devel mariadb-connector-c-dev mysql-client
netcdf.h nc-config netcdf.pc -lnetcdf | libnetcdf-dev netcdf-devel netcdf-dev netcdf
openssl/ openssl.pc libssl.pc libcrypto.pc -lssl -lcrypto | libssl-dev openssl-devel openssl-dev openssl
pcap.h pcap/ -lpcap | libpcap-dev libpcap-devel libpcap-dev libpcap
pcre.h pcre-config libpcre.pc | libpcre3-dev pcre-devel pcre-dev pcre
pcre2.h libpcre2-8.pc | libpcre2-dev pcre2-devel pcre2-dev pcre2
png.h libpng.pc -lpng | libpng-dev libpng-devel libpng-dev libpng
portaudio.h portaudio-2.0.pc -lportaudio | portaudio19-dev portaudio-devel portaudio-dev portaudio
proj.h proj.pc -lproj | libproj-dev proj-devel proj-dev proj
readline/ -lreadline | libreadline-dev readline-devel readline-dev readline
sasl/ -lsasl2 | libsasl2-dev cyrus-sasl-devel cyrus-sasl-dev cyrus-sasl
snappy-c.h snappy.h -lsnappy | libsnappy-dev snappy-devel snappy-dev snappy
sndfile.h sndfile.pc -lsndfile | libsndfile1-dev libsndfile-devel libsndfile-dev libsndfile
sodium.h libsodium.pc -lsodium | libsodium-dev libsodium-devel libsodium-dev libsodium
sql.h sqlext.h odbc_config odbc.pc -lodbc | unixodbc-dev unixODBC-devel unixodbc-dev unixodbc
sqlite3.h sqlite3.pc -lsqlite3 | libsqlite3-dev sqlite-devel sqlite-dev sqlite
sys/acl.h -lacl | libacl1-dev libacl-devel acl-dev -
sys/capability.h -lcap | libcap-dev libcap-devel libcap-dev -
systemd/ libsystemd.pc -lsystemd | libsystemd-dev systemd-devel - -
sybdb.h -lsybdb | freetds-dev freetds-devel freetds-dev freetds
tcl.h tk.h -ltcl8.6 -ltk8.6 | tk-dev tk-devel tk-dev tcl-tk
turbojpeg.h libturbojpeg.pc | libturbojpeg0-dev turbojpeg-devel libjpeg-turbo-dev jpeg-turbo
uuid/uuid.h uuid.pc | uuid-dev libuuid-devel util-linux-dev -
virt.h libvirt/ libvirt.pc | libvirt-dev libvirt-devel libvirt-dev libvirt
winscard.h libpcsclite.pc | libpcsclite-dev pcsc-lite-devel pcsc-lite-dev pcsc-lite
xmlsec/ xmlsec1.pc xmlsec1-config | libxmlsec1-dev xmlsec1-openssl-devel xmlsec-dev libxmlsec1
yaml.h yaml-0.1.pc -lyaml | libyaml-dev libyaml-devel yaml-dev libyaml
zlib.h zlib.pc -lz | zlib1g-dev zlib-devel zlib-dev zlib
zmq.h libzmq.pc -lzmq | libzmq3-dev zeromq-devel zeromq-dev zeromq
zstd.h libzstd.pc -lzstd | libzstd-dev libzstd-devel zstd-dev zstd
# programs
apxs apxs2 | apache2-dev httpd-devel apache2-dev httpd
cc gcc | build-essential gcc build-base gcc | xcode-select --install on macOS
c++ g++ | build-essential gcc-c++ build-base gcc | xcode-select --install on macOS
clang clang++ | clang clang clang llvm | xcode-select --install on macOS
autoreconf autoconf | autoconf autoconf autoconf autoconf
automake aclocal | automake automake automake automake
cargo rustc | cargo cargo cargo rust
cmake | cmake cmake cmake cmake | --build-requirement cmake
flex | flex flex flex flex
bison | bison bison bison bison
git | git git git git
gfortran | gfortran gcc-gfortran gfortran gcc
go | golang-go golang go go
libtoolize | libtool libtool libtool libtool
llvm-config | llvm-dev llvm-devel llvm-dev llvm
m4 | m4 m4 m4 m4
make | make make make make
mpicc | libopenmpi-dev openmpi-devel openmpi-dev open-mpi
nasm | nasm nasm nasm nasm
ninja | ninja-build ninja-build samurai ninja | --build-requirement ninja
nvcc | nvidia-cuda-toolkit cuda-toolkit - -
patch | patch patch patch gpatch
patchelf | patchelf patchelf patchelf patchelf
perl | perl perl perl perl
pkg-config pkgconf | pkgconf pkgconf-pkg-config pkgconf pkgconf
protoc | protobuf-compiler protobuf-compiler protoc protobuf
swig | swig swig swig swig | --build-requirement swig
"""  # noqa: E501
"""What is missing, after the bar the package of each system that brings it, then what else does.

A header, or the directory of such; `NAME.pc`, the file that `pkg-config` looks for; `-lNAME`, what
a linker is told; else a program.
"""


def _read(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        names, bar, brought = line.partition(" | ")
        if bar:
            found |= dict.fromkeys(names.split(), _told(*brought.split(" | ")))
    return found


def _told(packages: str, other: str = "") -> str:
    pairs = zip(_SYSTEMS, packages.split(), strict=True)
    told = [f"{system}: {package}" for system, package in pairs if package != "-"]
    return ", ".join([*told, f"or {other}"] if other else told)


_BROUGHT = _read(_TABLE)


def packages_of(missing: str) -> str:
    """Say which packages bring what is missing, by system; empty where that is not known."""
    return _BROUGHT.get(missing) or _BROUGHT.get(f"{missing.partition('/')[0]}/", "")
