#!/usr/bin/env bash
# Fetches and unpacks the source of a Debian package into the current directory, as PACKAGE-source. The machine's own apt
# configuration stays as it is: lists and sources are kept here.
#   fetch_source.sh PACKAGE
set -euo pipefail

package=$1
here=$PWD/apt
mkdir -p "$here/lists/partial" "$here/sources.d"
for file in /etc/apt/sources.list.d/debian.sources; do
    [[ -e $file ]] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$here/sources.d/debian.sources"
done
if [[ -e /etc/apt/sources.list ]]; then
    sed -n 's/^deb \(.*debian.*\)/deb-src \1/p' /etc/apt/sources.list >"$here/sources.d/debian.list"
fi
apt() {
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$here/sources.d" -o Dir::State::Lists="$here/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
apt update
apt source --download-only "$package"
for archive in "$package"_*.orig.tar.*z; do
    mkdir "$package-source"
    tar --extract --file "$archive" --directory "$package-source" --strip-components=1
done
