/* ifpulse - the program: what is asked for on the command line, and the parts of the server in the
 * order in which they need each other. */
#include "capture.h"
#include "collector.h"
#include "config.h"
#include "config_change.h"
#include "log.h"
#include "service.h"
#include "snapshot.h"
#include "system.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_WRONG_USE = 2,
    NAMESPACE_DESCRIPTORS = 4096, /* for some hundreds of namespaces */
};

static const char usage[] =
    "ifpulse shows what this machine's network is doing.\n"
    "\n"
    "  ifpulse [serve] [options]       serve the page, the stream and REST until stopped\n"
    "  ifpulse snapshot [--topics A,B] [--interval-ms N] [--namespaces]\n"
    "                                  print one snapshot as JSON; two samples, N ms apart\n"
    "  ifpulse check-config FILE       say whether a configuration may be used\n"
    "  ifpulse capture DIR             on macOS: save what the system answers, as raw bytes\n"
    "  ifpulse --version | --help\n"
    "\n"
    "  --config FILE           read settings from FILE; options given here win\n"
    "  --listen ADDRESS:PORT   default 127.0.0.1:8750; port 0 takes any free one\n"
    "  --web DIR               folder of the page\n"
    "  --interval-ms N         time between two samples, 50 to 3600000; default 1000\n"
    "  --namespaces            the machine's other network namespaces too (Linux, as root)\n"
    "  --anonymous             let everyone in who reaches the address\n"
    "  --token-file FILE       let in who has one of the tokens in FILE\n"
    "  --log-level LEVEL       error, warning, notice, info or debug\n";

static int wrong_use(const char *error)
{
    fprintf(stderr, "%s%s\n", log_head(LOG_LEVEL_ERROR), error);
    return EXIT_WRONG_USE;
}

/* --- the options --- */

enum { OPTION_CONFIG = 1000, OPTION_TOPICS, OPTION_SETTING, OPTION_HELP, OPTION_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"topics", required_argument, NULL, OPTION_TOPICS},
    {"listen", required_argument, NULL, OPTION_SETTING},
    {"web", required_argument, NULL, OPTION_SETTING},
    {"interval-ms", required_argument, NULL, OPTION_SETTING},
    {"namespaces", no_argument, NULL, OPTION_SETTING},
    {"token-file", required_argument, NULL, OPTION_SETTING},
    {"anonymous", no_argument, NULL, OPTION_SETTING},
    {"log-level", required_argument, NULL, OPTION_SETTING},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

struct arguments {
    int count;
    char **words;
    const char *command; /* "serve" when none was given */
    const char *operand; /* of check-config and capture; NULL: none */
    const char *topics;
    bool wants_help, wants_version;
};

/* The file comes first, whatever the order on the command line: options win over it. */
static int read_config_file(struct config *config, int count, char **words, char *error)
{
    char **copy CLEANUP(free_p) = calloc((size_t)count + 1, sizeof *copy);
    int option, r = 0;

    if (!copy) {
        snprintf(error, CONFIG_ERROR_BYTES, "no memory");
        return CONFIG_WRONG;
    }
    memcpy(copy, words, (size_t)count * sizeof *copy); /* getopt_long moves the words about */
    opterr = 0;
    optind = 1;
    while (r == 0 && (option = getopt_long(count, copy, ":", options, NULL)) != -1) {
        if (option == OPTION_CONFIG)
            r = config_read_file(config, optarg, error);
    }
    return r;
}

static int read_option(
    struct config *config, struct arguments *arguments, int option, int index, char *error)
{
    switch (option) {
    case OPTION_TOPICS:
        arguments->topics = optarg;
        return 0;
    case OPTION_SETTING:
        return config_set_option(config, options[index].name, optarg ? optarg : "", error);
    case OPTION_HELP:
        arguments->wants_help = true;
        return 0;
    case OPTION_VERSION:
        arguments->wants_version = true;
        return 0;
    default:
        return 0;
    }
}

static int read_operands(struct arguments *arguments, int count, char **words, char *error)
{
    const char *extra = NULL;
    bool has_operand;

    arguments->command = optind < count ? words[optind++] : "serve";
    has_operand = strcmp(arguments->command, "check-config") == 0 ||
                  strcmp(arguments->command, "capture") == 0;
    if (has_operand && optind < count)
        arguments->operand = words[optind++];
    if (optind < count)
        extra = words[optind];
    if (extra)
        snprintf(
            error, CONFIG_ERROR_BYTES, "\"%s\" is one word too many; see ifpulse --help", extra);
    return extra ? CONFIG_WRONG : 0;
}

/* word is the one getopt_long stands at: within a cluster of letters, not the one that is wrong. */
static int wrong_option(int what, const char *word, char *error)
{
    if (what == ':')
        snprintf(error, CONFIG_ERROR_BYTES, "%s needs a value; see ifpulse --help", word);
    else if (optopt > 0 && optopt < OPTION_CONFIG)
        snprintf(error, CONFIG_ERROR_BYTES, "there is no option -%c; see ifpulse --help", optopt);
    else
        snprintf(error, CONFIG_ERROR_BYTES, "there is no option %s; see ifpulse --help", word);
    return CONFIG_WRONG;
}

static int read_arguments(
    struct config *config, struct arguments *arguments, int count, char **words, char *error)
{
    int option, index, r = read_config_file(config, count, words, error);

    optind = 1;
    while (r == 0 && (option = getopt_long(count, words, ":", options, &index)) != -1) {
        if (option == '?' || option == ':')
            return wrong_option(option, words[optind - 1], error);
        r = read_option(config, arguments, option, index, error);
    }
    return r ? r : read_operands(arguments, count, words, error);
}

/* --- the page --- */

/* Beside an installed program, or in the folder in which both were built: a program that was moved
 * still finds what was moved with it. */
static bool find_web(char *path, size_t size)
{
    static const char *const places[] = {"../share/ifpulse/web", "page"};
    char self[PATH_MAX];

    if (!system_program_path(self, sizeof self))
        return false;
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        struct stat status;

        snprintf(path, size, "%s/%s", self, places[i]);
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            return true;
    }
    return false;
}

static int page_wrong(char *error, const char *format, const char *folder, int r)
{
    snprintf(error, CONFIG_ERROR_BYTES, format, folder, strerror(-r));
    return r;
}

/* What is wrong with it is in error, of CONFIG_ERROR_BYTES. */
static int read_page(const struct config *config, struct assets *ret_assets, char *error)
{
    char found[PATH_MAX * 2];
    const char *folder = config->web ? config->web : found;
    int r;

    if (!config->web && !find_web(found, sizeof found))
        return page_wrong(
            error, "the page is not where it belongs; name its folder with --web", "", -ENOENT);
    r = assets_init(ret_assets, folder);
    if (r == -ENOENT)
        return page_wrong(error, "there is no page (index.html) in %.400s", folder, r);
    return r < 0 ? page_wrong(error, "the page in %.400s cannot be read: %s", folder, r) : 0;
}

/* --- serve --- */

/* What a running server is made of, to be made anew where a signal asks for it. */
struct server {
    const struct arguments *arguments;
    struct config *config;
    struct assets assets;
    struct collector *collector;
    struct service *service;
};

/* Lets the collector wake a service that is made after it. */
struct bell {
    _Atomic(struct service *) service;
};

static void ring(void *context)
{
    struct bell *bell = context;
    struct service *service = atomic_load(&bell->service);

    if (service)
        service_wake(service);
}

static struct observation *take_observation(void *collector)
{
    return collector_take(collector);
}

static void want_all(void *collector)
{
    collector_want_all(collector);
}

static void watch_connections(void *collector, bool watch)
{
    collector_watch_connections(collector, watch);
}

static void set_lens(void *collector, uint32_t lens_ms)
{
    collector_set_lens(collector, lens_ms);
}

static void announce(const struct config *config, const struct service *service)
{
    bool is_v6 = strchr(config->listen.address, ':');

    printf("ifpulse: listening on http%s://%s%s%s:%u/\n", config->tls_key ? "s" : "",
        is_v6 ? "[" : "", config->listen.address, is_v6 ? "]" : "", service_port(service));
    fflush(stdout);
}

/* keeps config's lists. */
static struct service_options service_options(const struct config *config)
{
    struct service_options service = {
        .port = config->listen.port,
        .allowed_hosts = (const char *const *)config->allowed_hosts,
        .allowed_origins = (const char *const *)config->allowed_origins,
        .token_file = config->token_file,
        .tls_certificate = config->tls_certificate,
        .tls_key = config->tls_key,
        .descriptors_elsewhere = config->namespaces ? NAMESPACE_DESCRIPTORS : 0,
        .hub =
            {
                .limits = config->limits,
                .model = {.tombstones = config->tombstones,
                    .tombstone_ms = config->tombstone_s * INT64_C(1000),
                    .events = config->events},
                .history = {config->fine_s, config->coarse_s, config->history_bytes},
                .interval_ms = config->interval_ms,
                .cpu_budget_percent = config->cpu_budget_percent,
                .version = IFPULSE_VERSION,
            },
    };

    memcpy(service.address, config->listen.address, sizeof service.address);
    return service;
}

/* --- what changes while it runs --- */

static void report_reload(const struct config_change *change)
{
    if (change->taken[0])
        log_notice("the configuration is read again; taken over: %s", change->taken);
    else
        log_notice("the configuration is read again; nothing to take over");
    if (change->restart[0])
        log_warning("%s: what is new there needs a restart", change->restart);
}

static void take_over(struct server *server, struct config *next)
{
    struct config_change change;
    struct service_options changed;

    config_change(server->config, next, &change);
    log_set_level(server->config->log_level);
    changed = service_options(server->config);
    service_reload(server->service, &changed);
    report_reload(&change);
}

/* The file and the page, as if started anew. With anything wrong in them all stays as it was. */
static void reload(void *context)
{
    struct server *server = context;
    struct arguments arguments;
    struct config next;
    struct assets assets;
    char error[CONFIG_ERROR_BYTES];

    config_init(&next);
    if (read_arguments(
            &next, &arguments, server->arguments->count, server->arguments->words, error) ||
        config_check(&next, error) || read_page(&next, &assets, error)) {
        log_error("%s; everything stays as it was", error);
    } else {
        assets_fini(&server->assets);
        server->assets = assets;
        take_over(server, &next);
    }
    config_fini(&next);
}

static int64_t late_ms(void *context)
{
    const struct server *server = context;

    return collector_late_ms(server->collector);
}

static int open_service(struct server *server)
{
    struct service_options service = service_options(server->config);

    service.assets = &server->assets;
    service.hub.feed = (struct hub_feed){
        take_observation, want_all, watch_connections, set_lens, server->collector};
    service.owner = (struct service_owner){late_ms, reload, server};
    return service_new(&service, &server->service);
}

static int fail(const char *what, int r)
{
    log_error("%s: %s", what, strerror(-r));
    return EXIT_FAILURE;
}

static int fail_to_listen(const struct config *config, int r)
{
    char what[128];

    snprintf(what, sizeof what, "cannot listen on %s port %u", config->listen.address,
        config->listen.port);
    return fail(what, r);
}

/* Signals are for the event loop: the collector's thread is started with them blocked. */
static int start_collector(
    const struct config *config, struct bell *bell, struct collector **ret_collector)
{
    struct collector_listener listener = {ring, bell};
    struct collector_options collector = {
        .interval_ms = config->interval_ms,
        .connections_interval_ms =
            config->connections_interval_ms ? config->connections_interval_ms : config->interval_ms,
        .network = {.other_namespaces = config->namespaces},
        .cpu_budget_percent = config->cpu_budget_percent,
    };
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = collector_start(&collector, &listener, ret_collector);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

/* Collector first: when the service begins to answer, there is something to say. At the end its
 * thread goes before the service it wakes, and its memory after the service that asks it. */
static int serve(struct server *server)
{
    struct bell bell = {NULL};
    int r = start_collector(server->config, &bell, &server->collector);

    if (r < 0)
        return fail("the network cannot be read", r);
    r = open_service(server);
    if (r == 0) {
        atomic_store(&bell.service, server->service);
        announce(server->config, server->service);
        service_run(server->service);
    }
    atomic_store(&bell.service, NULL);
    collector_stop(server->collector);
    service_free(server->service);
    collector_free(server->collector);
    return r < 0 ? fail_to_listen(server->config, r) : EXIT_SUCCESS;
}

/* Until the service looks for it, SIGHUP waits: it must not end what is only about to start. */
static void hold_back_hangup(void)
{
    sigset_t hangup;

    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hangup, NULL);
}

/* --- the commands --- */

/* Most systems let a program open many files, but only when it asks. */
static void allow_descriptors(const struct config *config)
{
    struct rlimit limit;

    if (!config->namespaces || getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= NAMESPACE_DESCRIPTORS)
        return;
    limit.rlim_cur =
        limit.rlim_max < NAMESPACE_DESCRIPTORS ? limit.rlim_max : (rlim_t)NAMESPACE_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        log_warning("the limit of open files cannot be raised: %s", strerror(errno));
}

static int check_config(struct config *config, const struct arguments *arguments)
{
    struct config other;
    char error[CONFIG_ERROR_BYTES];
    int r;

    (void)config;
    if (!arguments->operand)
        return wrong_use("check-config needs a FILE");
    config_init(&other);
    r = config_read_file(&other, arguments->operand, error);
    if (r == 0)
        r = config_check(&other, error);
    config_fini(&other);
    if (r)
        return wrong_use(error);
    printf("%s: may be used\n", arguments->operand);
    return EXIT_SUCCESS;
}

static int run_serve(struct config *config, const struct arguments *arguments)
{
    struct server server = {.arguments = arguments, .config = config};
    char error[CONFIG_ERROR_BYTES];
    int status;

    if (arguments->topics)
        return wrong_use("--topics goes with snapshot");
    if (config_check(config, error))
        return wrong_use(error);
    hold_back_hangup();
    if (read_page(config, &server.assets, error)) {
        log_error("%s", error);
        return EXIT_FAILURE;
    }
    status = serve(&server);
    assets_fini(&server.assets);
    return status;
}

static int run_snapshot(struct config *config, const struct arguments *arguments)
{
    char error[CONFIG_ERROR_BYTES];
    unsigned topics;
    int r = snapshot_parse_topics(arguments->topics, &topics, error);

    if (r)
        return wrong_use(error);
    r = snapshot_print(topics, config->interval_ms,
        &(struct network_options){.other_namespaces = config->namespaces}, stdout);
    if (r == SNAPSHOT_NOT_WRITTEN)
        return fail("standard output cannot be written", -EIO);
    return r < 0 ? fail("the network cannot be read", r) : EXIT_SUCCESS;
}

/* r: what capture_into said. */
static int refuse_folder(const char *folder, int r)
{
    char error[CONFIG_ERROR_BYTES];

    snprintf(error, sizeof error, "%.400s is %s; name an empty folder, or a new one", folder,
        r == CAPTURE_NOT_EMPTY ? "not empty" : "no folder");
    return wrong_use(error);
}

static int fail_to_capture(const char *folder, int r)
{
    char what[CONFIG_ERROR_BYTES];

    snprintf(what, sizeof what, "not all of it can be saved in %.400s", folder);
    return fail(what, r);
}

static int run_capture(struct config *config, const struct arguments *arguments)
{
    const char *folder = arguments->operand;
    size_t files;
    int r;

    (void)config;
    if (!folder)
        return wrong_use("capture needs a DIR, which is made where there is none");
    r = capture_into(folder, &files);
    if (r == -ENOTSUP) {
        log_error("capture is for macOS, whose answers are wanted for tests; this is another "
                  "system");
        return EXIT_FAILURE;
    }
    if (r != 0)
        return r > 0 ? refuse_folder(folder, r) : fail_to_capture(folder, r);
    printf("%s: %zu files of what macOS answered about interfaces, sockets and processes. They "
           "hold this machine's addresses, those it talks to, and the paths of its programs: look "
           "at them before you pass them on.\n",
        folder, files);
    return EXIT_SUCCESS;
}

static const struct {
    const char *name;
    int (*run)(struct config *config, const struct arguments *arguments);
} commands[] = {
    {"serve", run_serve},
    {"snapshot", run_snapshot},
    {"check-config", check_config},
    {"capture", run_capture},
};

static int run_command(struct config *config, const struct arguments *arguments)
{
    char error[CONFIG_ERROR_BYTES];

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(arguments->command, commands[i].name) == 0)
            return commands[i].run(config, arguments);
    }
    snprintf(error, sizeof error,
        "there is no command \"%s\"; there are: serve, snapshot, check-config, capture",
        arguments->command);
    return wrong_use(error);
}

int main(int count, char **words)
{
    struct arguments arguments = {.count = count, .words = words};
    struct config config;
    char error[CONFIG_ERROR_BYTES];
    int status;

    log_init();
    config_init(&config);
    if (read_arguments(&config, &arguments, count, words, error)) {
        status = wrong_use(error);
    } else if (arguments.wants_help || arguments.wants_version) {
        fputs(arguments.wants_help ? usage : "ifpulse " IFPULSE_VERSION "\n", stdout);
        status = EXIT_SUCCESS;
    } else {
        log_set_level(config.log_level);
        allow_descriptors(&config);
        status = run_command(&config, &arguments);
    }
    config_fini(&config);
    return status;
}
