"""psutil_peer.py sockets|interfaces ROUNDS - what psutil needs for one reading of the same.

Prints JSON: records, and the median CPU time in us.
"""
import json
import statistics
import sys
import time

import psutil


def sockets():
    return len(psutil.net_connections("inet"))


def interfaces():
    psutil.net_if_addrs()
    psutil.net_if_stats()
    return len(psutil.net_io_counters(pernic=True))


def measure(read):
    start = time.process_time()
    count = read()
    return count, (time.process_time() - start) * 1e6


rounds = [measure({"sockets": sockets, "interfaces": interfaces}[sys.argv[1]]) for _ in range(int(sys.argv[2]))]
print(json.dumps({"count": rounds[-1][0], "cpu_us": statistics.median(us for _, us in rounds)}))
