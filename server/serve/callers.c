#include "callers.h"

#include "descriptor.h"
#include "hub.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DEADLINE_MS = 10000, /* from the first byte, or TLS's, to the end of the request's headers */
    PEERS_BESIDE = 4096, /* addresses kept in mind from which nothing is connected */
    FLUSH_S = 10,
};

/* --- beginning and end --- */

/* Full, it takes nothing until someone reads at its other end, which nobody does. */
static int build_wall(int wall[2])
{
    static const char bytes[4096];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, wall) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        int r = descriptor_set_private_nonblocking(wall[i]);
        if (r < 0)
            return r;
    }
    setsockopt(wall[0], SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
    while (send(wall[0], bytes, sizeof bytes, 0) > 0)
        continue;
    while (send(wall[0], bytes, 1, 0) > 0)
        continue;
    return errno == EAGAIN ? 0 : -errno;
}

int callers_init(struct callers *all, struct lws_context *context, const struct peers_rate *rate)
{
    all->context = context;
    peers_init(&all->peers, all->most + PEERS_BESIDE, rate);
    return build_wall(all->wall);
}

void callers_fini(struct callers *all)
{
    peers_fini(&all->peers);
    for (int i = 0; i < 2; i++) {
        if (all->wall[i] > 0)
            close(all->wall[i]);
    }
}

static struct peer *peer_of(struct callers *all, int fd)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;

    if (getpeername(fd, (struct sockaddr *)&name, &length) < 0)
        return NULL;
    return peers_find(&all->peers, (struct sockaddr *)&name, hub_now_ms());
}

bool callers_admit(struct callers *all, int fd)
{
    struct peer *peer;

    if (all->count + all->held >= all->most)
        return false;
    peer = peer_of(all, fd);
    return peer && peers_may_arrive(&all->peers, peer, hub_now_ms());
}

struct caller *caller_of(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi);
}

static void join(struct callers *all, struct caller *caller)
{
    caller->previous = all->newest;
    *(all->newest ? &all->newest->next : &all->oldest) = caller;
    all->newest = caller;
}

static void leave(struct caller *caller)
{
    struct callers *all = caller->all;

    *(caller->previous ? &caller->previous->next : &all->oldest) = caller->next;
    *(caller->next ? &caller->next->previous : &all->newest) = caller->previous;
    caller->next = caller->previous = NULL;
}

int callers_open(struct callers *all, struct lws *wsi)
{
    struct peer *peer = peer_of(all, lws_get_socket_fd(wsi));
    struct caller *caller = peer ? calloc(1, sizeof *caller) : NULL;

    if (!caller)
        return -1;
    *caller = (struct caller){
        .all = all, .wsi = wsi, .peer = peer, .began_ms = hub_now_ms(), .held_fd = -1};
    peers_connect(&all->peers, peer);
    join(all, caller);
    all->count++;
    lws_set_opaque_user_data(wsi, caller);
    return 0;
}

static void drop_held(struct caller *caller)
{
    if (caller->held_fd < 0)
        return;
    close(caller->held_fd);
    caller->held_fd = -1;
    caller->all->held--;
}

void callers_close(struct lws *wsi)
{
    struct caller *caller = caller_of(wsi);

    if (!caller)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    lws_sul_cancel(&caller->release);
    drop_held(caller);
    caller_ask(caller);
    caller->all->count--;
    peers_disconnect(&caller->all->peers, caller->peer, hub_now_ms());
    free(caller);
}

void callers_sweep(struct callers *all, int64_t now_ms)
{
    struct caller *caller = all->oldest;

    for (; caller && now_ms - caller->began_ms >= DEADLINE_MS; caller = caller->next)
        lws_set_timeout(caller->wsi, PENDING_TIMEOUT_ESTABLISH_WITH_SERVER, LWS_TO_KILL_ASYNC);
    peers_sweep(&all->peers, now_ms);
    refusals_sweep(&all->refusals, now_ms);
}

void caller_grant(struct caller *caller, const struct token *token)
{
    caller->has_token = token;
    if (token)
        caller->token = *token;
}

void caller_ask(struct caller *caller)
{
    if (caller->has_asked)
        return;
    caller->has_asked = true;
    leave(caller);
}

/* --- holding back --- */

/* fd means from now on what other means. */
static int put_in_place(int other, int fd)
{
    return dup2(other, fd) < 0 ? -errno : descriptor_set_private(fd);
}

static void release(lws_sorted_usec_list_t *timer)
{
    struct caller *caller = CONTAINER_OF(timer, struct caller, release);

    (void)put_in_place(caller->held_fd, lws_get_socket_fd(caller->wsi));
    drop_held(caller);
    lws_callback_on_writable(caller->wsi);
}

bool caller_hold(struct caller *caller, int64_t ms)
{
    int fd = lws_get_socket_fd(caller->wsi);
    bool has_room = caller->all->count + caller->all->held < caller->all->most;
    int real = has_room ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (real < 0 || put_in_place(caller->all->wall[0], fd) < 0) {
        log_info("a refusal cannot be held back: %s", has_room ? strerror(errno) : "no room");
        if (real >= 0)
            close(real);
        return false;
    }
    caller->held_fd = real;
    caller->all->held++;
    lws_sul_schedule(caller->all->context, 0, &caller->release, release, ms * 1000);
    return true;
}

void caller_keep(struct caller *caller, int64_t ms)
{
    lws_set_timeout(caller->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)(ms / 1000) + FLUSH_S);
}
