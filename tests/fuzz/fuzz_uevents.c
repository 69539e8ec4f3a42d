/* A device's uevent file. */
#include "fuzz.h"

#include "device_facts.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *text = fuzz_text(data, size);
    char type[16];
    uint32_t index;
    fuzz_mark(type, sizeof(type));
    device_parse_uevent(text, type, sizeof(type), &index);
    FUZZ_CHECK(fuzz_is_terminated(type, sizeof(type)) && !strchr(type, '\n'));
    return 0;
}
