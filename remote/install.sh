#!/bin/sh
# install.sh BUILD LIBEXECDIR: installs the probes that were built for other machines, beside the
# one for this. Called by meson install, which sets the rest.
set -eu
for probe in "$1"/fleet-probe-*; do
	case $probe in
	*-\* | *.map) ;;
	*) install -D -m 755 "$probe" "$MESON_INSTALL_DESTDIR_PREFIX/$2/fleet-health/${probe##*/}" ;;
	esac
done
