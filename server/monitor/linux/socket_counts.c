#include "socket_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void socket_counts_open(struct socket_counts_files *ret_files)
{
    struct socket_counts_files files = {
        .v4 = open("/proc/thread-self/net/sockstat", O_RDONLY | O_CLOEXEC),
        .v6 = open("/proc/thread-self/net/sockstat6", O_RDONLY | O_CLOEXEC)};
    if (files.v6 < 0 && errno != ENOENT && files.v4 >= 0) {
        close(files.v4); /* half of the sockets would be overlooked */
        files.v4 = -1;
    }
    *ret_files = files;
}

void socket_counts_close(struct socket_counts_files *files)
{
    if (files->v4 >= 0)
        close(files->v4);
    if (files->v6 >= 0)
        close(files->v6);
    *files = (struct socket_counts_files){-1, -1};
}

/* What is behind "PROTOCOL: ". */
static const char *find_line(const char *text, const char *protocol)
{
    size_t length = strlen(protocol);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, protocol, length) == 0 && strncmp(line + length, ": ", 2) == 0)
            return line + length + 2;
    }
    return "";
}

static bool parse_inuse(const char *text, const char *protocol, uint64_t *ret_count)
{
    return sscanf(find_line(text, protocol), "inuse %" SCNu64, ret_count) == 1;
}

bool socket_counts_parse(const char *v4, const char *v6, struct socket_counts *ret_counts)
{
    struct socket_counts counts = {0};
    uint64_t tcp6 = 0;
    if (sscanf(find_line(v4, "TCP"), "inuse %" SCNu64 " orphan %*u tw %" SCNu64, &counts.tcp,
            &counts.time_wait) != 2 ||
        !parse_inuse(v4, "UDP", &counts.udp4))
        return false;
    if (v6 && (!parse_inuse(v6, "TCP6", &tcp6) || !parse_inuse(v6, "UDP6", &counts.udp6)))
        return false;
    counts.tcp += tcp6;
    *ret_counts = counts;
    return true;
}

static bool read_text(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

bool socket_counts_read(const struct socket_counts_files *files, struct socket_counts *ret_counts)
{
    char v4[512], v6[512];
    if (files->v4 < 0 || !read_text(files->v4, v4, sizeof(v4)) ||
        (files->v6 >= 0 && !read_text(files->v6, v6, sizeof(v6))))
        return false;
    return socket_counts_parse(v4, files->v6 >= 0 ? v6 : NULL, ret_counts);
}
