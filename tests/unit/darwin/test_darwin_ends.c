/* Ends of connections, where nothing tells of them. */
#include "darwin_ends.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

static struct darwin_ends ends;
static struct connection_array reading, closed;

static void tear_down(void)
{
    darwin_ends_fini(&ends);
    connection_array_fini(&reading);
    connection_array_fini(&closed);
}
TestSuite(darwin_ends, .fini = tear_down);

static struct network_connection *add(uint64_t identity, enum network_connection_state state)
{
    struct network_connection *connection = connection_array_append(&reading);
    connection->identity = identity;
    PUT(connection, type, NETWORK_TCP);
    PUT(connection, state, state);
    PUT(connection, remote_address, (struct network_address){.family = AF_INET});
    return connection;
}

static void look(void)
{
    darwin_ends_look(&ends, &reading, 0);
    reading.count = 0;
    closed.count = 0;
    cr_assert_eq(darwin_ends_take(&ends, &closed), 0);
}

Test(darwin_ends, what_a_reading_lacks_has_ended_with_its_last_counts_and_is_told_once)
{
    struct network_connection *connection = add(1, NETWORK_STATE_ESTABLISHED);
    PUT(connection, bytes_sent, 500);
    add(2, NETWORK_STATE_ESTABLISHED);
    look();
    cr_assert_eq(closed.count, 0);
    add(2, NETWORK_STATE_ESTABLISHED);
    look();
    cr_assert_eq(closed.count, 1);
    cr_assert_eq(closed.items[0].identity, 1);
    cr_assert_eq(closed.items[0].state, NETWORK_STATE_CLOSE);
    cr_assert_eq(closed.items[0].bytes_sent, 500);
    add(2, NETWORK_STATE_ESTABLISHED);
    look();
    cr_assert_eq(closed.count, 0);
}

Test(darwin_ends, waiting_out_its_time_is_an_end_and_its_end_is_none)
{
    add(1, NETWORK_STATE_ESTABLISHED);
    look();
    add(1, NETWORK_STATE_TIME_WAIT);
    look();
    cr_assert_eq(closed.count, 1);
    look();
    cr_assert_eq(closed.count, 0);
}

Test(darwin_ends, listeners_and_udp_do_not_end)
{
    add(1, NETWORK_STATE_LISTEN)->status.remote_address = NETWORK_NOT_APPLICABLE;
    add(2, NETWORK_STATE_ESTABLISHED)->type = NETWORK_UDP;
    look();
    look();
    cr_assert_eq(closed.count, 0);
}
