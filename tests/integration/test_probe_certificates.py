"""Until when certificates are good: what the probe says against what openssl says of the same."""
import calendar
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from rig.probe import PROBE

CA = '''[ca]
default_ca = it
[it]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
'''
KEYS = (['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
        ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['ed25519'])
# Up to 2049 they are written as UTCTime, later as GeneralizedTime.
ENDS = ('19700101000000Z', '19991231235959Z', '20000229235959Z', '20240229120000Z',
        '20491231235959Z', '20500101000000Z', '20510704013000Z', '21000228235959Z',
        '99991231235959Z')


def openssl(*words, **more):
    return subprocess.run(['openssl', *words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **more).stdout


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix='fleet-certificates-')
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.make_authority()
        for number, key in enumerate(KEYS):
            openssl('req', '-x509', '-newkey', *key, '-nodes', '-days', str(20 + 4000 * number),
                    '-subj', f'/CN=site{number}.example', '-keyout', cls.path(f'key{number}.pem'),
                    '-out', cls.path(f'site{number}.pem'),
                    '-addext', 'subjectAltName=' + ','.join(
                        f'DNS:name{i}.example' for i in range(1 + 100 * number)))
        for end in ENDS:
            openssl('ca', '-config', cls.path('ca.conf'), '-batch', '-notext',
                    '-startdate', '19700101000000Z', '-enddate', end, '-in', cls.path('site.csr'),
                    '-keyfile', cls.path('key0.pem'), '-cert', cls.path('site0.pem'),
                    '-out', cls.path(end + '.pem'))

    @classmethod
    def make_authority(cls):
        with open(cls.path('ca.conf'), 'w', encoding='utf-8') as f:
            f.write(CA.format(folder=cls.root))
        open(cls.path('index.txt'), 'w').close()
        with open(cls.path('serial'), 'w', encoding='utf-8') as f:
            f.write('01\n')
        openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                '-subj', '/CN=late.example', '-keyout', cls.path('late.pem'),
                '-out', cls.path('site.csr'))

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    def end_of(self, name):
        text = openssl('x509', '-noout', '-enddate', '-in', self.path(name), text=True).strip()
        return calendar.timegm(time.strptime(text, 'notAfter=%b %d %H:%M:%S %Y GMT'))

    def probe(self, *names):
        """{metric: {name: value}} of files below the root."""
        asks = [word for name in names for word in ('--ask', 'certificate:/' + name)]
        run = subprocess.run([PROBE, '--root', self.root, '--plain', *asks], check=True, env={},
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=60)
        found = {}
        for line in run.stdout.splitlines():
            if line.startswith('fleet_certificate_'):
                metric, rest = line.removeprefix('fleet_certificate_').split('{path="/')
                name, value = rest.split('"} ')
                found.setdefault(metric, {})[name] = int(value)
        return found

    def write(self, name, *parts):
        with open(self.path(name), 'wb') as f:
            for part in parts:
                f.write(part)
        return name

    def read(self, name):
        with open(self.path(name), 'rb') as f:
            return f.read()

    def test_as_openssl(self):
        names = [end + '.pem' for end in ENDS] + [f'site{i}.pem' for i in range(len(KEYS))]
        before = time.time()
        found = self.probe(*names)
        for name in names:
            end = self.end_of(name)
            self.assertEqual(found['not_after_timestamp_seconds'][name], end, name)
            left = found['left_seconds'][name]
            self.assertTrue(end - time.time() - 1 <= left <= end - int(before), name)
            self.assertEqual(found['unreadable'][name], 0)

    def test_every_form(self):
        end = self.end_of('site1.pem')
        pem = self.read('site1.pem')
        forms = {
            'der': openssl('x509', '-in', self.path('site1.pem'), '-outform', 'DER'),
            'text': openssl('x509', '-in', self.path('site1.pem'), '-text'),
            'trusted': openssl('x509', '-in', self.path('site1.pem'), '-trustout',
                               '-setalias', 'ours'),
            'dos': pem.replace(b'\n', b'\r\n'),
            'no-newline': pem.rstrip(b'\n'),
            'key-first': self.read('key1.pem') + pem,
            'key-last': pem + self.read('key1.pem'),
            'chain': pem + self.read('site2.pem') + self.read('site3.pem'),
            'chain-turned': self.read('site3.pem') + pem + self.read('site2.pem'),
        }
        found = self.probe(*(self.write(name, data) for name, data in forms.items()))
        self.assertEqual(found['not_after_timestamp_seconds'], dict.fromkeys(forms, end))
        self.assertEqual(found['unreadable'], dict.fromkeys(forms, 0))

    def test_what_is_none(self):
        pem = self.read('site0.pem')
        der = openssl('x509', '-in', self.path('site0.pem'), '-outform', 'DER')
        files = {'empty': b'', 'key': self.read('key0.pem'), 'request': self.read('site.csr'),
                 'half': pem[:len(pem) // 2], 'half-der': der[:len(der) // 2],
                 'zeros': bytes(10000), 'large': pem * 1000,
                 'noise': bytes(range(256)) * 100}
        names = [self.write(name, data) for name, data in files.items()]
        os.mkfifo(self.path('pipe'))
        os.symlink('/dev/zero', self.path('device'))
        names += ['missing', 'pipe', 'device', '.']
        found = self.probe(*names)
        self.assertEqual(found, {'unreadable': dict.fromkeys(names, 1)})

    def test_one_bad_one_in_a_chain_is_told(self):
        pem = self.read('site0.pem')
        self.write('mixed', pem, b'-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n')
        found = self.probe('mixed')
        self.assertEqual(found['unreadable'], {'mixed': 1})
        self.assertEqual(found['not_after_timestamp_seconds'], {'mixed': self.end_of('site0.pem')})

    def test_what_only_root_may_see(self):
        """No lie about a file, words about that and a certificate, and that root would see more."""
        os.mkdir(self.path('closed'), 0)
        self.addCleanup(os.rmdir, self.path('closed'))
        command = [PROBE, '--root', self.root, '--plain', '--ask', 'file:/closed/x',
                   '--ask', 'file:/nowhere/x', '--ask', 'certificate:/closed/x']
        if os.geteuid() == 0:
            command = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] + command
        text = subprocess.run(command, check=True, env={'PATH': os.environ['PATH']}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60).stdout
        told = [l for l in text.splitlines()
                if l.startswith(('fleet_file_', 'fleet_certificate_', 'fleet_source_denied'))]
        self.assertEqual(told, ['fleet_file_error{path="/closed/x"} 1',
                                'fleet_file_error{path="/nowhere/x"} 0',
                                'fleet_file_exists{path="/nowhere/x"} 0',
                                'fleet_certificate_unreadable{path="/closed/x"} 1',
                                'fleet_source_denied{source="files"} 1',
                                'fleet_source_denied{source="certificates"} 1'])

    def test_asked_twice_is_told_once(self):
        self.assertEqual(self.probe('site0.pem', 'site0.pem'), self.probe('site0.pem'))


if __name__ == '__main__':
    unittest.main()
