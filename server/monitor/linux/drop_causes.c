#include "drop_causes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 256 * 1024 }; /* a line of 180 bytes for each processor */

static const char *const file_names[DROP_FILES] = {
    [DROP_FILE_SOFTNET] = "softnet_stat",
    [DROP_FILE_NETSTAT] = "netstat",
    [DROP_FILE_SNMP] = "snmp",
    [DROP_FILE_SNMP6] = "snmp6",
};

#define PACKETS .one = "packet was dropped", .many = "packets were dropped", .is_drop = true
#define ATTEMPTS                                                                                   \
    .one = "connection attempt was dropped", .many = "connection attempts were dropped",           \
    .is_drop = true

static const struct platform_drop_cause descriptions[DROP_CAUSES] = {
    [DROP_CAUSE_BACKLOG] = {PACKETS,
        .why = "a processor's queue of packets received was full; a longer one "
               "(net.core.netdev_max_backlog), or more processors for the work (RPS), helps"},
    [DROP_CAUSE_SQUEEZED] = {.one = "time a processor left packets waiting",
        .many = "times a processor left packets waiting",
        .why = "its share for one round was used up, and nothing was lost; a larger one "
               "(net.core.netdev_budget_usecs), or more processors for the work (RPS), helps"},
    [DROP_CAUSE_LISTEN_OVERFLOWS] = {ATTEMPTS,
        .why =
            "a listener's queue was full, because its program accepts too slowly; a longer queue "
            "(its backlog, and net.core.somaxconn) helps over bursts"},
    [DROP_CAUSE_LISTEN_OTHERS] = {ATTEMPTS,
        .why =
            "a listener had too many half-open ones (net.ipv4.tcp_max_syn_backlog), no memory, or "
            "no way back"},
    [DROP_CAUSE_TCP_BACKLOG] = {PACKETS,
        .why =
            "TCP sockets were busy and what waited for them took too much room; a larger receive "
            "buffer (net.ipv4.tcp_rmem) helps"},
    [DROP_CAUSE_TCP_RECEIVE] = {PACKETS,
        .why = "TCP sockets' receive buffers were full, because their programs read too slowly; a "
               "larger one (net.ipv4.tcp_rmem) helps"},
    [DROP_CAUSE_UDP_RECEIVE] = {PACKETS,
        .why = "UDP sockets' receive buffers were full, because their programs read too slowly; a "
               "larger one (SO_RCVBUF, net.core.rmem_max) helps over bursts"},
    /* The kernel counts here what a queueing discipline drops too, and that is nearly all of it. */
    [DROP_CAUSE_UDP_SEND] = {PACKETS,
        .why = "packets sent over UDP found no room in the queue in front of a device, which is "
               "then said of the interface too, or in a socket's send buffer (SO_SNDBUF, "
               "net.core.wmem_max); sending more evenly helps"},
    [DROP_CAUSE_UDP_MEMORY] = {PACKETS,
        .why = "all UDP sockets together had used up their memory (net.ipv4.udp_mem)"},
};

/* Of all processors together; the columns are hexadecimal: processed, dropped, squeezed, … */
static void parse_softnet(const char *text, uint64_t counts[DROP_CAUSES])
{
    uint64_t dropped = 0, squeezed = 0;
    bool is_known = false;
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        uint64_t one_dropped, one_squeezed;
        line += *line == '\n';
        if (sscanf(line, "%*x %" SCNx64 " %" SCNx64, &one_dropped, &one_squeezed) != 2)
            continue;
        dropped += one_dropped;
        squeezed += one_squeezed;
        is_known = true;
    }
    if (!is_known)
        return;
    counts[DROP_CAUSE_BACKLOG] = dropped;
    counts[DROP_CAUSE_SQUEEZED] = squeezed;
}

static const char *find_line(const char *text, const char *start)
{
    size_t length = strlen(start);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, start, length) == 0)
            return line + length;
    }
    return NULL;
}

/* Two lines with the same start, such as "Udp: ", have names and values. */
static bool find_number(const char *text, const char *start, const char *name, uint64_t *ret_number)
{
    const char *names = find_line(text, start);
    const char *values = names ? find_line(names, start) : NULL;
    while (values && *names && *names != '\n' && *values && *values != '\n') {
        size_t name_length = strcspn(names, " \n"), value_length = strcspn(values, " \n");
        if (name_length == strlen(name) && strncmp(names, name, name_length) == 0)
            return sscanf(values, "%" SCNu64, ret_number) == 1;
        names += name_length + (names[name_length] == ' ');
        values += value_length + (values[value_length] == ' ');
    }
    return false;
}

static void parse_netstat(const char *text, uint64_t counts[DROP_CAUSES])
{
    uint64_t overflows, drops;
    (void)find_number(text, "TcpExt: ", "TCPBacklogDrop", &counts[DROP_CAUSE_TCP_BACKLOG]);
    (void)find_number(text, "TcpExt: ", "TCPRcvQDrop", &counts[DROP_CAUSE_TCP_RECEIVE]);
    if (!find_number(text, "TcpExt: ", "ListenOverflows", &overflows))
        return;
    counts[DROP_CAUSE_LISTEN_OVERFLOWS] = overflows;
    /* Overflows are counted among the drops too. */
    if (find_number(text, "TcpExt: ", "ListenDrops", &drops) && drops >= overflows)
        counts[DROP_CAUSE_LISTEN_OTHERS] = drops - overflows;
}

static void parse_snmp(const char *text, uint64_t counts[DROP_CAUSES])
{
    (void)find_number(text, "Udp: ", "RcvbufErrors", &counts[DROP_CAUSE_UDP_RECEIVE]);
    (void)find_number(text, "Udp: ", "SndbufErrors", &counts[DROP_CAUSE_UDP_SEND]);
    (void)find_number(text, "Udp: ", "MemErrors", &counts[DROP_CAUSE_UDP_MEMORY]);
}

static void add_snmp6(const char *text, const char *name, uint64_t *count)
{
    const char *line = find_line(text, name);
    uint64_t number;
    if (line && *count != UINT64_MAX && sscanf(line, "%" SCNu64, &number) == 1)
        *count += number;
}

void drop_causes_parse(unsigned file, const char *text, uint64_t counts[DROP_CAUSES])
{
    switch (file) {
    case DROP_FILE_SOFTNET:
        parse_softnet(text, counts);
        break;
    case DROP_FILE_NETSTAT:
        parse_netstat(text, counts);
        break;
    case DROP_FILE_SNMP:
        parse_snmp(text, counts);
        break;
    default: /* after snmp */
        add_snmp6(text, "Udp6RcvbufErrors", &counts[DROP_CAUSE_UDP_RECEIVE]);
        add_snmp6(text, "Udp6SndbufErrors", &counts[DROP_CAUSE_UDP_SEND]);
        add_snmp6(text, "Udp6MemErrors", &counts[DROP_CAUSE_UDP_MEMORY]);
        break;
    }
}

int drop_causes_init(struct drop_causes *causes)
{
    *causes = (struct drop_causes){.text = malloc(TEXT_BYTES)};
    memcpy(causes->causes, descriptions, sizeof(descriptions));
    for (unsigned i = 0; i < DROP_FILES; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/thread-self/net/%s", file_names[i]);
        causes->files[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    return causes->text ? 0 : -ENOMEM;
}

void drop_causes_fini(struct drop_causes *causes)
{
    for (unsigned i = 0; i < DROP_FILES; i++)
        if (causes->files[i] >= 0)
            close(causes->files[i]);
    free(causes->text);
}

/* A page at a time is what the kernel gives of some of them. */
static bool read_text(int fd, char *text)
{
    size_t length = 0;
    ssize_t got = 1;
    while (fd >= 0 && got > 0 && length < TEXT_BYTES - 1) {
        got = pread(fd, text + length, TEXT_BYTES - 1 - length, (off_t)length);
        length += got > 0 ? (size_t)got : 0;
    }
    text[length] = '\0';
    return length > 0;
}

bool drop_causes_read(struct drop_causes *causes)
{
    uint64_t counts[DROP_CAUSES];
    bool found = false;
    for (unsigned i = 0; i < DROP_CAUSES; i++)
        counts[i] = UINT64_MAX;
    for (unsigned i = 0; i < DROP_FILES; i++)
        if (read_text(causes->files[i], causes->text))
            drop_causes_parse(i, causes->text, counts);
    for (unsigned i = 0; i < DROP_CAUSES; i++) {
        causes->causes[i].count = counts[i];
        found |= counts[i] != UINT64_MAX;
    }
    return found;
}
