/* macOS: the list of interfaces, and what ioctls and counters say of one. */
#include "fuzz.h"

#include "darwin_counters.h"
#include "darwin_links.h"
#include "darwin_types.h"

static void check_links(const struct darwin_links *links)
{
    size_t addresses = 0;
    for (size_t i = 0; i < links->count; i++) {
        const struct darwin_link *link = &links->items[i];
        FUZZ_CHECK(fuzz_is_terminated(link->name, sizeof(link->name)) && link->name[0] != '\0');
        FUZZ_CHECK(link->mac_length <= sizeof(link->mac));
        FUZZ_CHECK(link->first_address == addresses);
        addresses += link->address_count;
        for (int functional = -1; functional < 10; functional++)
            FUZZ_CHECK(darwin_kind_of(link, functional, "").type < NETWORK_INTERFACE_TYPES);
    }
    FUZZ_CHECK(addresses == links->address_count);
    for (size_t i = 0; i < addresses; i++)
        FUZZ_CHECK(links->addresses[i].prefix_length <= 128);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct darwin_links links = {0};
    struct interface_sample sample = {0};
    if (darwin_links_read(data, size, &links) == 0)
        check_links(&links);
    darwin_links_fini(&links);
    struct darwin_media media = darwin_media_of(data, size);
    FUZZ_CHECK(!media.is_active || media.says_active);
    FUZZ_CHECK(darwin_functional_type(data, size) >= -1);
    if (darwin_counters_read(data, size, "en0", &sample) != 0)
        FUZZ_CHECK(sample.status.bytes_received == NETWORK_UNAVAILABLE);
    return 0;
}
