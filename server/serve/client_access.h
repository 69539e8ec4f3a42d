/* client_access - how a WebSocket client comes in where tokens are on: with one at the upgrade, or
 * by its first message.
 */
#ifndef IFPULSE_CLIENT_ACCESS_H
#define IFPULSE_CLIENT_ACCESS_H

#include "client.h"

#define CLIENT_NO_TOKEN "a token is needed"

/* It is in, or has a few seconds to say its token. */
void client_begin_access(struct client *client);
/* It said a token. A wrong one is answered in a while, and then closes it. */
void client_authenticate(struct client *client, const char *token);
/* Tells it why, and closes. */
void client_turn_away(struct client *client, const char *why);
/* The tokens are others now: closes those who came in with one that is not among them. */
void clients_check_access(struct hub *hub);

#endif
