#!/bin/sh
# Fetch and unpack, patched as Debian builds them, the sources of the libraries that the engine has in it:
#   client-sdk/web/sources.sh FOLDER mbedtls nanopb zlib
# They come from the Debian mirrors that this machine already uses, and apt checks their signatures; nothing of the system is changed.
set -eu
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
cd "$folder"
# shellcheck disable=SC2016 # apt's own variables
apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -ru >sources.list
[ -s sources.list ] || { echo "no Debian mirror among this machine's package sources" >&2; exit 1; }
options="-o Dir::Etc::SourceList=$PWD/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$PWD/lists
    -o Dir::Cache=$PWD/cache -o APT::Sandbox::User= -o Debug::NoLocking=1 -q"
# shellcheck disable=SC2086 # several options
{ apt-get $options update && apt-get $options source "$@"; } >log 2>&1 || { cat log >&2; exit 1; }
for package; do
    found=$(find . -mindepth 1 -maxdepth 1 -type d -name "$package-*")
    [ "$(echo "$found" | wc -l)" = 1 ] && [ -n "$found" ] || { echo "no source of $package" >&2; exit 1; }
    ln -s "$found" "$package"
done
rm -rf lists cache
