/* bare_send CLIENTS BYTES INTERVAL_MS - the least that a fan-out can cost: one frame, made once,
 * sent to every client in a plain loop.
 *
 * Takes CLIENTS WebSocket handshakes (of ws_clients, which asks for no proof) and answers what they
 * say with what ws_clients waits for, then sends for as long as they listen. Says its port. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static char buffer[65536];

static void fail(const char *what)
{
    fprintf(stderr, "bare_send: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        fail("listen");
    printf("port %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int accept_client(int listener)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
                                 "\x81\x02{}\x81\x02{}\x81\x02{}";
    int fd = accept(listener, NULL, NULL);

    if (fd < 0 || recv(fd, buffer, sizeof(buffer), 0) <= 0 ||
        send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
        fail("accept");
    return fd;
}

/* A frame of bytes bytes in all; returns its length. */
static size_t make_frame(size_t bytes)
{
    size_t payload = bytes - 4;

    memset(buffer, 'x', sizeof(buffer));
    buffer[0] = (char)0x81;
    buffer[1] = 126;
    buffer[2] = (char)(payload >> 8);
    buffer[3] = (char)(payload & 255);
    return bytes;
}

/* Into the frame, as the server's messages have it. */
static void say_time(void)
{
    struct timespec now;
    struct tm tm;
    char text[48];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof(text), "\"time\":\"%Y-%m-%dT%H:%M:%S", &tm);
    sprintf(text + strlen(text), ".%03ldZ", now.tv_nsec / 1000000);
    memcpy(buffer + 4, text, strlen(text));
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bare_send CLIENTS BYTES INTERVAL_MS\n");
        return 2;
    }
    unsigned count = (unsigned)atoi(argv[1]), interval_ms = (unsigned)atoi(argv[3]);
    struct rlimit limit = {count + 64, count + 64};
    struct timespec pause = {interval_ms / 1000, (long)(interval_ms % 1000) * 1000000};
    int *clients = calloc(count, sizeof(*clients));

    (void)setrlimit(RLIMIT_NOFILE, &limit);
    int listener = open_listener();
    for (unsigned i = 0; clients && i < count; i++)
        clients[i] = accept_client(listener);
    size_t length = make_frame((size_t)atoi(argv[2]));
    for (;;) {
        say_time();
        for (unsigned i = 0; i < count; i++) {
            if (send(clients[i], buffer, length, MSG_NOSIGNAL) < 0)
                return 0; /* they have gone */
        }
        nanosleep(&pause, NULL);
    }
}
