/* Which records a query takes, in which order, and when two questions are the same. */
#include "encode.h"
#include "platform.h"
#include "view.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

static struct command command;
static struct command_refusal refusal;

static int parse(const char *topic, const char *rest)
{
    char text[2000];

    snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"id\":1,\"topic\":\"%s\"%s}", topic, rest);
    memset(&refusal, 0, sizeof refusal);
    return command_parse(text, strlen(text), &command, &refusal);
}

static struct query query_of(const char *topic, const char *rest)
{
    cr_assert_eq(parse(topic, rest), 0, "%s%s: %s", topic, rest, refusal.message);
    return command.query;
}

/* --- the same question --- */

Test(query, is_the_same_however_it_is_put)
{
    static const struct {
        const char *topic, *one, *other;
        bool are_equal;
    } rows[] = {
        {"connections", ",\"filter\":{\"state\":[\"listen\",\"established\",\"listen\"]}",
            ",\"filter\":{\"state\":[\"established\",\"listen\"]}", true},
        {"connections", ",\"filter\":{\"state\":\"listen\",\"pid\":1}",
            ",\"filter\":{\"pid\":[1],\"state\":[\"listen\"]}", true},
        {"connections", ",\"filter\":{\"address\":\"10.1.2.3/8\"}",
            ",\"filter\":{\"address\":\"10.0.0.0/8\"}", true},
        {"connections", ",\"filter\":{\"address\":\"10.1.2.3\"}",
            ",\"filter\":{\"address\":\"::ffff:10.1.2.3\"}", true},
        {"connections", ",\"filter\":{\"address\":\"FE80::0:1\"}",
            ",\"filter\":{\"address\":\"fe80::1/128\"}", true},
        {"connections", ",\"filter\":{\"address\":\"10.1.2.3\"}",
            ",\"filter\":{\"remote_address\":\"10.1.2.3\"}", false},
        {"connections", ",\"fields\":[\"pid\",\"state\",\"pid\"]",
            ",\"fields\":[\"state\",\"pid\"]", true},
        {"connections", ",\"filter\":{}", "", true},
        {"connections", ",\"limit\":5", ",\"limit\":6", false},
        {"connections", ",\"sort\":\"pid\"", ",\"sort\":\"-pid\"", false},
        {"connections", ",\"interval_ms\":5000,\"compress\":\"deflate\"", "", true},
        {"events", ",\"filter\":{\"event\":[\"link_up\",\"link_down\"]}",
            ",\"filter\":{\"event\":[\"link_down\",\"link_up\"]}", true},
        {"totals", ",\"fields\":[\"download_speed\"]", "", false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct query one = query_of(rows[i].topic, rows[i].one);
        struct query other = query_of(rows[i].topic, rows[i].other);

        cr_assert_eq(
            query_equal(&one, &other), rows[i].are_equal, "%s and %s", rows[i].one, rows[i].other);
        query_fini(&one);
        query_fini(&other);
    }
}

Test(query, naming_all_fields_is_naming_none)
{
    char text[2000] = ",\"fields\":[";
    struct query whole = {.topic = TOPIC_TOTALS}, query;

    for (unsigned i = 0; i < totals_record.field_count; i++)
        sprintf(text + strlen(text), "%s\"%s\"", i ? "," : "", totals_record.fields[i].key);
    strcat(text, "]");
    query = query_of("totals", text);
    cr_assert(query_equal(&query, &whole));
}

Test(query, says_what_is_wrong_and_what_would_be_right)
{
    static const struct {
        const char *topic, *rest, *code, *names;
    } rows[] = {
        {"connections", ",\"filter\":5", "bad_filter", "object"},
        {"connections", ",\"filter\":{\"stat\":\"listen\"}", "bad_filter", "\"stat\""},
        {"connections", ",\"filter\":{\"stat\":\"listen\"}", "bad_filter", "port, "},
        {"connections", ",\"filter\":{\"state\":\"open\"}", "bad_filter", "established"},
        {"connections", ",\"filter\":{\"state\":[]}", "bad_filter", "0 values"},
        {"connections", ",\"filter\":{\"state\":null}", "bad_filter", "state"},
        {"connections", ",\"filter\":{\"state\":{\"a\":1}}", "bad_filter", "state"},
        {"connections", ",\"filter\":{\"port\":\"443\"}", "bad_filter", "integer"},
        {"connections", ",\"filter\":{\"port\":-1}", "bad_filter", "-1"},
        {"connections", ",\"filter\":{\"port\":4.5}", "bad_filter", "4.5"},
        {"connections", ",\"filter\":{\"address\":\"10.0.0.0/33\"}", "bad_filter", "10.0.0.0/33"},
        {"connections", ",\"filter\":{\"address\":\"fe80::1%eth0\"}", "bad_filter", "network"},
        {"connections", ",\"filter\":{\"address\":\"10.0.0.0/+8\"}", "bad_filter", "network"},
        {"connections", ",\"filter\":{\"process_name\":\"\"}", "bad_filter", "text"},
        {"connections", ",\"filter\":{\"opened_at\":\"yesterday\"}", "bad_filter", "time"},
        {"interfaces", ",\"filter\":{\"port\":1}", "bad_filter", "port"},
        {"interfaces", ",\"filter\":{\"is_up\":1}", "bad_filter", "true or false"},
        {"totals", ",\"filter\":{}", "bad_filter", "one record"},
        {"server", ",\"filter\":{\"version\":\"1\"}", "bad_filter", "one record"},
        {"connections", ",\"fields\":\"pid\"", "bad_field", "list"},
        {"connections", ",\"fields\":[]", "bad_field", "list"},
        {"connections", ",\"fields\":[1]", "bad_field", "item 1"},
        {"connections", ",\"fields\":[\"pid\",\"pids\"]", "bad_field", "pids"},
        {"connections", ",\"sort\":1", "bad_sort", "sort"},
        {"connections", ",\"sort\":\"\"", "bad_sort", "pid"},
        {"connections", ",\"sort\":\"--pid\"", "bad_sort", "--pid"},
        {"interfaces", ",\"sort\":\"addresses\"", "bad_sort", "addresses"},
        {"totals", ",\"sort\":\"established\"", "bad_sort", "one record"},
        {"connections", ",\"limit\":0", "bad_limit", "1 to 100000"},
        {"connections", ",\"limit\":100001", "bad_limit", "100001"},
        {"connections", ",\"limit\":\"5\"", "bad_limit", "integer"},
        {"connections", ",\"limit\":null", "bad_limit", "integer"},
        {"totals", ",\"limit\":1", "bad_limit", "one record"},
        {"connections", ",\"compress\":\"gzip\"", "bad_message", "deflate"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(
            parse(rows[i].topic, rows[i].rest), COMMAND_REFUSED, "taken: %s", rows[i].rest);
        cr_assert_str_eq(refusal.code, rows[i].code, "%s: %s", rows[i].rest, refusal.message);
        cr_assert(strstr(refusal.message, rows[i].names), "%s: %s", rows[i].rest, refusal.message);
    }
}

/* --- what a filter takes --- */

static void put_address(struct network_address *address, const char *text)
{
    *address = (struct network_address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    cr_assert_eq(inet_pton(address->family, text, address->bytes), 1);
}

static struct network_connection web_client(void)
{
    struct network_connection connection = {0};

    PUT(&connection, type, NETWORK_TCP);
    PUT(&connection, state, NETWORK_STATE_ESTABLISHED);
    PUT(&connection, local_port, 51000);
    PUT(&connection, remote_port, 443);
    put_address(&connection.local_address, "10.1.2.3");
    put_address(&connection.remote_address, "2001:db8::7");
    connection.status.local_address = connection.status.remote_address = NETWORK_KNOWN;
    PUT_TEXT(&connection, process_name, "fire\\fox \xff");
    PUT(&connection, rtt_ms, 12.34);
    PUT(&connection, opened_ms, INT64_C(1769860800876));
    return connection;
}

static bool takes(const char *filter)
{
    struct network_connection connection = web_client();
    struct record record = {.value = &connection};
    char rest[500];
    struct query query;
    bool result;

    snprintf(rest, sizeof rest, ",\"filter\":{%s}", filter);
    query = query_of("connections", rest);
    result = query_takes(&query, &record);
    query_fini(&query);
    return result;
}

Test(filter, takes_what_fits_and_nothing_else)
{
    static const struct {
        const char *filter;
        bool is_taken;
    } rows[] = {
        {"\"port\":443", true},
        {"\"port\":51000", true},
        {"\"port\":[1,51000]", true},
        {"\"port\":44", false},
        {"\"local_port\":443", false},
        {"\"remote_port\":443", true},
        {"\"address\":\"10.0.0.0/8\"", true},
        {"\"address\":\"10.1.2.3\"", true},
        {"\"address\":\"10.1.2.2/31\"", true},
        {"\"address\":\"10.1.2.4/31\"", false},
        {"\"address\":\"0.0.0.0/0\"", true},
        {"\"address\":\"::/0\"", true},
        {"\"local_address\":\"::/0\"", false},
        {"\"remote_address\":\"2001:db8::/33\"", true},
        {"\"remote_address\":\"2001:db8:8000::/33\"", false},
        {"\"remote_address\":[\"10.0.0.0/8\",\"2001:db8::7\"]", true},
        {"\"process_name\":\"ire\"", true},
        {"\"process_name\":\"Fire\"", false},
        {"\"process_name\":\"f*x*\"", true},
        {"\"process_name\":\"f*x\"", false},
        {"\"process_name\":\"????????*\"", true},
        {"\"process_name\":\"fire\\\\x5cfox \\\\xff\"", true},
        {"\"process_name\":\"fire\\\\fox\"", true}, /* a bare backslash is one, too */
        {"\"process_name\":\"*\\\\xfe\"", false},
        {"\"state\":[\"listen\",\"established\"]", true},
        {"\"state\":\"listen\"", false},
        {"\"connection_type\":\"tcp\",\"port\":443", true},
        {"\"connection_type\":\"udp\",\"port\":443", false},
        {"\"rtt_ms\":12.3", true},
        {"\"rtt_ms\":12.4", false},
        {"\"opened_at\":\"2026-01-31T12:00:00.876Z\"", true},
        {"\"opened_at\":\"2026-01-31T12:00:00Z\"", false},
        {"\"pid\":0", false}, /* unknown matches nothing */
        {"\"unit\":\"a\"", false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        cr_assert_eq(takes(rows[i].filter), rows[i].is_taken, "%s", rows[i].filter);
}

Test(filter, looks_into_lists)
{
    struct network_address addresses[2];
    struct network_name lower[1] = {{"eth0"}};
    struct network_interface interface = {.addresses = {addresses, 2},
        .lower = {lower, 1},
        .status = {.addresses = NETWORK_KNOWN, .lower = NETWORK_KNOWN}};
    struct record record = {.value = &interface};
    static const struct {
        const char *filter;
        bool is_taken;
    } rows[] = {
        {"{\"address\":\"192.168.0.0/16\"}", true},
        {"{\"addresses\":\"fe80::/10\"}", true},
        {"{\"address\":\"10.0.0.0/8\"}", false},
        {"{\"lower\":\"eth0\"}", true},
        {"{\"lower\":\"eth\"}", false},
    };

    put_address(&addresses[0], "192.168.1.1");
    put_address(&addresses[1], "fe80::1");
    addresses[0].prefix_length = 24;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char rest[100];
        struct query query;

        snprintf(rest, sizeof rest, ",\"filter\":%s", rows[i].filter);
        query = query_of("interfaces", rest);
        cr_assert_eq(query_takes(&query, &record), rows[i].is_taken, "%s", rows[i].filter);
        query_fini(&query);
    }
}

/* --- the order --- */

/* Ids of the snapshot, in the order in which it has them. */
static void assert_order(const char *rest, const char *expected)
{
    static struct network_connection connections[5];
    struct observation observation = {
        .has_connections = true, .connections = connections, .connection_count = 5};
    struct model model;
    struct network_server server = {0};
    struct view_set views;
    struct view *view;
    struct frame *frame;
    struct query query = query_of("connections", rest);
    char ids[100] = "";
    const char *key;
    json_t *message, *value;

    for (unsigned i = 0; i < 5; i++) {
        connections[i].identity = i + 1;
        PUT(&connections[i], state, i % 2 ? NETWORK_STATE_LISTEN : NETWORK_STATE_CLOSE);
        PUT(&connections[i], local_port, 10 - i % 3);
        if (i != 1)
            PUT(&connections[i], download_bytes_per_s, i == 4 ? 1000.4 : 1000.0 + 500 * (i == 2));
    }
    model_init(&model, &(struct model_limits){100, 60000, 100});
    view_set_init(&views, &model);
    cr_assert_eq(model_update(&model, &observation, &server), 0);
    cr_assert_eq(view_open(&views, &query, &view), 0);
    cr_assert_eq(view_frame(view, 0, &frame), 0);
    message = json_loadb(frame_text(frame, 0), frame->parts[0].length, 0, NULL);
    json_object_foreach(json_object_get(message, "data"), key, value)
        sprintf(ids + strlen(ids), "%s ", key);
    cr_assert_str_eq(ids, expected, "%s: %s", rest, ids);
    json_decref(message);
    frame_unref(frame);
    view_close(&views, view);
    view_set_fini(&views);
    model_fini(&model);
    query_fini(&query);
}

Test(query, sorts_by_value_then_id_with_the_unknown_last)
{
    assert_order(",\"sort\":\"local_port\"", "3 2 5 1 4 ");
    assert_order(",\"sort\":\"-local_port\"", "1 4 2 5 3 ");
    /* 1000 and 1000.4 read the same */
    assert_order(",\"sort\":\"download_speed\"", "1 4 5 3 2 ");
    assert_order(",\"sort\":\"-download_speed\"", "3 1 4 5 2 ");
    assert_order(",\"sort\":\"-state\",\"limit\":3", "2 4 1 ");
    assert_order(",\"limit\":2", "1 2 ");
    assert_order(",\"filter\":{\"state\":\"close\"},\"limit\":2,\"sort\":\"-local_port\"", "1 5 ");
}

/* --- a view of a part --- */

Test(view, of_a_part_stays_for_who_comes_back)
{
    static struct network_connection connections[3];
    struct observation observation = {
        .has_connections = true, .connections = connections, .connection_count = 3};
    struct network_server server = {0};
    struct model model;
    struct view_set views;
    struct view *view;
    struct frame *frame;
    uint64_t revision;
    struct query query = query_of("connections", ",\"filter\":{\"pid\":7}");

    for (unsigned i = 0; i < 3; i++) {
        connections[i].identity = i + 1;
        PUT(&connections[i], pid, 7);
    }
    model_init(&model, &(struct model_limits){100, 60000, 100});
    view_set_init(&views, &model);
    cr_assert_eq(model_update(&model, &observation, &server), 0);
    cr_assert_eq(view_open(&views, &query, &view), 0);
    cr_assert_eq(view_frame(view, 0, &frame), 0);
    revision = frame->revision;
    frame_unref(frame);
    view_close(&views, view);
    cr_assert_eq(views.count, 0);

    connections[1].pid = 8;
    cr_assert_eq(model_update(&model, &observation, &server), 0);
    cr_assert_eq(view_open(&views, &query, &view), 0);
    cr_assert_eq(view_frame(view, revision, &frame), 0);
    cr_assert_eq(frame->since, revision);
    cr_assert(strstr(frame_text(frame, 0), "\"patch\":{\"2\":null}"), "%s", frame_text(frame, 0));
    frame_unref(frame);
    view_close(&views, view);

    model.wall_ms += 60001;
    view_set_forget_idle(&views);
    cr_assert_eq(views.idle_count, 0);
    view_set_fini(&views);
    model_fini(&model);
    query_fini(&query);
}

Test(frame, is_deflated_once_and_only_where_it_is_long)
{
    size_t lengths[] = {1023, 5000};
    struct frame *frame, *deflated, *again;

    cr_assert_eq(frame_new(2, lengths, &frame), 0);
    memset(frame_text(frame, 0), 'x', 1023);
    memset(frame_text(frame, 1), 'x', 5000);
    cr_assert_eq(frame_deflate(frame, &deflated), 0);
    cr_assert_eq(frame_deflate(frame, &again), 0);
    cr_assert_eq(deflated, again);
    cr_assert(!deflated->parts[0].is_deflated);
    cr_assert_eq(memcmp(frame_text(deflated, 0), frame_text(frame, 0), 1023), 0);
    cr_assert(deflated->parts[1].is_deflated);
    cr_assert_lt(deflated->parts[1].length, (size_t)100);
    frame_unref(frame);
}
