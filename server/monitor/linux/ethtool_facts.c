#include "ethtool_facts.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

static int call(int fd, const char *name, void *command)
{
    struct ifreq request = {.ifr_data = command};
    put_text(request.ifr_name, sizeof(request.ifr_name), name);
    return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static uint8_t status_of(int result)
{
    switch (result) {
    case -EOPNOTSUPP:
    case -EINVAL:
    case -ENOTTY:
        return NETWORK_NOT_SUPPORTED;
    case -EPERM:
    case -EACCES:
        return NETWORK_PERMISSION;
    default:
        return NETWORK_UNAVAILABLE; /* -ENODEV: it is gone */
    }
}

void ethtool_read_driver(int fd, struct network_interface *iface)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    int result = call(fd, iface->name, &info);
    info.driver[sizeof(info.driver) - 1] = '\0';
    if (result < 0)
        iface->status.driver = status_of(result);
    else if (info.driver[0] != '\0')
        PUT_TEXT(iface, driver, info.driver);
}

/* The settings end in three masks of link modes, whose length the kernel tells at the first call
 * (as a negative number) and wants to hear at the second. */
enum { MODE_MASKS = 3, MODE_WORDS_MAX = 127 };
union settings {
    struct ethtool_link_settings fixed;
    char
        room[sizeof(struct ethtool_link_settings) + MODE_MASKS * MODE_WORDS_MAX * sizeof(uint32_t)];
};

static int read_settings(int fd, const char *name, union settings *settings)
{
    settings->fixed.cmd = ETHTOOL_GLINKSETTINGS;
    int result = call(fd, name, settings);
    if (result < 0)
        return result;
    int words = -settings->fixed.link_mode_masks_nwords;
    if (words <= 0 || words > MODE_WORDS_MAX)
        return -EOPNOTSUPP;
    memset(settings, 0, sizeof(*settings));
    settings->fixed.cmd = ETHTOOL_GLINKSETTINGS;
    settings->fixed.link_mode_masks_nwords = (int8_t)words;
    return call(fd, name, settings);
}

static void read_speed(int fd, struct network_interface *iface)
{
    union settings settings;
    memset(&settings, 0, sizeof(settings)); /* a union's {0} clears its first member only */
    int result = read_settings(fd, iface->name, &settings);
    if (result < 0) {
        iface->status.link_bits_per_s = status_of(result);
        iface->status.duplex = status_of(result);
        return;
    }
    if (settings.fixed.speed != 0 && settings.fixed.speed != (uint32_t)SPEED_UNKNOWN)
        PUT(iface, link_bits_per_s, (uint64_t)settings.fixed.speed * 1000000);
    if (settings.fixed.duplex == DUPLEX_HALF)
        PUT(iface, duplex, NETWORK_HALF_DUPLEX);
    if (settings.fixed.duplex == DUPLEX_FULL)
        PUT(iface, duplex, NETWORK_FULL_DUPLEX);
}

static void read_ring(int fd, struct network_interface *iface)
{
    struct ethtool_ringparam ring = {.cmd = ETHTOOL_GRINGPARAM};
    int result = call(fd, iface->name, &ring);
    if (result < 0)
        iface->status.receive_ring = status_of(result);
    else if (ring.rx_pending > 0)
        PUT(iface, receive_ring, ring.rx_pending);
}

void ethtool_read_settings(int fd, struct network_interface *iface)
{
    read_speed(fd, iface);
    read_ring(fd, iface);
}
