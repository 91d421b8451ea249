"""What test_alerter*.py say of alerts holds on MariaDB too."""
import unittest

import test_alerter
import test_alerter_reach
import test_alerter_rules
from rig.mariadb_case import MariadbCase
from rig.samples import MariadbSamples


class OnMariadb(MariadbCase):
    def make_storage(self):
        name = self.make_database()
        return self.storage_in(name), lambda fleet: MariadbSamples(self.mariadb, name)


class Metric(OnMariadb, test_alerter.Metric):
    pass


class Closed(OnMariadb, test_alerter.Closed):
    pass


class Late(OnMariadb, test_alerter.Late):
    pass


class Reach(OnMariadb, test_alerter.Reach):
    pass


class Held(OnMariadb, test_alerter_rules.Held):
    pass


class History(OnMariadb, test_alerter_rules.History):
    pass


class Parents(OnMariadb, test_alerter_reach.Parents):
    pass


if __name__ == '__main__':
    unittest.main()
