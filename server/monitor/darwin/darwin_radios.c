#include "darwin_radios.h"

#include "clock.h"
#include "descriptor.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
/* With the question itself, well within DARWIN_RADIOS_STALE_NS. */
#define REPEAT_NS (4 * SECOND_NS)
enum { PATIENCE_MS = 250 }; /* with a question that is under way when all is to end */

struct watched_radio {
    char name[16];
    uint64_t answered_ns; /* 0: never */
    int error;
    struct darwin_radio radio;
};

/* What the two threads share; the last to leave frees it. */
struct asking {
    atomic_int owners;
    atomic_bool is_wanted; /* what the next question is due sooner for */
    int fd;                /* the thread's; what is sent to it wakes it, an end of file ends it */
    pthread_mutex_t lock;  /* of the following, never held while asking */
    struct watched_radio *items;
    size_t count;
};

struct darwin_radios {
    struct asking *asking;
    bool is_running;
    int start_error; /* for which it is not */
    int fd;          /* the other end of the thread's; hangs up when the thread ends */
    pthread_t thread;
};

static void asking_unref(struct asking *asking)
{
    if (!asking || atomic_fetch_sub(&asking->owners, 1) > 1)
        return;
    pthread_mutex_destroy(&asking->lock);
    free(asking->items);
    free(asking);
}

/* Of the list as it is now. */
static struct watched_radio *find(struct asking *asking, const char *name)
{
    for (size_t i = 0; i < asking->count; i++)
        if (strcmp(asking->items[i].name, name) == 0)
            return &asking->items[i];
    return NULL;
}

/* --- the thread --- */

static bool name_of(struct asking *asking, size_t index, char *ret_name, size_t size)
{
    pthread_mutex_lock(&asking->lock);
    bool is_there = index < asking->count;
    if (is_there)
        memcpy(ret_name, asking->items[index].name, size);
    pthread_mutex_unlock(&asking->lock);
    return is_there;
}

static void keep_answer(
    struct asking *asking, const char *name, int error, const struct darwin_radio *radio)
{
    pthread_mutex_lock(&asking->lock);
    struct watched_radio *watched = find(asking, name);
    if (watched) {
        watched->answered_ns = clock_monotonic_ns();
        watched->error = error;
        watched->radio = *radio;
    }
    pthread_mutex_unlock(&asking->lock);
}

static void ask_all(struct asking *asking)
{
    char name[sizeof(asking->items->name)];
    for (size_t i = 0; name_of(asking, i, name, sizeof(name)); i++) {
        struct darwin_radio radio = {0};
        int error = darwin_frameworks_read_radio(name, &radio);
        keep_answer(asking, name, error, &radio);
    }
}

/* For poll(2), until the next question. */
static int rest_ms(struct asking *asking, uint64_t asked_ns)
{
    uint64_t due_ns = asked_ns + (atomic_load(&asking->is_wanted) ? SECOND_NS : REPEAT_NS);
    uint64_t now_ns = clock_monotonic_ns();
    return now_ns < due_ns ? (int)((due_ns - now_ns) / 1000000 + 1) : 0;
}

/* Until the next question is due; false when there is to be none. */
static bool wait_until_due(struct asking *asking, uint64_t asked_ns)
{
    struct pollfd wakes = {.fd = asking->fd, .events = POLLIN};
    char bytes[16];
    for (;;) {
        int timeout_ms = rest_ms(asking, asked_ns);
        if (poll(&wakes, 1, timeout_ms) <= 0 && timeout_ms == 0)
            return true;
        if (wakes.revents && recv(asking->fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 0)
            return false;
    }
}

static void *run(void *argument)
{
    struct asking *asking = argument;
    uint64_t asked_ns;
    do {
        atomic_store(&asking->is_wanted, false);
        asked_ns = clock_monotonic_ns();
        ask_all(asking);
    } while (wait_until_due(asking, asked_ns));
    close(asking->fd);
    asking_unref(asking);
    return NULL;
}

/* --- its owner --- */

int darwin_radios_new(struct darwin_radios **ret_radios)
{
    struct darwin_radios *radios CLEANUP(free_p) = calloc(1, sizeof(*radios));
    struct asking *asking CLEANUP(free_p) = calloc(1, sizeof(*asking));
    if (!radios || !asking)
        return -ENOMEM;
    atomic_init(&asking->owners, 1);
    int error = pthread_mutex_init(&asking->lock, NULL);
    if (error)
        return -error;
    radios->asking = HAND_OVER(asking);
    *ret_radios = HAND_OVER(radios);
    return 0;
}

/* The thread ends on its own; for how long it is waited for is what this is about. */
static void end_thread(struct darwin_radios *radios)
{
    struct pollfd end = {.fd = radios->fd, .events = POLLIN};
    shutdown(radios->fd, SHUT_WR);
    if (poll(&end, 1, PATIENCE_MS) > 0)
        pthread_join(radios->thread, NULL);
    else
        pthread_detach(radios->thread);
    close(radios->fd);
}

void darwin_radios_free(struct darwin_radios *radios)
{
    if (!radios)
        return;
    if (radios->is_running)
        end_thread(radios);
    asking_unref(radios->asking);
    free(radios);
}

/* Signals are the main thread's. */
static int create_thread(struct darwin_radios *radios)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&radios->thread, NULL, run, radios->asking);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

static int start(struct darwin_radios *radios)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return -errno;
    radios->fd = fds[0];
    radios->asking->fd = fds[1];
    atomic_fetch_add(&radios->asking->owners, 1);
    int r = descriptor_set_private(fds[0]);
    if (r == 0)
        r = descriptor_set_private(fds[1]);
    if (r == 0)
        r = create_thread(radios);
    if (r == 0)
        return 0;
    atomic_fetch_sub(&radios->asking->owners, 1);
    close(fds[0]);
    close(fds[1]);
    return r;
}

/* Puts the list in the old one's place, with the answers of those that stay; returns the old one.
 */
static struct watched_radio *replace(
    struct asking *asking, struct watched_radio *items, size_t count, bool *ret_has_new)
{
    struct watched_radio *old = asking->items;
    pthread_mutex_lock(&asking->lock);
    *ret_has_new = false;
    for (size_t i = 0; i < count; i++) {
        const struct watched_radio *before = find(asking, items[i].name);
        *ret_has_new |= !before;
        if (before)
            items[i] = *before;
    }
    asking->items = items;
    asking->count = count;
    pthread_mutex_unlock(&asking->lock);
    return old;
}

int darwin_radios_watch(struct darwin_radios *radios, const char *const *names, size_t count)
{
    struct watched_radio *items = calloc(count ? count : 1, sizeof(*items));
    bool has_new;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        strncpy(items[i].name, names[i], sizeof(items[i].name) - 1);
    free(replace(radios->asking, items, count, &has_new));
    if (count > 0 && !radios->is_running) {
        radios->start_error = start(radios);
        radios->is_running = radios->start_error == 0;
    } else if (has_new) {
        darwin_radios_wake(radios);
    }
    return 0;
}

void darwin_radios_wake(struct darwin_radios *radios)
{
    if (!radios->is_running || atomic_exchange(&radios->asking->is_wanted, true))
        return;
    /* Fails only when there is more to read than the thread needs to wake up. */
    if (send(radios->fd, "", 1, MSG_DONTWAIT) < 0)
        return;
}

int darwin_radios_find(
    struct darwin_radios *radios, const char *name, struct darwin_radio *ret_radio)
{
    struct asking *asking = radios->asking;
    pthread_mutex_lock(&asking->lock);
    const struct watched_radio *watched = find(asking, name);
    int r = watched ? watched->error : -ENODEV;
    if (watched && (watched->answered_ns == 0 ||
                       clock_monotonic_ns() - watched->answered_ns > DARWIN_RADIOS_STALE_NS))
        r = radios->start_error ? radios->start_error : -EAGAIN;
    if (r == 0)
        *ret_radio = watched->radio;
    pthread_mutex_unlock(&asking->lock);
    return r;
}
