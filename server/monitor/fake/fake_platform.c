#include "platform.h"

#include "clock.h"
#include "fake_script.h"
#include "system.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 2000, CONNECTIONS_MAX = 1000000 };

struct platform {
    struct fake_script script;
    uint64_t start_ns;
    double closed_s; /* until when it has told of connections that ended */
    int timer;       /* fires when the wireless link changes */
};
DEFINE_CLEANUP(struct platform, platform_close)

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    if (platform->timer >= 0)
        close(platform->timer);
    free(platform);
}

uint64_t platform_now_ns(struct platform *platform)
{
    (void)platform;
    return clock_monotonic_ns();
}

int64_t platform_wall_ms(struct platform *platform)
{
    (void)platform;
    return clock_wall_ms();
}

static double elapsed_s(struct platform *platform)
{
    return (double)(platform_now_ns(platform) - platform->start_ns) / 1e9;
}

static int set_timer(struct platform *platform)
{
    double next_s = fake_next_flap(elapsed_s(platform));
    uint64_t at_ns = platform->start_ns + (uint64_t)ceil(next_s * 1e9) + 1000;
    return system_timer_set(platform->timer, at_ns);
}

/* A number from the environment, for tests; what is no number is passed over. */
static uint64_t read_number(const char *name, uint64_t otherwise, uint64_t most)
{
    const char *text = getenv(name);
    if (!text || *text < '0' || *text > '9')
        return otherwise;
    uint64_t number = strtoull(text, NULL, 10);
    return number < most ? number : most;
}

int platform_open(const struct platform_options *options, struct platform **ret_platform)
{
    (void)options; /* the script has one namespace */
    CLEANUP(platform_close_p) struct platform *platform = calloc(1, sizeof(*platform));
    if (!platform)
        return -ENOMEM;
    platform->script.seed = read_number("IFPULSE_FAKE_SEED", 1, UINT64_MAX);
    platform->script.connections =
        (uint32_t)read_number("IFPULSE_FAKE_CONNECTIONS", CONNECTIONS, CONNECTIONS_MAX);
    platform->script.bytes_before =
        read_number("IFPULSE_FAKE_BYTES_BEFORE", 0, UINT64_MAX / 2);
    platform->start_ns = platform_now_ns(platform);
    platform->timer = -1;
    int result = system_timer_open(&platform->timer);
    if (result == 0)
        result = set_timer(platform);
    if (result == 0)
        *ret_platform = HAND_OVER(platform);
    return result;
}

int platform_read_interfaces(struct platform *platform, struct interface_array *ret_interfaces)
{
    return fake_interfaces(elapsed_s(platform), ret_interfaces);
}

int platform_read_samples(struct platform *platform, struct sample_array *ret_samples)
{
    return fake_samples(&platform->script, elapsed_s(platform), ret_samples);
}

int platform_read_connections(struct platform *platform, struct connection_array *ret_connections)
{
    return fake_connections(&platform->script, elapsed_s(platform), ret_connections);
}

int platform_read_listeners(struct platform *platform, struct connection_array *ret_listeners)
{
    return fake_listeners(&platform->script, elapsed_s(platform), ret_listeners);
}

int platform_read_closed(struct platform *platform, struct connection_array *ret_closed)
{
    double now_s = elapsed_s(platform);
    int result = fake_closed(&platform->script, platform->closed_s, now_s, ret_closed);
    if (result == 0)
        platform->closed_s = now_s;
    return result;
}

const struct platform_drop_cause *platform_read_drop_causes(
    struct platform *platform, size_t *ret_count)
{
    (void)platform;
    *ret_count = 0;
    return NULL;
}

int platform_change_fd(const struct platform *platform)
{
    return platform->timer;
}

int platform_drain_changes(struct platform *platform, bool *ret_changed)
{
    bool is_due = false;
    int result = system_timer_take(platform->timer, &is_due);
    if (result == 0 && is_due)
        result = set_timer(platform);
    if (result == 0)
        *ret_changed = is_due;
    return result;
}

const struct network_capability *platform_capabilities(struct platform *platform, size_t *ret_count)
{
    (void)platform;
    static const struct network_capability capabilities[] = {
        {"interfaces", NETWORK_KNOWN, "Six scripted interfaces; this is not a real network."},
        {"connections", NETWORK_KNOWN, "Scripted sockets that come and go."},
        {"owners", NETWORK_KNOWN, "Scripted programs own them."},
        {"wireless", NETWORK_KNOWN, "One scripted wireless interface."},
        {"closings", NETWORK_KNOWN, "Every scripted connection that ends."},
    };
    *ret_count = ARRAY_LENGTH(capabilities);
    return capabilities;
}

int platform_capture(const char *folder, size_t *ret_count)
{
    (void)folder;
    (void)ret_count;
    return -ENOTSUP;
}
