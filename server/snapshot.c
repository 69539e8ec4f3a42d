#include "snapshot.h"

#include "config.h"
#include "encode.h"
#include "observation.h"
#include "platform.h"
#include "self.h"

#include <errno.h>
#include <string.h>
#include <time.h>

int snapshot_parse_topics(const char *text, unsigned *ret_topics, char *error)
{
    const char *word;
    int length;

    if (topic_parse_list(text, ret_topics, &word, &length))
        return 0;
    snprintf(error, CONFIG_ERROR_BYTES, "--topics: \"%.*s\" is no topic; there are: %s", length,
        word, topic_names());
    return CONFIG_WRONG;
}

DEFINE_CLEANUP(struct network_monitor, network_monitor_close)

static bool wants_connections(unsigned topics)
{
    return topics & (1u << TOPIC_CONNECTIONS | 1u << TOPIC_OWNERS | 1u << TOPIC_TOTALS);
}

static int read_twice(struct network_monitor *monitor, unsigned topics, uint32_t span_ms)
{
    struct timespec span = {.tv_sec = span_ms / 1000, .tv_nsec = (long)(span_ms % 1000) * 1000000};
    int r = 0;

    if (wants_connections(topics))
        r = network_monitor_refresh_connections(monitor);
    while (r == 0 && nanosleep(&span, &span) < 0 && errno == EINTR)
        ;
    if (r == 0)
        r = network_monitor_refresh(monitor);
    if (r == 0 && wants_connections(topics))
        r = network_monitor_refresh_connections(monitor);
    return r;
}

static void describe_self(
    struct network_server *server, const struct observation *observation, uint32_t span_ms)
{
    self_read_host(server);
    self_read_memory(server);
    PUT_TEXT(server, version, IFPULSE_VERSION);
    PUT(server, started_ms, observation->wall_ms);
    PUT(server, interval_ms, span_ms);
    if (observation->has_connections)
        PUT(server, sockets, observation->socket_count);
    server->capabilities.items = observation->capabilities;
    server->capabilities.count = (uint32_t)observation->capability_count;
    server->status.capabilities = NETWORK_KNOWN;
}

static int print_document(struct model *model, unsigned topics, FILE *out)
{
    struct encode_request request = {.instance = "snapshot", .topics = topics};
    struct buffer text CLEANUP(buffer_fini) = {0};
    int r = encode_document(model, &request, &text);

    if (r == 0 && (fwrite(text.bytes, 1, text.length, out) != text.length || fflush(out) != 0))
        r = SNAPSHOT_NOT_WRITTEN;
    return r;
}

int snapshot_print(
    unsigned topics, uint32_t span_ms, const struct network_options *options, FILE *out)
{
    static const struct model_limits limits = {.events = SIZE_MAX};
    struct network_monitor *monitor CLEANUP(network_monitor_close_p) = NULL;
    struct observation *observation CLEANUP(observation_free_p) = NULL;
    struct network_server server = {0};
    struct timespec now;
    struct model model CLEANUP(model_fini) = {0};
    int r = network_monitor_open_with(options, &monitor);

    model_init(&model, &limits);
    if (r == 0)
        r = read_twice(monitor, topics, span_ms);
    if (r == 0)
        r = observation_new(monitor,
            &(struct observation_wish){.scope = wants_connections(topics)
                                                    ? OBSERVATION_WITH_CONNECTIONS
                                                    : OBSERVATION_WITHOUT_CONNECTIONS},
            &observation);
    if (r < 0)
        return r;
    clock_gettime(CLOCK_REALTIME, &now);
    observation->wall_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
    describe_self(&server, observation, span_ms);
    r = model_update(&model, observation, &server);
    return r < 0 ? r : print_document(&model, topics, out);
}
