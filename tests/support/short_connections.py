"""Connections that live for less than a reading takes, with bytes that are known beforehand.

    short_connections.py NAME serve ADDRESS PORT UP DOWN        prints "listening"; until it is ended
    short_connections.py NAME dial ADDRESS PORT UP DOWN COUNT   one after the other; prints "dialled"

Who dials sends UP bytes and gets DOWN bytes; then both close. NAME is the process name.
"""
import socket
import sys


def read(connection, size):
    left = size
    while left > 0:
        piece = connection.recv(min(left, 65536))
        if not piece:
            raise SystemExit("the other side closed too early")
        left -= len(piece)


def serve(address, up, down):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(512)
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            read(connection, up)
            connection.sendall(bytes(down))
            connection.recv(1)  # until the other side has everything and closes


def dial(address, up, down, count):
    for _ in range(count):
        with socket.create_connection(address) as connection:
            connection.sendall(bytes(up))
            read(connection, down)
            # Whoever only closes may be let go before the other side's FIN comes, and without BPF
            # nobody can tell then whether it was counted as a byte.
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
    print("dialled", flush=True)


with open("/proc/self/comm", "w") as comm:
    comm.write(sys.argv[1])
what, host, port, up, down = sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7])
if what == "serve":
    serve((host, port), up, down)
else:
    dial((host, port), up, down, int(sys.argv[7]))
