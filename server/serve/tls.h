/* tls - the certificate and its key: whether they may be used, and their exchange while the server
 * runs. Connections that are open keep the one they began with.
 */
#ifndef IFPULSE_TLS_H
#define IFPULSE_TLS_H

#include "base.h"

#include <openssl/ssl.h>

enum { TLS_ERROR_BYTES = 512, TLS_WRONG = 1 };

/* The certificate's file holds its chain, too; both are PEM. TLS_WRONG: they are not to be used,
 * and error (of TLS_ERROR_BYTES) names the file and says why. */
MUST_CHECK int tls_check(const char *certificate, const char *key, char *error);

/* The same, and then for_new uses them for connections that begin from now on. */
MUST_CHECK int tls_renew(SSL_CTX *for_new, const char *certificate, const char *key, char *error);

#endif
