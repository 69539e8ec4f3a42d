/* Answers to RTM_GETADDR. */
#include "fuzz.h"

#include "addresses.h"
#include <string.h>

static void take(const struct nlmsghdr *message, void *context)
{
    struct address address;
    char text[NETWORK_ADDRESS_TEXT];
    (void)context;
    fuzz_mark(&address, sizeof(address));
    if (address_decode(message, &address) < 0) {
        FUZZ_CHECK(fuzz_is_marked(&address, sizeof(address)));
        return;
    }
    struct network_interface iface = {.addresses = {.items = &address.address, .count = 1}};
    iface.status.addresses = NETWORK_KNOWN;
    fuzz_check_record(&interface_record, &iface);
    size_t length = network_address_format(&address.address, text);
    FUZZ_CHECK(length > 0 && length < sizeof(text) && strlen(text) == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
