#include "client_access.h"

#include "log.h"

enum { PATIENCE_US = 5000000 };

static void lose_patience(lws_sorted_usec_list_t *timer)
{
    client_turn_away(CONTAINER_OF(timer, struct client, access_timer), "no token came within 5 s");
}

void client_begin_access(struct client *client)
{
    const struct caller *caller = caller_of(client->wsi);

    client->has_token = caller->has_token;
    client->token = caller->token;
    if (!client->hub->tokens || client->has_token)
        return;
    client->access = CLIENT_AWAITED;
    lws_sul_schedule(caller->all->context, 0, &client->access_timer, lose_patience, PATIENCE_US);
}

void client_turn_away(struct client *client, const char *why)
{
    struct command_refusal refusal = {0};

    client->access = CLIENT_DENIED;
    (void)command_refuse(&refusal, "unauthorized", "%s", why);
    client_refuse(client, &refusal);
    client_close(client, 4401, CLIENT_NO_TOKEN);
}

static void tell_denied(lws_sorted_usec_list_t *timer)
{
    client_turn_away(
        CONTAINER_OF(timer, struct client, access_timer), "the token is none of this server's");
}

static void deny(struct client *client)
{
    struct callers *all = caller_of(client->wsi)->all;
    int64_t now_ms = hub_now_ms(), delay_ms = peers_fail(client->peer, now_ms);

    client->access = CLIENT_DENIED;
    refusals_log(&all->refusals, now_ms, "%s has a wrong token", client->peer->text);
    lws_sul_schedule(all->context, 0, &client->access_timer, tell_denied, delay_ms * 1000);
}

/* One that is in keeps the token it came in with. */
void client_authenticate(struct client *client, const char *token)
{
    const struct tokens *tokens = client->hub->tokens;
    const struct token *found = tokens ? tokens_find(tokens, token) : NULL;

    if (tokens && !found) {
        deny(client);
    } else if (client->access == CLIENT_AWAITED) {
        client->access = CLIENT_IN;
        client->has_token = true;
        client->token = *found;
        lws_sul_cancel(&client->access_timer);
    }
}

void clients_check_access(struct hub *hub)
{
    for (struct client *client = hub->clients; client && hub->tokens; client = client->next) {
        if (client->access == CLIENT_IN &&
            !(client->has_token && tokens_have(hub->tokens, &client->token)))
            client_close(client, 4401, "the token is not valid any more");
    }
}
