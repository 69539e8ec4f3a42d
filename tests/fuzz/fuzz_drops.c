/* softnet_stat, netstat, snmp and snmp6 of /proc/net; the first byte says which. */
#include "fuzz.h"

#include "drop_causes.h"

/* The causes that each file may tell of, from the first to the last. */
static const struct {
    unsigned first, last;
} told[DROP_FILES] = {
    [DROP_FILE_SOFTNET] = {DROP_CAUSE_BACKLOG, DROP_CAUSE_SQUEEZED},
    [DROP_FILE_NETSTAT] = {DROP_CAUSE_LISTEN_OVERFLOWS, DROP_CAUSE_TCP_RECEIVE},
    [DROP_FILE_SNMP] = {DROP_CAUSE_UDP_RECEIVE, DROP_CAUSE_UDP_MEMORY},
    [DROP_FILE_SNMP6] = {DROP_CAUSE_UDP_RECEIVE, DROP_CAUSE_UDP_MEMORY},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned file = fuzz_take_byte(&data, &size) % DROP_FILES;
    CLEANUP(free_p) char *text = fuzz_text(data, size);
    uint64_t counts[DROP_CAUSES];
    fuzz_mark(counts, sizeof(counts));
    drop_causes_parse(file, text, counts);
    for (unsigned i = 0; i < DROP_CAUSES; i++)
        if (i < told[file].first || i > told[file].last)
            FUZZ_CHECK(fuzz_is_marked(&counts[i], sizeof(counts[i])));
    return 0;
}
