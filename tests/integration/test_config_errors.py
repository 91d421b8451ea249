"""What is wrong with the files beside config.xml, or with itself: the same refusal by every
program, with file and line and what to do, and nothing half done."""
import os
import pathlib
import sys
import time
import unittest

from rig.shows import shows
from test_collect import EX_CONFIG, CollectTest

PROGRAMS = (('collector',), ('alerter',), ('fleet', 'check'))
LAUGHS = ''.join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha" * 100}">\n' for i in range(10))
LINES = 70000


class Case(CollectTest):
    def refusals(self, programs=PROGRAMS):
        """What each program says that refuses, within seconds and without a trace."""
        before = sorted(os.listdir(self.fleet.folder))
        said = []
        for program in programs:
            begun = time.monotonic()
            result = self.fleet.run(*program)
            self.assertEqual(result.status, EX_CONFIG, (program, result))
            self.assertLess(time.monotonic() - begun, 30)
            self.assertEqual(result.out, '')
            self.assertNotIn('Sanitizer', result.err)
            said.append(result.err)
        self.assertEqual(sorted(os.listdir(self.fleet.folder)), before)
        return said

    def assert_refused(self, line, *words):
        for said in self.refusals():
            first = said.splitlines()[0]
            self.assertIn(f': error: {self.fleet.config}:{line}: ', first)
            for word in words:
                self.assertIn(word, said)


class Hostile(Case):
    @shows('42')
    def test_doctype(self):
        for text in ('<!DOCTYPE config>\n<config/>\n',
                     '<!DOCTYPE config SYSTEM "http://192.0.2.1/config.dtd">\n<config/>\n'):
            self.fleet.write('config.xml', text)
            self.assert_refused(1, 'DOCTYPE')

    @shows('42')
    def test_external_entity(self):
        secret = self.fleet.write('secret', 'not to be read')
        self.fleet.write('config.xml', '<?xml version="1.0"?>\n<!DOCTYPE config [\n'
                         f'<!ENTITY s SYSTEM "file://{secret}">]>\n<config>&s;</config>\n')
        self.assert_refused(2, 'DOCTYPE')
        for said in self.refusals():
            self.assertNotIn('not to be read', said)

    @shows('42')
    def test_billion_laughs(self):
        self.fleet.write('config.xml', f'<!DOCTYPE config [\n{LAUGHS}]>\n'
                         '<config><client ip="&l9;"/></config>\n')
        self.assert_refused(1, 'DOCTYPE')

    def test_entity_without_doctype(self):
        self.fleet.write('config.xml', '<config>\n<client ip="&l9;"/>\n</config>\n')
        self.assert_refused(2, 'l9')

    def test_not_xml(self):
        for text in ('', 'hello\n', '<config>', '\0' * 100, '<config>\n</config><config/>'):
            self.fleet.write('config.xml', text)
            for said in self.refusals():
                self.assertIn(f'error: {self.fleet.config}:', said, text)


class Long(Case):
    def refuse(self, mistake, *words):
        """The mistake is the last line but one of a real, long configuration."""
        client = '<client ip="192.0.{}.{}"\n  username="monitor"\n  password="x">\n' \
                 '  <alert type="disk" limit="90%"/>\n</client>\n'
        clients = ''.join(client.format(i // 250, i % 250) for i in range(1000))
        filler = '<!-- -->\n' * (LINES - 5 * 1000 - 2)
        self.fleet.write('config.xml', f'<config>\n{clients}{filler}{mistake}\n</config>\n')
        self.assert_refused(LINES, *words)

    def test_unknown_attribute(self):
        self.refuse('<client ip="a" colour="red"/>', 'colour')

    @shows('42')
    def test_unknown_metric(self):
        self.refuse('<group name="g"><alert type="memmory" limit="9"/></group>', 'memory')

    def test_not_well_formed(self):
        self.refuse('<client ip="a"></group>', 'XML')

    def test_two_clients_of_one_name(self):
        self.refuse('<client ip="192.0.0.0" password="x"/>', '192.0.0.0')


class Open(Case):
    """Files that others can read: refused by name, with the command that mends it."""

    def refuse(self, path, mode=0o640, programs=PROGRAMS, mend='chmod 600'):
        os.chmod(path, mode)
        for said in self.refusals(programs):
            self.assertIn(f'{mend} {path}', said)
        os.chmod(path, 0o600)

    @shows('13')
    def test_password_in_place(self):
        self.fleet.write_config(f'<client ip="127.0.0.1" port="{self.sshd.port}" password="x"/>')
        for mode in (0o644, 0o640, 0o604):
            self.refuse(self.fleet.config, mode)

    @shows('13')
    def test_password_file(self):
        password = self.fleet.write('password', 'x\n')
        self.fleet.write_config('<client ip="127.0.0.1" password-file="password"/>')
        self.refuse(password)

    def test_mail_password_file(self):
        password = self.fleet.write('password', 'x\n')
        self.fleet.write_config('<mail host="mx.example.com" from="f@example.com" user="u"'
                                ' password-file="password"/><alerter mail="ops@example.com"/>')
        self.refuse(password)

    @shows('13')
    def test_private_key(self):
        key = self.fleet.write('id', pathlib.Path(self.key).read_text(encoding='ascii'))
        self.configure(self.client('one').replace(self.key, key))
        self.refuse(key)
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')])

    def test_server_key(self):
        self.configure(self.client('one'))
        self.collect()
        os.chmod(self.fleet.path('server.key'), 0o644)
        said, = self.refusals(PROGRAMS[:1])
        self.assertIn(f'chmod 600 {self.fleet.path("server.key")}', said)
        self.assertEqual(self.samples(), [('one', 'ok')])  # the run before

    def test_configuration_that_others_can_write(self):
        self.configure(self.client('one'))
        self.refuse(self.fleet.config, 0o666, mend='chmod go-w')


class KnownHosts(Case):
    @shows('11')
    def test_malformed_lines_are_told_and_the_rest_is_used(self):
        good = self.sshd.known_hosts().splitlines()
        self.fleet.write('known_hosts', f'# mine\nnonsense\n{good[0]}\n'
                         f'[127.0.0.2]:{self.sshd.port} ssh-ed25519 %%%%\n' +
                         '\n'.join(good[1:]) + '\n|1|x|y ssh-rsa AAAA\n')
        self.configure(self.client('one'), self.client('two', '127.0.0.2'))
        said = self.collect().err
        known = self.fleet.path('known_hosts')
        for line in (2, 4, 4 + len(good)):
            self.assertIn(f'warning: {known}:{line}: ', said)
        self.assertEqual(said.count(known + ':'), 3, said)
        self.assertEqual(sorted(self.samples()), [('one', 'ok'), ('two', 'ok')])

    def test_a_file_that_others_can_write_leaves_nothing_in_the_spool(self):
        self.fleet.write('known_hosts', self.sshd.known_hosts())
        self.configure(self.client('one'))
        self.collect()
        before = sorted(os.listdir(self.fleet.spool))
        os.chmod(self.fleet.path('known_hosts'), 0o666)
        for _ in range(2):
            result = self.fleet.run('collector')
            self.assertEqual(result.status, EX_CONFIG, result)
            self.assertIn('chmod go-w', result.err)
        self.assertEqual(sorted(os.listdir(self.fleet.spool)), before)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
