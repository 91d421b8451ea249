"""A probe whose far side neither reads, writes nor hangs up ends by itself after two minutes."""
import signal
import subprocess
import time
import unittest

from rig.probe import PROBE


class Alarm(unittest.TestCase):
    def test_ends_by_itself(self):
        started = time.monotonic()
        probe = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})
        self.assertEqual(probe.wait(timeout=150), -signal.SIGALRM)
        self.assertGreater(time.monotonic() - started, 100)
        probe.stdin.close()
        probe.stdout.close()


if __name__ == '__main__':
    unittest.main()
