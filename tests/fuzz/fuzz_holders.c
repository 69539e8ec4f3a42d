/* What the BPF program writes: records of who holds which socket. */
#include "fuzz.h"

#include "socket_holders.h"
#include <string.h>

static void check(const struct socket_holders *holders, const uint8_t *data, size_t size)
{
    struct socket_holder record;
    FUZZ_CHECK(holders->count == size / sizeof(record));
    for (size_t at = 0; at + sizeof(record) <= size; at += sizeof(record)) {
        memcpy(&record, data + at, sizeof(record));
        const struct socket_holder *found = socket_holders_find(holders, record.inode);
        FUZZ_CHECK(found || record.inode == 0 || record.pid == 0);
        if (!found)
            continue;
        FUZZ_CHECK(found->inode == record.inode && found->pid != 0);
        FUZZ_CHECK(record.pid == 0 || found->pid <= record.pid);
        FUZZ_CHECK(fuzz_is_terminated(found->comm, sizeof(found->comm)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct socket_holders holders = {0};
    FUZZ_CHECK(socket_holders_parse(&holders, data, size) == 0);
    check(&holders, data, size);
    /* The next reading, of the same records and then of fewer. */
    FUZZ_CHECK(socket_holders_parse(&holders, data, size) == 0);
    check(&holders, data, size);
    FUZZ_CHECK(socket_holders_parse(&holders, data, size / 2) == 0);
    check(&holders, data, size / 2);
    socket_holders_fini(&holders);
    return 0;
}
