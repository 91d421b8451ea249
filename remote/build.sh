#!/bin/sh
# build.sh SOURCE BUILD LIBC WERROR PACKAGES OUTPUT: builds the probe for this machine into BUILD,
# and as BUILD/fleet-probe-MACHINE for each other of machines.txt that has its cross compiler
# (Debian: gcc-aarch64-linux-gnu, gcc-arm-linux-gnueabihf) and, installed or unpacked below
# PACKAGES/DEBIAN'S NAME/, its musl-dev and libsodium-dev. Called by the main build every time.
# Quick when nothing changed; a file is touched only when the program is another one. Where one for
# another machine does not build, that is said, and an error only with WERROR.
set -eu
source=$1 build=$2 libc=$3 werror=$4 packages=$5 output=$6
unset CFLAGS LDFLAGS

# replace FILE: by standard input, when that is something else.
replace() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# build_probe FOLDER OUTPUT OPTION...: in a meson build of its own. Other options (another C
# library is another compiler) mean another build: meson takes them at set-up only.
build_probe() {
	folder=$1 made=$2
	shift 2
	settings="${CC:-} $*"
	if [ ! -f "$folder/build.ninja" ] ||
		[ "$(cat "$folder/settings" 2>/dev/null)" != "$settings" ]; then
		rm -rf "$folder"
		# meson 1.0 tidies the log of whatever ninja is at work in the folder it is started in
		log=$(cd "$source" && meson setup "$folder" . "$@" -Dwerror="$werror" 2>&1) || {
			echo "$log" >&2
			rm -rf "$folder"
			exit 1
		}
		echo "$settings" >"$folder/settings"
	fi
	ninja -C "$folder" --quiet fleet-probe || exit 1
	replace "$made" <"$folder/fleet-probe"
	chmod 755 "$made"
}

build_here() {
	case $libc in
	musl) CC=${MUSL_CC:-musl-gcc} ;;
	*) CC=${CC:-cc} ;;
	esac
	export CC
	command -v "$CC" >/dev/null || {
		echo "fleet-probe: no $CC: install musl-tools, or configure with -Dprobe_libc=glibc" >&2
		exit 1
	}
	build_probe "$build" "$output" -Dlibc="$libc"
}

# musl's own specs, and what meson has to know: both with the folder that stands for /.
describe_machine() {
	sed "s|/usr/|$root/usr/|g" "$root/usr/lib/$musl/musl-gcc.specs" |
		replace "$folder.specs"
	replace "$folder.cross" <<-END
		[binaries]
		c = ['$compiler-gcc', '-specs', '$folder.specs']
		ar = '$compiler-ar'
		strip = '$compiler-strip'
		pkgconfig = 'pkg-config'
		[properties]
		pkg_config_libdir = '$root/usr/lib/$compiler/pkgconfig'
		sys_root = '$root'
		[host_machine]
		system = 'linux'
		cpu_family = '$family'
		cpu = '$machine'
		endian = 'little'
	END
}

build_there() {
	machine=$1 debian=$2 compiler=$3 musl=$4 family=$5
	folder=$build-$machine root=
	[ -e "/usr/lib/$musl/libc.a" ] || root=$packages/$debian
	command -v "$compiler-gcc" >/dev/null && [ -e "$root/usr/lib/$musl/libc.a" ] &&
		[ -e "$root/usr/lib/$compiler/libsodium.a" ] || return 0
	describe_machine
	(build_probe "$folder" "$build/fleet-probe-$machine" --cross-file "$folder.cross") && return
	rm -f "$build/fleet-probe-$machine"
	echo "fleet-probe: none for $machine: see above" >&2
	[ "$werror" = false ]
}

build_here
[ "$libc" = musl ] || exit 0
unset CC
while read -r machine debian compiler musl family; do
	case $machine in
	'#' | "$(uname -m)") ;;
	*) build_there "$machine" "$debian" "$compiler" "$musl" "$family" ;;
	esac
done <"$source/machines.txt"
