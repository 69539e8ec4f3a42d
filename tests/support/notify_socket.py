"""A service manager's ear: binds the datagram socket of that name ("@" for an abstract one) and prints
each message that comes as a line of JSON."""

import json
import socket
import sys

name = sys.argv[1]
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind("\0" + name[1:] if name.startswith("@") else name)
print(json.dumps("bound"), flush=True)
while True:
    print(json.dumps(ear.recv(4096).decode()), flush=True)
