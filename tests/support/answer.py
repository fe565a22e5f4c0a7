"""Answers one WebSocket request with fixed bytes: the content of a file, or (--accept) a proper 101
after which it says nothing, or (--cut NAME) the same inside TLS with the certificate NAME.pem, and
then an end of the connection without that of TLS. Prints its port, then serves one connection and
ends."""

import base64
import hashlib
import re
import socket
import ssl
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def main():
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
    if sys.argv[1] == "--cut":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{sys.argv[2]}.pem", f"{sys.argv[2]}.key")
        connection = context.wrap_socket(connection, server_side=True)
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(4096)
        if not data:
            return
        request += data
    if sys.argv[1] in ("--accept", "--cut"):
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", request).group(1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        if sys.argv[1] == "--cut":
            connection.shutdown(socket.SHUT_WR)  # of the socket: Python sends no close_notify
            return
    else:
        with open(sys.argv[1], "rb") as file:
            connection.sendall(file.read())
        connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass


main()
