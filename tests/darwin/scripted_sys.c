/* darwin_sys.h answered from files (kernel_script.h), so that the backend runs on any system.
 * Events come by a pipe that polls readable while there is one. For tests. */
#include "darwin_sys.h"

#include "darwin_links.h"
#include "kernel_script.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct darwin_sys {
    struct kernel_script script;
    int events[2]; /* as long as there are any, a byte is in it; -1: not opened */
    bool is_empty;
};

int darwin_sys_open(struct darwin_sys **ret_sys)
{
    struct darwin_sys *sys = calloc(1, sizeof(*sys));
    if (!sys)
        return -ENOMEM;
    kernel_script_open(&sys->script, NULL);
    sys->events[0] = sys->events[1] = -1;
    *ret_sys = sys;
    return 0;
}

void darwin_sys_close(struct darwin_sys *sys)
{
    if (!sys)
        return;
    for (int i = 0; i < 2; i++)
        if (sys->events[i] >= 0)
            close(sys->events[i]);
    kernel_script_close(&sys->script);
    free(sys);
}

int darwin_sys_sysctl(
    struct darwin_sys *sys, const int *mib, unsigned length, void *buffer, size_t *size)
{
    char key[128] = "sysctl";
    for (unsigned i = 0; i < length; i++)
        snprintf(key + strlen(key), sizeof(key) - strlen(key), ".%d", mib[i]);
    return kernel_script_answer(&sys->script, key, buffer, size);
}

int darwin_sys_sysctl_named(struct darwin_sys *sys, const char *name, void *buffer, size_t *size)
{
    char key[128];
    snprintf(key, sizeof(key), "sysctl.%s", name);
    return kernel_script_answer(&sys->script, key, buffer, size);
}

int darwin_sys_ask_interface(struct darwin_sys *sys, enum darwin_interface_question question,
    const char *name, void *buffer, size_t *ret_size)
{
    static const char *const words[] = {"functional_type", "media", "vlan"};
    char key[128];
    size_t size = DARWIN_INTERFACE_ANSWER;
    snprintf(key, sizeof(key), "interface.%s.%s", words[question], name);
    int result = kernel_script_answer(&sys->script, key, buffer, &size);
    if (result == 0)
        *ret_size = size;
    return result;
}

int darwin_sys_list_links(struct darwin_sys *sys, struct darwin_links *links)
{
    static uint8_t bytes[65536];
    size_t size = sizeof(bytes);
    int result = kernel_script_answer(&sys->script, "getifaddrs", bytes, &size);
    return result == 0 ? darwin_links_read(bytes, size, links) : result;
}

int darwin_sys_open_events(struct darwin_sys *sys, bool *ret_is_route, int *ret_fd)
{
    if (pipe(sys->events) < 0)
        return -errno;
    if (write(sys->events[1], "", 1) != 1)
        return -EIO;
    *ret_is_route = getenv("IFPULSE_KERNEL_SCRIPT_ROUTE") != NULL;
    *ret_fd = sys->events[0];
    return 0;
}

ssize_t darwin_sys_receive(struct darwin_sys *sys, void *buffer, size_t size)
{
    char byte;
    int result = kernel_script_answer(&sys->script, "event", buffer, &size);
    if (result == 0)
        return (ssize_t)size;
    if (result == -EAGAIN && !sys->is_empty)
        sys->is_empty = read(sys->events[0], &byte, 1) == 1;
    return result;
}

int darwin_sys_ask_process(struct darwin_sys *sys, enum darwin_process_question question,
    int32_t pid, int32_t descriptor, void *buffer, size_t *size)
{
    static const char *const words[] = {"pids", "files", "socket", "path", "short_info"};
    char key[128];
    int length = snprintf(key, sizeof(key), "process.%s", words[question]);
    if (question != DARWIN_PIDS)
        length += snprintf(key + length, sizeof(key) - (size_t)length, ".%d", pid);
    if (question == DARWIN_SOCKET)
        snprintf(key + length, sizeof(key) - (size_t)length, ".%d", descriptor);
    return kernel_script_answer(&sys->script, key, buffer, size);
}
