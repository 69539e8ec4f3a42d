/* bare_dump sockets|interfaces - what the kernel alone costs: the dump that a tick is made of, read
 * and thrown away.
 *
 * sockets: TCP and UDP over IPv4 and IPv6 by sock_diag, with tcp_info. interfaces: the 64-bit
 * counters by RTM_GETSTATS. After a pause like that of bench_tick, so that both find the caches as
 * cold. Prints JSON: messages a dump, median CPU time and wall time in us. */
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, PAUSE_US = 20000, BUFFER_BYTES = 256 * 1024 };

static char buffer[BUFFER_BYTES];

static double now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Reads one dump to its end; returns its messages. */
static unsigned read_dump(int fd)
{
    unsigned count = 0;

    for (;;) {
        ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
        int left = (int)got;
        if (got < 0) {
            perror("bare_dump: recv");
            exit(1);
        }
        for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, left);
             m = NLMSG_NEXT(m, left)) {
            if (m->nlmsg_type == NLMSG_DONE)
                return count;
            if (m->nlmsg_type == NLMSG_ERROR) {
                fprintf(stderr, "bare_dump: the kernel refuses the dump\n");
                exit(1);
            }
            count++;
        }
    }
}

/* By the request that knows no family, so that the kernel's table is walked once. */
static unsigned dump_tcp(int fd)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req body;
    } request = {
        .header = {sizeof(request), TCPDIAG_GETSOCK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0},
        .body = {.idiag_family = AF_INET,
            .idiag_ext = 1 << (INET_DIAG_INFO - 1),
            .idiag_states = ~0U},
    };

    return send(fd, &request, sizeof(request), 0) < 0 ? 0 : read_dump(fd);
}

static unsigned dump_udp(int fd, unsigned char family)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = {sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0},
        .body = {.sdiag_family = family, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0U},
    };

    return send(fd, &request, sizeof(request), 0) < 0 ? 0 : read_dump(fd);
}

static unsigned dump_sockets(int fd)
{
    return dump_tcp(fd) + dump_udp(fd, AF_INET) + dump_udp(fd, AF_INET6);
}

static unsigned dump_interfaces(int fd)
{
    struct {
        struct nlmsghdr header;
        struct if_stats_msg body;
    } request = {
        .header = {sizeof(request), RTM_GETSTATS, NLM_F_REQUEST | NLM_F_DUMP, 0, 0},
        .body = {.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)},
    };

    return send(fd, &request, sizeof(request), 0) < 0 ? 0 : read_dump(fd);
}

static int is_above(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), is_above);
    return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    int is_sockets = argc > 1 && strcmp(argv[1], "sockets") == 0;
    int fd = socket(AF_NETLINK, SOCK_RAW, is_sockets ? NETLINK_SOCK_DIAG : NETLINK_ROUTE);
    double cpu[ROUNDS], wall[ROUNDS];
    unsigned count = 0;

    if (fd < 0) {
        perror("bare_dump: socket");
        return 1;
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        usleep(PAUSE_US);
        cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID);
        wall[i] = now_us(CLOCK_MONOTONIC);
        count = is_sockets ? dump_sockets(fd) : dump_interfaces(fd);
        cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu[i];
        wall[i] = now_us(CLOCK_MONOTONIC) - wall[i];
    }
    printf("{\"count\":%u,\"cpu_us\":%.1f,\"wall_us\":%.1f}\n", count, median(cpu), median(wall));
    return 0;
}
