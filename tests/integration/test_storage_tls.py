"""TLS to MariaDB, when it is asked for: verified, or refused before the password is sent."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

from rig import mariadb
from rig.fleet import Fleet
from rig.shows import shows

USER, PASSWORD = 'fleet', 'correct horse'
HOST = '127.0.0.2'  # at 127.0.0.1 Connector/C 3.4 checks no name
SSL_CAPABILITY = 0x800


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True)


def make_ca(folder, name):
    path = os.path.join(folder, name)
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-days', '2', '-subj', f'/CN={name}', '-keyout', path + '.key', '-out', path + '.pem')
    return path


def make_certificate(folder, ca, name, alternative):
    path = os.path.join(folder, name)
    with open(path + '.ext', 'w', encoding='ascii') as f:
        f.write(f'subjectAltName={alternative}\n')
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-subj', f'/CN={name}', '-keyout', path + '.key', '-out', path + '.csr')
    openssl('x509', '-req', '-in', path + '.csr', '-CA', ca + '.pem', '-CAkey', ca + '.key',
            '-CAcreateserial', '-days', '2', '-extfile', path + '.ext', '-out', path + '.pem')
    return path


def make_self_signed(folder, name, alternative):
    path = os.path.join(folder, name)
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-days', '2', '-subj', f'/CN={name}', '-addext', f'subjectAltName={alternative}',
            '-keyout', path + '.key', '-out', path + '.pem')
    return path


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def connect(port, ca, host=HOST, prefix=()):
    """(whether `fleet init` came to its tables, what it said)"""
    with tempfile.TemporaryDirectory(prefix='fleet-tls.') as folder:
        fleet = Fleet(folder)
        fleet.write('password', PASSWORD + '\n')
        fleet.write_config(
            f'<storage engine="mariadb" host="{host}" port="{port}" tls="yes" user="{USER}"'
            f' password-file="password" database="fleet" timeout="10s"'
            + (f' ca="{ca}"' if ca else '') + '/>')
        out = subprocess.run([*prefix, *fleet.command('fleet', 'init')], check=False,
                             capture_output=True, text=True, timeout=60)
    return out.returncode == 0, out.stdout + out.stderr


def greeting(capabilities):
    """A server's first packet: protocol 10, as MariaDB sends it."""
    body = (b'\x0a' + b'5.5.5-10.11.0-MariaDB\0' + (7).to_bytes(4, 'little') + b'abcdefgh\0' +
            (capabilities & 0xffff).to_bytes(2, 'little') + b'\x2d' + b'\x02\0' +
            (capabilities >> 16).to_bytes(2, 'little') + b'\x15' + bytes(10) + b'ijklmnopqrst\0' +
            b'mysql_native_password\0')
    return len(body).to_bytes(3, 'little') + b'\0' + body


def read_exactly(peer, size):
    data = b''
    while len(data) < size and (more := peer.recv(size - len(data))):
        data += more
    return data


def read_packet(peer):
    """One packet and nothing of the TLS that may follow at once."""
    head = read_exactly(peer, 4)
    return head + read_exactly(peer, int.from_bytes(head[:3], 'little'))


class Listener(threading.Thread):
    """A server that greets, speaks TLS when it has a certificate, and keeps what it is told."""

    def __init__(self, certificate=None):
        super().__init__(daemon=True)
        self.certificate = certificate
        self.plain, self.inside = b'', b''
        self.socket = socket.create_server((HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        peer = self.socket.accept()[0]
        peer.settimeout(10)
        try:
            self._serve(peer)
        except (OSError, ssl.SSLError):
            pass
        peer.close()

    def _serve(self, peer):
        peer.sendall(greeting(0x81bff7df | SSL_CAPABILITY if self.certificate
                              else 0x81bff7df & ~SSL_CAPABILITY))
        self.plain = read_packet(peer)
        if not self.certificate or not self.plain:
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate + '.pem', self.certificate + '.key')
        with context.wrap_socket(peer, server_side=True) as tls:
            self.inside = tls.recv(4096)

    def heard(self):
        self.join(30)
        self.socket.close()
        return self.plain, self.inside


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='fleet-tls.')
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.ca, cls.other = make_ca(cls.folder, 'ca'), make_ca(cls.folder, 'other')
        cls.right = make_certificate(cls.folder, cls.ca, 'right', 'IP:' + HOST)
        cls.wrong = make_certificate(cls.folder, cls.ca, 'wrong', 'DNS:db.example.com')

    def server(self, *options, bind=HOST):
        """A real one on loopback, with a user who has a password. Returns its port."""
        port = free_port()
        server = mariadb.Mariadb(
            os.path.join(self.folder, 'db'),
            ['--skip-networking=0', f'--bind-address={bind}', f'--port={port}', *options])
        server.start()
        self.addCleanup(server.stop)
        server.query(f"CREATE DATABASE IF NOT EXISTS fleet;"
                     f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';"
                     f"GRANT ALL ON fleet.* TO '{USER}'@'127.0.0.1'")
        return port

    def with_certificate(self, path, **where):
        return self.server(f'--ssl-cert={path}.pem', f'--ssl-key={path}.key', **where)

    def test_verified(self):
        port = self.with_certificate(self.right)
        done, said = connect(port, self.ca + '.pem')
        self.assertTrue(done, said)
        self.assertIn('over TLS', said)

    @shows('29')
    def test_wrong_ca(self):
        port = self.with_certificate(self.right)
        done, said = connect(port, self.other + '.pem')
        self.assertFalse(done, said)
        self.assertRegex(said, '(?i)tls|ssl')

    def test_unknown_ca(self):
        """No CA named: the system's, which do not know ours."""
        port = self.with_certificate(self.right)
        done, said = connect(port, '')
        self.assertFalse(done, said)

    @unittest.skipUnless(os.getuid() == 0, 'needs root for mounts of its own')
    def test_the_system_knows_the_ca(self):
        certificates = os.path.join(self.folder, 'system')
        os.mkdir(certificates)
        shutil.copy(self.ca + '.pem', certificates)
        openssl('rehash', certificates)
        port = self.with_certificate(self.right)
        done, said = connect(port, '', prefix=[
            'unshare', '--mount', '--propagation', 'private', 'sh', '-e', '-c',
            'mount --bind "$0" /etc/ssl/certs; exec "$@"', certificates])
        self.assertTrue(done, said)

    def test_self_signed(self):
        """Nobody vouches for it. Without a CA, Connector/C 3.4 would take it if the server knows
        the password's hash, which it can only tell after the login."""
        itself = make_self_signed(self.folder, 'itself', 'IP:' + HOST)
        port = self.with_certificate(itself)
        for ca in ('', self.ca + '.pem'):
            done, said = connect(port, ca)
            self.assertFalse(done, said)
            self.assertRegex(said, '(?i)tls|ssl')
        done, said = connect(port, itself + '.pem')
        self.assertTrue(done, said)

    def test_loopback_is_no_exception(self):
        """Connector/C 3.4 would think so when no CA is named."""
        here = '127.0.0.1'
        right = make_certificate(self.folder, self.ca, 'here', 'IP:' + here)
        port = self.with_certificate(right, bind=here)
        for ca in ('', self.other + '.pem'):
            done, said = connect(port, ca, here)
            self.assertFalse(done, said)
            self.assertRegex(said, '(?i)tls|ssl')
        done, said = connect(port, self.ca + '.pem', here)
        self.assertTrue(done, said)

    @shows('29')
    def test_wrong_name(self):
        port = self.with_certificate(self.wrong)
        done, said = connect(port, self.ca + '.pem')
        self.assertFalse(done, said)
        self.assertRegex(said, '(?i)tls|ssl')

    @shows('29')
    def test_no_tls(self):
        port = self.server(mariadb.NO_TLS)
        done, said = connect(port, self.ca + '.pem')
        self.assertFalse(done, said)
        self.assertRegex(said, '(?i)tls|ssl')

    def test_missing_ca_file(self):
        port = self.with_certificate(self.right)
        done, said = connect(port, os.path.join(self.folder, 'nowhere.pem'))
        self.assertFalse(done, said)

    @shows('29')
    def test_nothing_is_sent_without_tls(self):
        listener = Listener()
        done, said = connect(listener.port, self.ca + '.pem')
        self.assertFalse(done, said)
        plain, inside = listener.heard()
        self.assertNotIn(USER.encode(), plain)
        self.assertEqual(inside, b'')

    @shows('29')
    def test_nothing_is_sent_to_the_wrong_server(self):
        """The request for TLS goes out, then the handshake; the user's name never does."""
        stranger = make_certificate(self.folder, self.other, 'stranger', 'IP:' + HOST)
        itself = make_self_signed(self.folder, 'itself', 'IP:' + HOST)
        ca = self.ca + '.pem'
        for certificate, ca in ((stranger, ca), (self.wrong, ca), (itself, ca), (itself, '')):
            listener = Listener(certificate)
            done, said = connect(listener.port, ca)
            self.assertFalse(done, said)
            plain, inside = listener.heard()
            self.assertEqual(len(plain), 36, plain)
            self.assertEqual(inside, b'', certificate)

    def test_the_listener_does_hear_a_login(self):
        """Else the two tests above could not fail."""
        listener = Listener(self.right)
        connect(listener.port, self.ca + '.pem')
        inside = listener.heard()[1]
        self.assertIn(USER.encode(), inside)


if __name__ == '__main__':
    if not mariadb.installed() or not shutil.which('openssl'):
        print('mariadbd or openssl is not installed', file=sys.stderr)
        sys.exit(77)
    unittest.main()
