#include "client.h"

#include "client_access.h"
#include "encode.h"
#include "log.h"
#include "system.h"

#include <libwebsockets.h>

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "frames must leave libwebsockets its headroom");

/* Known to libwebsockets' lws_write, in every version so far, but not named in its headers. */
#define WRITE_CLOSE ((enum lws_write_protocol)4)

enum {
    HEARTBEAT_MS = 5000,
    STALL_MS = 30000,
    CLOSING_MS = 2000,
    PING_MS = 20000,
    PINGS_MISSED = 2,
    CLOSING_BUFFER = 1 << 18,
};

/* --- replies --- */

static void want_write(struct client *client)
{
    if (client->is_waiting || client->cut_ms)
        return;
    client->is_waiting = true;
    client->progress_ms = hub_now_ms();
    lws_callback_on_writable(client->wsi);
}

/* What was encoded since reply_begin is on its way. */
void client_reply(struct client *client)
{
    if (!replies_end(&client->replies))
        client_cut(client, 4429, "answers are not read");
    want_write(client);
}

void client_refuse(struct client *client, const struct command_refusal *refusal)
{
    encode_error(replies_begin(&client->replies), refusal);
    client_reply(client);
}

void client_close(struct client *client, unsigned code, const char *text)
{
    if (client->close_code)
        return;
    client->close_code = code;
    client->close_text = text;
    want_write(client);
}

/* What is on its way and the close find room in the system, however little the client takes: it
 * finds them when it reads on. */
static void make_room(struct lws *wsi)
{
    int fd = lws_get_socket_fd(wsi);

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){CLOSING_BUFFER}, sizeof(int));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){INT_MAX}, sizeof(int));
}

static void write_close(struct client *client)
{
    unsigned char close[FRAME_HEADROOM + 128];
    size_t length = strlen(client->close_text);

    client->owes_close = false;
    close[FRAME_HEADROOM] = (unsigned char)(client->close_code >> 8);
    close[FRAME_HEADROOM + 1] = (unsigned char)client->close_code;
    memcpy(close + FRAME_HEADROOM + 2, client->close_text, length);
    (void)lws_write(client->wsi, close + FRAME_HEADROOM, length + 2, WRITE_CLOSE);
}

/* The close goes out, and the connection stays until the client has answered it or CLOSING_MS are
 * over. Until then whatever it sends is read and dropped: a socket closed with unread input is
 * reset, and a reset throws away what was on its way to the client, the reason of the close
 * included. */
void client_cut(struct client *client, unsigned code, const char *text)
{
    if (client->cut_ms)
        return;
    client->cut_ms = hub_now_ms();
    counts_add_close(&client->hub->counts, code);
    client->close_code = code;
    client->close_text = text;
    make_room(client->wsi);
    client->owes_close = lws_partial_buffered(client->wsi);
    if (client->owes_close)
        lws_callback_on_writable(client->wsi);
    else
        write_close(client);
}

/* --- beginning and end --- */

static void join(struct hub *hub, struct client *client)
{
    client->next = hub->clients;
    if (client->next)
        client->next->previous = client;
    hub->clients = client;
    hub->client_count++;
}

static void depart(struct hub *hub, struct client *client)
{
    *(client->previous ? &client->previous->next : &hub->clients) = client->next;
    if (client->next)
        client->next->previous = client->previous;
    hub->client_count--;
}

static void greet(struct client *client)
{
    const struct hub *hub = client->hub;
    const struct limits *limits = &hub->options.limits;
    struct encode_hello hello = {
        .instance = hub->instance,
        .version = hub->options.version,
        .interval_ms = hub->options.interval_ms,
        .subscriptions = limits->subscriptions,
        .message_bytes = limits->message_bytes,
        .messages_per_s = limits->messages_per_s,
        .message_burst = limits->message_burst,
        .wants_token = client->access != CLIENT_IN,
    };

    encode_hello(replies_begin(&client->replies), &hello);
    client_reply(client);
}

void client_init(struct client *client, struct hub *hub, struct lws *wsi)
{
    const struct limits *limits = &hub->options.limits;
    struct command_refusal refusal = {0};

    client->hub = hub;
    client->wsi = wsi;
    client->tokens = limits->message_burst;
    client->tokens_ms = client->progress_ms = hub_now_ms();
    client->ping_ms = client->tokens_ms + PING_MS;
    client->peer = caller_of(wsi)->peer;
    client->peer->clients++;
    join(hub, client);
    if (hub->client_count > limits->clients) {
        client_close(client, 4503, "full");
    } else if (client->peer->clients > limits->clients_per_address) {
        (void)command_refuse(&refusal, "too_many_clients",
            "%u clients of one address are the most; close another first",
            limits->clients_per_address);
        client_refuse(client, &refusal);
        client_close(client, 4429, "too many clients");
    } else {
        client_begin_access(client);
        greet(client);
    }
}

void client_end(struct client *client, struct subscription *subscription)
{
    bool had_lens;

    if (client->frame && client->frame_id == subscription->id) {
        frame_unref(client->frame);
        client->frame = NULL;
    }
    had_lens = hub_is_lens(client->hub, subscription->interval_ms);
    hub_watch(client->hub, subscription->view->query.topic, false);
    view_close(&client->hub->views, subscription->view);
    *subscription = client->subscriptions[--client->subscription_count];
    if (had_lens)
        clients_set_lens(client->hub);
}

void client_fini(struct client *client)
{
    if (!client->hub)
        return;
    while (client->subscription_count > 0)
        client_end(client, &client->subscriptions[0]);
    depart(client->hub, client);
    client->peer->clients--;
    lws_sul_cancel(&client->access_timer);
    free(client->subscriptions);
    replies_fini(&client->replies);
    buffer_fini(&client->message);
    frame_unref(client->frame);
    client->hub = NULL;
}

struct subscription *client_find(struct client *client, uint64_t id)
{
    for (unsigned i = 0; i < client->subscription_count; i++) {
        if (client->subscriptions[i].id == id)
            return &client->subscriptions[i];
    }
    return NULL;
}

static bool take_token(struct client *client)
{
    const struct limits *limits = &client->hub->options.limits;
    struct command_refusal refusal = {0};
    int64_t now_ms = hub_now_ms();

    client->tokens += (double)(now_ms - client->tokens_ms) * limits->messages_per_s / 1000.0;
    client->tokens_ms = now_ms;
    if (client->tokens > limits->message_burst)
        client->tokens = limits->message_burst;
    if (client->tokens >= 1) {
        client->tokens -= 1;
        return true;
    }
    (void)command_refuse(&refusal, "too_fast", "at most %u messages a second, and %u at once",
        limits->messages_per_s, limits->message_burst);
    client_refuse(client, &refusal);
    client_close(client, 4429, "too fast");
    return false;
}

bool client_receive(
    struct client *client, const char *bytes, size_t length, size_t remaining, bool is_last)
{
    struct buffer *message = &client->message;
    size_t limit = client->hub->options.limits.message_bytes;

    if (client->close_code || client->access == CLIENT_DENIED)
        return false;
    if (length > limit || remaining > limit || message->length + length + remaining > limit) {
        client_close(client, 1009, "message too big");
        return false;
    }
    buffer_append(message, bytes, length);
    if (buffer_failed(message))
        client_cut(client, 1011, "out of memory");
    return is_last && !buffer_failed(message) && take_token(client);
}

void client_receive_pong(struct client *client)
{
    client->pings_unanswered = 0;
}

/* --- sending --- */

static bool is_changed(const struct subscription *subscription)
{
    return view_changed(subscription->view) > subscription->revision;
}

/* A tick that comes a little early still counts: the next one would be a whole tick late. */
static bool is_silent_too_long(const struct client *client, const struct subscription *subscription)
{
    return hub_now_ms() - subscription->sent_ms + client->hub->options.interval_ms / 2 >=
           HEARTBEAT_MS;
}

static bool is_owed(const struct client *client, const struct subscription *subscription)
{
    return subscription->is_due && hub_is_current(client->hub, subscription->view->query.topic) &&
           (subscription->is_first || is_changed(subscription) ||
               is_silent_too_long(client, subscription));
}

static struct subscription *find_owed(struct client *client)
{
    for (unsigned i = 0; i < client->subscription_count; i++) {
        if (is_owed(client, &client->subscriptions[i]))
            return &client->subscriptions[i];
    }
    return NULL;
}

static bool has_work(struct client *client)
{
    return client->close_code || client->frame || replies_waiting(&client->replies) ||
           find_owed(client);
}

static int read_frame(
    struct client *client, const struct subscription *subscription, struct frame **ret_frame)
{
    struct hub *hub = client->hub;

    if (subscription->history_s > 0)
        return history_frames_get(&hub->history_frames, &hub->history, subscription->view,
            subscription->history_s, ret_frame);
    return view_frame(subscription->view, subscription->revision, ret_frame);
}

static int begin_frame(struct client *client, struct subscription *subscription)
{
    struct frame *frame CLEANUP(frame_unref_p) = NULL;
    struct frame *deflated;

    client->is_history = subscription->history_s > 0;
    if (read_frame(client, subscription, &frame) < 0)
        return -1;
    if (subscription->is_deflated) {
        if (frame_deflate(frame, &deflated) < 0)
            return -1;
        frame_ref(deflated);
        frame_unref(frame);
        frame = deflated;
    }
    client->frame = HAND_OVER(frame);
    client->part = 0;
    client->frame_id = subscription->id;
    return 0;
}

static void end_frame(struct client *client)
{
    struct subscription *subscription = client_find(client, client->frame_id);

    if (subscription && client->is_history) {
        subscription->history_s = 0;
    } else if (subscription) {
        subscription->revision = client->frame->revision;
        subscription->sent_ms = hub_now_ms();
        subscription->is_due = subscription->is_first = false;
    }
    frame_unref(client->frame);
    client->frame = NULL;
}

static int write_part(struct client *client)
{
    const struct frame *frame = client->frame;
    unsigned part = client->part++;
    unsigned char *text = (unsigned char *)frame_text(frame, part);

    if (lws_write(client->wsi, text, frame->parts[part].length,
            frame->parts[part].is_deflated ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < 0)
        return -1;
    client->trusted_bytes += frame->parts[part].length;
    client->hub->counts.deliveries++;
    client->hub->counts.delivered_bytes += frame->parts[part].length;
    if (client->part == frame->part_count)
        end_frame(client);
    return 0;
}

/* One byte, because libwebsockets 4.1 keeps the answer to an empty ping to itself. */
static int write_ping(struct client *client)
{
    unsigned char ping[FRAME_HEADROOM + 1] = {0};

    client->ping_ms = hub_now_ms() + PING_MS;
    client->pings_unanswered++;
    return lws_write(client->wsi, ping + FRAME_HEADROOM, 1, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int write_reply(struct client *client)
{
    size_t length;
    char *text = replies_take(&client->replies, &length);

    return lws_write(client->wsi, (unsigned char *)text, length, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

static int write_frame(struct client *client)
{
    struct subscription *owed = client->frame ? NULL : find_owed(client);

    if (owed && begin_frame(client, owed) < 0) {
        log_error("a client is closed: no memory for its message");
        return -1;
    }
    return client->frame ? write_part(client) : 0;
}

/* Whether the socket takes more. To ask the system costs a fifth of a delivery, so as much as its
 * own mark (TCP_NOTSENT_LOWAT) is given on trust. */
static bool takes_more(struct client *client)
{
    if (lws_partial_buffered(client->wsi))
        return false;
    if (client->trusted_bytes < CLIENT_NOTSENT_LOWAT)
        return true;
    client->trusted_bytes = 0;
    return !lws_send_pipe_choked(client->wsi);
}

static int write_while_taken(struct client *client)
{
    while (client->frame || find_owed(client)) {
        if (!takes_more(client)) {
            want_write(client);
            return 0;
        }
        if (write_frame(client) < 0)
            return -1;
    }
    return 0;
}

static bool owes_several(const struct client *client)
{
    unsigned count = 0;

    for (unsigned i = 0; i < client->subscription_count && count < 2; i++)
        count += is_owed(client, &client->subscriptions[i]);
    return count == 2;
}

/* Writes what is owed while the socket takes more; what then is left waits for it. Several messages
 * leave together, which saves a quarter of what they cost: docs/performance.md. */
static int write_owed(struct client *client)
{
    bool is_corked = owes_several(client);
    int r;

    if (is_corked)
        system_cork(lws_get_socket_fd(client->wsi), true);
    r = write_while_taken(client);
    if (is_corked)
        system_cork(lws_get_socket_fd(client->wsi), false);
    return r;
}

int client_write(struct client *client)
{
    int r;

    client->is_waiting = false;
    client->progress_ms = hub_now_ms();
    client->trusted_bytes = 0;
    if (client->cut_ms) {
        if (client->owes_close && !lws_partial_buffered(client->wsi))
            write_close(client);
        return 0;
    }
    if (replies_waiting(&client->replies)) {
        r = write_reply(client);
    } else if (client->close_code) {
        client_cut(client, client->close_code, client->close_text);
        return 0;
    } else if (client->ping_ms <= client->progress_ms && client->pings_unanswered < PINGS_MISSED) {
        r = write_ping(client);
    } else {
        return write_owed(client);
    }
    if (r == 0 && has_work(client))
        want_write(client);
    return r;
}

/* --- what the hub says --- */

static bool is_told_at_once(const struct hub *hub, enum topic topic)
{
    return (topic == TOPIC_INTERFACES && hub->has_change) ||
           (topic == TOPIC_EVENTS && hub->has_events);
}

/* Straight from the tick: a thousand sockets that are asked for cost a look at each of them, twice.
 * One that is waited for already stays so. */
static void write_now(struct client *client)
{
    if (!client->is_waiting && !client->cut_ms && write_owed(client) < 0)
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

static void update(struct client *client)
{
    const struct hub *hub = client->hub;
    bool owes = false;

    for (unsigned i = 0; i < client->subscription_count && !client->close_code; i++) {
        struct subscription *subscription = &client->subscriptions[i];

        if (hub_ends_interval(hub, subscription->interval_ms) ||
            is_told_at_once(hub, subscription->view->query.topic))
            subscription->is_due = true;
        if (is_owed(client, subscription))
            owes = true;
        else if (!subscription->is_first)
            subscription->is_due = false;
    }
    if (owes)
        write_now(client);
}

static void sweep(struct client *client, int64_t now_ms)
{
    if (client->cut_ms) {
        if (now_ms - client->cut_ms >= CLOSING_MS)
            lws_set_timeout(client->wsi, PENDING_TIMEOUT_CLOSE_ACK, LWS_TO_KILL_ASYNC);
        return;
    }
    if (client->is_waiting && now_ms - client->progress_ms >= STALL_MS)
        client_cut(client, 4408, "too slow");
    else if (now_ms >= client->ping_ms && client->pings_unanswered >= PINGS_MISSED)
        client_cut(client, 4508, "pings are not answered"); /* asleep, perhaps: it may come back */
    else if (now_ms >= client->ping_ms)
        want_write(client);
}

void clients_update(struct hub *hub)
{
    for (struct client *client = hub->clients; client; client = client->next)
        update(client);
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    return b == 0 ? a : common_divisor(b, a % b);
}

/* The longest interval of which each of theirs is a multiple: so each keeps its own rhythm. */
void clients_set_lens(struct hub *hub)
{
    uint32_t lens_ms = 0;

    for (const struct client *client = hub->clients; client; client = client->next) {
        for (unsigned i = 0; i < client->subscription_count; i++) {
            if (hub_is_lens(hub, client->subscriptions[i].interval_ms))
                lens_ms = common_divisor(lens_ms, client->subscriptions[i].interval_ms);
        }
    }
    hub_set_lens(hub, lens_ms);
}

void clients_sweep(struct hub *hub)
{
    int64_t now_ms = hub_now_ms();

    for (struct client *client = hub->clients, *next; client; client = next) {
        next = client->next;
        sweep(client, now_ms);
    }
}
