"""A client at an address that is only good on one interface: fe80::1%lo, in a network namespace."""
import fcntl
import pathlib
import socket
import struct
import tempfile
import unittest

from rig.fleet import Fleet
from rig.sshd import Sshd, enter_network, keygen

SIOCSIFADDR = 0x8916


def add_address(address, interface):
    """netdevice(7): struct in6_ifreq."""
    index = socket.if_nametoindex(interface)
    request = struct.pack('16sIi', socket.inet_pton(socket.AF_INET6, address), 64, index)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFADDR, request)


class LinkLocal(unittest.TestCase):
    def test_with_its_scope(self):
        try:
            enter_network()
            add_address('fe80::1', 'lo')
        except OSError as e:
            self.skipTest(f'no network namespace can be made here: {e}')
        temporary = tempfile.TemporaryDirectory(prefix='fleet-link-local-')
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        fleet = Fleet(str(folder / 'work'))
        key = keygen(folder / 'id')
        at = 'fe80::1%lo'
        for port in (22, 2222):
            with Sshd(folder / f'sshd{port}', authorized=[key + '.pub'], addresses=(at,),
                      port=port) as sshd:
                fleet.write('known_hosts', sshd.known_hosts())
                fleet.write_config(f'<client name="port{port}" ip="{at}" port="{port}" '
                                   f'username="{sshd.user}" identity="{key}"/>'
                                   f'<client name="astray" ip="fe80::1%none" port="{port}"/>')
                result = fleet.run('collector')
                self.assertEqual(result.status, 0, result)
                checked = fleet.run('fleet', 'check', '--connect')
                self.assertIn(f'port{port}', checked.out + checked.err)
        rows = dict(fleet.rows('SELECT c.name, s.outcome FROM sample s '
                               'JOIN client c ON c.id = s.client_id'))
        self.assertEqual(rows['port22'], 'ok')
        self.assertEqual(rows['port2222'], 'ok')
        self.assertNotEqual(rows['astray'], 'ok')


if __name__ == '__main__':
    unittest.main()
