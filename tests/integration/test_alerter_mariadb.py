"""What test_alerter.py says of alerts holds on MariaDB too."""
import shutil
import sys
import tempfile
import unittest

import test_alerter
from rig import mariadb
from rig.samples import MariadbSamples

SERVER = None


def setUpModule():
    global SERVER
    SERVER = mariadb.Mariadb(tempfile.mkdtemp(prefix='fleet-mariadb-'))
    SERVER.start()


def tearDownModule():
    SERVER.stop()
    shutil.rmtree(SERVER.folder, ignore_errors=True)


class OnMariadb:
    def make_storage(self):
        name = 'fleet_' + self._testMethodName[:50]
        SERVER.query(f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        self.addCleanup(SERVER.query, f'DROP DATABASE {name}')
        return (f'<storage engine="mariadb" socket="{SERVER.socket}"'
                f' user="root" database="{name}"/>', lambda fleet: MariadbSamples(SERVER, name))


class Metric(OnMariadb, test_alerter.Metric):
    pass


class Closed(OnMariadb, test_alerter.Closed):
    pass


class Late(OnMariadb, test_alerter.Late):
    pass


class Reach(OnMariadb, test_alerter.Reach):
    pass


if __name__ == '__main__':
    if not mariadb.installed():
        print('there is no mariadbd')
        sys.exit(77)  # meson: skipped
    unittest.main()
