/* Answers of sock_diag, each read as a TCP socket, a UDP socket and one that is no more: the answer
 * does not say which. */
#include "fuzz.h"

#include "socket_decode.h"
#include <netinet/in.h>

static void check_connection(const struct network_connection *connection)
{
    fuzz_check_record(&connection_record, connection);
    FUZZ_CHECK(network_has(connection, type) && network_has(connection, state));
    FUZZ_CHECK(network_has(connection, local_address) && network_has(connection, local_port));
    FUZZ_CHECK(connection->local_port <= UINT16_MAX && connection->remote_port <= UINT16_MAX);
    FUZZ_CHECK(connection->local_address.prefix_length == 0);
    if (connection->state == NETWORK_STATE_LISTEN)
        FUZZ_CHECK(!network_has(connection, remote_address));
}

/* protocol 0: of a socket that is no more. */
static void decode(const struct nlmsghdr *message, uint8_t protocol)
{
    struct network_connection connection;
    struct socket_owner_hint hint;
    fuzz_mark(&connection, sizeof(connection));
    fuzz_mark(&hint, sizeof(hint));
    int result = protocol ? socket_decode(message, protocol, &connection, &hint)
                          : socket_decode_ended(message, &connection, &hint);
    FUZZ_CHECK(result <= (protocol ? 0 : SOCKET_NEVER_OPEN));
    if (result != 0) {
        FUZZ_CHECK(fuzz_is_marked(&connection, sizeof(connection)));
        FUZZ_CHECK(fuzz_is_marked(&hint, sizeof(hint)));
        return;
    }
    check_connection(&connection);
    /* What is no more may have an address and no port left. */
    FUZZ_CHECK(protocol == 0 ||
               network_has(&connection, remote_address) == network_has(&connection, remote_port));
}

static void take(const struct nlmsghdr *message, void *context)
{
    (void)context;
    decode(message, IPPROTO_TCP);
    decode(message, IPPROTO_UDP);
    decode(message, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_messages(data, size, take, NULL);
    return 0;
}
