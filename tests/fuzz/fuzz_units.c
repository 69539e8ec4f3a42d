/* The path of a control group: folder names that whoever runs a container may choose. */
#include "fuzz.h"

#include "units.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *path = fuzz_text(data, size);
    struct network_connection connection = {0};
    char name[UNIT_BYTES];
    fuzz_mark(name, sizeof(name));
    unit_of_path(path, name);
    FUZZ_CHECK(fuzz_is_terminated(name, sizeof(name)) && !strchr(name, '/'));
    connection.status.unit = NETWORK_KNOWN;
    memcpy(connection.unit, name, sizeof(name));
    fuzz_check_record(&connection_record, &connection);
    return 0;
}
