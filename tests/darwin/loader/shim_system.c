/* The rest of the system's library: users, limits, names of the machine, libraries, variables. */
#include "loader.h"

#include "../fake_frameworks.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- variables; what points to glibc's is filled in before the program runs --- */

static FILE *standard_in, *standard_out, *standard_error;
static uintptr_t stack_guard = 0x6b8b4567327b23c6;
static uint32_t own_task = 0x103; /* a port's name; no call here takes it */

static void stack_smashed(void)
{
    fatal("the program wrote past the end of a local array");
}

static char ***environment_place(void)
{
    return &environ;
}

/* Any version: what asks is the compiler's own check of the system it runs on. */
static int has_version(uint32_t count, const uint32_t *versions)
{
    (void)count;
    (void)versions;
    return 1;
}

/* --- the machine and its limits --- */

static long configuration(int name)
{
    static const struct {
        uint16_t darwin, here;
    } names[] = {
        {3, _SC_CLK_TCK},
        {5, _SC_OPEN_MAX},
        {29, _SC_PAGESIZE},
        {56, _SC_IOV_MAX},
        {57, _SC_NPROCESSORS_CONF},
        {58, _SC_NPROCESSORS_ONLN},
        {70, _SC_GETGR_R_SIZE_MAX},
        {71, _SC_GETPW_R_SIZE_MAX},
        {72, _SC_HOST_NAME_MAX},
        {200, _SC_PHYS_PAGES},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].darwin == name)
            return sysconf(names[i].here);
    fatal("sysconf %d of macOS is not known here", name);
}

struct darwin_names {
    char system[256], node[256], release[256], version[256], machine[256];
};

/* A Mac's, but for its name, which is this machine's. */
static int name_system(struct darwin_names *names)
{
    struct utsname here;
    size_t size = sizeof(names->release) - 1;
    if (uname(&here) < 0)
        return -1;
    memset(names, 0, sizeof(*names));
    strcpy(names->system, "Darwin");
    strcpy(names->node, here.nodename);
    if (getenv("IFPULSE_KERNEL_SCRIPT"))
        (void)kernel_ask("sysctl.kern.osrelease", names->release, &size);
    strcpy(names->machine, "x86_64");
    return 0;
}

struct darwin_limit {
    uint64_t now, most;
};
#define DARWIN_INFINITY (UINT64_MAX >> 1)

static int limit_from_darwin(int resource)
{
    static const int8_t limits[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK,
        RLIMIT_CORE, RLIMIT_AS, RLIMIT_MEMLOCK, RLIMIT_NPROC, RLIMIT_NOFILE};
    if (resource < 0 || resource >= (int)sizeof(limits))
        fatal("limit %d of macOS is not known here", resource);
    return limits[resource];
}

static int get_limit(int resource, struct darwin_limit *darwin)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)limit_from_darwin(resource), &limit) < 0)
        return -1;
    darwin->now = limit.rlim_cur == RLIM_INFINITY ? DARWIN_INFINITY : limit.rlim_cur;
    darwin->most = limit.rlim_max == RLIM_INFINITY ? DARWIN_INFINITY : limit.rlim_max;
    return 0;
}

static int set_limit(int resource, const struct darwin_limit *darwin)
{
    struct rlimit limit = {
        .rlim_cur = darwin->now == DARWIN_INFINITY ? RLIM_INFINITY : darwin->now,
        .rlim_max = darwin->most == DARWIN_INFINITY ? RLIM_INFINITY : darwin->most,
    };
    return setrlimit((__rlimit_resource_t)limit_from_darwin(resource), &limit);
}

/* The same struct; macOS counts the largest resident size in bytes. */
static int get_usage(int who, struct rusage *usage)
{
    int result = getrusage((__rusage_who_t)who, usage);
    if (result == 0)
        usage->ru_maxrss *= 1024;
    return result;
}

/* --- users --- */

struct darwin_user {
    char *name, *password;
    uint32_t uid, gid;
    int64_t change;
    char *class, *comment, *home, *shell;
    int64_t expire;
};

static char no_class[] = "";

static void give_user(const struct passwd *user, struct darwin_user *darwin)
{
    *darwin = (struct darwin_user){
        .name = user->pw_name,
        .password = user->pw_passwd,
        .uid = user->pw_uid,
        .gid = user->pw_gid,
        .class = no_class,
        .comment = user->pw_gecos,
        .home = user->pw_dir,
        .shell = user->pw_shell,
    };
}

static int find_user_r(uint32_t uid, struct darwin_user *darwin, char *texts, size_t size,
    struct darwin_user **ret_found)
{
    struct passwd user, *found;
    int result = getpwuid_r(uid, &user, texts, size, &found);
    *ret_found = NULL;
    if (result == 0 && found) {
        give_user(found, darwin);
        *ret_found = darwin;
    }
    return errno_to_darwin(result);
}

static struct darwin_user *find_user(uint32_t uid)
{
    static struct darwin_user darwin;
    const struct passwd *found = getpwuid(uid);
    if (!found)
        return NULL;
    give_user(found, &darwin);
    return &darwin;
}

/* --- libraries: none of macOS's but, where a test asks for them, frameworks that are fakes --- */

static bool has_frameworks;

static void begin_frameworks(void)
{
    has_frameworks = getenv("IFPULSE_FAKE_FRAMEWORKS") != NULL;
    if (has_frameworks)
        fake_frameworks_begin(&fake_frameworks_laptop);
}

void shims_prepare(void)
{
    standard_in = stdin;
    standard_out = stdout;
    standard_error = stderr;
    shims_prepare_text();
    shims_prepare_errors();
    begin_frameworks();
}

void shims_finish(void)
{
    if (has_frameworks && fake_frameworks_end() > 0)
        fatal("the program did not release all that frameworks gave it");
}

static void *open_library(const char *path, int mode)
{
    (void)mode;
    return path ? fake_frameworks_open(path) : NULL;
}

const struct shim system_shims[] = {
    {"__stdinp", &standard_in},
    {"__stdoutp", &standard_out},
    {"__stderrp", &standard_error},
    {"__stack_chk_guard", &stack_guard},
    {"mach_task_self_", &own_task},
    {"environ", &environ},
    {"optarg", &optarg},
    {"optind", &optind},
    {"opterr", &opterr},
    {"optopt", &optopt},
    {"in6addr_any", (void *)(uintptr_t)&in6addr_any},
    {"in6addr_loopback", (void *)(uintptr_t)&in6addr_loopback},
    SHIM("__stack_chk_fail", stack_smashed),
    SHIM("atexit", atexit), /* which glibc has in no shared library */
    SHIM("_NSGetEnviron", environment_place),
    SHIM("_availability_version_check", has_version),
    SHIM("__exp10", exp10),
    SHIM("sysconf", configuration),
    SHIM("uname", name_system),
    SHIM("getrlimit", get_limit),
    SHIM("setrlimit", set_limit),
    SHIM("getrusage", get_usage),
    SHIM("getpwuid", find_user),
    SHIM("getpwuid_r", find_user_r),
    SHIM("dlopen", open_library),
    SHIM("dlsym", fake_frameworks_find),
    SHIM("dlclose", fake_frameworks_close),
    SHIMS_END,
};
