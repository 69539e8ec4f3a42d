#include "peers.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void peers_init(struct peers *peers, size_t most, const struct peers_rate *rate)
{
    *peers = (struct peers){.most = most, .rate = *rate};
    map_init(&peers->map);
}

static void unlink_idle(struct peers *peers, struct peer *peer)
{
    *(peer->previous ? &peer->previous->next : &peers->idle_first) = peer->next;
    *(peer->next ? &peer->next->previous : &peers->idle_last) = peer->previous;
    peer->next = peer->previous = NULL;
}

static void link_idle(struct peers *peers, struct peer *peer)
{
    peer->previous = peers->idle_last;
    *(peer->previous ? &peer->previous->next : &peers->idle_first) = peer;
    peers->idle_last = peer;
}

static void forget(struct peers *peers, struct peer *peer)
{
    unlink_idle(peers, peer);
    map_remove(&peers->map, peer->key);
    free(peer);
}

/* Those that are still connected go with their connections, which end before. */
void peers_fini(struct peers *peers)
{
    while (peers->idle_first)
        forget(peers, peers->idle_first);
    map_fini(&peers->map);
}

/* --- finding --- */

/* low is never 0 for IPv4, so the two kinds never meet. */
static struct map_key key_of(const struct sockaddr *address)
{
    struct map_key key = {0};
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    uint32_t v4;

    if (address->sa_family == AF_INET)
        v4 = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
    else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
        memcpy(&v4, v6->s6_addr + 12, sizeof v4);
    else {
        if (address->sa_family == AF_INET6)
            memcpy(&key.high, v6->s6_addr, sizeof key.high);
        return key;
    }
    key.high = v4;
    key.low = 1;
    return key;
}

static void write_text(struct peer *peer, const struct sockaddr *address)
{
    socklen_t length =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    char host[NI_MAXHOST] = "?";
    bool is_mapped;

    (void)getnameinfo(address, length, host, sizeof host, NULL, 0, NI_NUMERICHOST);
    is_mapped = strncmp(host, "::ffff:", 7) == 0 && strchr(host, '.');
    snprintf(peer->text, sizeof peer->text, "%.50s%s", host + (is_mapped ? 7 : 0),
        peer->key.low == 0 ? "/64" : "");
}

struct peer *peers_find(struct peers *peers, const struct sockaddr *address, int64_t now_ms)
{
    struct map_key key = key_of(address);
    struct peer *peer = map_find(&peers->map, key);

    if (peer) {
        peer->seen_ms = now_ms;
        if (peer->connections == 0) { /* to the end of the line */
            unlink_idle(peers, peer);
            link_idle(peers, peer);
        }
        return peer;
    }
    if (map_count(&peers->map) >= peers->most && peers->idle_first)
        forget(peers, peers->idle_first);
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    *peer = (struct peer){.key = key, .seen_ms = now_ms};
    peer->requests = peer->arrivals = (struct peers_bucket){peers->rate.burst, now_ms};
    write_text(peer, address);
    if (map_insert(&peers->map, key, peer) < 0) {
        free(peer);
        return NULL;
    }
    link_idle(peers, peer);
    return peer;
}

void peers_connect(struct peers *peers, struct peer *peer)
{
    if (peer->connections++ == 0)
        unlink_idle(peers, peer);
}

void peers_disconnect(struct peers *peers, struct peer *peer, int64_t now_ms)
{
    peer->seen_ms = now_ms;
    if (--peer->connections == 0)
        link_idle(peers, peer);
}

void peers_sweep(struct peers *peers, int64_t now_ms)
{
    while (peers->idle_first && now_ms - peers->idle_first->seen_ms >= PEERS_FORGOTTEN_MS)
        forget(peers, peers->idle_first);
}

/* --- using up --- */

static bool take(struct peers_bucket *bucket, const struct peers_rate *rate, int64_t now_ms)
{
    bucket->tokens += (double)(now_ms - bucket->filled_ms) * rate->per_s / 1000.0;
    bucket->filled_ms = now_ms;
    if (bucket->tokens > rate->burst)
        bucket->tokens = rate->burst;
    if (bucket->tokens < 1)
        return false;
    bucket->tokens -= 1;
    return true;
}

bool peers_may_arrive(const struct peers *peers, struct peer *peer, int64_t now_ms)
{
    return take(&peer->arrivals, &peers->rate, now_ms);
}

bool peers_may_ask(const struct peers *peers, struct peer *peer, int64_t now_ms)
{
    return take(&peer->requests, &peers->rate, now_ms);
}

int64_t peers_fail(struct peer *peer, int64_t now_ms)
{
    int64_t delay_ms;

    if (now_ms - peer->failed_ms >= PEERS_FORGOTTEN_MS)
        peer->failures = 0;
    peer->failed_ms = now_ms;
    delay_ms = (int64_t)PEERS_DELAY_FIRST_MS << (peer->failures < 16 ? peer->failures : 16);
    peer->failures++;
    return delay_ms < PEERS_DELAY_MOST_MS ? delay_ms : PEERS_DELAY_MOST_MS;
}
