#include "client_commands.h"

#include "client_access.h"
#include "encode.h"

#include <libwebsockets.h>

#include <string.h>

enum { ERRORS_IN_A_ROW = 3 };

static const struct subscription *find_query(const struct client *client, const struct query *query)
{
    for (unsigned i = 0; i < client->subscription_count; i++) {
        if (query_equal(&client->subscriptions[i].view->query, query))
            return &client->subscriptions[i];
    }
    return NULL;
}

static int check_subscribe(
    struct client *client, const struct command *command, struct command_refusal *refusal)
{
    const struct limits *limits = &client->hub->options.limits;
    const struct subscription *same;

    if (client_find(client, command->id))
        return command_refuse(refusal, "id_in_use",
            "subscription %llu is still open; use another id or unsubscribe it first",
            (unsigned long long)command->id);
    same = find_query(client, &command->query);
    if (same)
        return command_refuse(refusal, "already_subscribed",
            "that of \"%s\" is subscribed already, as id %llu; unsubscribe that first",
            topic_info[command->query.topic].name, (unsigned long long)same->id);
    if (client->subscription_count < limits->subscriptions)
        return 0;
    command_refuse(refusal, "too_many_subscriptions", "%u subscriptions a client are the most",
        limits->subscriptions);
    client_close(client, 4429, "too many subscriptions");
    return COMMAND_REFUSED;
}

static struct subscription *add_subscription(struct client *client, const struct command *command)
{
    size_t size = (client->subscription_count + 1) * sizeof *client->subscriptions;
    struct subscription *grown = realloc(client->subscriptions, size), *added;

    if (!grown)
        return NULL;
    client->subscriptions = grown;
    added = &grown[client->subscription_count];
    *added = (struct subscription){.id = command->id};
    if (view_open(&client->hub->views, &command->query, &added->view) < 0)
        return NULL;
    client->subscription_count++;
    return added;
}

/* What a token's scope does not reach is left out, or refused. */
static void subscribe(
    struct client *client, struct command *command, struct command_refusal *refusal)
{
    enum scope scope = client->has_token ? client->token.scope : SCOPE_ALL;
    struct hub *hub = client->hub;
    struct subscription *added;

    refusal->has_id = true;
    refusal->id = command->id;
    if (scope_narrow(scope, &command->query, refusal) ||
        check_subscribe(client, command, refusal)) {
        client_refuse(client, refusal);
        return;
    }
    added = add_subscription(client, command);
    if (!added) {
        client_cut(client, 1011, "out of memory");
        return;
    }
    added->interval_ms = hub_interval(hub, command->query.topic, command->interval_ms);
    added->is_deflated = command->is_deflated;
    added->is_due = added->is_first = true;
    added->history_s = command->history_s;
    if (strcmp(command->since_instance, hub->instance) == 0)
        added->revision = command->since;
    hub_watch(hub, command->query.topic, true);
    if (hub_is_lens(hub, added->interval_ms))
        clients_set_lens(hub);
    encode_subscribed(
        replies_begin(&client->replies), command, added->view->stream, added->interval_ms);
    client_reply(client);
}

static void unsubscribe(
    struct client *client, const struct command *command, struct command_refusal *refusal)
{
    struct subscription *subscription = client_find(client, command->id);

    if (!subscription) {
        refusal->has_id = true;
        refusal->id = command->id;
        (void)command_refuse(refusal, "unknown_subscription", "there is no subscription %llu here",
            (unsigned long long)command->id);
        client_refuse(client, refusal);
        return;
    }
    client_end(client, subscription);
    encode_complete(replies_begin(&client->replies), command->id);
    client_reply(client);
}

static void obey(struct client *client, struct command *command, struct command_refusal *refusal)
{
    if (client->access != CLIENT_IN && command->op != COMMAND_AUTHENTICATE) {
        client_turn_away(client, "the first message here is \"authenticate\" with a token");
        return;
    }
    switch (command->op) {
    case COMMAND_SUBSCRIBE:
        subscribe(client, command, refusal);
        break;
    case COMMAND_UNSUBSCRIBE:
        unsubscribe(client, command, refusal);
        break;
    case COMMAND_PING:
        encode_pong(replies_begin(&client->replies), command->has_data ? command->data : NULL);
        client_reply(client);
        break;
    case COMMAND_AUTHENTICATE:
        client_authenticate(client, command->data);
        break;
    }
}

/* These say that the client does not speak the protocol; the others, that it asked for something
 * that is not to be had. */
static bool is_not_understood(const char *code)
{
    return strcmp(code, "bad_json") == 0 || strcmp(code, "bad_message") == 0 ||
           strcmp(code, "unknown_op") == 0;
}

static int read_command(
    struct client *client, struct command *command, struct command_refusal *refusal)
{
    const struct buffer *message = &client->message;

    if (lws_frame_is_binary(client->wsi))
        return command_refuse(refusal, "bad_message", "messages are text, and this one is binary");
    return command_parse(message->bytes, message->length, command, refusal);
}

static void answer(struct client *client)
{
    struct command_refusal refusal = {0};
    struct command command;

    if (read_command(client, &command, &refusal) == 0) {
        client->errors_in_a_row = 0;
        obey(client, &command, &refusal);
        command_fini(&command);
        return;
    }
    client_refuse(client, &refusal);
    if (client->access != CLIENT_IN)
        client_close(client, 4401, CLIENT_NO_TOKEN);
    client->errors_in_a_row += is_not_understood(refusal.code);
    if (client->errors_in_a_row >= ERRORS_IN_A_ROW)
        client_close(client, 4400, "not understood");
}

void client_obey(struct client *client)
{
    answer(client);
    buffer_fini(&client->message);
}
