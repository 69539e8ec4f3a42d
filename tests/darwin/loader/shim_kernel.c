/* The macOS kernel as far as it tells of the network, and libproc: answered from a folder of files,
 * under the keys that kernel_script.h names. It keeps the rules that a caller can get wrong: sizes,
 * which number comes back, what a failure looks like. */
#include "loader.h"

#include "../kernel_script.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Opened by the first question; programs that ask none need no folder. */
int kernel_ask(const char *key, void *buffer, size_t *size)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static struct kernel_script script;
    static bool is_open;
    pthread_mutex_lock(&mutex);
    if (!is_open)
        kernel_script_open(&script, NULL);
    is_open = true;
    int result = kernel_script_answer(&script, key, buffer, size);
    pthread_mutex_unlock(&mutex);
    return result;
}

/* 0, or -1 with errno. */
static int answer(const char *key, void *buffer, size_t *size)
{
    int result = kernel_ask(key, buffer, size);
    if (result < 0)
        errno = -result;
    return result < 0 ? -1 : 0;
}

/* --- sysctl(3) --- */

static void check_not_set(const void *value, size_t size, const char *what)
{
    if (value || size > 0)
        fatal("%s is set, which changes the machine", what);
}

static int sysctl_by_number(
    const int *mib, unsigned count, void *old, size_t *old_size, const void *new, size_t new_size)
{
    char key[128] = "sysctl";
    check_not_set(new, new_size, key);
    for (unsigned i = 0; i < count; i++)
        snprintf(key + strlen(key), sizeof(key) - strlen(key), ".%d", mib[i]);
    return answer(key, old, old_size);
}

static int sysctl_by_name(
    const char *name, void *old, size_t *old_size, const void *new, size_t new_size)
{
    char key[128];
    check_not_set(new, new_size, name);
    snprintf(key, sizeof(key), "sysctl.%s", name);
    return answer(key, old, old_size);
}

/* --- ioctl(2) of an interface --- */

/* The answer fills the argument's place, but for the name, which the caller gave. */
static int ask_interface(const char *what, const char *name, void *place, size_t size)
{
    char key[128];
    uint8_t bytes[64];
    size_t room = sizeof(bytes);
    snprintf(key, sizeof(key), "interface.%s.%.15s", what, name);
    if (answer(key, bytes, &room) < 0)
        return -1;
    if (room != size)
        fatal("%s is of %zu bytes; the request is for %zu", key, room, size);
    memcpy(place, bytes, size);
    return 0;
}

/* A kernel event filter: vendor (1: Apple), class (1: network) and subclass (0: any). */
static int set_event_filter(const uint32_t *filter)
{
    if (filter[0] != 1 || filter[1] != 1 || filter[2] != 0)
        fatal("the event filter %u.%u.%u lets no network events through", filter[0], filter[1],
            filter[2]);
    return 0;
}

int kernel_ioctl(unsigned long request, void *argument)
{
    const unsigned long functional_type = 0xc02069ad, media = 0xc02c6948, vlan = 0xc020697f,
                        event_filter = 0x800c6502;
    const char *name = argument;
    void *data;
    request &= UINT32_MAX; /* it comes sign-extended from some callers */
    if (request == event_filter)
        return set_event_filter(argument);
    if (request == functional_type)
        return ask_interface("functional_type", name, argument, 32);
    if (request == media)
        return ask_interface("media", name, argument, 44);
    if (request != vlan)
        fatal("ioctl %#lx of macOS is not known here", request);
    memcpy(&data, (uint8_t *)argument + 16, sizeof(data)); /* ifr_data */
    return ask_interface("vlan", name, data, 18);
}

/* --- events --- */

/* Polls readable while there is a datagram, or an error, to come. */
static int events = -1;

static void update_readiness(void)
{
    uint64_t one = 1;
    size_t size = 0;
    bool is_there = kernel_ask("event", NULL, &size) != -EAGAIN;
    ssize_t unused = is_there ? write(events, &one, sizeof(one)) : read(events, &one, sizeof(one));
    (void)unused;
}

int kernel_open_events(void)
{
    if (events >= 0)
        fatal("a second event socket is opened");
    events = eventfd(0, EFD_NONBLOCK);
    if (events >= 0)
        update_readiness();
    return events;
}

bool kernel_has_events(int fd)
{
    return fd >= 0 && fd == events;
}

ssize_t kernel_receive_event(void *buffer, size_t size)
{
    uint8_t datagram[2048];
    size_t length = sizeof(datagram);
    int result = kernel_ask("event", datagram, &length);
    update_readiness();
    if (result < 0) {
        errno = -result;
        return -1;
    }
    if (length > size) /* what does not fit of a datagram is lost */
        length = size;
    memcpy(buffer, datagram, length);
    return (ssize_t)length;
}

void kernel_close_events(void)
{
    events = -1;
}

/* --- libproc: what it fills in, in bytes; 0 when it failed --- */

static int give(const char *key, void *buffer, int room)
{
    size_t size = room < 0 ? 0 : (size_t)room;
    int result = kernel_ask(key, buffer, &size);
    if (result < 0 && !(result == -ENOMEM && buffer)) { /* lists are cut at the room there is */
        errno = -result;
        return 0;
    }
    return (int)size;
}

/* How many they are, not how many bytes. */
static int list_pids(void *buffer, int room)
{
    return give("process.pids", buffer, room) / (int)sizeof(int32_t);
}

/* proc_taskinfo: this process's own memory, which is real. */
static int task_info(int pid, void *buffer, int room)
{
    enum { TASK_INFO_SIZE = 96 };
    uint64_t pages[2] = {0, 0}, bytes[2];
    FILE *file = pid == getpid() ? fopen("/proc/self/statm", "re") : NULL;
    if (!file || room < TASK_INFO_SIZE || fscanf(file, "%lu %lu", &pages[0], &pages[1]) != 2)
        fatal("proc_pidinfo of the task of %d is not known here", pid);
    fclose(file);
    memset(buffer, 0, TASK_INFO_SIZE);
    for (int i = 0; i < 2; i++)
        bytes[i] = pages[i] * (uint64_t)sysconf(_SC_PAGESIZE);
    memcpy(buffer, bytes, sizeof(bytes));
    return TASK_INFO_SIZE;
}

static int process_info(int pid, int flavour, uint64_t argument, void *buffer, int room)
{
    enum { LIST_FILES = 1, TASK_INFO = 4, SHORT_INFO = 13, SHORT_INFO_SIZE = 64 };
    char key[64];
    (void)argument;
    if (flavour == TASK_INFO)
        return task_info(pid, buffer, room);
    if (flavour != LIST_FILES && flavour != SHORT_INFO)
        fatal("proc_pidinfo %d of macOS is not known here", flavour);
    if (flavour == SHORT_INFO && room < SHORT_INFO_SIZE) {
        errno = ENOMEM;
        return 0;
    }
    snprintf(
        key, sizeof(key), "process.%s.%d", flavour == LIST_FILES ? "files" : "short_info", pid);
    return give(key, buffer, room);
}

static int process_file_info(int pid, int fd, int flavour, void *buffer, int room)
{
    enum { SOCKET_INFO = 3, SOCKET_INFO_SIZE = 792 };
    char key[64];
    if (flavour != SOCKET_INFO)
        fatal("proc_pidfdinfo %d of macOS is not known here", flavour);
    if (room < SOCKET_INFO_SIZE) {
        errno = ENOMEM;
        return 0;
    }
    snprintf(key, sizeof(key), "process.socket.%d.%d", pid, fd);
    return give(key, buffer, room);
}

static int process_path(int pid, void *buffer, uint32_t room)
{
    enum { PATH_LEAST = 1024, PATH_MOST = 4096 };
    char key[64];
    if (room < PATH_LEAST || room > PATH_MOST) {
        errno = room < PATH_LEAST ? ENOMEM : EOVERFLOW;
        return 0;
    }
    snprintf(key, sizeof(key), "process.path.%d", pid);
    int length = give(key, buffer, (int)room - 1);
    if (length > 0)
        ((char *)buffer)[length] = '\0';
    return length;
}

const struct shim kernel_shims[] = {
    SHIM("sysctl", sysctl_by_number),
    SHIM("sysctlbyname", sysctl_by_name),
    SHIM("proc_listallpids", list_pids),
    SHIM("proc_pidinfo", process_info),
    SHIM("proc_pidfdinfo", process_file_info),
    SHIM("proc_pidpath", process_path),
    SHIMS_END,
};
