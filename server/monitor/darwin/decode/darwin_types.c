#include "darwin_types.h"

#include "darwin_bytes.h"
#include "darwin_wire.h"

static const struct {
    uint8_t type;
    enum network_interface_type is;
    const char *word;
} link_types[] = {
    {IFT_IS_LOOP, NETWORK_LOOPBACK, "loopback"},
    {IFT_IS_CELLULAR, NETWORK_CELLULAR, "cellular"},
    {IFT_IS_BRIDGE, NETWORK_VIRTUAL, "bridge"},
    {IFT_IS_L2VLAN, NETWORK_VIRTUAL, "vlan"},
    {IFT_IS_LAG, NETWORK_VIRTUAL, "bond"},
    {IFT_IS_GIF, NETWORK_VIRTUAL, "gif"},
    {IFT_IS_STF, NETWORK_VIRTUAL, "stf"},
    {IFT_IS_PPP, NETWORK_VIRTUAL, "ppp"},
};

static const struct {
    int functional;
    enum network_interface_type is;
    const char *word;
} functions[] = {
    {IFRTYPE_IS_LOOPBACK, NETWORK_LOOPBACK, "loopback"},
    {IFRTYPE_IS_WIFI, NETWORK_WIFI, "ether"},
    {IFRTYPE_IS_AWDL, NETWORK_VIRTUAL, "awdl"},
    {IFRTYPE_IS_CELLULAR, NETWORK_CELLULAR, "cellular"},
    {IFRTYPE_IS_COPROCESSOR, NETWORK_VIRTUAL, "coprocessor"},
    {IFRTYPE_IS_COMPANION, NETWORK_VIRTUAL, "companion"},
    {IFRTYPE_IS_MANAGEMENT, NETWORK_VIRTUAL, "management"},
};

/* What calls itself Ethernet and wired but is made by software: its driver gives the names. */
static const char *const software_names[] = {"feth", "vmenet", "vmnet", "vnic", "ap"};

/* What SystemConfiguration knows of a port that calls itself Ethernet. */
static const struct {
    const char *port_type;
    enum network_interface_type is;
    const char *word;
} ports[] = {
    {"WWAN", NETWORK_CELLULAR, "cellular"},
    {"Bluetooth", NETWORK_OTHER, "bluetooth"},
    {"Modem", NETWORK_OTHER, "modem"},
};

static bool is_made_by_software(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(software_names); i++) {
        size_t length = strlen(software_names[i]);
        if (strncmp(name, software_names[i], length) == 0 && name[length] >= '0' &&
            name[length] <= '9')
            return true;
    }
    return false;
}

static struct darwin_kind kind_of_type(uint8_t type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(link_types); i++)
        if (link_types[i].type == type)
            return (struct darwin_kind){link_types[i].is, link_types[i].word, false};
    return (struct darwin_kind){NETWORK_OTHER, NULL, false};
}

static struct darwin_kind kind_of_function(int functional)
{
    for (size_t i = 0; i < ARRAY_LENGTH(functions); i++)
        if (functions[i].functional == functional)
            return (struct darwin_kind){
                functions[i].is, functions[i].word, functions[i].is == NETWORK_WIFI};
    return (struct darwin_kind){NETWORK_OTHER, NULL, false};
}

static struct darwin_kind kind_of_port(const char *port_type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ports); i++)
        if (strcmp(port_type, ports[i].port_type) == 0)
            return (struct darwin_kind){ports[i].is, ports[i].word, false};
    return (struct darwin_kind){NETWORK_OTHER, NULL, false};
}

/* A tunnel's functional type is that of the link below it, so what the link itself says comes
 * first. */
struct darwin_kind darwin_kind_of(
    const struct darwin_link *link, int functional, const char *port_type)
{
    struct darwin_kind kind = kind_of_type(link->type);
    if (!kind.word && link->flags & IFF_IS_LOOPBACK)
        return kind_of_type(IFT_IS_LOOP);
    if (!kind.word && link->flags & IFF_IS_POINTOPOINT)
        return (struct darwin_kind){NETWORK_VIRTUAL, "tun", false};
    if (!kind.word && is_made_by_software(link->name))
        return (struct darwin_kind){NETWORK_VIRTUAL, "ether", false};
    if (!kind.word && strcmp(port_type, "IEEE80211") == 0)
        return kind_of_function(IFRTYPE_IS_WIFI);
    if (!kind.word)
        kind = kind_of_port(port_type);
    if (!kind.word)
        kind = kind_of_function(functional);
    if (!kind.word && link->type == IFT_IS_ETHER)
        return (struct darwin_kind){NETWORK_ETHERNET, "ether", false};
    if (!kind.word && link->type == IFT_IS_FIREWIRE)
        return (struct darwin_kind){NETWORK_OTHER, "ieee1394", false};
    if (!kind.word)
        kind.word = "other";
    return kind;
}

int darwin_functional_type(const uint8_t *bytes, size_t size)
{
    return size < IFR_VALUE + 4 ? -1 : (int)(read_le32(bytes + IFR_VALUE) & 0x7fffffff);
}

/* --- media --- */

enum { FIRST_EXTENDED = 32 };

/* Subtypes of Ethernet up to the next row's, net/if_media.h; 0: none of one speed. */
static const struct {
    uint8_t from;
    uint32_t mbit_per_s;
} speeds[] = {{0, 0}, {3, 10}, {6, 100}, {11, 1000}, {12, 10}, {14, 1000}, {17, 1}, {18, 10000},
    {22, 2500}, {23, 5000}, {24, 1000}, {26, 10000}, {30, 20000}, {31, 0}, {FIRST_EXTENDED, 2500},
    {33, 10000}, {36, 2500}, {37, 40000}, {39, 50000}, {40, 25000}, {41, 1000}, {42, 10000},
    {43, 40000}, {46, 0}, {47, 100000}, {51, 56000}, {52, 100}, {53, 25000}, {56, 50000},
    {58, 25000}, {59, 10000}, {60, 25000}, {62, 100}, {63, 2500}, {64, 5000}, {65, 25000},
    {69, 5000}, {71, 25000}, {72, 40000}, {75, 50000}, {86, 25000}, {87, 50000}, {89, 100000},
    {103, 200000}, {113, 400000}, {118, 0}};

static uint64_t bits_per_s_of(uint32_t subtype)
{
    size_t row = 0;
    while (row + 1 < ARRAY_LENGTH(speeds) && subtype >= speeds[row + 1].from)
        row++;
    return (uint64_t)speeds[row].mbit_per_s * 1000000;
}

/* Its low five bits, and four more of bit 16 on. */
static uint32_t subtype_of(uint32_t media)
{
    return (media & 0x1f) | (media >> 11 & 0x1e0);
}

struct darwin_media darwin_media_of(const uint8_t *bytes, size_t size)
{
    struct darwin_media media = {0};
    if (size < IFMEDIA_SIZE)
        return media;
    uint32_t status = read_le32(bytes + IFMEDIA_STATUS);
    uint32_t active = read_le32(bytes + IFMEDIA_ACTIVE);
    media.says_active = status & IFM_IS_VALID;
    media.is_active = media.says_active && status & IFM_IS_ACTIVE;
    if ((active & IFM_NETWORK) != IFM_IS_ETHER)
        return media;
    media.bits_per_s = bits_per_s_of(subtype_of(active));
    media.has_duplex = active & (IFM_IS_FULL_DUPLEX | IFM_IS_HALF_DUPLEX);
    media.duplex = active & IFM_IS_FULL_DUPLEX ? NETWORK_FULL_DUPLEX : NETWORK_HALF_DUPLEX;
    return media;
}
