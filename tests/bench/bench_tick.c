/* bench_tick sockets|interfaces|busy - what one tick costs in our own code, in this namespace.
 *
 * The collector's and the event loop's work of one tick, on one thread and without the server:
 * read, copy, enter into the model, remember the rates, encode the delta for those who watch. busy:
 * interfaces, each of which has sent something since the tick before. There is a pause before each
 * tick, as in life: the caches are cold. Prints JSON: records, median CPU time of each part in us,
 * and bytes of a snapshot and of a delta. */
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"
#include "history.h"
#include "model.h"
#include "network_monitor.h"
#include "observation.h"
#include "view.h"

enum { ROUNDS = 15, PAUSE_US = 20000, TICK_MS = 1000 };

enum part { PART_READ, PART_OBSERVE, PART_UPDATE, PART_REMEMBER, PART_ENCODE, PART_WHOLE, PARTS };

static const char *const part_words[PARTS] = {
    "read_us", "observe_us", "update_us", "remember_us", "encode_us", "tick_us"};

struct bench {
    struct network_monitor *monitor;
    struct model model;
    struct history history;
    struct view_set views;
    struct view *view;
    bool is_sockets;
    int packets; /* a socket to make all interfaces busy with; -1: they are not */
    uint64_t revision, observed;
    int64_t ticks;
    size_t delta_bytes;
    double us[PARTS][ROUNDS];
};

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
    fprintf(stderr, "bench_tick: %s: %s\n", what, strerror(-result));
    exit(1);
}

static void read_network(struct bench *bench)
{
    must(network_monitor_refresh(bench->monitor), "refresh");
    if (bench->is_sockets)
        must(network_monitor_refresh_connections(bench->monitor), "refresh_connections");
}

static size_t encode(struct bench *bench, uint64_t since)
{
    CLEANUP(frame_unref_p) struct frame *frame = NULL;
    size_t bytes = 0;

    must(view_frame(bench->view, since, &frame), "view_frame");
    for (unsigned i = 0; i < frame->part_count; i++)
        bytes += frame->parts[i].length;
    return bytes;
}

static void tick(struct bench *bench, double us[PARTS])
{
    CLEANUP(observation_free_p) struct observation *observation = NULL;
    struct network_server server = {0};
    struct observation_wish wish = {
        .scope = bench->is_sockets ? OBSERVATION_WITH_CONNECTIONS : OBSERVATION_WITHOUT_CONNECTIONS,
        .after_revision = bench->observed};
    double start = cpu_us(), from = start;

    read_network(bench);
    us[PART_READ] = cpu_us() - from;
    from = cpu_us();
    must(observation_new(bench->monitor, &wish, &observation), "observation_new");
    bench->observed = observation->revision;
    us[PART_OBSERVE] = cpu_us() - from;
    from = cpu_us();
    must(model_update(&bench->model, observation, &server), "model_update");
    us[PART_UPDATE] = cpu_us() - from;
    from = cpu_us();
    observation->is_tick = true;
    observation->due_ms = ++bench->ticks * TICK_MS;
    observation->read_ms = (double)observation->due_ms;
    observation->connections_interval_ms = TICK_MS;
    history_update(&bench->history, &bench->model, observation, 0);
    us[PART_REMEMBER] = cpu_us() - from;
    from = cpu_us();
    if (bench->revision > 0)
        bench->delta_bytes = encode(bench, bench->revision);
    us[PART_ENCODE] = cpu_us() - from;
    us[PART_WHOLE] = cpu_us() - start;
    bench->revision = bench->model.revision;
}

/* One frame out of each interface that takes it. */
static void send_frames(int fd)
{
    static const char frame[60];
    struct if_nameindex *names = if_nameindex();

    for (struct if_nameindex *at = names; at && at->if_index; at++) {
        struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)at->if_index};
        (void)!sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
    }
    if_freenameindex(names);
}

static void run(struct bench *bench)
{
    for (unsigned round = 0; round < ROUNDS + 2; round++) {
        double us[PARTS];
        if (bench->packets >= 0)
            send_frames(bench->packets);
        usleep(PAUSE_US);
        tick(bench, us);
        if (round >= 2) { /* the first has no delta, the second finds its memory */
            for (unsigned part = 0; part < PARTS; part++)
                bench->us[part][round - 2] = us[part];
        }
    }
}

static int is_above(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static void print(struct bench *bench)
{
    size_t count;

    if (bench->is_sockets)
        (void)network_monitor_connections(bench->monitor, &count);
    else
        (void)network_monitor_interfaces(bench->monitor, &count);
    printf("{\"count\":%zu,\"snapshot_bytes\":%zu,\"delta_bytes\":%zu", count, encode(bench, 0),
        bench->delta_bytes);
    for (unsigned part = 0; part < PARTS; part++) {
        qsort(bench->us[part], ROUNDS, sizeof(double), is_above);
        printf(",\"%s\":%.1f", part_words[part], bench->us[part][ROUNDS / 2]);
    }
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct model_limits limits = {.tombstones = 100000, .tombstone_ms = 60000, .events = 10000};
    struct query query = {.topic = TOPIC_INTERFACES};

    bench.packets = argc > 1 && strcmp(argv[1], "busy") == 0 ? socket(AF_PACKET, SOCK_RAW, 0) : -1;
    bench.is_sockets = argc > 1 && strcmp(argv[1], "sockets") == 0;
    if (bench.is_sockets)
        query.topic = TOPIC_CONNECTIONS;
    must(network_monitor_open(&bench.monitor), "network_monitor_open");
    model_init(&bench.model, &limits);
    history_init(&bench.history, &(struct history_limits){3600, 86400, 32 << 20}, TICK_MS);
    view_set_init(&bench.views, &bench.model);
    must(view_open(&bench.views, &query, &bench.view), "view_open");
    run(&bench);
    print(&bench);
    view_close(&bench.views, bench.view);
    view_set_fini(&bench.views);
    history_fini(&bench.history);
    model_fini(&bench.model);
    network_monitor_close(bench.monitor);
    return 0;
}
