/* The thread that asks the radios: what it is asked for, how often, and that it holds up nobody. */
#include "darwin_radios.h"

#include "clock.h"
#include "fake_loading.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- a clock that can be put forward --- */

static atomic_ullong skipped_s;

int __real_clock_gettime(clockid_t clock, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int r = __real_clock_gettime(clock, ret_time);
    ret_time->tv_sec += (time_t)atomic_load(&skipped_s);
    return r;
}

/* --- threads, which can be refused --- */

static int refusal;
static unsigned joined;

int __real_pthread_create(
    pthread_t *ret_thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_create(
    pthread_t *ret_thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    return refusal ? refusal : __real_pthread_create(ret_thread, attributes, run, argument);
}

int __real_pthread_join(pthread_t thread, void **ret_value);
int __wrap_pthread_join(pthread_t thread, void **ret_value)
{
    joined++;
    return __real_pthread_join(thread, ret_value);
}

/* --- what is seen of it --- */

static const struct fake_radio en0 = {
    "en0", true, .channel = 1, .band = 1, .signal = -50, .noise = -90, .rate = 100};
static const struct fake_radio both[] = {
    {"en0", true, .channel = 1, .band = 1, .signal = -50, .noise = -90, .rate = 100},
    {"en5", true, .channel = 1, .band = 1, .signal = -60, .noise = -90, .rate = 100}};
static const struct fake_frameworks world = {.radios = both, .radio_count = 2};
static const char *const names[] = {"en0", "en5", "en9"};

static size_t entries(const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;
    cr_assert_not_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Waits until it is so, which a slow machine may take its time for. */
#define EVENTUALLY(condition)                                                                      \
    do {                                                                                           \
        for (int tries_ = 0; tries_ < 6000 && !(condition); tries_++)                              \
            usleep(5000);                                                                          \
        cr_assert(condition);                                                                      \
    } while (0)

static int find(struct darwin_radios *radios, const char *name)
{
    struct darwin_radio radio = {0};
    int r = darwin_radios_find(radios, name, &radio);
    return r < 0 ? r : -radio.signal_dbm;
}

static struct darwin_radios *open_radios(size_t count)
{
    struct darwin_radios *radios = NULL;
    cr_assert_eq(darwin_radios_new(&radios), 0);
    cr_assert_eq(darwin_radios_watch(radios, names, count), 0);
    return radios;
}

static void hang(bool hangs)
{
    struct fake_radio radio = en0;
    radio.hangs = hangs;
    fake_frameworks_set_radio(&radio);
}

static size_t threads_before, files_before;

static void begin(void)
{
    fake_frameworks_begin(&world);
    threads_before = entries("/proc/self/task");
    files_before = entries("/proc/self/fd");
}

/* The thread, also one that was left behind, is gone and has left nothing. Closes each test: what
 * is expected in vain after it, as by .fini, does not fail it. */
static void end(void)
{
    EVENTUALLY(entries("/proc/self/task") == threads_before);
    cr_expect_eq(entries("/proc/self/fd"), files_before);
    cr_expect_eq(fake_frameworks_end(), 0, "something was not released");
}

TestSuite(radios, .init = begin);

/* --- tests --- */

Test(radios, answer)
{
    struct darwin_radios *radios = open_radios(2);
    EVENTUALLY(find(radios, "en0") == 50);
    EVENTUALLY(find(radios, "en5") == 60);
    cr_expect_eq(find(radios, "en9"), -ENODEV, "it is not watched");
    darwin_radios_free(radios);
    end();
}

Test(radios, none_no_thread)
{
    struct darwin_radios *radios = open_radios(0);
    darwin_radios_wake(radios);
    cr_expect_eq(entries("/proc/self/task"), threads_before);
    cr_expect_eq(entries("/proc/self/fd"), files_before);
    cr_expect_eq(find(radios, "en0"), -ENODEV);
    darwin_radios_free(radios);
    darwin_radios_free(NULL);
    end();
}

Test(radios, unknown_to_the_system)
{
    struct darwin_radios *radios = open_radios(3);
    EVENTUALLY(find(radios, "en9") == -ENODEV);
    EVENTUALLY(find(radios, "en0") == 50);
    darwin_radios_free(radios);
    end();
}

Test(radios, without_the_framework)
{
    struct fake_frameworks bare = world;
    bare.missing = "/System/Library/Frameworks/CoreWLAN.framework/CoreWLAN";
    fake_frameworks_begin(&bare);
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(find(radios, "en0") == -ENOSYS);
    darwin_radios_free(radios);
    end();
}

/* From before the first question to after the second. */
static uint64_t woken_after_ns(void)
{
    struct fake_radio moved = en0;
    unsigned before = fake_frameworks_asked("en0");
    uint64_t start_ns = clock_monotonic_ns();
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(fake_frameworks_asked("en0") > before);
    EVENTUALLY(find(radios, "en0") == 50);
    moved.signal = -70;
    fake_frameworks_set_radio(&moved);
    darwin_radios_wake(radios);
    EVENTUALLY(find(radios, "en0") == 70);
    uint64_t end_ns = clock_monotonic_ns();
    fake_frameworks_set_radio(&en0);
    darwin_radios_free(radios);
    return end_ns - start_ns;
}

/* Sooner than they would ask by themselves; a machine that is too slow for that is asked again. */
Test(radios, ask_again_when_woken)
{
    bool is_sooner = false;
    for (int i = 0; i < 10 && !is_sooner; i++)
        is_sooner = woken_after_ns() < UINT64_C(4000000000);
    cr_expect(is_sooner);
    end();
}

Test(radios, ask_again_by_themselves)
{
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(fake_frameworks_asked("en0") >= 2);
    darwin_radios_free(radios);
    end();
}

/* However often they are woken, they are asked once a second: counted by the same clock. */
Test(radios, are_not_asked_too_often)
{
    uint64_t start_ns = clock_monotonic_ns();
    struct darwin_radios *radios = open_radios(1);
    while (fake_frameworks_asked("en0") < 3) {
        for (int i = 0; i < 100; i++)
            darwin_radios_wake(radios);
        usleep(1000);
    }
    cr_expect_geq(clock_monotonic_ns() - start_ns, UINT64_C(2000000000));
    darwin_radios_free(radios);
    end();
}

Test(radios, hang)
{
    struct darwin_radio radio = {.signal_dbm = 1};
    hang(true);
    struct darwin_radios *radios = open_radios(2);
    EVENTUALLY(fake_frameworks_asked("en0") == 1);
    for (int i = 0; i < 100; i++)
        darwin_radios_wake(radios);
    cr_expect_eq(darwin_radios_find(radios, "en0", &radio), -EAGAIN);
    cr_expect_eq(radio.signal_dbm, 1);
    hang(false);
    EVENTUALLY(find(radios, "en0") == 50);
    EVENTUALLY(find(radios, "en5") == 60);
    darwin_radios_free(radios);
    end();
}

Test(radios, old_answers_are_none)
{
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(find(radios, "en0") == 50);
    hang(true);
    darwin_radios_wake(radios);
    EVENTUALLY(fake_frameworks_asked("en0") >= 2);
    atomic_store(&skipped_s, 5);
    cr_expect_eq(find(radios, "en0"), 50);
    atomic_store(&skipped_s, 100);
    cr_expect_eq(find(radios, "en0"), -EAGAIN);
    hang(false);
    EVENTUALLY(find(radios, "en0") == 50);
    darwin_radios_free(radios);
    end();
}

/* The program must be able to end when the system's service does not answer. */
Test(radios, free_while_one_hangs)
{
    hang(true);
    struct darwin_radios *radios = open_radios(2);
    EVENTUALLY(fake_frameworks_asked("en0") == 1);
    darwin_radios_free(radios);
    cr_expect_eq(fake_frameworks_asked("en5"), 0, "it hangs all the while");
    cr_expect_eq(entries("/proc/self/task"), threads_before + 1);
    hang(false);
    end();
}

/* A question that is answered soon is waited for, so that nothing runs on afterwards. That it is on
 * a busy machine is too much to expect of every time. */
Test(radios, free_at_any_time)
{
    for (int i = 0; i < 50; i++) {
        struct darwin_radios *radios = open_radios(2);
        usleep((useconds_t)(i * 20));
        darwin_radios_wake(radios);
        darwin_radios_free(radios);
    }
    cr_expect_gt(joined, 0);
    end();
}

Test(radios, are_watched_anew)
{
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(find(radios, "en0") == 50);
    hang(true);
    cr_assert_eq(darwin_radios_watch(radios, names, 2), 0);
    cr_expect_eq(find(radios, "en0"), 50, "its answer is kept");
    cr_expect_eq(find(radios, "en5"), -EAGAIN);
    cr_assert_eq(darwin_radios_watch(radios, &names[1], 1), 0);
    cr_expect_eq(find(radios, "en0"), -ENODEV);
    hang(false);
    EVENTUALLY(find(radios, "en5") == 60);
    cr_assert_eq(darwin_radios_watch(radios, names, 0), 0);
    cr_expect_eq(find(radios, "en5"), -ENODEV);
    darwin_radios_free(radios);
    end();
}

Test(radios, watched_anew_while_asked)
{
    hang(true);
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(fake_frameworks_asked("en0") == 1);
    cr_assert_eq(darwin_radios_watch(radios, &names[1], 1), 0);
    hang(false);
    EVENTUALLY(find(radios, "en5") == 60);
    cr_expect_eq(find(radios, "en0"), -ENODEV);
    darwin_radios_free(radios);
    end();
}

/* Of a thread that is not this one, the signals that it does not take. */
static unsigned long long blocked_signals(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned long long blocked = 0;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], line[256];
        if (task->d_name[0] == '.' || atoi(task->d_name) == getpid())
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
        FILE *file = fopen(path, "r");
        while (file && fgets(line, sizeof(line), file))
            sscanf(line, "SigBlk: %llx", &blocked);
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return blocked;
}

Test(radios, take_no_signals)
{
    struct darwin_radios *radios = open_radios(1);
    EVENTUALLY(find(radios, "en0") == 50);
    unsigned long long blocked = blocked_signals();
    for (int signal = 1; signal < 32; signal++)
        if (signal != 9 && signal != 19)
            cr_expect(blocked >> (signal - 1) & 1, "signal %d", signal);
    darwin_radios_free(radios);
    end();
}

/* Where descriptors or a thread cannot be had, that is the answer. */
Test(radios, without_descriptors)
{
    struct rlimit limit, none;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct darwin_radios *radios = open_radios(1);
    cr_expect_eq(find(radios, "en0"), -EMFILE);
    darwin_radios_wake(radios);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(darwin_radios_watch(radios, names, 1), 0);
    EVENTUALLY(find(radios, "en0") == 50);
    darwin_radios_free(radios);
    end();
}

Test(radios, without_a_thread)
{
    refusal = EPERM;
    struct darwin_radios *radios = open_radios(1);
    cr_expect_eq(find(radios, "en0"), -EPERM);
    darwin_radios_free(radios);
    end();
}
