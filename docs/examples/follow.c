/* follow - prints the state of a topic as a line of JSON whenever it changes, and comes back by
 * itself.
 *
 *   cc -o follow follow.c $(pkg-config --cflags --libs libwebsockets jansson)
 *   ./follow [ADDRESS:PORT [TOPIC]]       with a token, where one is needed, in IFPULSE_TOKEN
 */
#include <jansson.h>
#include <libwebsockets.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES_MAX = 65536, CLOSED_TOO_BIG = 1009 };

static struct {
    char host[256];
    int port;
    const char *host_and_port, *topic, *token;
    struct lws_context *context;
    lws_sorted_usec_list_t again;
    unsigned failures;
    bool is_over;
    /* What is held, also while there is no line; state NULL: nothing. */
    json_t *state;
    json_int_t revision;
    char instance[40];
    /* Of the line there is now. */
    char instance_here[40];
    json_t *pieces;     /* of the message that comes in parts */
    const char *to_say; /* the op that is next; NULL: nothing */
    lws_usec_t patience_us;
    char text[MESSAGE_BYTES_MAX + 1];
    size_t length;
} follower;

/* RFC 7396, for a patch that is an object. */
static void merge(json_t *target, json_t *patch)
{
    const char *name;
    json_t *value;

    json_object_foreach(patch, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(target, name);
        } else if (!json_is_object(value)) {
            json_object_set(target, name, value);
        } else {
            if (!json_is_object(json_object_get(target, name)))
                json_object_set_new(target, name, json_object());
            merge(json_object_get(target, name), value);
        }
    }
}

static void forget(void)
{
    json_decref(follower.state);
    follower.state = NULL;
}

static void print_state(void)
{
    char *text = json_dumps(follower.state, JSON_COMPACT | JSON_REAL_PRECISION(15));

    printf("{\"revision\":%" JSON_INTEGER_FORMAT ",\"state\":%s}\n", follower.revision, text);
    fflush(stdout);
    free(text);
}

/* A snapshot or a delta, or a part of one. Returns -1 where it does not fit, to start anew. */
static int take(const json_t *message, bool is_delta)
{
    json_t *piece = json_object_get(message, is_delta ? "patch" : "data");
    const json_t *part = json_object_get(message, "part"),
                 *count = json_object_get(message, "count");
    size_t i;

    if (json_integer_value(part) <= 1)
        json_array_clear(follower.pieces);
    json_array_append(follower.pieces, piece);
    if (json_integer_value(part) < json_integer_value(json_object_get(message, "parts")))
        return 0;
    if (!is_delta) {
        forget();
        follower.state = json_object();
    } else if (!follower.state ||
               json_integer_value(json_object_get(message, "since")) != follower.revision) {
        return -1;
    }
    json_array_foreach(follower.pieces, i, piece) merge(follower.state, piece);
    if (count && (size_t)json_integer_value(count) != json_object_size(follower.state))
        return -1;
    follower.revision = json_integer_value(json_object_get(message, "revision"));
    memcpy(follower.instance, follower.instance_here, sizeof follower.instance);
    follower.failures = 0;
    print_state();
    return 0;
}

/* Returns -1 for the line to be given up. */
static int hear(struct lws *line, const json_t *message)
{
    const char *op = json_string_value(json_object_get(message, "op"));
    lws_usec_t interval_us =
        json_integer_value(json_object_get(message, "interval_ms")) * LWS_US_PER_MS;

    if (!op)
        return -1;
    if (strcmp(op, "hello") == 0) {
        snprintf(follower.instance_here, sizeof follower.instance_here, "%s",
            json_string_value(json_object_get(message, "instance")));
        follower.to_say = follower.token ? "authenticate" : "subscribe";
        lws_callback_on_writable(line);
    } else if (strcmp(op, "subscribed") == 0 && 3 * interval_us > follower.patience_us) {
        follower.patience_us = 3 * interval_us;
    } else if (strcmp(op, "error") == 0) {
        fprintf(stderr, "%s\n", json_string_value(json_object_get(message, "message")));
        follower.is_over = true;
    } else if (strcmp(op, "snapshot") == 0 || strcmp(op, "delta") == 0) {
        if (take(message, strcmp(op, "delta") == 0) < 0) {
            forget();
            return -1;
        }
    }
    return 0;
}

static int receive(struct lws *line, const char *bytes, size_t length)
{
    json_t *message;
    int r;

    if (length > MESSAGE_BYTES_MAX - follower.length)
        return -1;
    memcpy(follower.text + follower.length, bytes, length);
    follower.length += length;
    if (!lws_is_final_fragment(line) || lws_remaining_packet_payload(line) > 0)
        return 0;
    message = json_loadb(follower.text, follower.length, 0, NULL);
    follower.length = 0;
    r = hear(line, message);
    json_decref(message);
    lws_set_timer_usecs(line, follower.patience_us);
    return r;
}

static int say(struct lws *line)
{
    bool is_first = follower.to_say && strcmp(follower.to_say, "authenticate") == 0;
    unsigned char text[LWS_PRE + 1024];
    json_t *message;
    size_t length;

    if (!follower.to_say)
        return 0;
    message = json_pack("{s:s}", "op", follower.to_say);
    if (is_first)
        json_object_set_new(message, "token", json_string(follower.token));
    else
        json_object_update_new(message, json_pack("{s:i, s:s}", "id", 1, "topic", follower.topic));
    if (!is_first && follower.state)
        json_object_set_new(message, "since",
            json_pack("{s:s, s:I}", "instance", follower.instance, "revision", follower.revision));
    length = json_dumpb(message, (char *)text + LWS_PRE, sizeof text - LWS_PRE, 0);
    json_decref(message);
    follower.to_say = is_first ? "subscribe" : NULL;
    if (is_first) /* one message each time the line takes more */
        lws_callback_on_writable(line);
    if (length > sizeof text - LWS_PRE)
        return -1;
    return lws_write(line, text + LWS_PRE, length, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

static void connect_again(lws_sorted_usec_list_t *again)
{
    struct lws_client_connect_info info = {.context = follower.context,
        .address = follower.host,
        .port = follower.port,
        .host = follower.host_and_port,
        .path = "/api/v1/stream",
        .protocol = "ifpulse.v1"};

    (void)again;
    follower.length = 0;
    follower.to_say = NULL;
    follower.patience_us = 15 * LWS_US_PER_SEC; /* an empty delta comes every 5 s */
    lws_client_connect_via_info(&info);         /* where it fails, CONNECTION_ERROR comes */
}

static void come_back(const char *why)
{
    lws_usec_t most = LWS_US_PER_SEC / 2 << (follower.failures < 6 ? follower.failures : 6);
    uint32_t random;

    lws_get_random(follower.context, &random, sizeof random);
    follower.failures++;
    if (follower.is_over)
        return;
    fprintf(stderr, "%s; again soon\n", why);
    lws_sul_schedule(
        follower.context, 0, &follower.again, connect_again, (lws_usec_t)random % most + 1);
}

/* The other side says why it closes: for some of the reasons it makes no sense to come back. */
static void note_close(const unsigned char *bytes, size_t length)
{
    unsigned code = length >= 2 ? bytes[0] << 8 | bytes[1] : 0;

    if (code != CLOSED_TOO_BIG && (code < 4400 || code >= 4500))
        return;
    fprintf(stderr, "closed with %u %.*s\n", code, (int)length - 2, bytes + 2);
    follower.is_over = true;
}

static int on_event(
    struct lws *line, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        lws_set_timer_usecs(line, follower.patience_us);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(line, in, length);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return say(line);
    case LWS_CALLBACK_TIMER: /* silence means trouble */
        return -1;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        note_close(in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        come_back(in ? in : "no connection");
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        come_back("the line is lost");
        return 0;
    default:
        return 0;
    }
}

int main(int count, char **words)
{
    static const struct lws_protocols protocols[] = {
        {"ifpulse.v1", on_event, 0, MESSAGE_BYTES_MAX, 0, NULL, 0}, {0}};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .gid = -1, .uid = -1};

    follower.host_and_port = count > 1 ? words[1] : "127.0.0.1:8750";
    if (sscanf(follower.host_and_port, "%255[^:]:%d", follower.host, &follower.port) != 2) {
        fprintf(stderr, "usage: %s [ADDRESS:PORT [TOPIC]]\n", words[0]);
        return 2;
    }
    follower.topic = count > 2 ? words[2] : "totals";
    follower.token = getenv("IFPULSE_TOKEN");
    follower.pieces = json_array();
    lws_set_log_level(LLL_ERR, NULL);
    follower.context = lws_create_context(&info);
    if (!follower.context)
        return 1;
    lws_sul_schedule(follower.context, 0, &follower.again, connect_again, 1);
    while (!follower.is_over && lws_service(follower.context, 0) >= 0)
        ;
    lws_context_destroy(follower.context);
    json_decref(follower.pieces);
    forget();
    return 1; /* it does not end but for an error */
}
