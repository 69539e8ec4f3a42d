/* Threads. macOS's objects are all larger than glibc's, which therefore live in their place. Where
 * the program initialised one statically, it starts with macOS's mark; glibc's initial state is all
 * zeroes, so the first to use it clears the mark. */
#include "loader.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

enum {
    MARK_MUTEX = 0x32aaaba7,
    MARK_MUTEX_FIRST = 0x32aaaba1, /* error-checking, recursive, first-fit */
    MARK_COND = 0x3cb0b1bb,
    MARK_ONCE = 0x30b1bcba,
    MARK_RWLOCK = 0x2da8b3b4,
};
/* Sizes on macOS (x86_64), with the mark. */
_Static_assert(sizeof(pthread_mutex_t) <= 64, "a mutex fits in its place");
_Static_assert(sizeof(pthread_cond_t) <= 48, "a condition fits in its place");
_Static_assert(sizeof(pthread_rwlock_t) <= 200, "a lock fits in its place");
_Static_assert(sizeof(pthread_attr_t) <= 64, "attributes fit in their place");
_Static_assert(sizeof(pthread_once_t) <= 16, "a once fits in its place");

static void clear_mark(void *object, int64_t mark)
{
    int64_t found = mark;
    __atomic_compare_exchange_n(
        (int64_t *)object, &found, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static pthread_mutex_t *mutex_of(void *object)
{
    int64_t mark = *(volatile int64_t *)object;
    if (mark >= MARK_MUTEX_FIRST && mark < MARK_MUTEX)
        fatal(
            "a mutex is initialised as of kind %#lx, which is not known here", (unsigned long)mark);
    clear_mark(object, MARK_MUTEX);
    return object;
}

static pthread_cond_t *cond_of(void *object)
{
    clear_mark(object, MARK_COND);
    return object;
}

static int mutex_lock(void *mutex)
{
    return errno_to_darwin(pthread_mutex_lock(mutex_of(mutex)));
}

static int mutex_trylock(void *mutex)
{
    return errno_to_darwin(pthread_mutex_trylock(mutex_of(mutex)));
}

static int mutex_unlock(void *mutex)
{
    return errno_to_darwin(pthread_mutex_unlock(mutex_of(mutex)));
}

static int mutex_init(void *mutex, const void *attributes)
{
    if (attributes)
        fatal("attributes of a mutex are not known here");
    return errno_to_darwin(pthread_mutex_init(mutex, NULL));
}

static int mutex_destroy(void *mutex)
{
    return errno_to_darwin(pthread_mutex_destroy(mutex_of(mutex)));
}

static int cond_init(void *cond, const void *attributes)
{
    if (attributes)
        fatal("attributes of a condition are not known here");
    return errno_to_darwin(pthread_cond_init(cond, NULL));
}

static int cond_destroy(void *cond)
{
    return errno_to_darwin(pthread_cond_destroy(cond_of(cond)));
}

static int cond_signal(void *cond)
{
    return errno_to_darwin(pthread_cond_signal(cond_of(cond)));
}

static int cond_broadcast(void *cond)
{
    return errno_to_darwin(pthread_cond_broadcast(cond_of(cond)));
}

static int cond_wait(void *cond, void *mutex)
{
    return errno_to_darwin(pthread_cond_wait(cond_of(cond), mutex_of(mutex)));
}

static int cond_timedwait(void *cond, void *mutex, const struct timespec *until)
{
    return errno_to_darwin(pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), until));
}

static int cond_timedwait_relative(void *cond, void *mutex, const struct timespec *span)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += span->tv_sec;
    until.tv_nsec += span->tv_nsec;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return errno_to_darwin(
        pthread_cond_clockwait(cond_of(cond), mutex_of(mutex), CLOCK_MONOTONIC, &until));
}

static int once(void *object, void (*function)(void))
{
    clear_mark(object, MARK_ONCE);
    return errno_to_darwin(pthread_once(object, function));
}

static int rwlock_rdlock(void *lock)
{
    clear_mark(lock, MARK_RWLOCK);
    return errno_to_darwin(pthread_rwlock_rdlock(lock));
}

static int rwlock_wrlock(void *lock)
{
    clear_mark(lock, MARK_RWLOCK);
    return errno_to_darwin(pthread_rwlock_wrlock(lock));
}

static int rwlock_unlock(void *lock)
{
    return errno_to_darwin(pthread_rwlock_unlock(lock));
}

static int create(pthread_t *thread, const void *attributes, void *(*run)(void *), void *argument)
{
    return errno_to_darwin(pthread_create(thread, attributes, run, argument));
}

static int join(pthread_t thread, void **result)
{
    return errno_to_darwin(pthread_join(thread, result));
}

static int detach(pthread_t thread)
{
    return errno_to_darwin(pthread_detach(thread));
}

/* Of the thread that calls. */
static int set_name(const char *name)
{
    return errno_to_darwin(pthread_setname_np(pthread_self(), name));
}

/* --- signals: other numbers, other sets --- */

/* macOS's number → ours; 0: none. */
static const uint8_t signals[32] = {0, SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, 0, SIGFPE,
    SIGKILL, SIGBUS, SIGSEGV, SIGSYS, SIGPIPE, SIGALRM, SIGTERM, SIGURG, SIGSTOP, SIGTSTP, SIGCONT,
    SIGCHLD, SIGTTIN, SIGTTOU, SIGIO, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, 0, SIGUSR1,
    SIGUSR2};

static int signal_from_darwin(int number)
{
    if (number < 0 || number > 31 || (number > 0 && signals[number] == 0))
        fatal("signal %d of macOS is not known here", number);
    return signals[number];
}

static int signal_to_darwin(int number)
{
    for (int i = 1; i < 32; i++)
        if (signals[i] == number)
            return i;
    return 0;
}

static void set_from_darwin(uint32_t darwin, sigset_t *set)
{
    sigemptyset(set);
    for (int i = 1; i < 32; i++)
        if (darwin >> (i - 1) & 1 && signals[i] != 0)
            sigaddset(set, signals[i]);
}

static uint32_t set_to_darwin(const sigset_t *set)
{
    uint32_t darwin = 0;
    for (int i = 1; i < 32; i++)
        if (signals[i] != 0 && sigismember(set, signals[i]))
            darwin |= 1u << (i - 1);
    return darwin;
}

/* macOS counts SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK from 1. */
static int mask_signals(int how, const uint32_t *wanted, uint32_t *before)
{
    sigset_t set, old;
    if (wanted)
        set_from_darwin(*wanted, &set);
    int result = pthread_sigmask(how - 1, wanted ? &set : NULL, &old);
    if (result == 0 && before)
        *before = set_to_darwin(&old);
    return errno_to_darwin(result);
}

static int mask_signals_of_program(int how, const uint32_t *wanted, uint32_t *before)
{
    return mask_signals(how, wanted, before) == 0 ? 0 : -1;
}

typedef void handler(int number);
static handler *handlers[65];

static void on_signal(int number)
{
    handlers[number](signal_to_darwin(number));
}

static handler *set_handler(int number, handler *wanted)
{
    int here = signal_from_darwin(number);
    handler *before = handlers[here];
    handlers[here] = wanted;
    bool is_own = wanted != SIG_DFL && wanted != SIG_IGN;
    return signal(here, is_own ? on_signal : wanted) == SIG_ERR ? SIG_ERR : before;
}

struct darwin_action {
    handler *handler;
    uint32_t mask;
    int32_t flags;
};
enum { DARWIN_SA_RESTART = 2, DARWIN_SA_RESETHAND = 4, DARWIN_SA_SIGINFO = 0x40 };

static int set_action(int number, const struct darwin_action *wanted, struct darwin_action *before)
{
    int here = signal_from_darwin(number);
    if (before)
        *before = (struct darwin_action){.handler = handlers[here]};
    if (!wanted)
        return 0;
    if (wanted->flags & ~(DARWIN_SA_RESTART | DARWIN_SA_RESETHAND))
        fatal("sigaction flags %#x of macOS are not known here", wanted->flags);
    bool is_own = wanted->handler != SIG_DFL && wanted->handler != SIG_IGN;
    struct sigaction action = {.sa_handler = is_own ? on_signal : wanted->handler};
    action.sa_flags = (wanted->flags & DARWIN_SA_RESTART ? SA_RESTART : 0) |
                      (int)(wanted->flags & DARWIN_SA_RESETHAND ? SA_RESETHAND : 0);
    set_from_darwin(wanted->mask, &action.sa_mask);
    handlers[here] = wanted->handler;
    return sigaction(here, &action, NULL);
}

static int send_signal(pid_t pid, int number)
{
    return kill(pid, signal_from_darwin(number));
}

static int raise_signal(int number)
{
    return raise(signal_from_darwin(number));
}

static int wait_signal(const uint32_t *wanted, int *ret_number)
{
    sigset_t set;
    int number, result;
    set_from_darwin(*wanted, &set);
    result = sigwait(&set, &number);
    if (result == 0)
        *ret_number = signal_to_darwin(number);
    return errno_to_darwin(result);
}

const struct shim thread_shims[] = {
    SHIM("pthread_mutex_lock", mutex_lock),
    SHIM("pthread_mutex_trylock", mutex_trylock),
    SHIM("pthread_mutex_unlock", mutex_unlock),
    SHIM("pthread_mutex_init", mutex_init),
    SHIM("pthread_mutex_destroy", mutex_destroy),
    SHIM("pthread_cond_init", cond_init),
    SHIM("pthread_cond_destroy", cond_destroy),
    SHIM("pthread_cond_signal", cond_signal),
    SHIM("pthread_cond_broadcast", cond_broadcast),
    SHIM("pthread_cond_wait", cond_wait),
    SHIM("pthread_cond_timedwait", cond_timedwait),
    SHIM("pthread_cond_timedwait_relative_np", cond_timedwait_relative),
    SHIM("pthread_once", once),
    SHIM("pthread_rwlock_rdlock", rwlock_rdlock),
    SHIM("pthread_rwlock_wrlock", rwlock_wrlock),
    SHIM("pthread_rwlock_unlock", rwlock_unlock),
    SHIM("pthread_create", create),
    SHIM("pthread_join", join),
    SHIM("pthread_detach", detach),
    SHIM("pthread_setname_np", set_name),
    SHIM("pthread_sigmask", mask_signals),
    SHIM("sigprocmask", mask_signals_of_program),
    SHIM("signal", set_handler),
    SHIM("sigaction", set_action),
    SHIM("sigwait", wait_signal),
    SHIM("kill", send_signal),
    SHIM("raise", raise_signal),
    SHIMS_END,
};
