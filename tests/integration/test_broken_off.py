"""fleet-alerter that ends, or is ended, while somebody is being told: soon, and nothing of it stays."""
import fcntl
import signal
import time
import unittest

from rig.outbox_case import OutboxCase
from rig.scripted_smtp import HANG, ScriptedServer
from rig.web import Answer


class BrokenOff(OutboxCase):
    def command(self, script, timeout):
        self.path = self.fleet.write('horn', script, mode=0o700)
        return f'<command name="horn" run="{self.path}" timeout="{timeout}"/>'

    def hang(self):
        """A command that never ends, and the file that then has its number."""
        self.prepare(self.command(f'#!/bin/sh\necho $$ >{self.fleet.path("pid")}\nexec sleep 1000\n',
                                  '30s'))
        self.put('command', 'horn', 'subject=x\n')

    def until(self, happened):
        end = time.monotonic() + 30
        while not happened():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def pid(self):
        try:
            with open(self.fleet.path('pid'), encoding='ascii') as f:
                return f.read().strip()
        except FileNotFoundError:
            return ''

    def is_gone(self):
        try:
            with open(f'/proc/{self.pid()}/stat', encoding='ascii') as f:
                return f.read().rsplit(')', 1)[1].split()[0] in 'ZX'
        except FileNotFoundError:
            return True

    def interrupt(self, begun, number=signal.SIGTERM):
        """How long it goes on after that signal, in the middle of telling."""
        process = self.fleet.start('alerter')
        self.until(begun)
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual((process.returncode, out, err), (-number if number == signal.SIGKILL else 0,
                                                          '', ''))

    def check_untouched(self):
        self.assertEqual([row[1:] for row in self.states()], [('waiting', 0)])
        self.assertEqual(self.places(), [])

    def test_sigkill_ends_a_command(self):
        self.hang()
        self.interrupt(self.pid, signal.SIGKILL)
        self.until(self.is_gone)

    def test_sigterm_ends_a_command(self):
        self.hang()
        self.interrupt(self.pid)
        self.until(self.is_gone)
        self.check_untouched()

    def test_sigterm_ends_a_request(self):
        web = self.serve()
        web.answers = [Answer(hang=60), Answer()]
        self.prepare(f'<webhook name="chat" url="{web.url("/hook")}" ca="{web.ca}" timeout="30s"/>')
        message_id = self.put('webhook', 'chat')
        self.interrupt(lambda: web.requests)
        self.check_untouched()
        self.alert()
        self.assertEqual([r.headers['Idempotency-Key'] for r in web.requests],
                         [f'"{message_id}"'] * 2)

    def test_sigterm_ends_a_mail(self):
        for step, begun in (('greeting', lambda server: server.connections),
                            ('rcpt', lambda server: 'RCPT' in ' '.join(server.lines)),
                            ('dot', lambda server: server.mails)):
            with self.subTest(step=step), ScriptedServer({step: HANG}) as server:
                self.prepare(f'<mail host="127.0.0.1" port="{server.port}" security="plain"'
                             ' from="fleet@example.com" list-id="example.com" timeout="30s"/>')
                self.put('mail', 'ops@example.com', '')
                self.interrupt(lambda begun=begun, server=server: begun(server))
                self.check_untouched()
                self.samples.execute('DELETE FROM notification')

    def test_a_program_that_does_not_even_start(self):
        self.prepare(self.command('#!/bin/sh\nexit 0\n', '1s'))
        self.put('command', 'horn', 'subject=x\n')
        self.put('stdout', '')
        with open(self.path, 'rb') as script:
            # whoever opens it waits for the lease to be given back, /proc/sys/fs/lease-break-time
            old = signal.signal(signal.SIGIO, signal.SIG_IGN)
            self.addCleanup(signal.signal, signal.SIGIO, old)
            fcntl.fcntl(script, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            began = time.monotonic()
            self.alert(69, 'did not start in 1 s', out='the subject\n\nthe text\n\n')
            self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.states()[0], ('horn', 'waiting', 0))
        self.samples.make_due()
        self.alert()
        self.assertEqual(self.states()[0], ('horn', 'sent', 1))


if __name__ == '__main__':
    unittest.main()
