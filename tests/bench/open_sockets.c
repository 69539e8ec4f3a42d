/* open_sockets N - holds N TCP connections over loopback, both ends, until its input ends.
 *
 * Says "open M" once they are there; M is less than N where the machine allows no more. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* As many descriptors as asked for, or as many as there may be. */
static void raise_limit(rlim_t wanted)
{
    struct rlimit limit = {wanted, wanted};

    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int open_listener(struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        perror("open_sockets: listen");
        exit(1);
    }
    *ret_address = address;
    return fd;
}

static int open_pair(int listener, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        return -errno;
    return accept(listener, NULL, NULL) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
    unsigned wanted = argc == 2 ? (unsigned)atoi(argv[1]) : 0, opened = 0;
    struct sockaddr_in address;
    char byte;

    raise_limit(2 * (rlim_t)wanted + 64);
    int listener = open_listener(&address);
    while (opened < wanted) {
        int r = open_pair(listener, &address);
        if (r < 0) {
            fprintf(stderr, "open_sockets: no more than %u: %s\n", opened, strerror(-r));
            break;
        }
        opened++;
    }
    printf("open %u\n", opened);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}
