#!/bin/bash
# The Debian packages: what is in them and nothing else, the same bytes from the same sources, nothing for lintian to say, and
# installed by dpkg on a copy of this system (an overlay in namespaces of its own) they serve. `make fresh` does the same on a
# minimal Debian 12 and 13.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${SAM_BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf --one-file-system "$tmp"' EXIT
bad=0
ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $(echo "${2:-}" | head -n 5 | tr '\n' ' ')"; bad=1; }
verdict() { if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi; }
for tool in dpkg-deb dpkg-shlibdeps strip; do
    command -v $tool >/dev/null || { echo "skip package: $tool is missing: make deb"; exit 77; }
done
make_deb() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s BUILD="$build" deb >"$tmp/make.log" 2>&1; }

make_deb || { not_ok "make deb" "$(tail -n 5 "$tmp/make.log")"; exit 1; }
debs=("$build"/deb/*.deb)
[ ${#debs[@]} = 2 ] || { not_ok "make deb" "${debs[*]}"; exit 1; }
cp "${debs[@]}" "$tmp"

want="./usr/bin/samlingd
./usr/lib/systemd/system/samling-backup.service
./usr/lib/systemd/system/samling-backup.timer
./usr/lib/systemd/system/samlingd.service
./usr/lib/sysusers.d/samling.conf
./usr/lib/tmpfiles.d/samling.conf
./usr/share/doc/samling-server/README.Debian
./usr/share/doc/samling-server/changelog.gz
./usr/share/doc/samling-server/copyright
./usr/share/doc/samling-server/examples/samling.conf
./usr/share/man/man8/samlingd.8.gz
./usr/bin/samling
./usr/share/doc/samling/changelog.gz
./usr/share/doc/samling/copyright
./usr/share/man/man1/samling.1.gz"
got=$(for d in "$tmp"/samling-server_*.deb "$tmp"/samling_*.deb; do dpkg-deb -c "$d" | sed -n 's/^-[^ ]* [^ ]* *[^ ]* [^ ]* [^ ]* //p'; done)
verdict "the packages hold what they should and nothing else" "$(diff <(sort <<<"$want") <(sort <<<"$got"))"
wrong=$(for d in "$tmp"/*.deb; do dpkg-deb -c "$d" | awk '$2 != "root/root" || ($1 !~ /^drwxr-xr-x$/ && $1 !~ /^-rw[x-]r-[x-]r-[x-]$/)'; done)
verdict "all of it is root's and nobody else may write it" "$wrong"
for d in "$tmp"/*.deb; do dpkg-deb -x "$d" "$tmp/x" && dpkg-deb -e "$d" "$tmp/x/DEBIAN.${d##*/}"; done
wrong=$(cd "$tmp/x" && cat DEBIAN.*/md5sums | md5sum -c --quiet 2>&1; grep -rl -e "$PWD" -e "$build/" "$tmp/x/usr" 2>/dev/null
    grep -rl '@PREFIX@' "$tmp/x/usr")
verdict "the sums fit, and nothing names the machine it was built on" "$wrong"
wrong=$("$build/samlingd" config --lang en | diff - "$tmp/x/usr/share/doc/samling-server/examples/samling.conf")
verdict "the example is the settings file of this version" "$wrong"
wrong=$(sed -n 's/^Depends: //p' "$tmp"/x/DEBIAN.samling-server*/control | grep -o 'libsqlite3-0\|libuv1\|libmbedtls\|systemd-sysusers' | sort -u | wc -l)
verdict "it depends on its libraries" "$([ "$wrong" = 4 ] || echo "$wrong of 4")"

make_deb
wrong=$(for d in "$tmp"/*.deb; do cmp "$d" "$build/deb/${d##*/}"; done 2>&1)
verdict "the same sources give the same bytes" "$wrong"
if command -v lintian >/dev/null; then
    verdict "lintian finds nothing" "$(lintian --allow-root --fail-on none "$tmp"/*.deb 2>/dev/null || lintian "$tmp"/*.deb 2>/dev/null)"
else
    echo "skip lintian is not here"
fi

# shellcheck disable=SC2317 # it is called in the namespaces
overlay() { # a copy of this system that goes away again; runs what it is told in it
    mount -t overlay overlay -o "lowerdir=/,upperdir=$tmp/upper,workdir=$tmp/work" "$tmp/system" 2>/dev/null || exit 99
    mount -t proc proc "$tmp/system/proc" && mount --rbind /dev "$tmp/system/dev" && mount -t tmpfs tmpfs "$tmp/system/tmp" &&
        mount -t tmpfs tmpfs "$tmp/system/run" && mount -t tmpfs tmpfs "$tmp/system/srv" || exit 99
    mkdir "$tmp/system/tmp/deb" && cp "$tmp"/*.deb tests/lib/installed.sh "$tmp/system/tmp/deb" || exit 99
    chroot "$tmp/system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/srv LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        sh -c 'cd /tmp/deb && dpkg -i ./*.deb >install.log 2>&1 || { echo "not ok dpkg installs them: $(tail -n 4 install.log | tr "\n" " ")"; exit 1; }
               echo "ok dpkg installs them"; ./installed.sh /tmp/deb/*.deb'
}
if [ "$(id -u)" != 0 ] || ! unshare --mount --pid --fork true 2>/dev/null; then
    echo "skip installed on a copy of this system: needs root and namespaces"
elif [ -d /var/lib/samling ] || ! command -v systemd-sysusers >/dev/null; then
    echo "skip installed on a copy of this system: it has a centre already, or no systemd-sysusers"
else
    mkdir "$tmp/upper" "$tmp/work" "$tmp/system"
    export tmp
    unshare --mount --pid --fork --kill-child bash -c "$(declare -f overlay); overlay"
    code=$?
    [ $code != 99 ] || echo "skip installed on a copy of this system: no overlay of it can be mounted"
    [ $code = 0 ] || [ $code = 99 ] || bad=1
fi
exit $bad
