/* /proc/PID/stat, which holds a name of any bytes. */
#include "fuzz.h"

#include "processes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *text = fuzz_text(data, size);
    struct process process;
    fuzz_mark(&process, sizeof(process));
    if (process_parse_stat(text, &process))
        FUZZ_CHECK(fuzz_is_terminated(process.comm, sizeof(process.comm)));
    else
        FUZZ_CHECK(fuzz_is_marked(&process, sizeof(process)));
    FUZZ_CHECK(fuzz_is_marked(&process.pid, sizeof(process.pid)));
    return 0;
}
