"""test_collect_kill.py with many more kills."""
import sys
import unittest

import test_collect_kill


class KillLong(test_collect_kill.Kill):
    kills = 10
    anywhere = 40


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
