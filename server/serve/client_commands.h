/* client_commands - what a client asked for, carried out or refused. */
#ifndef IFPULSE_CLIENT_COMMANDS_H
#define IFPULSE_CLIENT_COMMANDS_H

#include "client.h"

/* Reads the complete message that the client holds, and answers it. Three in a row that are not
 * understood close the client; one that asks for what is not to be had leaves all as it was. */
void client_obey(struct client *client);

#endif
