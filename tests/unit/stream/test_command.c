#include "command.h"
#include "encode.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static struct command_refusal refusal;
static struct command command;

static int parse(const char *text)
{
    memset(&refusal, 0, sizeof refusal);
    return command_parse(text, strlen(text), &command, &refusal);
}

Test(command, reads_a_subscription_with_everything)
{
    cr_assert_eq(parse("{\"op\":\"subscribe\",\"id\":7,\"topic\":\"events\",\"interval_ms\":250,"
                       "\"since\":{\"instance\":\"9f2c41d0\",\"revision\":1840}}"),
        0);
    cr_assert_eq(command.op, COMMAND_SUBSCRIBE);
    cr_assert_eq(command.id, 7);
    cr_assert_eq(command.query.topic, TOPIC_EVENTS);
    cr_assert_eq(command.interval_ms, 250);
    cr_assert_str_eq(command.since_instance, "9f2c41d0");
    cr_assert_eq(command.since, 1840);
}

Test(command, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *code, *names;
    } rows[] = {
        {"", "bad_json", "JSON"},
        {"{", "bad_json", "JSON"},
        {"{\"op\":\"ping\",\"op\":\"ping\"}", "bad_json", "duplicate"},
        {"{\"op\":\"ping\"} x", "bad_json", "JSON"},
        {"[]", "bad_message", "object"},
        {"5", "bad_message", "object"},
        {"null", "bad_message", "object"},
        {"{}", "bad_message", "op"},
        {"{\"op\":1}", "bad_message", "op"},
        {"{\"op\":\"dance\"}", "unknown_op", "dance"},
        {"{\"op\":\"ping\",\"data\":1}", "bad_message", "data"},
        {"{\"op\":\"ping\",\"extra\":1}", "bad_message", "extra"},
        {"{\"op\":\"subscribe\",\"topic\":\"totals\"}", "bad_id", "id"},
        {"{\"op\":\"subscribe\",\"id\":-1,\"topic\":\"totals\"}", "bad_id", "id"},
        {"{\"op\":\"subscribe\",\"id\":\"a\",\"topic\":\"totals\"}", "bad_id", "id"},
        {"{\"op\":\"subscribe\",\"id\":1.5,\"topic\":\"totals\"}", "bad_id", "id"},
        {"{\"op\":\"subscribe\",\"id\":1}", "unknown_topic", "interfaces"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"weather\"}", "unknown_topic", "weather"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"history_s\":86401}", "bad_message",
            "1 to 86400"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"server\",\"history_s\":60}", "bad_message",
            "history_s"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"interval_ms\":49}", "bad_interval",
            "50"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"interval_ms\":\"1\"}",
            "bad_interval", "integer"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"since\":5}", "bad_since",
            "instance"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"filter\":{}}", "bad_filter",
            "filter"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"fields\":[]}", "bad_field",
            "fields"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"sort\":\"x\"}", "bad_sort", "sort"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"limit\":1}", "bad_limit", "limit"},
        {"{\"op\":\"subscribe\",\"id\":1,\"topic\":\"totals\",\"intervall_ms\":1}", "bad_message",
            "intervall_ms"},
        {"{\"op\":\"unsubscribe\"}", "bad_id", "id"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(parse(rows[i].text), COMMAND_REFUSED, "taken: %s", rows[i].text);
        cr_assert_str_eq(refusal.code, rows[i].code, "%s: %s", rows[i].text, refusal.message);
        cr_assert(strstr(refusal.message, rows[i].names), "%s: %s", rows[i].text, refusal.message);
    }
}

Test(command, an_error_names_the_id_it_is_about)
{
    cr_assert_eq(parse("{\"op\":\"subscribe\",\"id\":42,\"topic\":\"weather\"}"), COMMAND_REFUSED);
    cr_assert(refusal.has_id);
    cr_assert_eq(refusal.id, 42);
}

Test(command, survives_every_prefix_and_every_changed_byte)
{
    static const char text[] =
        "{\"op\":\"subscribe\",\"id\":7,\"topic\":\"events\",\"interval_ms\":"
        "250,\"since\":{\"instance\":\"9f2c41d0\",\"revision\":1840}}";
    char changed[sizeof text];

    for (size_t length = 0; length < sizeof text - 1; length++)
        cr_assert_eq(command_parse(text, length, &command, &refusal), COMMAND_REFUSED);
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (int byte = 0; byte < 256; byte += 3) {
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            (void)!command_parse(changed, sizeof text - 1, &command, &refusal);
        }
    }
}

Test(command, an_error_about_any_text_is_utf8)
{
    char text[2000];
    size_t length = (size_t)sprintf(text, "{\"op\":\"");
    struct buffer answer = {0};
    json_t *message;

    for (int i = 0; i < 300; i++)
        length += (size_t)sprintf(text + length, "\xe2\x82\xac");
    sprintf(text + length, "\"}");
    cr_assert_eq(parse(text), COMMAND_REFUSED);
    cr_assert_str_eq(refusal.code, "unknown_op");
    encode_error(&answer, &refusal);
    message = json_loadb(answer.bytes, answer.length, 0, NULL);
    cr_assert(message, "not JSON: %.*s", (int)answer.length, answer.bytes);
    json_decref(message);
    buffer_fini(&answer);
}

/* --- a million of them --- */

static const char *const words[] = {"{", "}", "[", "]", ":", ",", "\"op\"", "\"subscribe\"",
    "\"unsubscribe\"", "\"ping\"", "\"authenticate\"", "\"id\"", "\"topic\"", "\"connections\"",
    "\"events\"", "\"owners\"", "\"filter\"", "\"state\"", "\"address\"", "\"10.0.0.0/8\"",
    "\"::/0\"", "\"port\"", "\"process_name\"", "\"*\\\\xff?\"", "\"fields\"", "\"pid\"",
    "\"sort\"", "\"-rtt_ms\"", "\"limit\"", "\"since\"", "\"instance\"", "\"revision\"",
    "\"interval_ms\"", "\"compress\"", "\"deflate\"", "\"event\"", "\"link_up\"", "\"opened_at\"",
    "\"2026-01-31T12:00:00.876Z\"", "\"token\"", "\"data\"", "0", "1", "-1", "443", "1e400",
    "9223372036854775807", "0.5", "true", "false", "null", "\"\"", "\"\\u0000\"", "\"\\ud800\"",
    "\"\xc3\"", " "};

static const char *const whole[] = {
    "{\"op\":\"subscribe\",\"id\":7,\"topic\":\"connections\",\"filter\":{\"state\":[\"listen\"],"
    "\"address\":\"10.0.0.0/8\",\"port\":443,\"process_name\":\"n*x\"},\"fields\":[\"pid\"],"
    "\"sort\":\"-rtt_ms\",\"limit\":5,\"compress\":\"deflate\",\"interval_ms\":250}",
    "{\"op\":\"subscribe\",\"id\":7,\"topic\":\"events\",\"filter\":{\"event\":\"link_up\","
    "\"opened_at\":\"2026-01-31T12:00:00Z\"},\"since\":{\"instance\":\"9f2c41d0\",\"revision\":"
    "1840}}",
    "{\"op\":\"unsubscribe\",\"id\":7}",
    "{\"op\":\"ping\",\"data\":\"x\"}",
    "{\"op\":\"authenticate\",\"token\":\"0123456789abcdef\"}",
};

enum { LINE_BYTES = 1024 };

/* A message with a few of its pieces changed, taken out or put in; now and then one of words alone.
 */
static size_t invent(unsigned *seed, char *line)
{
    size_t length = 0;

    if (rand_r(seed) % 4) {
        const char *text = whole[(unsigned)rand_r(seed) % ARRAY_LENGTH(whole)];

        length = strlen(text);
        memcpy(line, text, length);
    }
    for (int changes = rand_r(seed) % 6; changes >= 0; changes--) {
        const char *word = words[(unsigned)rand_r(seed) % ARRAY_LENGTH(words)];
        size_t size = strlen(word), at = (unsigned)rand_r(seed) % (length + 1);
        size_t cut = (unsigned)rand_r(seed) % 3 ? (unsigned)rand_r(seed) % 12 : 0;

        if (cut > length - at)
            cut = length - at;
        if (length - cut + size > LINE_BYTES)
            continue;
        memmove(line + at + size, line + at + cut, length - at - cut);
        memcpy(line + at, word, size);
        length += size - cut;
        if (length > 0 && rand_r(seed) % 8 == 0)
            line[(unsigned)rand_r(seed) % length] = (char)rand_r(seed);
    }
    return length;
}

Test(command, a_million_damaged_ones_are_taken_or_refused, .timeout = 240)
{
    unsigned seed = 1, taken = 0;

    for (int i = 0; i < 1000000; i++) {
        char line[LINE_BYTES];
        size_t length = invent(&seed, line);
        char *exact = malloc(length ? length : 1); /* a byte too far is seen */
        int r;

        memcpy(exact, line, length);
        r = command_parse(exact, length, &command, &refusal);
        free(exact);
        if (r == 0) {
            taken++;
            command_fini(&command);
        } else {
            cr_assert_eq(r, COMMAND_REFUSED);
            cr_assert(refusal.code && refusal.message[0]);
        }
    }
    cr_assert_gt(taken, 1000u, "only %u were taken", taken);
}
