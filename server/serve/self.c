#include "self.h"

#include "platform.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* PRETTY_NAME of os-release(5). */
static bool read_os_name(char *name, size_t size)
{
    FILE *file = fopen("/etc/os-release", "re");
    bool found = false;
    char line[256];

    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, "PRETTY_NAME=", 12) != 0)
            continue;
        snprintf(name, size, "%s", line + 12 + (line[12] == '"'));
        name[strcspn(name, "\"\n")] = '\0';
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

void self_read_host(struct network_server *server)
{
    struct utsname system;
    char os[128];

    if (uname(&system) < 0)
        return;
    PUT_TEXT(server, hostname, system.nodename);
    PUT_TEXT(server, kernel, system.release);
    PUT_TEXT(server, os, read_os_name(os, sizeof os) ? os : system.sysname);
}

int64_t self_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void self_read_memory(struct network_server *server)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long size, resident;

    if (file && fscanf(file, "%lu %lu", &size, &resident) == 2)
        PUT(server, rss_bytes, resident * (uint64_t)sysconf(_SC_PAGESIZE));
    if (file)
        fclose(file);
}

static int64_t open_files(void)
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

static int64_t files_max(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
               ? (int64_t)limit.rlim_cur
               : -1;
}

struct prometheus_process self_read_process(void)
{
    struct network_server server = {0};

    self_read_memory(&server);
    return (struct prometheus_process){
        .cpu_ns = self_cpu_ns(),
        .resident_bytes = network_has(&server, rss_bytes) ? (int64_t)server.rss_bytes : -1,
        .open_files = open_files(),
        .files_max = files_max(),
    };
}
