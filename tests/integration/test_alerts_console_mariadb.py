"""What test_alerts_console.py says of alerts and the operator holds on MariaDB too."""
import unittest

import test_alerts_console
from rig.mariadb_case import MariadbCase
from rig.samples import MariadbSamples


class OnMariadb(MariadbCase):
    def make_storage(self):
        name = self.make_database()
        return self.storage_in(name), lambda fleet: MariadbSamples(self.mariadb, name)


class Listed(OnMariadb, test_alerts_console.Listed):
    pass


class Acknowledged(OnMariadb, test_alerts_console.Acknowledged):
    pass


class Silenced(OnMariadb, test_alerts_console.Silenced):
    pass


class History(OnMariadb, test_alerts_console.History):
    pass


class Explained(OnMariadb, test_alerts_console.Explained):
    pass


class Replayed(OnMariadb, test_alerts_console.Replayed):
    def dump(self):
        """How much there is of everything."""
        return [self.rows(f'SELECT count(*) FROM {table}') for table in (
            'sample', 'reading', 'alert', 'event', 'notification', 'silence', 'cycle')]


if __name__ == '__main__':
    unittest.main()
