/* ws_clients HOST PORT CLIENTS SECONDS TOPIC... - many WebSocket clients in one thread that take
 * what comes and throw it away, so that the server is what is measured.
 *
 * Each shakes hands, subscribes to the topics, and is read until the time is over; the time starts
 * when the last of them has had its first message. Prints "started" then, and at the end JSON:
 * messages and bytes received meanwhile, and how many ms lay between the time that a message names
 * and its last byte: the median, the 99th percentile and the most. Of the frames nothing else is
 * looked at. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER_MAX = 10,
    BEGINNING = 160, /* of a message, in which its time is */
    LATE_MS = 10000, /* and more are counted together */
    BUFFER_BYTES = 256 * 1024,
};

struct client {
    int fd;
    unsigned char header[HEADER_MAX]; /* of the frame being read */
    unsigned header_length;
    uint64_t payload_left;
    char beginning[BEGINNING + 1];
    unsigned beginning_length;
    uint64_t messages, bytes;
};

static uint64_t by_delay[LATE_MS + 1]; /* messages, by ms */

struct crowd {
    struct client *clients;
    unsigned count, topics, ready;
    int epoll;
};

static char buffer[BUFFER_BYTES];

static void fail(const char *what)
{
    fprintf(stderr, "ws_clients: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned header_needed(const struct client *client)
{
    unsigned length = client->header_length < 2 ? 0 : client->header[1] & 0x7f;

    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static uint64_t payload_length(const struct client *client)
{
    uint64_t length = client->header[1] & 0x7f;

    if (length < 126)
        return length;
    unsigned bytes = length == 126 ? 2 : 8;
    length = 0;
    for (unsigned i = 0; i < bytes; i++)
        length = length << 8 | client->header[2 + i];
    return length;
}

/* A text such as "2026-01-31T12:00:00.876Z" behind "time":" as ms since 1970; -1: none. */
static int64_t time_of(const char *message)
{
    const char *at = strstr(message, "\"time\":\"");
    struct tm tm = {0};
    const char *rest = at ? strptime(at + 8, "%Y-%m-%dT%H:%M:%S.", &tm) : NULL;

    return rest ? (int64_t)timegm(&tm) * 1000 + atoi(rest) : -1;
}

static void end_message(struct client *client)
{
    struct timespec now;
    int64_t sent_ms, delay_ms;

    client->messages++;
    client->beginning[client->beginning_length] = '\0';
    client->beginning_length = 0;
    sent_ms = time_of(client->beginning);
    if (sent_ms < 0)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    delay_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 - sent_ms;
    by_delay[delay_ms < 0 ? 0 : delay_ms > LATE_MS ? LATE_MS : delay_ms]++;
}

static int64_t delay_at(double share)
{
    uint64_t all = 0, seen = 0;
    int64_t ms = 0;

    for (int i = 0; i <= LATE_MS; i++)
        all += by_delay[i];
    for (; ms < LATE_MS; ms++) {
        seen += by_delay[ms];
        if ((double)seen >= share * (double)all)
            break;
    }
    return ms;
}

/* Follows the frames through what came; counts those that are complete. */
static void take(struct client *client, const char *bytes, size_t length)
{
    client->bytes += length;
    while (length > 0) {
        if (client->payload_left > 0) {
            size_t part = length < client->payload_left ? length : client->payload_left;
            size_t room = BEGINNING - client->beginning_length, copied = part < room ? part : room;
            memcpy(client->beginning + client->beginning_length, bytes, copied);
            client->beginning_length += (unsigned)copied;
            bytes += part;
            length -= part;
            client->payload_left -= part;
            if (client->payload_left == 0)
                end_message(client);
            continue;
        }
        client->header[client->header_length++] = (unsigned char)*bytes++;
        length--;
        if (client->header_length < 2 || client->header_length < header_needed(client))
            continue;
        client->payload_left = payload_length(client);
        client->header_length = 0;
    }
}

static void send_all(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("send");
}

/* Masked with zeros, which a server may not tell from any other mask. */
static void send_message(int fd, const char *text)
{
    size_t length = strlen(text);
    char frame[256] = {(char)0x81, (char)(0x80 | length)};

    memcpy(frame + 6, text, length);
    send_all(fd, frame, 6 + length);
}

static int connect_client(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    char request[512];
    size_t length = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, host, &address.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail("connect");
    snprintf(request, sizeof(request),
        "GET /api/v1/stream HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ifpulse.v1\r\n\r\n",
        host, port);
    send_all(fd, request, strlen(request));
    /* Byte by byte, so as to stop where the answer ends and the frames begin. */
    while (length < 4 || memcmp(buffer + length - 4, "\r\n\r\n", 4) != 0) {
        if (length == sizeof(buffer) || recv(fd, buffer + length, 1, 0) != 1)
            fail("handshake");
        length++;
    }
    if (memcmp(buffer, "HTTP/1.1 101", 12) != 0)
        fail("handshake refused");
    return fd;
}

static void open_client(struct crowd *crowd, unsigned nth, char **argv)
{
    struct client *client = &crowd->clients[nth];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    char text[120];

    client->fd = connect_client(argv[1], argv[2]);
    for (unsigned i = 0; i < crowd->topics; i++) {
        snprintf(text, sizeof(text), "{\"op\":\"subscribe\",\"id\":%u,\"topic\":\"%s\"}", i,
            argv[5 + i]);
        send_message(client->fd, text);
    }
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        fail("epoll_ctl");
}

/* Reads what there is, waiting for a moment at most. */
static void drain(struct crowd *crowd)
{
    struct epoll_event events[256];
    int count = epoll_wait(crowd->epoll, events, 256, 100);

    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        uint64_t before = client->messages;
        ssize_t got = recv(client->fd, buffer, sizeof(buffer), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            fail("a client was dropped");
        if (got > 0)
            take(client, buffer, (size_t)got);
        /* hello, then per topic subscribed and the first state */
        crowd->ready += before < 1 + 2 * crowd->topics && client->messages >= 1 + 2 * crowd->topics;
    }
}

static void sum(const struct crowd *crowd, uint64_t *ret_messages, uint64_t *ret_bytes)
{
    *ret_messages = *ret_bytes = 0;
    for (unsigned i = 0; i < crowd->count; i++) {
        *ret_messages += crowd->clients[i].messages;
        *ret_bytes += crowd->clients[i].bytes;
    }
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: ws_clients HOST PORT CLIENTS SECONDS TOPIC...\n");
        return 2;
    }
    struct crowd crowd = {.count = (unsigned)atoi(argv[3]), .topics = (unsigned)argc - 5};
    struct rlimit limit = {crowd.count + 64, crowd.count + 64};
    uint64_t messages[2], bytes[2];

    (void)setrlimit(RLIMIT_NOFILE, &limit);
    crowd.clients = calloc(crowd.count, sizeof(*crowd.clients));
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!crowd.clients || crowd.epoll < 0)
        fail("start");
    for (unsigned i = 0; i < crowd.count; i++)
        open_client(&crowd, i, argv);
    while (crowd.ready < crowd.count)
        drain(&crowd);
    puts("started");
    fflush(stdout);
    sum(&crowd, &messages[0], &bytes[0]);
    memset(by_delay, 0, sizeof(by_delay));
    for (double end = now_s() + atof(argv[4]); now_s() < end;)
        drain(&crowd);
    sum(&crowd, &messages[1], &bytes[1]);
    printf("{\"messages\":%llu,\"bytes\":%llu,\"p50_ms\":%lld,\"p99_ms\":%lld,\"max_ms\":%lld}\n",
        (unsigned long long)(messages[1] - messages[0]), (unsigned long long)(bytes[1] - bytes[0]),
        (long long)delay_at(0.5), (long long)delay_at(0.99), (long long)delay_at(1));
    return 0;
}
