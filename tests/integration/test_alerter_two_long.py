"""As test_alerter_two.py, fifty times each."""
import os
import sys
import unittest

os.environ['FLEET_ROUNDS'] = '50'
from test_alerter_two import WHY_NOT, OnMariadb, OnSqlite  # noqa: E402, F401

if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
