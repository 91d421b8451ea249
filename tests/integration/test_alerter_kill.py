"""kill -9 of fleet-alerter in each window between a sample and the mark that it was told."""
import collections
import os
import signal
import subprocess
import sys
import unittest

from rig.shows import shows
from test_alerter_mail import WHY_NOT, MailCase

WINDOWS = ('applied', 'composed', 'sent')  # lib/crash.h
KILLS = int(os.environ.get('FLEET_KILLS', '5'))


class Kill(MailCase):
    SERVER = {'login': False, 'tls': False}

    def killed(self, window):
        """One run that dies in this window. Whether it got there."""
        process = self.fleet.start('alerter', env={'FLEET_CRASH_AT': window},
                                   start_new_session=True)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, -signal.SIGKILL), err)
        return process.returncode != 0

    def assert_nothing_waits(self):
        for what in ("notification WHERE state <> 'sent'", 'sample WHERE processed_at IS NULL',
                     'event WHERE told_at IS NULL'):
            self.assertEqual(self.samples.execute(f'SELECT count(*) FROM {what}'), [(0,)], what)

    def check(self, expected):
        """Every (recipient, event) came, in mails of one Message-ID."""
        told = collections.defaultdict(set)
        for user in ('ops', 'second'):
            for mail in self.mails_of(user):
                told[user, mail['subject']].add(mail['message-id'])
        self.assertEqual(set(told) ^ expected, set())
        self.assertEqual({k: len(v) for k, v in told.items()}, {k: 1 for k in expected})

    def mails_of(self, user):
        self.server.settle()
        return self.server.mails(user)

    @shows('31')
    def test_each_window(self):
        self.configure(mail='ops@example.com second@example.com', security='plain')
        expected, kills, minute = set(), collections.Counter(), -1000
        for window in WINDOWS:
            for i in range(KILLS):
                mount = f'/{window}{i}'
                for value, word in ((0.95, 'WARNING'), (0.5, 'RESOLVED')):
                    self.samples.add('web1', minute, {('filesystem_used_ratio', mount): value})
                    minute += 1
                    for user in ('ops', 'second'):
                        expected.add((user, f'[fleet] {word} web1: disk {mount} '
                                            f'{value * 100:.1f} % (limit 90.0 %)'))
                    if value == 0.95:
                        kills[window] += self.killed(window)
                    self.alert()
        self.check(expected)
        print('kills:', dict(kills))
        self.assertEqual(dict(kills), {w: KILLS for w in WINDOWS})
        self.assert_nothing_waits()

    def test_in_the_middle_of_many_mails(self):
        """Killed from outside at moments of chance, until everything is told."""
        clients = [f'web{i}' for i in range(4)]
        self.configure(mail='ops@example.com second@example.com', clients=clients,
                       security='plain')
        expected = set()
        for i in range(KILLS * 4):
            name = clients[i % 4]
            mount = f'/m{i}'
            self.samples.add(name, -1000 + i, {('filesystem_used_ratio', mount): 0.95})
            for user in ('ops', 'second'):
                expected.add((user, f'[fleet] WARNING {name}: disk {mount} 95.0 % (limit 90.0 %)'))
            process = self.fleet.start('alerter')
            try:
                process.communicate(timeout=0.02 + 0.01 * (i % 20))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        self.alert()
        told = collections.defaultdict(set)
        for user in ('ops', 'second'):
            for mail in self.mails_of(user):
                for line in [mail['subject']] + mail.get_content().splitlines():
                    line = line.removeprefix('[fleet] ')
                    if line.startswith('WARNING'):
                        told[user, '[fleet] ' + line].add(mail['message-id'])
        self.assertEqual({k: len(v) for k, v in told.items()}, {k: 1 for k in expected})


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
