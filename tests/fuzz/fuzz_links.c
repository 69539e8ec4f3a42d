/* Answers to RTM_GETLINK, from the message to the totals' choice of interfaces. */
#include "fuzz.h"

#include "links.h"
#include "totals.h"
#include <string.h>

enum { LINKS_MAX = 16 };

struct found {
    struct link links[LINKS_MAX];
    struct interface_array interfaces;
};

static void take(const struct nlmsghdr *message, void *context)
{
    struct found *found = context;
    struct link link;
    fuzz_mark(&link, sizeof(link));
    if (link_decode(message, &link) < 0) {
        FUZZ_CHECK(fuzz_is_marked(&link, sizeof(link)));
        return;
    }
    FUZZ_CHECK(link.index > 0 && link.name[0] != '\0');
    FUZZ_CHECK(fuzz_is_terminated(link.name, sizeof(link.name)));
    FUZZ_CHECK(fuzz_is_terminated(link.kind, sizeof(link.kind)));
    FUZZ_CHECK(link.address_size <= sizeof(link.address));
    if (found->interfaces.count == LINKS_MAX)
        return;
    found->links[found->interfaces.count] = link;
    struct network_interface *iface = interface_array_append(&found->interfaces);
    FUZZ_CHECK(iface);
    link_describe(&link, iface);
    FUZZ_CHECK(iface->identity == (uint32_t)link.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct found found = {0};
    fuzz_messages(data, size, take, &found);
    size_t count = found.interfaces.count, lower = 0;
    struct link_array links = {.items = found.links, .count = count, .capacity = LINKS_MAX};
    FUZZ_CHECK(links_connect(&links, &found.interfaces) == 0);
    FUZZ_CHECK(found.interfaces.count == count);
    totals_decide(&found.interfaces);
    for (size_t i = 0; i < count; i++) {
        fuzz_check_record(&interface_record, &found.interfaces.items[i]);
        lower += found.interfaces.items[i].lower.count;
    }
    FUZZ_CHECK(lower <= 2 * count); /* each link has at most one below it and one above */
    interface_array_fini(&found.interfaces);
    return 0;
}
