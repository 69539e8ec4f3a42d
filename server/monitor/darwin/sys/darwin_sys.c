#include "darwin_sys.h"

#include "descriptor.h"
#include <libproc.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <unistd.h>

/* Some collections of headers lack these two. */
#if __has_include(<sys/kern_event.h>)
#include <sys/kern_event.h>
#else
struct kev_request {
    uint32_t vendor_code, kev_class, kev_subclass;
};
#define SIOCSKEVFILT _IOW('e', 2, struct kev_request)
#endif
#if __has_include(<sys/sys_domain.h>)
#include <sys/sys_domain.h>
#else
#define SYSPROTO_EVENT 1
#endif

enum { APPLE = 1, NETWORK_CLASS = 1, ANY_SUBCLASS = 0, EVENT_BYTES = 256 * 1024 };

struct darwin_sys {
    int control; /* a socket that ioctls about interfaces are asked of */
    int events;  /* -1: not opened */
};

int darwin_sys_open(struct darwin_sys **ret_sys)
{
    struct darwin_sys *sys = calloc(1, sizeof(*sys));
    if (!sys)
        return -ENOMEM;
    sys->events = -1;
    sys->control = socket(AF_INET, SOCK_DGRAM, 0);
    if (sys->control < 0) {
        int result = -errno;
        free(sys);
        return result;
    }
    (void)!descriptor_set_private(sys->control);
    *ret_sys = sys;
    return 0;
}

void darwin_sys_close(struct darwin_sys *sys)
{
    if (!sys)
        return;
    close(sys->control);
    if (sys->events >= 0)
        close(sys->events);
    free(sys);
}

int darwin_sys_sysctl(
    struct darwin_sys *sys, const int *mib, unsigned length, void *buffer, size_t *size)
{
    (void)sys;
    size_t room = *size;
    if (sysctl((int *)mib, length, buffer, &room, NULL, 0) < 0)
        return -errno;
    *size = room;
    return 0;
}

int darwin_sys_sysctl_named(struct darwin_sys *sys, const char *name, void *buffer, size_t *size)
{
    (void)sys;
    size_t room = *size;
    if (sysctlbyname(name, buffer, &room, NULL, 0) < 0)
        return -errno;
    *size = room;
    return 0;
}

/* --- interfaces --- */

static int ask_about(
    struct darwin_sys *sys, unsigned long request, const char *name, void *buffer, size_t size)
{
    memset(buffer, 0, size);
    strlcpy(buffer, name, IFNAMSIZ); /* in all these structs the name comes first */
    return ioctl(sys->control, request, buffer) < 0 ? -errno : 0;
}

/* The answer lies where the question points to. */
static int ask_vlan(struct darwin_sys *sys, const char *name, void *buffer)
{
    struct ifreq request = {.ifr_name = ""};
    memset(buffer, 0, DARWIN_INTERFACE_ANSWER);
    strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    request.ifr_data = buffer;
    return ioctl(sys->control, SIOCGIFVLAN, &request) < 0 ? -errno : 0;
}

int darwin_sys_ask_interface(struct darwin_sys *sys, enum darwin_interface_question question,
    const char *name, void *buffer, size_t *ret_size)
{
    static const size_t sizes[DARWIN_INTERFACE_QUESTIONS] = {
        [DARWIN_FUNCTIONAL_TYPE] = sizeof(struct ifreq),
        [DARWIN_MEDIA] = sizeof(struct ifmediareq),
        [DARWIN_VLAN] = 18, /* struct vlanreq of net/if_vlan_var.h, which few have */
    };
    int result;
    if (question == DARWIN_VLAN)
        result = ask_vlan(sys, name, buffer);
    else
        result = ask_about(sys, question == DARWIN_MEDIA ? SIOCGIFXMEDIA : SIOCGIFFUNCTIONALTYPE,
            name, buffer, sizes[question]);
    if (result == 0)
        *ret_size = sizes[question];
    return result;
}

/* --- changes --- */

/* takes fd, a socket or -1; of is what kernel events are wanted, NULL for a routing socket. */
static int set_up_events(int fd, const struct kev_request *of, int *ret_fd)
{
    int bytes = EVENT_BYTES;
    if (fd < 0)
        return -errno;
    int result = of && ioctl(fd, SIOCSKEVFILT, of) < 0 ? -errno : 0;
    if (result == 0)
        result = descriptor_set_private_nonblocking(fd);
    if (result < 0) {
        close(fd);
        return result;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)); /* as large as may be */
    *ret_fd = fd;
    return 0;
}

int darwin_sys_open_events(struct darwin_sys *sys, bool *ret_is_route, int *ret_fd)
{
    struct kev_request of_network = {APPLE, NETWORK_CLASS, ANY_SUBCLASS};
    int fd = -1;
    int result = set_up_events(socket(PF_SYSTEM, SOCK_RAW, SYSPROTO_EVENT), &of_network, &fd);
    bool is_route = result < 0;
    if (is_route)
        result = set_up_events(socket(PF_ROUTE, SOCK_RAW, 0), NULL, &fd);
    if (result < 0)
        return result;
    sys->events = fd;
    *ret_is_route = is_route;
    *ret_fd = fd;
    return 0;
}

ssize_t darwin_sys_receive(struct darwin_sys *sys, void *buffer, size_t size)
{
    ssize_t length;
    do
        length = recv(sys->events, buffer, size, 0);
    while (length < 0 && errno == EINTR);
    return length < 0 ? -errno : length;
}

/* --- processes --- */

/* libproc's calls give a number of bytes, and 0 or less for a failure, whose reason is in errno;
 * some give 0 for nothing at all. */
static int put_result(int bytes, size_t *size)
{
    if (bytes <= 0)
        return errno ? -errno : -ESRCH;
    *size = (size_t)bytes;
    return 0;
}

/* The list's calls count in processes; without room for any they give as many as there may be. */
static int ask_pids(void *buffer, size_t *size)
{
    int count = proc_listallpids(buffer, buffer ? (int)*size : 0);
    return put_result(count * (int)sizeof(pid_t), size);
}

int darwin_sys_ask_process(struct darwin_sys *sys, enum darwin_process_question question,
    int32_t pid, int32_t descriptor, void *buffer, size_t *size)
{
    int room = buffer ? (int)*size : 0;
    (void)sys;
    errno = 0;
    switch (question) {
    case DARWIN_PIDS:
        return ask_pids(buffer, size);
    case DARWIN_FILES:
        return put_result(proc_pidinfo(pid, PROC_PIDLISTFDS, 0, buffer, room), size);
    case DARWIN_SOCKET:
        return put_result(
            proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, buffer, room), size);
    case DARWIN_PATH:
        return put_result(proc_pidpath(pid, buffer, (uint32_t)room), size);
    case DARWIN_SHORT_INFO:
        return put_result(proc_pidinfo(pid, PROC_PIDT_SHORTBSDINFO, 0, buffer, room), size);
    case DARWIN_PROCESS_QUESTIONS:
        break;
    }
    return -EINVAL;
}
