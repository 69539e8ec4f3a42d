#include "prometheus_self.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

struct page {
    const struct prometheus_source *source;
    enum exposition_format format;
    struct buffer *buffer;
};

static struct family new_family(
    const struct page *page, enum family_type type, const char *name, const char *help)
{
    return (struct family){page->buffer, page->format, type, name, "", help, false};
}

static const struct network_server *server_of(const struct page *page)
{
    const struct record *record = page->source->model->tables[TOPIC_SERVER].first;

    return record ? record->value : NULL;
}

/* A sample without labels, in units of which divisor make one of the metric's; below 0: none. */
static void append_plain(struct family family, int64_t value, uint64_t divisor)
{
    if (value < 0)
        return;
    exposition_begin_sample(&family, NULL, 0);
    exposition_append_quotient(family.buffer, (uint64_t)value, divisor);
    exposition_end_sample(&family);
}

static void append_seconds(struct family family, int64_t value, uint64_t per_second)
{
    family.unit = "seconds";
    append_plain(family, value, per_second);
}

static void append_bytes(struct family family, int64_t value)
{
    family.unit = "bytes";
    append_plain(family, value, 1);
}

static void append_process(const struct page *page)
{
    const struct prometheus_process *process = &page->source->process;
    const struct network_server *server = server_of(page);

    append_seconds(
        new_family(page, FAMILY_COUNTER, "process_cpu_seconds", "CPU time of ifpulse, all threads"),
        process->cpu_ns, 1000000000);
    append_bytes(new_family(page, FAMILY_GAUGE, "process_resident_memory_bytes",
                     "resident memory of ifpulse"),
        process->resident_bytes);
    append_plain(
        new_family(page, FAMILY_GAUGE, "process_open_fds", "files and sockets it has open"),
        process->open_files, 1);
    append_plain(
        new_family(page, FAMILY_GAUGE, "process_max_fds", "files and sockets it may have open"),
        process->files_max, 1);
    if (server && network_has(server, started_ms))
        append_seconds(new_family(page, FAMILY_GAUGE, "process_start_time_seconds",
                           "when it started, since 1970"),
            server->started_ms, 1000);
}

static void add_text(struct buffer *labels, const char *name, const char *text)
{
    exposition_add_label(labels, name, text, strlen(text));
}

static void append_infos(const struct page *page)
{
    const struct network_server *server = server_of(page);
    struct buffer build CLEANUP(buffer_fini) = {0}, host CLEANUP(buffer_fini) = {0};
    struct family family;

    if (!server)
        return;
    add_text(&build, "version", server->version);
    add_text(&host, "hostname", server->hostname);
    add_text(&host, "os", server->os);
    add_text(&host, "kernel", server->kernel);
    family = new_family(page, FAMILY_INFO, "ifpulse_build", "the program; always 1");
    exposition_add_u64(&family, &build, 1);
    family = new_family(page, FAMILY_INFO, "ifpulse_host", "the machine; always 1");
    exposition_add_u64(&family, &host, 1);
}

static void append_capabilities(const struct page *page)
{
    const struct network_server *server = server_of(page);
    struct family family = new_family(page, FAMILY_GAUGE, "ifpulse_capability",
        "whether it can be seen here; if not, status says why, and the server topic how to get it");

    if (!server)
        return;
    for (uint32_t i = 0; i < server->capabilities.count; i++) {
        const struct network_capability *capability = &server->capabilities.items[i];
        struct buffer labels CLEANUP(buffer_fini) = {0};

        add_text(&labels, "capability", capability->name);
        add_text(&labels, "status", network_status_words[capability->status]);
        exposition_add_u64(&family, &labels, capability->status == NETWORK_KNOWN);
    }
}

static void append_by_word(
    struct family *family, const char *label, const char *word, uint64_t value)
{
    struct buffer labels CLEANUP(buffer_fini) = {0};

    add_text(&labels, label, word);
    exposition_add_u64(family, &labels, value);
}

static void append_events(const struct page *page)
{
    struct family family = new_family(
        page, FAMILY_COUNTER, "ifpulse_events", "what happened to the network, by kind of event");

    for (unsigned i = 0; i < NETWORK_EVENT_KINDS; i++) {
        append_by_word(
            &family, "event", network_event_kind_words[i], page->source->counts->events[i]);
    }
}

static void append_answers(const struct page *page)
{
    const struct counts *counts = page->source->counts;
    struct family responses = new_family(
        page, FAMILY_COUNTER, "ifpulse_http_responses", "HTTP answers, by class of status");
    struct family closes = new_family(page, FAMILY_COUNTER, "ifpulse_client_closes",
        "WebSocket clients closed by the server, by close code");
    char word[24];

    for (unsigned i = 2; i < COUNTS_STATUS_CLASSES; i++) {
        snprintf(word, sizeof word, "%uxx", i);
        append_by_word(&responses, "class", word, counts->responses[i]);
    }
    for (unsigned i = 0; i < COUNTS_CLOSE_CODES && counts->closes[i].code; i++) {
        snprintf(word, sizeof word, "%u", counts->closes[i].code);
        append_by_word(&closes, "code", word, counts->closes[i].count);
    }
}

static void append_work(const struct page *page)
{
    const struct prometheus_source *source = page->source;

    append_seconds(new_family(page, FAMILY_GAUGE, "ifpulse_observation_timestamp_seconds",
                       "when the network was last read, since 1970"),
        source->model->wall_ms, 1000);
    append_plain(new_family(page, FAMILY_COUNTER, "ifpulse_revisions",
                     "observations taken in; the stream's revision"),
        (int64_t)source->model->revision, 1);
    append_plain(new_family(page, FAMILY_COUNTER, "ifpulse_encodes",
                     "snapshots and deltas encoded, once for all who get them"),
        (int64_t)source->encodes, 1);
    append_plain(new_family(page, FAMILY_COUNTER, "ifpulse_deliveries",
                     "messages with snapshots and deltas sent to clients"),
        (int64_t)source->counts->deliveries, 1);
    append_bytes(
        new_family(page, FAMILY_COUNTER, "ifpulse_delivered_bytes", "bytes of these messages"),
        (int64_t)source->counts->delivered_bytes);
}

void prometheus_append_self(
    const struct prometheus_source *source, enum exposition_format format, struct buffer *buffer)
{
    const struct page page = {source, format, buffer};

    append_work(&page);
    append_answers(&page);
    append_events(&page);
    append_capabilities(&page);
    append_infos(&page);
    append_process(&page);
}
