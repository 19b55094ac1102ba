#!/bin/bash
# Makes samling-server_VERSION_ARCH.deb (the centre: program, units, user, manual) and samling_VERSION_ARCH.deb (the tablet on the
# command line) from what `make install` put into a folder. Called by `make deb`; needs dpkg-dev.
#
#   build.sh INSTALLED VERSION OUT     INSTALLED: DESTDIR of make install PREFIX=/usr
#
# The same sources give the same bytes: SOURCE_DATE_EPOCH, else the last commit's time. MAINTAINER: who answers for the package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
installed=$1 version=$2 out=$3
maintainer=${MAINTAINER:-samling <samling@invalid.example>}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)}
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

take() { # package, files below /usr...
    local to=$work/$1 f
    shift
    for f in "$@"; do
        mkdir -p "$to/usr/${f%/*}"
        cp -a "$installed/usr/$f" "$to/usr/$f"
    done
}
# What the program needs of shared libraries, in the versions of this Debian.
needs() { # program
    mkdir -p "$work/shlibs/debian"
    printf 'Source: samling\n\nPackage: samling\nArchitecture: any\n' >"$work/shlibs/debian/control"
    (cd "$work/shlibs" && dpkg-shlibdeps --ignore-missing-info -O "$1" 2>"$work/shlibs/said") >"$work/shlibs/found" ||
        { cat "$work/shlibs/said" >&2; return 1; }
    sed -n 's/^shlibs:Depends=//p' "$work/shlibs/found"
}
document() { # package
    local doc=$work/$1/usr/share/doc/$1
    mkdir -p "$doc"
    cp "$here/copyright" "$doc/copyright"
    {
        printf 'samling (%s) unstable; urgency=medium\n\n  * This version.\n\n' "$version"
        printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
    } | gzip -9n >"$doc/changelog.gz"
    find "$work/$1/usr/share/man" -name '*.[18]' -exec gzip -9n {} +
    find "$work/$1/usr/bin" -type f -exec strip --strip-unneeded -R .comment -R .note {} +
}
# control file, sums of files, package
pack() { # package, depends, recommends, summary, text
    local root=$work/$1 control=$work/$1/DEBIAN
    mkdir -p "$control"
    {
        printf 'Package: %s\nSource: samling\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n' "$1" "$version" "$arch" "$maintainer"
        printf 'Installed-Size: %s\nSection: database\nPriority: optional\n' "$(du -k -s --apparent-size "$root/usr" | cut -f1)"
        printf 'Depends: %s\n' "$2"
        [ -z "$3" ] || printf 'Recommends: %s\n' "$3"
        printf 'Description: %s\n%s\n' "$4" "$5"
    } >"$control/control"
    (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$control/md5sums"
    chmod -R u+rwX,go+rX,go-w "$root"
    find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zxz --build "$root" "$out/$1_${version}_$arch.deb" >/dev/null
    echo "$out/$1_${version}_$arch.deb"
}

mkdir -p "$out"
p=samling-server
take $p bin/samlingd share/man/man8/samlingd.8 lib/systemd/system/{samlingd.service,samling-backup.service,samling-backup.timer} \
    lib/sysusers.d/samling.conf lib/tmpfiles.d/samling.conf share/doc/samling/samling.conf
mkdir -p "$work/$p/usr/share/doc/$p/examples" "$work/$p/DEBIAN"
mv "$work/$p/usr/share/doc/samling/samling.conf" "$work/$p/usr/share/doc/$p/examples/samling.conf"
rmdir "$work/$p/usr/share/doc/samling"
cp "$here/README.Debian" "$work/$p/usr/share/doc/$p/README.Debian"
document $p
for script in postinst prerm postrm; do
    install -m 755 "$here/server.$script" "$work/$p/DEBIAN/$script"
done
libraries=$(needs "$work/$p/usr/bin/samlingd")
pack $p "$libraries, systemd | systemd-standalone-sysusers | systemd-sysusers" "systemd-timesyncd | time-daemon" \
    "centre for attendance taken on tablets, also where there is no network" \
    " The centre takes in what tablets have saved, tells them what is new, and keeps
 it in one SQLite file. Where two have registered one person differently,
 neither is lost and a person decides.
 .
 This package has the service, a nightly backup and the manual."
p=samling
take $p bin/samling share/man/man1/samling.1
document $p
libraries=$(needs "$work/$p/usr/bin/samling")
pack $p "$libraries" "" \
    "attendance sheets on the command line, with or without a network" \
    " A tablet on the command line: joins a centre, shows groups and sheets, saves
 marks on its own disk, and sends them when there is a network."
