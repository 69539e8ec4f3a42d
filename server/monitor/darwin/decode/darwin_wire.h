/* darwin_wire - where things are in what the macOS kernel writes, as offsets and numbers.
 *
 * In our own words, so that decoders build and run on every system. Sources: Apple's xnu, by file
 * below. All is little-endian (both kinds of Mac are), packed to 4 bytes, and only ever grows at
 * the end, but for what is said. sys/darwin_layout.c asserts what Apple's public headers have of it
 * whenever it is compiled for macOS; the mirrors in tests/darwin say it a third time.
 */
#ifndef IFPULSE_DARWIN_WIRE_H
#define IFPULSE_DARWIN_WIRE_H

/* --- sysctl --- */

/* sys/socket.h, net/if_mib.h, net/route.h */
enum {
    DARWIN_CTL_NET = 4,
    DARWIN_PF_ROUTE = 17,
    DARWIN_PF_LINK = 18,
    DARWIN_NET_RT_DUMP = 1,
    DARWIN_NET_RT_IFLIST2 = 6,
    DARWIN_NETLINK_GENERIC = 0,
    DARWIN_IFMIB_SYSTEM = 1,
    DARWIN_IFMIB_IFCOUNT = 1,
    DARWIN_IFMIB_IFDATA = 2,
    DARWIN_IFDATA_GENERAL = 1,
};

/* sys/socket.h */
enum { DARWIN_AF_INET = 2, DARWIN_AF_LINK = 18, DARWIN_AF_INET6 = 30 };

/* --- routing messages: u16 length, u8 version, u8 type --- */

/* net/route.h */
enum {
    RTM_LENGTH = 0,
    RTM_OF_VERSION = 2,
    RTM_TYPE = 3,
    RTM_HEAD = 4,
    RTM_IS_VERSION = 5,
    RTM_IS_GET = 0x04, /* what a dump of routes consists of */
    RTM_IS_ADD = 0x01,
    RTM_IS_DELETE = 0x02,
    RTM_IS_CHANGE = 0x03,
    RTM_IS_NEWADDR = 0x0c,
    RTM_IS_DELADDR = 0x0d,
    RTM_IS_IFINFO = 0x0e,
    RTM_IS_IFINFO2 = 0x12,
};
/* Which addresses follow a header, as bits; they do in this order. */
enum {
    RTAX_OF_DESTINATION = 0,
    RTAX_OF_NETMASK = 2,
    RTAX_OF_ADDRESS = 5,
    RTAX_COUNT = 8,
};
/* struct if_msghdr2; then a sockaddr_dl */
enum { IFM2_FLAGS = 8, IFM2_INDEX = 12, IFM2_DATA = 32, IFM2_SIZE = 160 };
/* struct ifa_msghdr */
enum { IFAM_ADDRESSES = 4, IFAM_INDEX = 12, IFAM_SIZE = 20 };
/* struct rt_msghdr */
enum { RT_INDEX = 4, RT_FLAGS = 8, RT_ADDRESSES = 12, RT_SIZE = 92 };
enum {
    RTF_IS_UP = 0x1,
    RTF_IS_HOST = 0x4,
    RTF_IS_REJECT = 0x8,
    RTF_IS_BLACKHOLE = 0x1000,
    RTF_IS_IFSCOPE = 0x1000000, /* only for sockets that are bound to its interface */
};

/* --- interfaces --- */

/* net/if_var.h: struct if_data64 */
enum {
    IFD_TYPE = 0,
    IFD_MTU = 8,
    IFD_BAUDRATE = 16,
    IFD_IPACKETS = 24,
    IFD_IERRORS = 32,
    IFD_OPACKETS = 40,
    IFD_OERRORS = 48,
    IFD_COLLISIONS = 56,
    IFD_IBYTES = 64,
    IFD_OBYTES = 72,
    IFD_IQDROPS = 96,
    IFD_SIZE = 128,
};
/* net/if_mib.h: struct ifmibdata */
enum { IFMD_NAME = 0, IFMD_NAME_SIZE = 16, IFMD_SND_DROPS = 32, IFMD_DATA = 52, IFMD_SIZE = 180 };
/* net/if_dl.h: struct sockaddr_dl; name and then hardware address are in its data */
enum { SDL_LENGTH = 0, SDL_FAMILY = 1, SDL_NLEN = 5, SDL_ALEN = 6, SDL_DATA = 8 };
/* netinet/in.h, netinet6/in6.h: struct sockaddr_in, struct sockaddr_in6 */
enum { SIN_ADDRESS = 4, SIN_SIZE = 8 /* that much of it at least */ };
enum { SIN6_ADDRESS = 8, SIN6_SIZE = 24 };
/* net/if_types.h */
enum {
    IFT_IS_ETHER = 0x06,
    IFT_IS_PPP = 0x17,
    IFT_IS_LOOP = 0x18,
    IFT_IS_GIF = 0x37,
    IFT_IS_STF = 0x39,
    IFT_IS_L2VLAN = 0x87,
    IFT_IS_LAG = 0x88,
    IFT_IS_FIREWIRE = 0x90,
    IFT_IS_BRIDGE = 0xd1,
    IFT_IS_CELLULAR = 0xff,
};
/* net/if.h */
enum {
    IFF_IS_UP = 0x1,
    IFF_IS_BROADCAST = 0x2,
    IFF_IS_LOOPBACK = 0x8,
    IFF_IS_POINTOPOINT = 0x10,
    IFF_IS_RUNNING = 0x40,
    IFF_IS_MULTICAST = 0x8000,
};
/* net/if.h: struct ifreq of SIOCGIFFUNCTIONALTYPE, IFRTYPE_FUNCTIONAL_* */
enum { IFR_VALUE = 16, IFR_SIZE = 32 };
enum {
    IFRTYPE_IS_UNKNOWN,
    IFRTYPE_IS_LOOPBACK,
    IFRTYPE_IS_WIRED,
    IFRTYPE_IS_WIFI,
    IFRTYPE_IS_AWDL,
    IFRTYPE_IS_CELLULAR,
    IFRTYPE_IS_COPROCESSOR,
    IFRTYPE_IS_COMPANION,
    IFRTYPE_IS_MANAGEMENT,
};
/* net/if.h: struct ifmediareq; net/if_media.h */
enum { IFMEDIA_STATUS = 24, IFMEDIA_ACTIVE = 28, IFMEDIA_SIZE = 44 };
enum {
    IFM_IS_VALID = 0x1,
    IFM_IS_ACTIVE = 0x2,
    IFM_NETWORK = 0xe0, /* mask */
    IFM_IS_ETHER = 0x20,
    IFM_IS_FULL_DUPLEX = 0x100000,
    IFM_IS_HALF_DUPLEX = 0x200000,
};
/* net/if_vlan_var.h: struct vlanreq */
enum { VLAN_PARENT = 0, VLAN_PARENT_SIZE = 16, VLAN_SIZE = 18 };

/* --- sockets: net.inet.{tcp,udp}.pcblist_n --- */

/* Every record: u32 length, u32 kind; the next is at the length rounded up to 8. Both ends are a
 * struct xinpgen, whose second word is a count instead: told by its length. */
enum { XGEN_COUNT = 4, XGEN_GENERATION = 8, XGEN_SIZE = 24 };
/* sys/socketvar.h: XSO_*, private */
enum {
    XSO_IS_SOCKET = 0x01,
    XSO_IS_RECEIVE_BUFFER = 0x02,
    XSO_IS_SEND_BUFFER = 0x04,
    XSO_IS_STATS = 0x08,
    XSO_IS_INPCB = 0x10,
    XSO_IS_TCPCB = 0x20,
};
/* netinet/in_pcb.h: struct xinpcb_n. Its generation is counted up for every socket of the protocol
 * that is made, so it is an identity; flows of user-space stacks have none. */
enum {
    XINP_REMOTE_PORT = 16,
    XINP_LOCAL_PORT = 18, /* both big-endian */
    XINP_GENERATION = 28,
    XINP_VFLAG = 44, /* 1: IPv4, 2: IPv6, both: IPv6 that takes IPv4 as well */
    XINP_REMOTE = 48,
    XINP_LOCAL = 64, /* of IPv4 the last 4 bytes of 16 */
    XINP_SIZE = 104,
};
enum { VFLAG_IPV4 = 1, VFLAG_IPV6 = 2 };
/* sys/socketvar.h: struct xsocket_n; 76 bytes before macOS 13 */
enum {
    XSO_SO = 8, /* 0: the socket is gone, the rest of the record is zeros */
    XSO_QLEN = 44,
    XSO_QLIMIT = 48,
    XSO_UID = 64,
    XSO_LAST_PID = 68,
    XSO_E_PID = 72,
    XSO_SIZE = 76,
};
/* struct xsockbuf_n */
enum { XSB_CC = 8, XSB_SIZE = 32 };
/* struct xsockstat_n: slots of packets and bytes. Up to Darwin 23 a slot is a traffic class; from
 * Darwin 24 on the first is all, and the second what was thrown away for want of room. */
enum {
    XST_SLOTS = 4,
    XST_FIRST = 8,
    XST_SLOT = 32,
    XST_RXBYTES = 8,
    XST_TXBYTES = 24,
    XST_SIZE = 136
};
/* netinet/tcp_var.h: struct xtcpcb_n; of flows of user-space stacks only the state and the windows
 * are filled in. 204 bytes, not 208. */
enum {
    XTCP_STATE = 36,
    XTCP_CWND = 100,
    XTCP_MAXSEG = 132,
    XTCP_SRTT = 136, /* ms << 5 */
    XTCP_SIZE = 204,
};

/* --- libproc: sys/proc_info.h --- */

/* struct proc_fdinfo */
enum { PFD_DESCRIPTOR = 0, PFD_TYPE = 4, PFD_SIZE = 8, PFD_IS_SOCKET = 2 };
/* struct socket_fdinfo: struct proc_fileinfo (24), struct socket_info; here from its start */
enum {
    PSO_PROTOCOL = 180,
    PSO_QLEN = 194,
    PSO_QLIMIT = 198,
    PSO_RECEIVE_CC = 208,
    PSO_SEND_CC = 232,
    PSO_KIND = 256,
    PSO_REMOTE_PORT = 264, /* big-endian in the low half of an int, like the next */
    PSO_LOCAL_PORT = 268,
    PSO_GENERATION = 272,
    PSO_VFLAG = 288,
    PSO_REMOTE = 296,
    PSO_LOCAL = 312,
    PSO_TCP_STATE = 344,
    PSO_SIZE = 792,
};
enum { SOCKINFO_IS_IN = 1, SOCKINFO_IS_TCP = 2 };
/* struct proc_bsdshortinfo */
enum { PBSI_COMM = 16, PBSI_COMM_SIZE = 16, PBSI_UID = 36, PBSI_SIZE = 64 };

/* --- kernel events: sys/kern_event.h, net/net_kev.h --- */

/* struct kern_event_msg; of the network then a struct net_event_data */
enum {
    KEV_TOTAL = 0,
    KEV_VENDOR = 4,
    KEV_CLASS = 8,
    KEV_SUBCLASS = 12,
    KEV_CODE = 20,
    KEV_DATA = 24,
};
enum { KEV_IS_APPLE = 1, KEV_IS_NETWORK = 1 };
enum { KEV_IS_INET = 1, KEV_IS_DL = 2, KEV_IS_INET6 = 6 };
/* Of the data link; those of the others all are about addresses or routers. */
enum {
    KEV_DL_IS_FLAGS = 1,
    KEV_DL_IS_MTU = 3,
    KEV_DL_IS_MEDIA = 5,
    KEV_DL_IS_ATTACHED = 9,
    KEV_DL_IS_DETACHING = 10,
    KEV_DL_IS_DETACHED = 11,
    KEV_DL_IS_LINK_OFF = 12,
    KEV_DL_IS_LINK_ON = 13,
    KEV_DL_IS_ADDRESS = 16,
    KEV_DL_IS_PRIMARY = 23,
};
/* struct net_event_data: the name is without the unit's number */
enum { NED_UNIT = 4, NED_NAME = 8, NED_NAME_SIZE = 16, NED_SIZE = 24 };

/* --- protocols: netinet/in.h --- */
enum { DARWIN_IPPROTO_TCP = 6, DARWIN_IPPROTO_UDP = 17 };

#endif
