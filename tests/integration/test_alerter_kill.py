"""kill -9 of fleet-alerter in each window between a sample and the mark that it was told."""
import collections
import os
import subprocess
import sys
import unittest

from rig import smtp
from rig.fleet import KILLED
from rig.shows import shows
from test_alerter_mail import WHY_NOT, MailCase

# Alerts have moved, and nobody is told; the notifications are frozen; one was delivered, and its row
# does not say so.
WINDOWS = ('applied', 'composed', 'sent')
CALLS = ('fdatasync', 'sendto')  # what others see of a run: commits, and what is said to a server
KILLS = int(os.environ.get('FLEET_KILLS', '5'))


class Breaches(MailCase):
    """A fleet of one, of which two people hear: each breach is told to both, once."""
    SERVER = {'login': False, 'tls': False}

    def setUp(self):
        super().setUp()
        self.runs, self.expected = 0, set()

    def configure_two(self):
        self.configure(mail='ops@example.com second@example.com', security='plain')

    def breach(self):
        """One more filesystem is full, and the one before is not any more."""
        self.runs += 1
        readings = {}
        for number, value, word in ((self.runs, 0.95, 'WARNING'), (self.runs - 1, 0.5, 'RESOLVED')):
            if number > 0:
                readings['filesystem_used_ratio', f'/full{number}'] = value
                self.expected |= {(user, f'[fleet] {word} web1: disk /full{number} '
                                         f'{value * 100:.1f} % (limit 90.0 %)')
                                  for user in ('ops', 'second')}
        self.samples.add('web1', self.runs - 10000, readings)

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


class Kill(Breaches):
    STRIDE = 1

    def setUp(self):
        super().setUp()
        self.kills = collections.defaultdict(list)  # window: the moments that led there

    def window(self):
        """Between what and what the run before died."""
        waiting = {row[0].strip('<>') for row in self.samples.execute(
            "SELECT message_id FROM notification WHERE state = 'waiting'")}
        if waiting:
            delivered = {mail['message-id'].strip('<>') for user in ('ops', 'second')
                         for mail in self.mails_of(user)}
            return 'sent' if waiting & delivered else 'composed'
        untold = self.samples.execute('SELECT count(*) FROM event WHERE told_at IS NULL')
        return '' if untold == [(0,)] else 'applied'

    def kill(self, moments):
        """One run that dies then, and one that does not. Whether it came to die."""
        self.breach()
        process = self.fleet.start('alerter', kill_at=moments)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, KILLED), err)
        if process.returncode == KILLED:
            self.kills[self.window()].append(moments)
        self.alert()
        self.check(self.expected)
        self.expected = set()
        self.server.empty()
        return process.returncode == KILLED

    def kill_everywhere(self, call):
        """Before the first of these calls, before the second, …"""
        count = 1
        while self.kill([f'main<{call}'] * count):
            count += self.STRIDE

    @shows('31')
    def test_each_window(self):
        self.configure_two()
        for call in CALLS:
            self.kill_everywhere(call)
        for window in WINDOWS:
            while 0 < len(self.kills[window]) < KILLS:
                self.kill(self.kills[window][0])
        counts = {window or 'elsewhere': len(moments) for window, moments in self.kills.items()}
        print('kills:', counts)
        self.assertTrue(all(counts.get(w, 0) >= KILLS for w in WINDOWS), counts)
        self.assert_nothing_waits()

    @shows('31')
    def test_in_the_middle_of_many_mails(self):
        """Killed from outside at moments of chance, until everything is told. Each client has one
        sample: in a second one its mount would be missing, and what is over is told as that."""
        clients = [f'web{i}' for i in range(KILLS * 4)]
        self.configure(mail='ops@example.com second@example.com', clients=clients,
                       security='plain')
        expected = set()
        for i in range(KILLS * 4):
            name = clients[i]
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
                for line in [mail['subject']] + smtp.text(mail).splitlines():
                    line = line.removeprefix('[fleet] ')
                    if line.startswith('WARNING'):
                        told[user, '[fleet] ' + line].add(mail['message-id'])
        self.assertEqual({k: len(v) for k, v in told.items()}, {k: 1 for k in expected})


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
