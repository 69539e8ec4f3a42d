/* Adds up what was received and sent over a while.
 *
 *   traffic_used [--count N] [--interval SECONDS]     (a reading every interval, N in all) */
#include "options.h"

/* The totals count each byte once; adding up all interfaces would count some twice. A counter that
 * was reset counts from zero. */
static double growth(uint64_t *was, uint64_t is)
{
    double grown = (double)(is >= *was ? is - *was : is);
    *was = is;
    return grown;
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv, NULL);
    struct network_monitor *monitor;
    check(network_monitor_open(&monitor), "observe the network");
    const struct network_totals *totals = network_monitor_totals(monitor);
    uint64_t received = totals->bytes_received, sent = totals->bytes_sent;
    bool is_known = network_has(totals, bytes_received) && network_has(totals, bytes_sent);
    double down = 0, up = 0;
    for (long i = 0; i < options.count; i++) {
        wait_for(options.interval_s);
        check(network_monitor_refresh(monitor), "read the interfaces");
        totals = network_monitor_totals(monitor);
        down += growth(&received, totals->bytes_received);
        up += growth(&sent, totals->bytes_sent);
    }
    if (is_known)
        printf("Used %.3f MB in the last %g s: %.3f MB received, %.3f MB sent\n",
            (down + up) / (1024 * 1024), (double)options.count * options.interval_s,
            down / (1024 * 1024), up / (1024 * 1024));
    else
        printf("Used: unknown, because no interface here leads out of this machine\n");
    network_monitor_close(monitor);
    return 0;
}
