/* Answers of the generic netlink family "ethtool". */
#include "fuzz.h"

#include "device_settings.h"

static void take(const struct nlmsghdr *message, void *context)
{
    struct device_setting setting, other = {0};
    (void)context;
    fuzz_mark(&setting, sizeof(setting));
    if (device_setting_decode(message, &setting) < 0) {
        FUZZ_CHECK(fuzz_is_marked(&setting, sizeof(setting)));
        return;
    }
    FUZZ_CHECK(device_setting_decode(message, &other) == 0 && other.index == setting.index);
    FUZZ_CHECK(other.has_modes != other.has_ring);
    FUZZ_CHECK(!(other.is_half_duplex && other.is_full_duplex));
    FUZZ_CHECK(other.has_modes || (!other.is_half_duplex && !other.is_full_duplex));
    FUZZ_CHECK(other.has_modes || other.megabits_per_s == 0);
    FUZZ_CHECK(other.has_ring || other.receive_ring == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
