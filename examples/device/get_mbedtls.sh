#!/usr/bin/env bash
# Fetches the source of Mbed TLS 2.28 (Apache-2.0 or GPL-2.0-or-later) as Debian 12 ships it, into FOLDER/mbedtls:
#
#   get_mbedtls.sh FOLDER
#
# apt verifies it: Debian's key signs the release, which holds the checksums of the package lists, which hold those of the
# source. Its lists are kept apart from the machine's own, and nothing is installed. Needs apt-get and dpkg-source (package
# dpkg-dev). MBEDTLS=FOLDER in the Makefile takes an unpacked source of your own instead.
set -euo pipefail
[ $# = 1 ] || { sed -n '2,8p' "$0" >&2 && exit 2; }

mkdir -p "$1"
folder=$(cd "$1" && pwd)
[ ! -e "$folder/mbedtls/library/psa_crypto.c" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
key=/usr/share/keyrings/debian-archive-keyring.gpg

mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
{
    echo "deb-src [signed-by=$key] $mirror/debian bookworm main"
    echo "deb-src [signed-by=$key] $mirror/debian-security bookworm-security main"
} >"$work/sources.list"
options=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o Acquire::Languages=none
    -o APT::Sandbox::User=root -o Acquire::Retries=3)

apt-get "${options[@]}" update
(cd "$work" && apt-get "${options[@]}" source --download-only mbedtls)
dpkg-source --no-check -x "$work"/mbedtls_2.28*.dsc "$work/source" >/dev/null
rm -rf "$folder/mbedtls" "$folder/mbedtls.new"
mkdir "$folder/mbedtls.new"
mv "$work"/source/{include,library,LICENSE} "$folder/mbedtls.new"
mv "$folder/mbedtls.new" "$folder/mbedtls"
