/* Prints what the whole machine receives and sends, every byte counted once.
 *
 *   watch_bandwidth [--count N] [--interval SECONDS] */
#include "options.h"
#include <math.h>

static void print_speed(const char *what, double bytes_per_s)
{
    if (isnan(bytes_per_s))
        printf("%s: unknown\n", what);
    else
        printf("%s: %.2f MB/s\n", what, bytes_per_s / (1024 * 1024));
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv, NULL);
    struct network_monitor *monitor;
    check(network_monitor_open(&monitor), "observe the network");
    for (long i = 0; i < options.count; i++) {
        wait_for(options.interval_s);
        check(network_monitor_refresh(monitor), "read the interfaces");
        print_speed("Download", network_monitor_total_download_speed(monitor));
        print_speed("Upload", network_monitor_total_upload_speed(monitor));
    }
    network_monitor_close(monitor);
    return 0;
}
