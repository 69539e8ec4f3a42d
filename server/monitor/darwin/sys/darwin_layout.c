/* What decode/darwin_wire.h says, against what Apple's headers say: nothing of it is in the
 * program, but it does not compile where they differ. Headers that only Xcode has are looked at
 * there. */
#include "darwin_wire.h"

#include <libproc.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/net_kev.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#if __has_include(<net/if_mib.h>)
#include <net/if_mib.h>
#endif
#if __has_include(<net/if_media.h>)
#include <net/if_media.h>
#endif
#if __has_include(<net/if_types.h>)
#include <net/if_types.h>
#endif
#if __has_include(<sys/kern_event.h>)
#include <sys/kern_event.h>
#endif

#define AT(offset, type, member)                                                                   \
    _Static_assert((offset) == offsetof(struct type, member), #type "." #member)
#define SIZE(size, type) _Static_assert((size) == sizeof(struct type), #type)
#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #theirs)

SAME(DARWIN_CTL_NET, CTL_NET);
SAME(DARWIN_PF_ROUTE, PF_ROUTE);
SAME(DARWIN_PF_LINK, PF_LINK);
SAME(DARWIN_NET_RT_DUMP, NET_RT_DUMP);
SAME(DARWIN_NET_RT_IFLIST2, NET_RT_IFLIST2);
SAME(DARWIN_AF_INET, AF_INET);
SAME(DARWIN_AF_LINK, AF_LINK);
SAME(DARWIN_AF_INET6, AF_INET6);
SAME(DARWIN_IPPROTO_TCP, IPPROTO_TCP);
SAME(DARWIN_IPPROTO_UDP, IPPROTO_UDP);

SAME(RTM_IS_VERSION, RTM_VERSION);
SAME(RTM_IS_GET, RTM_GET);
SAME(RTM_IS_ADD, RTM_ADD);
SAME(RTM_IS_DELETE, RTM_DELETE);
SAME(RTM_IS_CHANGE, RTM_CHANGE);
SAME(RTM_IS_NEWADDR, RTM_NEWADDR);
SAME(RTM_IS_DELADDR, RTM_DELADDR);
SAME(RTM_IS_IFINFO, RTM_IFINFO);
SAME(RTM_IS_IFINFO2, RTM_IFINFO2);
SAME(RTAX_OF_DESTINATION, RTAX_DST);
SAME(RTAX_OF_NETMASK, RTAX_NETMASK);
SAME(RTAX_OF_ADDRESS, RTAX_IFA);
SAME(RTAX_COUNT, RTAX_MAX);
SAME(RTF_IS_UP, RTF_UP);
SAME(RTF_IS_HOST, RTF_HOST);
SAME(RTF_IS_REJECT, RTF_REJECT);
SAME(RTF_IS_BLACKHOLE, RTF_BLACKHOLE);
SAME(RTF_IS_IFSCOPE, RTF_IFSCOPE);

AT(RTM_LENGTH, if_msghdr2, ifm_msglen);
AT(RTM_OF_VERSION, if_msghdr2, ifm_version);
AT(RTM_TYPE, if_msghdr2, ifm_type);
AT(IFM2_FLAGS, if_msghdr2, ifm_flags);
AT(IFM2_INDEX, if_msghdr2, ifm_index);
AT(IFM2_DATA, if_msghdr2, ifm_data);
SIZE(IFM2_SIZE, if_msghdr2);
AT(IFAM_ADDRESSES, ifa_msghdr, ifam_addrs);
AT(IFAM_INDEX, ifa_msghdr, ifam_index);
SIZE(IFAM_SIZE, ifa_msghdr);
AT(RT_INDEX, rt_msghdr, rtm_index);
AT(RT_FLAGS, rt_msghdr, rtm_flags);
AT(RT_ADDRESSES, rt_msghdr, rtm_addrs);
SIZE(RT_SIZE, rt_msghdr);

AT(IFD_TYPE, if_data64, ifi_type);
AT(IFD_MTU, if_data64, ifi_mtu);
AT(IFD_BAUDRATE, if_data64, ifi_baudrate);
AT(IFD_IPACKETS, if_data64, ifi_ipackets);
AT(IFD_IERRORS, if_data64, ifi_ierrors);
AT(IFD_OPACKETS, if_data64, ifi_opackets);
AT(IFD_OERRORS, if_data64, ifi_oerrors);
AT(IFD_COLLISIONS, if_data64, ifi_collisions);
AT(IFD_IBYTES, if_data64, ifi_ibytes);
AT(IFD_OBYTES, if_data64, ifi_obytes);
AT(IFD_IQDROPS, if_data64, ifi_iqdrops);
SIZE(IFD_SIZE, if_data64);
AT(SDL_LENGTH, sockaddr_dl, sdl_len);
AT(SDL_FAMILY, sockaddr_dl, sdl_family);
AT(SDL_NLEN, sockaddr_dl, sdl_nlen);
AT(SDL_ALEN, sockaddr_dl, sdl_alen);
AT(SDL_DATA, sockaddr_dl, sdl_data);
AT(SIN_ADDRESS, sockaddr_in, sin_addr);
AT(SIN6_ADDRESS, sockaddr_in6, sin6_addr);
SAME(IFF_IS_UP, IFF_UP);
SAME(IFF_IS_BROADCAST, IFF_BROADCAST);
SAME(IFF_IS_LOOPBACK, IFF_LOOPBACK);
SAME(IFF_IS_POINTOPOINT, IFF_POINTOPOINT);
SAME(IFF_IS_RUNNING, IFF_RUNNING);
SAME(IFF_IS_MULTICAST, IFF_MULTICAST);
AT(IFR_VALUE, ifreq, ifr_ifru.ifru_functional_type);
SIZE(IFR_SIZE, ifreq);
SAME(IFRTYPE_IS_LOOPBACK, IFRTYPE_FUNCTIONAL_LOOPBACK);
SAME(IFRTYPE_IS_WIRED, IFRTYPE_FUNCTIONAL_WIRED);
SAME(IFRTYPE_IS_WIFI, IFRTYPE_FUNCTIONAL_WIFI_INFRA);
SAME(IFRTYPE_IS_AWDL, IFRTYPE_FUNCTIONAL_WIFI_AWDL);
SAME(IFRTYPE_IS_CELLULAR, IFRTYPE_FUNCTIONAL_CELLULAR);
SAME(IFRTYPE_IS_COPROCESSOR, IFRTYPE_FUNCTIONAL_INTCOPROC);
AT(IFMEDIA_STATUS, ifmediareq, ifm_status);
AT(IFMEDIA_ACTIVE, ifmediareq, ifm_active);
SIZE(IFMEDIA_SIZE, ifmediareq); /* which is part of the ioctl's number */

AT(PFD_DESCRIPTOR, proc_fdinfo, proc_fd);
AT(PFD_TYPE, proc_fdinfo, proc_fdtype);
SIZE(PFD_SIZE, proc_fdinfo);
SAME(PFD_IS_SOCKET, PROX_FDTYPE_SOCKET);
AT(PSO_PROTOCOL, socket_fdinfo, psi.soi_protocol);
AT(PSO_QLEN, socket_fdinfo, psi.soi_qlen);
AT(PSO_QLIMIT, socket_fdinfo, psi.soi_qlimit);
AT(PSO_RECEIVE_CC, socket_fdinfo, psi.soi_rcv.sbi_cc);
AT(PSO_SEND_CC, socket_fdinfo, psi.soi_snd.sbi_cc);
AT(PSO_KIND, socket_fdinfo, psi.soi_kind);
AT(PSO_REMOTE_PORT, socket_fdinfo, psi.soi_proto.pri_in.insi_fport);
AT(PSO_LOCAL_PORT, socket_fdinfo, psi.soi_proto.pri_in.insi_lport);
AT(PSO_GENERATION, socket_fdinfo, psi.soi_proto.pri_in.insi_gencnt);
AT(PSO_VFLAG, socket_fdinfo, psi.soi_proto.pri_in.insi_vflag);
AT(PSO_REMOTE, socket_fdinfo, psi.soi_proto.pri_in.insi_faddr);
AT(PSO_LOCAL, socket_fdinfo, psi.soi_proto.pri_in.insi_laddr);
AT(PSO_TCP_STATE, socket_fdinfo, psi.soi_proto.pri_tcp.tcpsi_state);
SIZE(PSO_SIZE, socket_fdinfo);
SAME(SOCKINFO_IS_IN, SOCKINFO_IN);
SAME(SOCKINFO_IS_TCP, SOCKINFO_TCP);
SAME(VFLAG_IPV4, INI_IPV4);
SAME(VFLAG_IPV6, INI_IPV6);
AT(PBSI_COMM, proc_bsdshortinfo, pbsi_comm);
AT(PBSI_UID, proc_bsdshortinfo, pbsi_uid);
SIZE(PBSI_SIZE, proc_bsdshortinfo);

AT(NED_UNIT, net_event_data, if_unit);
AT(NED_NAME, net_event_data, if_name);
SIZE(NED_SIZE, net_event_data);
SAME(KEV_IS_INET, KEV_INET_SUBCLASS);
SAME(KEV_IS_DL, KEV_DL_SUBCLASS);
SAME(KEV_IS_INET6, KEV_INET6_SUBCLASS);
SAME(KEV_DL_IS_FLAGS, KEV_DL_SIFFLAGS);
SAME(KEV_DL_IS_MTU, KEV_DL_SIFMTU);
SAME(KEV_DL_IS_MEDIA, KEV_DL_SIFMEDIA);
SAME(KEV_DL_IS_ATTACHED, KEV_DL_IF_ATTACHED);
SAME(KEV_DL_IS_DETACHING, KEV_DL_IF_DETACHING);
SAME(KEV_DL_IS_DETACHED, KEV_DL_IF_DETACHED);
SAME(KEV_DL_IS_LINK_OFF, KEV_DL_LINK_OFF);
SAME(KEV_DL_IS_LINK_ON, KEV_DL_LINK_ON);
SAME(KEV_DL_IS_ADDRESS, KEV_DL_LINK_ADDRESS_CHANGED);

#if __has_include(<net/if_mib.h>)
SAME(DARWIN_NETLINK_GENERIC, NETLINK_GENERIC);
SAME(DARWIN_IFMIB_SYSTEM, IFMIB_SYSTEM);
SAME(DARWIN_IFMIB_IFCOUNT, IFMIB_IFCOUNT);
SAME(DARWIN_IFMIB_IFDATA, IFMIB_IFDATA);
SAME(DARWIN_IFDATA_GENERAL, IFDATA_GENERAL);
AT(IFMD_NAME, ifmibdata, ifmd_name);
AT(IFMD_SND_DROPS, ifmibdata, ifmd_snd_drops);
AT(IFMD_DATA, ifmibdata, ifmd_data);
SIZE(IFMD_SIZE, ifmibdata);
#endif
#if __has_include(<net/if_media.h>)
SAME(IFM_IS_VALID, IFM_AVALID);
SAME(IFM_IS_ACTIVE, IFM_ACTIVE);
SAME(IFM_NETWORK, IFM_NMASK);
SAME(IFM_IS_ETHER, IFM_ETHER);
SAME(IFM_IS_FULL_DUPLEX, IFM_FDX);
SAME(IFM_IS_HALF_DUPLEX, IFM_HDX);
#endif
#if __has_include(<net/if_types.h>)
SAME(IFT_IS_ETHER, IFT_ETHER);
SAME(IFT_IS_PPP, IFT_PPP);
SAME(IFT_IS_LOOP, IFT_LOOP);
SAME(IFT_IS_GIF, IFT_GIF);
SAME(IFT_IS_STF, IFT_STF);
SAME(IFT_IS_L2VLAN, IFT_L2VLAN);
SAME(IFT_IS_LAG, IFT_IEEE8023ADLAG);
SAME(IFT_IS_FIREWIRE, IFT_IEEE1394);
SAME(IFT_IS_BRIDGE, IFT_BRIDGE);
SAME(IFT_IS_CELLULAR, IFT_CELLULAR);
#endif
#if __has_include(<sys/kern_event.h>)
AT(KEV_TOTAL, kern_event_msg, total_size);
AT(KEV_VENDOR, kern_event_msg, vendor_code);
AT(KEV_CLASS, kern_event_msg, kev_class);
AT(KEV_SUBCLASS, kern_event_msg, kev_subclass);
AT(KEV_CODE, kern_event_msg, event_code);
AT(KEV_DATA, kern_event_msg, event_data);
SAME(KEV_IS_APPLE, KEV_VENDOR_APPLE);
SAME(KEV_IS_NETWORK, KEV_NETWORK_CLASS);
#endif
