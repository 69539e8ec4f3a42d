#include "fuzz.h"

#include "netlink_socket.h"
#include <string.h>

struct giving {
    void (*take)(const struct nlmsghdr *message, void *context);
    void *context;
    const char *end; /* of the datagram */
};

static int take_message(const struct nlmsghdr *message, void *context)
{
    const struct giving *giving = context;
    FUZZ_CHECK(message->nlmsg_len <= (size_t)(giving->end - (const char *)message));
    struct nlmsghdr *alone = malloc(message->nlmsg_len);
    FUZZ_CHECK(alone);
    memcpy(alone, message, message->nlmsg_len);
    giving->take(alone, giving->context);
    free(alone);
    return 0;
}

static void give(char *datagram, size_t size, struct giving *giving)
{
    struct netlink_socket socket = {.buffer = datagram};
    struct netlink_progress progress = {0};
    if (size >= sizeof(struct nlmsghdr))
        socket.sequence = ((const struct nlmsghdr *)datagram)->nlmsg_seq;
    int result = netlink_take_datagram(
        &socket, size, &(struct netlink_sink){take_message, giving}, &progress);
    FUZZ_CHECK(result <= 0);
}

static bool mend(char *datagram, size_t size)
{
    bool is_mended = false;
    for (size_t step; size >= sizeof(struct nlmsghdr); datagram += step, size -= step) {
        struct nlmsghdr *message = (struct nlmsghdr *)datagram;
        if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size) {
            message->nlmsg_len = (uint32_t)size;
            is_mended = true;
        }
        step = MNL_ALIGN(message->nlmsg_len) < size ? MNL_ALIGN(message->nlmsg_len) : size;
    }
    return is_mended;
}

void fuzz_messages(const uint8_t *data, size_t size,
    void (*take)(const struct nlmsghdr *message, void *context), void *context)
{
    char *datagram = malloc(size ? size : 1);
    FUZZ_CHECK(datagram);
    struct giving giving = {take, context, datagram + size};
    if (size > 0)
        memcpy(datagram, data, size);
    give(datagram, size, &giving);
    if (mend(datagram, size))
        give(datagram, size, &giving);
    free(datagram);
}
