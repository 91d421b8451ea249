"""relay.py SOCKET: passes standard input and output to and from a socket, until that is closed.

Apart from puppet.py because it is started for every command of every client.
"""
import os
import socket
import sys
import threading


def copy(read, write):
    try:
        while data := read():
            write(data)
    except OSError:
        pass


with socket.socket(socket.AF_UNIX) as far:
    far.connect(sys.argv[1])

    def up():
        copy(lambda: os.read(0, 65536), far.sendall)
        far.shutdown(socket.SHUT_WR)
    threading.Thread(target=up, daemon=True).start()
    with open(1, 'wb', buffering=0, closefd=False) as out:
        copy(lambda: far.recv(65536), out.write)
os._exit(0)
