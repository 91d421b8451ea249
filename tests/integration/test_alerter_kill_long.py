"""As test_alerter_kill.py, thirty times in each window."""
import os
import sys
import unittest

os.environ['FLEET_KILLS'] = '30'
from test_alerter_kill import WHY_NOT, Kill  # noqa: E402, F401

if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
