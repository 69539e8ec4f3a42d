/* Counts the connections by type, and those of the programs whose name contains a word.
 *
 *   count_connections [WORD] */
#include "options.h"

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv, "WORD");
    struct network_monitor *monitor;
    check(network_monitor_open(&monitor), "observe the network");
    check(network_monitor_refresh_connections(monitor), "read the connections");
    size_t count, by_type[NETWORK_CONNECTION_TYPES] = {0}, matching = 0, hidden = 0;
    const struct network_connection *connections = network_monitor_connections(monitor, &count);
    for (size_t i = 0; i < count; i++) {
        by_type[connections[i].type]++;
        hidden += connections[i].status.process_name == NETWORK_PERMISSION;
        if (options.name && network_has(&connections[i], process_name))
            matching += strstr(connections[i].process_name, options.name) != NULL;
    }
    printf("Active connections: %zu TCP, %zu UDP\n", by_type[NETWORK_TCP], by_type[NETWORK_UDP]);
    if (options.name)
        printf("Of programs named like \"%s\": %zu\n", options.name, matching);
    if (hidden > 0)
        printf("Of programs this user may not see: %zu\n", hidden);
    network_monitor_close(monitor);
    return 0;
}
