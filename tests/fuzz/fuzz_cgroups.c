/* /proc/PID/cgroup, of which a network namespace gets its name. */
#include "fuzz.h"

#include "netns_others.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *text = fuzz_text(data, size);
    struct network_interface iface = {0};
    fuzz_mark(iface.netns, sizeof(iface.netns));
    netns_name_of_cgroups(text, iface.netns, sizeof(iface.netns));
    FUZZ_CHECK(fuzz_is_terminated(iface.netns, sizeof(iface.netns)));
    FUZZ_CHECK(!strpbrk(iface.netns, "/\n"));
    iface.status.netns = NETWORK_KNOWN;
    fuzz_check_record(&interface_record, &iface);
    return 0;
}
