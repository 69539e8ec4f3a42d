/* Answers of nl80211 and of the generic netlink controller. */
#include "fuzz.h"

#include "generic_family.h"
#include "wireless_links.h"
#include <string.h>

static void check_link(const struct wireless_link *link)
{
    struct network_interface iface = {0};
    FUZZ_CHECK(fuzz_is_terminated(link->ssid, sizeof(link->ssid)));
    FUZZ_CHECK(!link->has_bitrate || link->bits_per_s > 0);
    PUT_TEXT(&iface, ssid, link->ssid);
    PUT(&iface, signal_dbm, link->signal_dbm);
    fuzz_check_record(&interface_record, &iface);
}

static void take(const struct nlmsghdr *message, void *context)
{
    uint16_t family;
    struct wireless_link link, station = {0};
    (void)context;
    fuzz_mark(&family, sizeof(family));
    fuzz_mark(&link, sizeof(link));
    if (generic_decode_family(message, &family) < 0)
        FUZZ_CHECK(fuzz_is_marked(&family, sizeof(family)));
    if (wireless_decode_interface(message, &link) < 0)
        FUZZ_CHECK(fuzz_is_marked(&link, sizeof(link)));
    else
        check_link(&link);
    if (wireless_decode_station(message, &station) == 0)
        check_link(&station);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
