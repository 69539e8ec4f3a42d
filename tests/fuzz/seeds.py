"""Writes one file an answer of the kernel, and of what is built here, into FOLDER/<target>/. Run by
tests/fuzz/seeds, in a network namespace that has been given something to tell of."""
import contextlib
import hashlib
import os
import socket
import struct
import subprocess
import sys

ROUTE, DIAG, GENERIC = 0, 4, 16
DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
ALL_STATES = 0x1FFE

RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETQDISC, RTM_GETSTATS = 18, 22, 26, 38, 94
TCPDIAG, SOCK_DIAG = 18, 20
GENL_CTRL, CTRL_GETFAMILY = 16, 3

folder = sys.argv[1]


def save(target, data):
    os.makedirs(f"{folder}/{target}", exist_ok=True)
    with open(f"{folder}/{target}/{hashlib.sha1(data).hexdigest()}", "wb") as file:
        file.write(data)


# --- messages ---

def attribute(kind, payload):
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + bytes(-length % 4)


def message(kind, payload, flags=2):
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, 1, 0) + payload


def pieces(datagram):
    while len(datagram) >= 16:
        length = struct.unpack_from("=I", datagram)[0]
        yield datagram[:length]
        datagram = datagram[(length + 3) & ~3:]


def ask(bus, kind, payload, flags=DUMP):
    """The kernel's answer, message by message, without the one that ends it."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, bus) as line:
        line.settimeout(5)
        line.send(message(kind, payload, flags))
        while True:
            for piece in pieces(line.recv(1 << 16)):
                kind = struct.unpack_from("=H", piece, 4)[0]
                if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                    return
                yield piece
                if flags != DUMP:
                    return


def keep(targets, answers):
    for answer in answers:
        for target in targets:
            save(target, answer)


# --- what the kernel says ---

def route_messages():
    keep(["links", "counters"], ask(ROUTE, RTM_GETLINK, bytes(16)))
    keep(["counters"], ask(ROUTE, RTM_GETSTATS, struct.pack("=BBHII", 0, 0, 0, 0, 0x1F)))
    keep(["addresses"], ask(ROUTE, RTM_GETADDR, bytes(8)))
    for family in (socket.AF_INET, socket.AF_INET6):
        keep(["routes"], ask(ROUTE, RTM_GETROUTE, struct.pack("=B11x", family)))
    keep(["queues"], ask(ROUTE, RTM_GETQDISC, bytes(20)))


def tcp_pair(family, address, stack):
    """A connection: (connecting end, accepting end)."""
    listener = stack.enter_context(socket.socket(family))
    listener.bind((address, 0))
    listener.listen()
    end = stack.enter_context(socket.socket(family))
    end.connect(listener.getsockname()[:2])
    return end, stack.enter_context(listener.accept()[0])


def bulk(pair):
    pair[0].setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            pair[0].send(bytes(65536))


def open_sockets(stack):
    """Sockets in every state that can be brought about without luck."""
    pairs = [tcp_pair(socket.AF_INET, "127.0.0.1", stack) for _ in range(4)]
    pairs.append(tcp_pair(socket.AF_INET6, "::1", stack))
    dual = stack.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True))
    stack.enter_context(socket.create_connection(("127.0.0.1", dual.getsockname()[1])))
    pairs[0][0].send(b"some")
    pairs[0][1].send(b"more than that")
    bulk(pairs[1])  # nobody reads: limited by the receiver
    pairs[2][0].shutdown(socket.SHUT_WR)  # FIN_WAIT2 and CLOSE_WAIT
    pairs[3][0].close()  # TIME_WAIT
    pairs[3][1].close()
    patient = stack.enter_context(socket.socket())  # SYN_RECV until data comes
    patient.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    patient.bind(("127.0.0.1", 0))
    patient.listen()
    stack.enter_context(socket.create_connection(patient.getsockname()))
    nobody = stack.enter_context(socket.socket())  # SYN_SENT
    nobody.setblocking(False)
    nobody.connect_ex(("10.7.0.99", 9))
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        udp = [stack.enter_context(socket.socket(family, socket.SOCK_DGRAM)) for _ in range(2)]
        udp[0].bind((address, 0))
        udp[1].connect(udp[0].getsockname()[:2])
        udp[1].send(b"unread")
    return pairs


def dump_sockets():
    everything = 0x7FFF
    keep(["sockets"], ask(DIAG, TCPDIAG, struct.pack("=BBBB48xII", 2, 0, 0, 0xFF, ALL_STATES, 0)))
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            query = struct.pack("=BBBBI48x", family, protocol, everything & 0xFF, 0, ALL_STATES)
            keep(["sockets"], ask(DIAG, SOCK_DIAG, query))


def drain(line, targets):
    line.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            keep(targets, pieces(line.recv(1 << 16)))


def socket_messages():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, DIAG) as endings:
        endings.bind((0, 0b11110))  # SKNLGRP_INET[6]_{TCP,UDP}_DESTROY
        with contextlib.ExitStack() as stack:
            pairs = open_sockets(stack)
            dump_sockets()
            subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
            for end in pairs[0] + pairs[2]:  # FIN_WAIT1 and LAST_ACK, of which nobody hears
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            dump_sockets()
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        drain(endings, ["closings"])


def announcements():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, ROUTE) as line:
        line.bind((0, 0b11_0001_0001 | 1 << 6 | 1 << 10))  # links, addresses, routes
        for command in ("link set left down", "link set left up", "addr add 10.7.1.1/24 dev left",
                        "addr del 10.7.1.1/24 dev left", "route add default via 10.7.0.2 metric 9",
                        "route del default metric 9", "link del bridge0"):
            subprocess.run(["ip", *command.split()], check=True)
        drain(line, ["announcements"])


# As the files are numbered in drop_causes.h. softnet_stat is the whole machine's, so it is built.
DROP_FILES = (None, "netstat", "snmp", "snmp6")


def drop_files():
    line = b" ".join(b"%08x" % number for number in (5000, 7, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) + b"\n"
    save("drops", b"\0" + line * 2)
    for number, name in enumerate(DROP_FILES):
        if name:
            with open(f"/proc/self/net/{name}", "rb") as file:
                save("drops", bytes([number]) + file.read())
    for number, text in ((1, b"TcpExt: ListenOverflows ListenDrops\nTcpExt: 5 7\n"), (2, b"Udp: A RcvbufErrors\nUdp: 1\n"),
                         (3, b"Udp6RcvbufErrors  \t18446744073709551615\n")):
        save("drops", bytes([number]) + text)


def family_of(name):
    request = struct.pack("=BBH", CTRL_GETFAMILY, 1, 0) + attribute(2, name + b"\0")
    for answer in ask(GENERIC, GENL_CTRL, request, flags=1):
        save("wireless", answer)
        at = 20
        while at + 4 <= len(answer):
            length, kind = struct.unpack_from("=HH", answer, at)
            if kind == 1:  # CTRL_ATTR_FAMILY_ID
                return struct.unpack_from("=H", answer, at + 4)[0]
            at += (length + 3) & ~3
    return None


# The requests of linux/ethtool_netlink.h that change nothing.
ETHTOOL_GETS = (1, 2, 4, 6, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 28, 29, 32, 33, 34, 38)


def ethtool_messages():
    family = family_of(b"ethtool")
    if family is None:
        return
    for command in ETHTOOL_GETS:
        with contextlib.suppress(TimeoutError):
            keep(["ethtool"], ask(GENERIC, family, struct.pack("=BBH", command, 1, 0)))
            keep(["ethtool"], ask(GENERIC, family, struct.pack("=BBH", command, 1, 0) +
                                  attribute(1 | 0x8000, attribute(2, b"left\0")), flags=1))


# --- what is built ---

def built_link(index, name, kind, *attributes, hardware_type=1):
    info = attribute(18, attribute(1, kind)) if kind else b""
    header = struct.pack("=BxHiII", 0, hardware_type, index, 0x11043, 0)
    return message(16, header + attribute(3, name) + attribute(4, struct.pack("=I", 1500)) + info + b"".join(attributes))


def link_messages():
    """Kinds and families of links, of which a kernel has only some modules."""
    lower, master, outside = (lambda v, kind=kind: attribute(kind, struct.pack("=I", v)) for kind in (5, 10, 37))
    mac = attribute(1, b"\x02\0\xff\x10\x20\x30")
    ethernet = built_link(2, b"eth0\0", b"", mac, attribute(35, struct.pack("=I", 4)))
    save("links", ethernet + built_link(3, b"eth0.5\0", b"vlan\0", mac, lower(2)))
    save("links", ethernet + built_link(4, b"bond0\0", b"bond\0", mac) + built_link(5, b"eth1\0", b"", mac, master(4)))
    save("links", built_link(6, b"veth0\0", b"veth\0", lower(7)) + built_link(7, b"veth1\0", b"veth\0", lower(6)))
    save("links", built_link(8, b"ct0\0", b"veth\0", lower(9), outside(0)))
    for kind in (b"wireguard\0", b"wwan\0", b"rmnet\0", b"dummy\0", b"ipvlan\0", b"no end"):
        save("links", built_link(10, b"x", kind, hardware_type=0xFFFE))
    for hardware_type in (32, 280, 512, 768, 769, 772, 776, 778, 801, 803, 823, 824, 64000):
        save("links", built_link(11, b"y\0", b"", attribute(1, bytes(range(20))), hardware_type=hardware_type))


def wireless_messages():
    def generic(command, *attributes):
        return message(0x1C, struct.pack("=BBH", command, 1, 0) + b"".join(attributes))

    u8, u16, u32 = (lambda v, code=code: struct.pack("=" + code, v) for code in "BHI")
    index, name = attribute(3, u32(3)), attribute(4, b"wlan0\0")
    for ssid in (b"", b"caf\xc3\xa9", b"\xff\0\\\"", bytes(32)):
        save("wireless", generic(7, index, name, attribute(5, u32(2)), attribute(0x26, u32(5180)),
                                 attribute(0x34, ssid), attribute(6, bytes(6))))
    rates = [attribute(1, u16(540)), attribute(5, u32(8667)), attribute(2, u8(7)),
             attribute(1, u16(540)) + attribute(5, u32(0))]
    for rate in rates:
        station = attribute(7, u8(0xC3)) + attribute(8, rate) + attribute(0xD, u8(0xC0))
        save("wireless", generic(19, index, attribute(6, bytes(6)), attribute(0x15, station)))


IDS = "0123456789abcdef" * 4
PATHS = ["/system.slice/nginx.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope",
         f"/system.slice/docker-{IDS}.scope", f"/docker/{IDS}/init", f"/machine.slice/libpod-{IDS}.scope/container",
         f"/kubepods/besteffort/pod12-34/{IDS}", f"/kubepods.slice/cri-containerd-{IDS}.scope", "/lxc.payload.box/x",
         f"/crio-{IDS}.scope", f"/nerdctl-{IDS}.scope", "/a.socket/b.mount/c.swap", "//", ""]
STATS = [f"4242 ({name}) S 1 4242 4242 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 8192 100 184467\n"
         for name in ("nginx", "a b", ") S 1 (", "((sd-pam)", "", "kworker/0:1-ev", "\\\n")]
MOUNTS = ["29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n", "1 2 0:4 net:[4026532177] /run/netns/a\\040b rw - nsfs nsfs rw",
          "36 35 98:0 /mnt1 /mnt\\134\\0 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue", "1 2 3 4 5 6 - \n", " - "]
CGROUPS = [f"12:pids:/docker/{IDS}\n0::/system.slice/docker-{IDS}.scope\n", "0::/user.slice/user-0.slice/session-3.scope\n",
           "1:name=systemd:/\n0::/system.slice/nginx.service\n", "0:", "::\n\n"]
COUNTS = ["sockets: used 290\nTCP: inuse 8 orphan 0 tw 3 alloc 13 mem 1\nUDP: inuse 2 mem 1\n\0TCP6: inuse 4\nUDP6: inuse 18446744073709551616\n",
          "TCP: inuse 1 orphan 2 tw 3\nUDP: inuse 4", "TCP: inuse -1 orphan x\nUDP6: inuse 1"]
HOLDERS = [b"".join(struct.pack("=QII16s", *holder) for holder in holders) for holders in (
    [(10, 1, 3, b"init"), (10, 2, 3, b"other"), (11, 2, 4, b"x" * 16)], [(0, 0, 0, b""), (10, 5, 1, b"a"), (10, 4, 1, b"b")])]
UEVENTS = ["INTERFACE=eth0\nIFINDEX=2\n", "DEVTYPE=wlan\nINTERFACE=wlan0\nIFINDEX=4294967295\n",
           "DEVTYPE=wwan\nIFINDEX=\n", "IFINDEX=3\nDEVTYPE=" + "x" * 40]
COMMANDS = ['{"op":"subscribe","id":1,"topic":"interfaces"}', '{"op":"unsubscribe","id":9007199254740992}',
            '{"op":"subscribe","id":1,"topic":"connections","interval_ms":50,"since":{"instance":"9f2c41d0","revision":1840}}',
            '{"op":"subscribe","id":1,"topic":"connections","filter":{"state":["established"],"port":443},'
            '"fields":["pid"],"sort":"-download_speed","limit":200,"history_s":600,"compress":"deflate"}',
            '{"op":"subscribe","id":0,"topic":"events","filter":{"event":["connection_closed","listener_added"]}}',
            '{"op":"subscribe","id":0,"topic":"events","filter":{"event":"link_up"}}', '{"op":"ping","data":"\\u00e9\\u0000"}', '{"op":"authenticate","token":"0123456789abcdef"}', "[1]", '{"op":1}']
HEADERS = ["127.0.0.1:8750\nhttp://127.0.0.1:8750", "[::1]:8750\nhttp://[::1]:8750", "box:8750", "localhost.:8750",
           "monitor.example\nhttps://proxy.example", "evil.example:8750\nhttp://evil.example:8750", "[2001:db8::5]:99",
           "192.0.2.7:8750\nhttp://evil.192.0.2.7:8750", "127.0.0.1:8750\nnull"]
REQUESTS = ["/api/v1/snapshot\ngzip, br;q=0\ntopics=interfaces,totals\nsince=17\ninstance=9f2c41d0",
            "/api/v1/connections\nidentity;q=1, gzip;q=0.5\nstate=established,listen\nport=443\nsort=-download_speed\nlimit=9",
            "/\n*\n/", "/x\ngzip;q=0\na\n=b\n==\ntopics=nothing", "/x\n\n" + "a=b\n" * 17]
CONFIGS = ['{"listen":"[::1]:80","web":"w","interval_ms":50,"connections_interval_ms":2000,"allowed_hosts":["a","b"],'
           '"allowed_origins":["https://a"],"anonymous":true,"limits":{"clients":1,"clients_per_address":2,'
           '"subscriptions":3,"message_bytes":4,"messages_per_s":5,"message_burst":6},'
           '"history":{"tombstone_s":7,"tombstones":8,"events":9},"log_level":"debug"}',
           '{\n"listen": "nowhere"\n}', '{"limits":{"clients":0}}', '{"limits":[],"cpu_budget_percent":5}', '{"a":1,"a":2}']
TOKENS = ["\x1bBearer first-first-first-fi# ours\nfirst-first-first-fi\nsecond-second-second interfaces # wall\n",
          "\x0aBasic YTpiabc all\n", "\0secret-secret-secret all all\n", "\x06bearer# nothing\n\n"]
NAMES = ["eth0", "caf\u00e9", 'a"b\\c', "\x01\x7f\u2028\U0001f600"]

route_messages()
ethtool_messages()
family_of(b"nl80211")
socket_messages()
announcements()
drop_files()
link_messages()
wireless_messages()
for target, texts in (("units", PATHS), ("mounts", MOUNTS), ("cgroups", CGROUPS), ("counts", COUNTS), ("processes", STATS), ("uevents", UEVENTS), ("commands", COMMANDS),
                      ("access", HEADERS), ("requests", REQUESTS), ("config", CONFIGS), ("names", NAMES), ("tokens", TOKENS)):
    for text in texts:
        save(target, text.encode())
for records in HOLDERS:
    save("holders", records)
save("names", b"\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82")
for name in sorted(os.listdir(folder)):
    print(f"{name}: {len(os.listdir(f'{folder}/{name}'))} seeds")
