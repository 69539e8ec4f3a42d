/* Says whether one interface is connected, and how well a wireless one hears its network.
 *
 *   watch_interface [--count N] [--interval SECONDS] NAME */
#include "options.h"

static void print_interface(const struct network_interface *iface)
{
    printf("%s is %s", iface->name, iface->is_active ? "connected" : "disconnected");
    if (network_has(iface, download_bytes_per_s) && network_has(iface, upload_bytes_per_s))
        printf(", download %.2f KB/s, upload %.2f KB/s", iface->download_bytes_per_s / 1024,
            iface->upload_bytes_per_s / 1024);
    else
        printf(", speed unknown");
    if (iface->is_wireless && network_has(iface, signal_dbm))
        printf(", signal %d dBm", iface->signal_dbm);
    else if (iface->is_wireless)
        printf(", signal unknown");
    printf("\n");
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv, "NAME");
    struct network_monitor *monitor;
    if (!options.name)
        usage(argv[0], "NAME");
    check(network_monitor_open(&monitor), "observe the network");
    for (long i = 0; i < options.count; i++) {
        const struct network_interface *iface;
        wait_for(options.interval_s);
        check(network_monitor_refresh(monitor), "read the interfaces");
        iface = network_monitor_find(monitor, options.name);
        if (!iface) {
            fprintf(stderr, "there is no interface \"%s\" here\n", options.name);
            network_monitor_close(monitor);
            return 1;
        }
        print_interface(iface);
    }
    network_monitor_close(monitor);
    return 0;
}
