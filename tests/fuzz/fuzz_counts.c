/* /proc/net/sockstat and, behind a NUL, sockstat6. */
#include "fuzz.h"

#include "socket_counts.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *v4 = fuzz_text(data, size);
    size_t length = strlen(v4);
    CLEANUP(free_p)
    char *v6 = length < size ? fuzz_text(data + length + 1, size - length - 1) : NULL;
    struct socket_counts counts;
    fuzz_mark(&counts, sizeof(counts));
    if (!socket_counts_parse(v4, v6, &counts))
        FUZZ_CHECK(fuzz_is_marked(&counts, sizeof(counts)));
    else
        FUZZ_CHECK(v6 || counts.udp6 == 0);
    return 0;
}
