"""The whole, as cron runs it: descriptors 0 to 2 closed, no environment, / as folder. From a
real sshd through both databases to a mail over verified TLS."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time
import unittest

from rig import smtp
from rig.fleet import Fleet
from rig.mariadb_case import MariadbCase
from rig.samples import Samples
from test_collect import CollectTest, silent_server

RULE = '<alert type="memory" limit="1.1%"/>'  # every machine is above
SERIES = 'SELECT metric, instance, unit FROM latest ORDER BY metric, instance'
SLOW = ('memory_MemTotal_bytes', 'memory_SwapTotal_bytes', 'filesystem_size_bytes',
        'filesystem_avail_bytes', 'filesystem_used_ratio', 'filesystem_files_used_ratio',
        'boot_time_seconds', 'uptime_seconds')


class EndToEnd(CollectTest):
    def setUp(self):
        super().setUp()
        self.make_config()

    def make_config(self, before=''):
        client = self.client('one', more='mail="ops@example.com"').replace('/>', f'>{RULE}</client>')
        self.configure(client, before=before)

    def closed(self, program, *arguments):
        self.assertEqual(self.fleet.run_closed(program, *arguments), 0, program)


class Cron(EndToEnd):
    def test_what_could_not_be_told_is_not_lost(self):
        """Work is done without descriptors; only what had to be printed is an error, and an
        alert waits until somebody can read it."""
        for program in (('fleet', 'init'), ('fleet', 'check', '--connect'), ('fleet', 'status')):
            self.assertEqual(self.fleet.run_closed(*program), os.EX_IOERR, program)
        for _ in range(2):
            self.closed('collector')
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)
        self.assertEqual(len(self.readings('cpu_used_ratio')), 1)
        for _ in range(2):
            self.assertEqual(self.fleet.run_closed('alerter'), os.EX_UNAVAILABLE)
        self.assertEqual(self.fleet.rows('SELECT client, rule FROM open_alerts'),
                         [('one', 'memory/warning/*')])
        waiting = self.fleet.rows('SELECT message_id, channel, state FROM notification')
        self.assertEqual([row[1:] for row in waiting], [('stdout', 'waiting')])
        Samples(self.fleet).make_due()
        self.assertIn('WARNING one: memory', self.fleet.run('alerter').out)
        self.assertEqual(self.fleet.rows('SELECT message_id, channel, state FROM notification'),
                         [(waiting[0][0], 'stdout', 'sent')])

    def test_nothing_takes_the_place_of_a_closed_descriptor(self):
        """What is logged must not go into a socket or a file that got its number."""
        with silent_server() as port:
            self.fleet.write('known_hosts', f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
            self.configure(self.client('one', port=port))
            for program in (('fleet', 'check', '--connect'), ('collector',)):
                with self.subTest(program=program):
                    self.look_at_descriptors(program)

    def look_at_descriptors(self, program):
        process = subprocess.Popen(['/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh',
                                    *self.fleet.command(*program)], env={}, cwd='/')
        try:
            deadline = time.monotonic() + 10
            links = {}
            while time.monotonic() < deadline and not self.has_socket(links):
                links = {}
                for fd in os.listdir(f'/proc/{process.pid}/fd'):
                    with contextlib.suppress(OSError):
                        links[fd] = os.readlink(f'/proc/{process.pid}/fd/{fd}')
            self.assertTrue(self.has_socket(links), links)
            self.assertEqual([links.get(fd) for fd in '012'], ['/dev/null'] * 3, links)
        finally:
            process.kill()
            process.wait()

    @staticmethod
    def has_socket(links):
        return any(link.startswith('socket:') for link in links.values())

    def test_no_words_in_files(self):
        self.closed('collector', '-v', '-v')
        self.fleet.run_closed('alerter', '-v', '-v')
        self.fleet.run_closed('fleet', 'trust', '--all')
        for path in pathlib.Path(self.fleet.folder).rglob('*'):
            if path.is_file():
                self.assertNotRegex(path.read_bytes(), rb'(fleet|fleet-\w+): (info|debug)', path)
        self.assertEqual(self.samples(), [('one', 'ok')])

    def test_refusals_have_their_status_all_the_same(self):
        self.fleet.write_config('<client/>')
        for program in (('collector',), ('alerter',), ('fleet', 'check')):
            self.assertEqual(self.fleet.run_closed(*program), os.EX_CONFIG, program)


class Databases(MariadbCase, EndToEnd):
    def setUp(self):
        super().setUp()
        self.database = self.make_database()
        self.storage = self.storage_in(self.database)

    def query(self, sql):
        return self.rows_in(self.database, sql)

    def test_a_sample_means_the_same_in_both(self):
        """Each database by its own collector, one after the other within seconds."""
        there = Fleet(self.fleet.folder + '-mariadb')
        here, self.fleet = self.fleet, there
        self.fleet.write('known_hosts', self.sshd.known_hosts())
        self.make_config(self.storage)
        self.fleet = here
        for _ in range(2):
            self.closed('collector')
            self.assertEqual(there.run_closed('collector'), 0)
        self.assertEqual(self.query(SERIES), self.fleet.rows(SERIES))
        values = f'SELECT metric, instance, value FROM latest WHERE metric IN {SLOW}'
        mine = {(m, i): v for m, i, v in self.fleet.rows(values)}
        theirs = {(m, i): float(v) for m, i, v in self.query(values)}
        self.assertGreaterEqual({m for m, _ in mine}, {'memory_MemTotal_bytes', 'uptime_seconds'})
        for key, value in mine.items():
            self.assertAlmostEqual(theirs[key], value, delta=0.05 * max(value, 1), msg=key)

    @unittest.skipIf(smtp.missing(), smtp.missing())
    def test_a_mail_over_verified_tls(self):
        folder = str(self.folder / 'mx')
        os.chmod(self.folder, 0o755)  # the mail server has an account of its own
        with smtp.MailServer(folder, 'ops') as server:
            self.fleet.write('mail.password', smtp.PASSWORD + '\n')
            self.make_config(
                f'{self.storage}<mail host="127.0.0.1" port="{server.port}" security="starttls"'
                f' ca="{server.ca}" user="{smtp.USER}" password-file="mail.password"'
                ' from="fleet@example.com"/>')
            for program in ('collector', 'collector', 'alerter', 'alerter'):
                self.closed(program)
            server.settle()
            mail, = server.mails('ops', 1)
            self.assertRegex(mail['subject'],
                             r'^\[fleet\] WARNING one: memory [0-9.]+ % \(limit 1\.1 %\)$')
            self.assertIn('with esmtpsa', mail['received'].replace('\n\t', ' '))
            self.assertIn('Where:     one (127.0.0.1', smtp.text(mail))
            self.assertEqual(self.query('SELECT channel, recipient, state, message_id'
                                        ' FROM notification'),
                             [('mail', 'ops@example.com', 'sent', mail['message-id'].strip('<>'))])
            self.assertEqual(self.query('SELECT count(*) FROM sample WHERE processed_at IS NULL'),
                             [('0',)])


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
