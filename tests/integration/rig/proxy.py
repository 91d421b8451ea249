"""Cuts a program off from a real MariaDB server at a COMMIT of our choice."""
import select
import socket
import threading

COMMIT = b'\x07\x00\x00\x00\x03COMMIT'  # as a packet: length, number, COM_QUERY, text


class Proxy:
    """Stands between a program and the server. Cuts the connection at the n-th COMMIT:
    before the server has it, or before its answer has come back. With `gone` nobody is let in
    any more."""

    def __init__(self, path, server, *, nth, during, gone):
        self.server, self.during, self.gone = server, during, gone
        self.left = nth
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self._accept)

    @property
    def has_cut(self):
        return self.left <= 0

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with client, socket.socket(socket.AF_UNIX) as server:
                if not (self.gone and self.has_cut):
                    server.connect(self.server)
                    self._serve(client, server)

    def _serve(self, client, server):
        while True:
            ready = select.select([client, server], [], [], 30)[0]
            for side in ready:
                data = side.recv(65536)
                if not data:
                    return
                cut = side is client and self._cuts(data)
                if not cut or self.during:
                    (server if side is client else client).sendall(data)
                if cut:
                    server.recv(65536 if self.during else 0)  # it did it, nobody is told
                    return

    def _cuts(self, data):
        self.left -= data == COMMIT
        return data == COMMIT and self.left == 0
