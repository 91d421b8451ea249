#!/bin/sh
# build.sh SOURCE BUILD LIBC WERROR OUTPUT: builds the probe for this machine, called by the
# main build every time. Quick when nothing changed; OUTPUT is touched only when the program
# is another one.
set -eu
source=$1 build=$2 libc=$3 werror=$4 output=$5

case $libc in
musl) CC=${MUSL_CC:-musl-gcc} ;;
*) CC=${CC:-cc} ;;
esac
export CC
unset CFLAGS LDFLAGS
command -v "$CC" >/dev/null || {
	echo "fleet-probe: no $CC: install musl-tools, or configure with -Dprobe_libc=glibc" >&2
	exit 1
}
# Another C library means another compiler, which meson takes at set-up only.
settings="$libc $werror $CC"
if [ ! -f "$build/build.ninja" ] || [ "$(cat "$build/settings" 2>/dev/null)" != "$settings" ]; then
	rm -rf "$build"
	log=$(meson setup "$build" "$source" -Dlibc="$libc" -Dwerror="$werror" 2>&1) || {
		echo "$log" >&2
		rm -rf "$build"
		exit 1
	}
	echo "$settings" >"$build/settings"
fi
ninja -C "$build" --quiet fleet-probe
cmp -s "$build/fleet-probe" "$output" || cp "$build/fleet-probe" "$output"
