/* The table of holders, from records written here; the kernel's own are in test_socket_owners.c. */
#include "socket_holders.h"

#include <criterion/criterion.h>
#include <string.h>

static struct socket_holders holders;

static void tear_down(void)
{
    socket_holders_fini(&holders);
}

TestSuite(socket_holders, .fini = tear_down);

static void parse(const void *bytes, size_t size)
{
    cr_assert_eq(socket_holders_parse(&holders, bytes, size), 0);
}

static uint32_t pid_of(uint64_t inode)
{
    const struct socket_holder *holder = socket_holders_find(&holders, inode);
    return holder ? holder->pid : 0;
}

Test(socket_holders, are_found_by_inode)
{
    struct socket_holder records[] = {{.inode = 7, .pid = 100, .fd = 3, .comm = "nginx"},
        {.inode = UINT64_MAX, .pid = UINT32_MAX, .comm = "0123456789abcde"}};
    parse(records, sizeof(records));
    cr_assert_str_eq(socket_holders_find(&holders, 7)->comm, "nginx");
    cr_assert_eq(socket_holders_find(&holders, 7)->fd, 3);
    cr_assert_eq(pid_of(UINT64_MAX), UINT32_MAX);
    cr_assert_null(socket_holders_find(&holders, 8));
}

Test(socket_holders, of_one_socket_are_the_one_with_the_lowest_pid)
{
    struct socket_holder records[] = {{.inode = 7, .pid = 200}, {.inode = 7, .pid = 100},
        {.inode = 7, .pid = 150}, {.inode = 8, .pid = 1}, {.inode = 8, .pid = 2}};
    parse(records, sizeof(records));
    cr_assert_eq(pid_of(7), 100);
    cr_assert_eq(pid_of(8), 1);
}

Test(socket_holders, are_those_of_the_last_records_only)
{
    struct socket_holder records[] = {{.inode = 7, .pid = 100}, {.inode = 8, .pid = 100}};
    parse(records, sizeof(records));
    records[1].pid = 50;
    parse(records, sizeof(records));
    cr_assert_eq(pid_of(8), 50);
    strcpy(records[0].comm, "renamed");
    parse(records, sizeof(records));
    cr_assert_str_eq(socket_holders_find(&holders, 7)->comm, "renamed");
    parse(records, sizeof(records[0]));
    cr_assert_eq(pid_of(7), 100);
    cr_assert_eq(pid_of(8), 0);
    parse(NULL, 0);
    cr_assert_eq(pid_of(7), 0);
}

Test(socket_holders, that_are_no_process_or_no_socket_are_none)
{
    struct socket_holder records[] = {{.inode = 7, .pid = 0}, {.inode = 0, .pid = 100}};
    parse(records, sizeof(records));
    cr_assert_null(socket_holders_find(&holders, 7));
    cr_assert_null(socket_holders_find(&holders, 0));
}

Test(socket_holders, have_a_name_that_ends)
{
    struct socket_holder record = {.inode = 7, .pid = 100};
    memset(record.comm, 'x', sizeof(record.comm));
    for (int i = 0; i < 2; i++) {
        parse(&record, sizeof(record));
        cr_assert_str_eq(socket_holders_find(&holders, 7)->comm, "xxxxxxxxxxxxxxx");
    }
}

/* Of any length, in memory of just that length, so that a sanitizer sees a look beyond it. */
Test(socket_holders, are_read_from_whole_records_only)
{
    struct socket_holder records[3] = {
        {.inode = 7, .pid = 1}, {.inode = 8, .pid = 2}, {.inode = 9, .pid = 3}};
    for (size_t size = 0; size <= sizeof(records); size++) {
        char *bytes = malloc(size + 1);
        memcpy(bytes + 1, records, size); /* at an odd place too */
        parse(bytes + 1, size);
        free(bytes);
        for (size_t i = 0; i < 3; i++)
            cr_assert_eq(pid_of(7 + i), size >= (i + 1) * sizeof(*records) ? i + 1 : 0);
    }
}

Test(socket_holders, survive_any_bytes)
{
    static unsigned char bytes[4096];
    srand(1);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (unsigned char)(rand() % (round % 2 ? 256 : 2));
        size_t size = (size_t)rand() % sizeof(bytes);
        parse(bytes, size);
        for (size_t i = 0; i < holders.count; i++) {
            uint64_t inode = holders.items[i].inode;
            const struct socket_holder *found = socket_holders_find(&holders, inode);
            cr_assert_eq(!found, inode == 0 || (holders.items[i].pid == 0 && !found));
            cr_assert(!found || (found->pid != 0 && found->inode == inode));
        }
    }
}
