"""What test_alerter_told.py says of mails holds on MariaDB too."""
import sys
import unittest

import test_alerter_told
from rig.mariadb_case import MariadbCase
from rig.samples import MariadbSamples
from test_alerter_told import WHY_NOT


class OnMariadb(MariadbCase):
    database = None

    def make_storage(self):
        if not self.database:
            self.database = self.make_database()
        return self.storage_in(self.database)

    def make_samples(self):
        return MariadbSamples(self.mariadb, self.database)


class Words(OnMariadb, test_alerter_told.Words):
    test_html_of_hostile_names = None  # samples come by a command line that keeps no CR


class Quiet(OnMariadb, test_alerter_told.Quiet):
    test_killed_in_the_morning = None  # at commits to a file


class People(OnMariadb, test_alerter_told.People):
    def rows(self, sql):
        return self.rows_in(self.database, sql)


class Rate(OnMariadb, test_alerter_told.Rate):
    pass


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
