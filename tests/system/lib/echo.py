# SPDX-License-Identifier: GPL-2.0-only
"""A TCP server on the loopback address that sends back what it gets."""

import socketserver
import threading


class _Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = self.request.recv(65536)
            if not data:
                return
            self.request.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Echo:
    """with Echo() as port: ..."""

    def __enter__(self):
        self.server = _Server(("127.0.0.1", 0), _Echo)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
