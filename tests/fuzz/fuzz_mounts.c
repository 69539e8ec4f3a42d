/* A line of /proc/self/mountinfo: paths that whoever mounts may choose. */
#include "fuzz.h"

#include "mounts.h"
#include "netns_discovery.h"
#include <string.h>

static bool is_inside(const char *piece, const char *text, size_t length)
{
    return piece >= text && piece <= text + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_p) char *line = fuzz_text(data, size);
    size_t length = strlen(line);
    struct mount mount;
    fuzz_mark(&mount, sizeof(mount));
    if (!mount_parse(line, &mount)) {
        FUZZ_CHECK(fuzz_is_marked(&mount, sizeof(mount)));
        return 0;
    }
    FUZZ_CHECK(is_inside(mount.root, line, length) && is_inside(mount.place, line, length));
    FUZZ_CHECK(is_inside(mount.type, line, length) && !strpbrk(mount.type, " \n"));
    if (netns_parse_link(mount.root) != 0)
        FUZZ_CHECK(strncmp(mount.root, "net:[", 5) == 0);
    return 0;
}
