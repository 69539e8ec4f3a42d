#include "self.h"

#include "platform.h"
#include "system.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

void self_read_host(struct network_server *server)
{
    struct utsname system;
    char os[128];

    if (uname(&system) < 0)
        return;
    PUT_TEXT(server, hostname, system.nodename);
    PUT_TEXT(server, kernel, system.release);
    PUT_TEXT(server, os, system_name(os, sizeof os) ? os : system.sysname);
}

int64_t self_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void self_read_memory(struct network_server *server)
{
    int64_t bytes = system_resident_bytes();

    if (bytes >= 0)
        PUT(server, rss_bytes, (uint64_t)bytes);
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
    return (struct prometheus_process){
        .cpu_ns = self_cpu_ns(),
        .resident_bytes = system_resident_bytes(),
        .open_files = system_open_descriptors(),
        .files_max = files_max(),
    };
}
