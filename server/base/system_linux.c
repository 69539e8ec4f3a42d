#include "system.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* PRETTY_NAME of os-release(5). */
bool system_name(char *ret_name, size_t size)
{
    FILE *file = fopen("/etc/os-release", "re");
    bool found = false;
    char line[256];

    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, "PRETTY_NAME=", 12) != 0)
            continue;
        snprintf(ret_name, size, "%s", line + 12 + (line[12] == '"'));
        ret_name[strcspn(ret_name, "\"\n")] = '\0';
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

bool system_program_path(char *ret_path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", ret_path, size - 1);

    if (length <= 0)
        return false;
    ret_path[length] = '\0';
    return true;
}

int64_t system_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long size, resident;
    int64_t bytes = -1;

    if (file && fscanf(file, "%lu %lu", &size, &resident) == 2)
        bytes = (int64_t)resident * sysconf(_SC_PAGESIZE);
    if (file)
        fclose(file);
    return bytes;
}

int64_t system_open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = -1; /* the folder itself is one of them */

    if (!folder)
        return -1;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

int64_t system_stood_still_ms(void)
{
    struct timespec all, awake;

    clock_gettime(CLOCK_MONOTONIC, &awake);
    clock_gettime(CLOCK_BOOTTIME, &all);
    return (all.tv_sec - awake.tv_sec) * INT64_C(1000) + (all.tv_nsec - awake.tv_nsec) / 1000000;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){
        .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

int system_poll(struct pollfd *fds, size_t count, uint64_t span_ns)
{
    struct timespec span = timespec_of(span_ns);

    return ppoll(fds, count, &span, NULL);
}

void system_cork(int socket, bool is_corked)
{
    (void)setsockopt(socket, IPPROTO_TCP, TCP_CORK, &(int){is_corked}, sizeof(int));
}

const char *system_error_text(int error)
{
    const char *text = strerrordesc_np(error);

    return text ? text : "unknown error";
}

int system_timer_open(int *ret_timer)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (timer < 0)
        return -errno;
    *ret_timer = timer;
    return 0;
}

int system_timer_set(int timer, uint64_t at_ns)
{
    struct itimerspec at = {.it_value = timespec_of(at_ns)};

    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? -errno : 0;
}

int system_timer_take(int timer, bool *ret_went_off)
{
    uint64_t times;
    ssize_t size = read(timer, &times, sizeof times);

    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    *ret_went_off = size > 0;
    return 0;
}
