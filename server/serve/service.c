#include "service.h"

#include "client_access.h"
#include "client_commands.h"
#include "descriptor.h"
#include "descriptors.h"
#include "http.h"
#include "log.h"
#include "supervisor.h"
#include "tls.h"

#include <libwebsockets.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TX_PACKET = 65536 + 64, /* less, and libwebsockets copies what it cannot send in one piece */
    HEADER_BYTES = 8192,
    SWEEP_US = 1000000,
    GOODBYE_US = 1000000, /* then the close is pushed past what waits */
    LEAVE_US = 1600000,   /* then the rest is dropped */
    HANDSHAKE_S = 10,
};

struct service {
    struct hub hub;
    struct http http;
    char hostname[256];
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[3];
    lws_sorted_usec_list_t sweep, goodbye, watchdog;
    struct service_owner owner;
    int64_t watchdog_us; /* 0: nobody waits for a sign of life */
    unsigned clients_told;
    struct callers callers;
    struct tokens tokens;
    SSL_CTX *tls; /* lent by libwebsockets; NULL: none */
    int goodbyes;
    bool is_leaving, is_over;
    bool is_stuck; /* the network is not being read, and that was logged */
};

static volatile sig_atomic_t stop_asked, reload_asked;
static _Atomic(struct lws_context *) signal_context;

static void on_signal(int number)
{
    if (number == SIGHUP)
        reload_asked = 1;
    else
        stop_asked = 1;
    if (signal_context)
        lws_cancel_service(signal_context);
}

static struct service *service_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* --- what the service manager is told --- */

static void tell_status(struct service *service)
{
    service->clients_told = service->hub.client_count;
    supervisor_tell("STATUS=Port %u, %u clients%s", service_port(service), service->clients_told,
        service->is_stuck ? "; the network is not being read" : "");
}

static void note_stuck(struct service *service, int64_t late_ms)
{
    service->is_stuck = late_ms > 0;
    if (service->is_stuck)
        log_error("a reading of the network is late by %" PRId64
                  " s; the service manager is to end this",
            late_ms / 1000);
    else
        log_notice("the network is being read again");
    tell_status(service);
}

/* An interval may be an hour, so it is not observations that are waited for, but a reading that has
 * begun, or should have, and does not end. */
static void feed_watchdog(lws_sorted_usec_list_t *timer)
{
    struct service *service = CONTAINER_OF(timer, struct service, watchdog);
    int64_t late_ms = service->owner.late_ms(service->owner.context);

    if (late_ms * 1000 < service->watchdog_us)
        late_ms = 0;
    if ((late_ms > 0) != service->is_stuck)
        note_stuck(service, late_ms);
    if (late_ms == 0)
        supervisor_tell("WATCHDOG=1");
    lws_sul_schedule(service->context, 0, timer, feed_watchdog, service->watchdog_us / 2);
}

static void tell_ready(struct service *service)
{
    supervisor_tell("READY=1");
    tell_status(service);
}

static void reload(struct service *service)
{
    reload_asked = 0;
    supervisor_tell("RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)lws_now_usecs());
    service->owner.reload(service->owner.context);
    tell_ready(service);
}

/* --- timers --- */

static void sweep(lws_sorted_usec_list_t *timer)
{
    struct service *service = CONTAINER_OF(timer, struct service, sweep);

    clients_sweep(&service->hub);
    callers_sweep(&service->callers, hub_now_ms());
    hub_sweep(&service->hub);
    http_wake(&service->http); /* some may have waited long enough */
    if (service->hub.client_count != service->clients_told)
        tell_status(service);
    lws_sul_schedule(service->context, 0, timer, sweep, SWEEP_US);
}

static void say_goodbye(lws_sorted_usec_list_t *timer)
{
    struct service *service = CONTAINER_OF(timer, struct service, goodbye);
    struct client *client = service->hub.clients;

    if (service->goodbyes++ > 0) {
        service->is_over = true;
        lws_cancel_service(service->context);
        return;
    }
    for (struct client *next; client; client = next) {
        next = client->next;
        client_cut(client, 1001, "server stopping");
    }
    lws_sul_schedule(service->context, 0, timer, say_goodbye, LEAVE_US - GOODBYE_US);
}

static void leave(struct service *service)
{
    service->is_leaving = true;
    supervisor_tell("STOPPING=1");
    log_notice("stopping; %u clients are told", service->hub.client_count);
    for (struct client *client = service->hub.clients; client; client = client->next)
        client_close(client, 1001, "server stopping");
    lws_sul_schedule(service->context, 0, &service->goodbye, say_goodbye, GOODBYE_US);
}

/* --- reading again --- */

static struct peers_rate rate_of(const struct service_options *options)
{
    return (struct peers_rate){
        options->hub.limits.requests_per_s, options->hub.limits.request_burst};
}

static void set_tokens(struct service *service, const struct tokens *tokens)
{
    tokens_fini(&service->tokens);
    service->tokens = *tokens;
    service->hub.tokens = service->http.gate.tokens = &service->tokens;
    clients_check_access(&service->hub);
}

static void renew_tokens(struct service *service, const char *file)
{
    struct tokens tokens;
    char error[TOKENS_ERROR_BYTES];

    if (!file)
        return;
    if (tokens_read(file, &tokens, error)) {
        log_error("%s; the tokens stay as they were", error);
        return;
    }
    set_tokens(service, &tokens);
    log_notice("%zu tokens are valid from now on", tokens.count);
}

static void renew_certificate(struct service *service, const struct service_options *options)
{
    char error[TLS_ERROR_BYTES];

    if (!service->tls)
        return;
    if (tls_renew(service->tls, options->tls_certificate, options->tls_key, error))
        log_error("%s; the certificate stays as it was", error);
    else
        log_notice(
            "new connections get the certificate that is now in %s", options->tls_certificate);
}

static void on_wake(struct service *service)
{
    if (stop_asked && !service->is_leaving)
        leave(service);
    if (reload_asked && !service->is_leaving)
        reload(service);
    if (!hub_take(&service->hub))
        return;
    clients_update(&service->hub);
    http_wake(&service->http);
}

/* --- callbacks --- */

static int on_http(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct service *service = service_of(wsi);

    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        on_wake(service);
        return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        /* Refused here it costs nothing; refused by the kernel for want of descriptors, it spins.
         */
        return service->is_leaving || !callers_admit(&service->callers, (int)(intptr_t)in);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return callers_open(&service->callers, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        callers_close(wsi);
        return 0;
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        service->tls = user;
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return http_upgrade(&service->http, wsi, in);
    case LWS_CALLBACK_HTTP:
        return http_begin(&service->http, user, wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return user ? http_write(user, wsi) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL: /* the exchange's memory goes, however that came */
        if (user)
            http_end(user);
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:
        return http_connect(wsi);
    case LWS_CALLBACK_RAW_RX:
        return -1;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static void tune_socket(struct lws *wsi)
{
    int bytes = CLIENT_NOTSENT_LOWAT;

    if (setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes) <
        0)
        log_info("TCP_NOTSENT_LOWAT: %s", strerror(errno));
}

static int on_stream(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct service *service = service_of(wsi);
    struct client *client = user;

    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        tune_socket(wsi);
        client_init(client, &service->hub, wsi);
        if (service->is_leaving)
            client_close(client, 1001, "server stopping");
        return 0;
    case LWS_CALLBACK_RECEIVE:
        if (client_receive(client, in, length, lws_remaining_packet_payload(wsi),
                lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi)))
            client_obey(client);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        client_receive_pong(client);
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        /* When it answers our close: libwebsockets, which did not see that go out, would send a
         * second one, and browsers take that for a broken connection. */
        return client->cut_ms ? -1 : 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return client_write(client);
    case LWS_CALLBACK_CLOSED:
        client_fini(client);
        return 0;
    default:
        return 0;
    }
}

static void on_log(int level, const char *line)
{
    char text[256];

    snprintf(text, sizeof text, "%s", line);
    text[strcspn(text, "\n")] = '\0';
    log_line(level == LLL_ERR ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "transport: %s", text);
}

/* --- setting up --- */

/* libwebsockets does not say why it cannot listen; trying it beforehand does. */
static int try_to_listen(const char *address, uint16_t port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    const void *name = is_v6 ? (const void *)&v6 : (const void *)&v4;
    socklen_t length = is_v6 ? sizeof v6 : sizeof v4;
    int fd, one = 1, r;

    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return -EINVAL;
    fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    r = descriptor_set_private(fd);
    if (r == 0 && (bind(fd, name, length) < 0 || listen(fd, 1) < 0))
        r = -errno;
    close(fd);
    return r;
}

static void set_protocols(struct service *service)
{
    service->protocols[0] = (struct lws_protocols){
        .name = HTTP_PLAIN_PROTOCOL,
        .callback = on_http,
        .per_session_data_size = sizeof(struct http_exchange),
        .tx_packet_size = TX_PACKET,
    };
    service->protocols[1] = (struct lws_protocols){
        .name = HTTP_STREAM_PROTOCOL,
        .callback = on_stream,
        .per_session_data_size = sizeof(struct client),
        .rx_buffer_size = 4096,
        .tx_packet_size = TX_PACKET,
    };
}

/* Who is still there is found out by client.c. libwebsockets would also ask, and hang up without a
 * word: after 310 s as of 4.1, after 50 s as of 5.0. */
static const lws_retry_bo_t no_pings_of_its_own = {.secs_since_valid_hangup = 0};

static int open_context(struct service *service, const struct service_options *options)
{
    bool is_any = strcmp(options->address, "0.0.0.0") == 0 || strcmp(options->address, "::") == 0;
    struct lws_context_creation_info info = {
        .port = options->port,
        .iface = is_any ? NULL : options->address,
        .protocols = service->protocols,
        .vhost_name = "ifpulse",
        .user = service,
        .max_http_header_data = HEADER_BYTES,
        .server_string = "ifpulse",
        .headers = http_headers(options->tls_certificate),
        .timeout_secs = HANDSHAKE_S,
        .retry_and_idle_policy = &no_pings_of_its_own,
        .alpn = "http/1.1",
        .ssl_cert_filepath = options->tls_certificate,
        .ssl_private_key_filepath = options->tls_key,
        .ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION,
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   (strchr(options->address, ':') ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
    };

    if (options->tls_certificate)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    set_protocols(service);
    service->context = lws_create_context(&info);
    if (!service->context)
        return -EADDRNOTAVAIL;
    service->vhost = lws_get_vhost_by_name(service->context, "ifpulse");
    return service->vhost ? 0 : -EADDRNOTAVAIL;
}

static void set_access(struct service *service, const struct service_options *options)
{
    struct in_addr v4;
    bool is_loopback =
        strcmp(options->address, "::1") == 0 ||
        (inet_pton(AF_INET, options->address, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);

    gethostname(service->hostname, sizeof service->hostname - 1);
    service->http.gate.access = (struct access_rules){
        .hostname = is_loopback ? NULL : service->hostname,
        .port = service_port(service),
        .is_tls = service->tls,
        .allowed_hosts = options->allowed_hosts,
        .allowed_origins = options->allowed_origins,
    };
}

/* What is wrong with the files was said when the configuration was checked; they may have become so
 * since. */
static int guard(struct service *service, const struct service_options *options)
{
    struct tokens tokens;
    char error[TOKENS_ERROR_BYTES];

    set_access(service, options);
    if (!options->token_file)
        return 0;
    if (tokens_read(options->token_file, &tokens, error)) {
        log_error("%s", error);
        return -EINVAL;
    }
    set_tokens(service, &tokens);
    return 0;
}

static void catch_signals(struct service *service)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t hangup;

    signal_context = service->context;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigemptyset(&hangup); /* main held it back until here */
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_UNBLOCK, &hangup, NULL);
}

DEFINE_CLEANUP(struct service, service_free)

int service_new(const struct service_options *options, struct service **ret_service)
{
    const struct peers_rate rate = rate_of(options);
    struct service *service CLEANUP(service_free_p) = calloc(1, sizeof *service);
    int r;

    if (!service)
        return -ENOMEM;
    r = hub_init(&service->hub, &options->hub);
    if (r == 0)
        r = try_to_listen(options->address, options->port);
    if (r < 0)
        return r;
    r = descriptors_limit(
        options->hub.limits.clients, options->descriptors_elsewhere, &service->callers.most);
    if (r < 0)
        return r;
    (void)hub_take(&service->hub); /* nobody is answered before there is something to say */
    service->http.hub = &service->hub;
    service->http.assets = options->assets;
    service->owner = options->owner;
    service->watchdog_us = supervisor_watchdog_us();
    r = open_context(service, options);
    if (r == 0)
        r = callers_init(&service->callers, service->context, &rate);
    if (r == 0)
        r = guard(service, options);
    if (r < 0)
        return r;
    descriptors_raise();
    catch_signals(service);
    lws_sul_schedule(service->context, 0, &service->sweep, sweep, SWEEP_US);
    *ret_service = HAND_OVER(service);
    return 0;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    signal_context = NULL;
    if (service->context)
        lws_context_destroy(service->context);
    callers_fini(&service->callers);
    tokens_fini(&service->tokens);
    hub_fini(&service->hub);
    free(service);
}

uint16_t service_port(const struct service *service)
{
    return (uint16_t)lws_get_vhost_listen_port(service->vhost);
}

void service_run(struct service *service)
{
    int r = 0;

    tell_ready(service);
    if (service->watchdog_us > 0)
        feed_watchdog(&service->watchdog);
    while (r >= 0 && !service->is_over && !(service->is_leaving && service->hub.client_count == 0))
        r = lws_service(service->context, 0);
}

void service_reload(struct service *service, const struct service_options *options)
{
    uint32_t clients = service->hub.options.limits.clients;

    service->hub.options.limits = options->hub.limits;
    service->hub.options.limits.clients = clients; /* descriptors were reserved for these */
    service->callers.peers.rate = rate_of(options);
    service->http.gate.access.allowed_hosts = options->allowed_hosts;
    service->http.gate.access.allowed_origins = options->allowed_origins;
    renew_tokens(service, options->token_file);
    renew_certificate(service, options);
}

void service_wake(struct service *service)
{
    lws_cancel_service(service->context);
}
