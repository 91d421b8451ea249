"""What the configuration asks of clients, from config.xml to rows and mails: processes, files,
certificates, and metrics of files that somebody wrote there."""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from rig import smtp
from test_collect import EX_CONFIG, CollectTest

WHY_NOT = smtp.missing()
DAY = 86400


class AsksTest(CollectTest):
    def setUp(self):
        super().setUp()
        self.there = pathlib.Path(self.fleet.path('there'))  # the client's side
        self.there.mkdir()
        self.metrics = self.there / 'metrics'
        self.metrics.mkdir()

    def asks(self, *elements, before=''):
        """One client with these elements in it."""
        self.configure(self.client('one').replace('/>', '>' + ''.join(elements) + '</client>'),
                       before=before)

    def start(self, name, count=1):
        """Sleeping programs of a name of their own."""
        program = self.there / name
        if not program.exists():
            shutil.copy(shutil.which('sleep'), program)
        found = [subprocess.Popen([program, '1000']) for _ in range(count)]
        for process in found:
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        return found

    def readings(self, metric):
        """By instance, of the last sample."""
        return dict(self.fleet.rows('SELECT instance, value FROM latest WHERE metric = ?', metric))


class Requests(AsksTest):
    """From the configuration to the probe."""

    def files(self, count):
        """So many, with paths of 100 bytes and a blank, which takes three on its way."""
        return ''.join(f'<file path="/{i:03d} {"x" * 95}"/>' for i in range(count))

    def test_the_longest_request_arrives(self):
        """On its way to a probe that is not there yet, the shell reads it first."""
        self.asks(self.files(63), '<filesystems exclude="*"/>')
        check = self.fleet.run('fleet', 'check').out
        self.assertRegex(check, r'asked for +more than the usual: 1 of 1 client, by 70\d\d bytes')
        for _ in range(2):
            self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)
        self.assertNotEqual(self.readings('load1'), {})
        self.assertEqual(self.readings('filesystem_size_bytes'), {})

    def test_too_long_a_request_is_a_mistake(self):
        self.asks(self.files(66))
        for program in (('collector',), ('alerter',), ('fleet', 'check')):
            result = self.fleet.run(*program)
            self.assertEqual(result.status, EX_CONFIG, result)
            self.assertIn(f'{self.fleet.config}:2: client "one" is asked for more than the '
                          '7168 bytes that one request holds; leave some', result.err)
        self.assertEqual(os.listdir(self.fleet.folder).count('encrypted_stats'), 0)

    def test_what_is_added_up_arrives(self):
        """The group's, and the client's own; of a network of clients each has its own."""
        self.configure(
            '<filesystems exclude="*"/><group name="g">',
            self.client('one'),
            self.client('two', '127.0.0.2').replace(
                '/>', '><filesystems include="*" network="no"/></client>'), '</group>')
        self.collect()
        found = self.fleet.rows("SELECT DISTINCT client FROM latest WHERE metric ="
                                " 'filesystem_size_bytes'")
        self.assertEqual(found, [('two',)])


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
