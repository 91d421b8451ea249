#!/bin/sh
# with-mariadb.sh COMMAND…: runs COMMAND beside a private MariaDB server, socket only, in a
# temporary folder that FLEET_MARIADB names; 77 (skip) when mariadbd is not installed.
exec "${PYTHON:-python3}" "$(dirname "$0")/../integration/rig/mariadb.py" run "$@"
