/* macOS: the tables of sockets, and a socket as libproc shows it. */
#include "fuzz.h"

#include "darwin_sockets.h"

static void check_all(const struct connection_array *connections)
{
    for (size_t i = 0; i < connections->count; i++) {
        const struct network_connection *connection = &connections->items[i];
        FUZZ_CHECK(network_has(connection, type) && network_has(connection, state));
        FUZZ_CHECK(network_has(connection, local_address) && network_has(connection, local_port));
        FUZZ_CHECK(connection->identity != 0);
        fuzz_check_record(&connection_record, connection);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct darwin_sockets_rules rules = {.own_pid = 77};
    struct connection_array connections = {0};
    uint8_t how = fuzz_take_byte(&data, &size);
    CLEANUP(free_p) uint8_t *exact = malloc(size + 1);
    memcpy(exact + 1, data, size); /* at an odd address, and of just that size */
    rules.type = how & 1 ? NETWORK_UDP : NETWORK_TCP;
    rules.statistics_slots = how & 2 ? 4 : 1;
    struct darwin_sockets_summary summary;
    fuzz_mark(&summary, sizeof(summary));
    int result = darwin_sockets_read(exact + 1, size, &rules, &connections, &summary);
    FUZZ_CHECK(result == 0 || fuzz_is_marked(&summary, sizeof(summary)));
    FUZZ_CHECK(result != 0 || summary.of_others <= connections.count);
    check_all(&connections);
    struct network_connection *one = connection_array_append(&connections);
    connections.count--;
    if (one && darwin_process_socket_read(exact + 1, size, 77, one) == 0)
        fuzz_check_record(&connection_record, one);
    connection_array_fini(&connections);
    return 0;
}
