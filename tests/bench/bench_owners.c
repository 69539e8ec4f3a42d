/* bench_owners - what finding the owners of this namespace's sockets costs, by the evidence that
 * this process may use: BPF, or without CAP_BPF a search of /proc.
 *
 * Prints JSON: sockets, the evidence, and CPU time in us of the first reading, which has everything
 * to find, and of a later one (median). */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"
#include "owners.h"

enum { ROUNDS = 31, PAUSE_US = 5000 };

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A benchmark has no use for a failure: it says where and ends. */
static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "bench_owners: %s: %s\n", what, strerror(-result));
    exit(1);
}

static int is_above(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

int main(void)
{
    static struct owners owners;
    static struct sockets sockets;
    static struct connection_array connections;
    struct netns *netns;
    double us[ROUNDS];

    must(netns_open("", 0, &netns), "netns_open");
    owners_init(&owners);
    for (unsigned i = 0; i < ROUNDS; i++) {
        sockets_begin(&sockets);
        connections.count = 0;
        must(netns_read_connections(netns, &sockets, &connections), "netns_read_connections");
        us[i] = cpu_us();
        must(owners_find(&owners, &connections, sockets.hints.items), "owners_find");
        us[i] = cpu_us() - us[i];
        usleep(PAUSE_US);
    }
    printf("{\"count\":%zu,\"found\":%zu,\"evidence\":\"%s\",\"first_us\":%.1f", connections.count,
        owners.with_process, owners.files ? "bpf" : "proc", us[0]);
    qsort(us + 1, ROUNDS - 1, sizeof(*us), is_above);
    printf(",\"later_us\":%.1f}\n", us[1 + (ROUNDS - 1) / 2]);
    connection_array_fini(&connections);
    owners_fini(&owners);
    sockets_fini(&sockets);
    netns_close(netns);
    return 0;
}
