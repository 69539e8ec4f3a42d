#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int wrong(char *error, const char *file, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    snprintf(error, TLS_ERROR_BYTES, "%.300s: %s%s%.100s", file, what, reason ? ": " : "",
        reason ? reason : "");
    ERR_clear_error();
    return TLS_WRONG;
}

/* Whoever starts a server is not asked for a passphrase. */
static int no_passphrase(char *text, int size, int is_writing, void *context)
{
    (void)text, (void)size, (void)is_writing, (void)context;
    return 0;
}

/* OpenSSL says of a file that cannot be opened less than the system. */
static int check_readable(const char *file, char *error)
{
    FILE *stream = fopen(file, "re");

    if (!stream) {
        snprintf(error, TLS_ERROR_BYTES, "%.300s: %s", file, strerror(errno));
        return TLS_WRONG;
    }
    fclose(stream);
    return 0;
}

static int load(SSL_CTX *into, const char *certificate, const char *key, char *error)
{
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(into, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(into, certificate) != 1)
        return wrong(error, certificate, "it is no certificate in PEM");
    if (SSL_CTX_use_PrivateKey_file(into, key, SSL_FILETYPE_PEM) != 1)
        return wrong(
            error, key, "it is not the certificate's private key, in PEM and without a passphrase");
    return 0;
}

static int check_time(SSL_CTX *of, const char *certificate, char *error)
{
    const X509 *x509 = SSL_CTX_get0_certificate(of);

    if (X509_cmp_current_time(X509_get0_notAfter(x509)) < 0)
        return wrong(error, certificate, "the certificate has expired");
    if (X509_cmp_current_time(X509_get0_notBefore(x509)) > 0)
        return wrong(error, certificate, "the certificate is not valid yet");
    return 0;
}

int tls_check(const char *certificate, const char *key, char *error)
{
    SSL_CTX *trial;
    int r = check_readable(certificate, error);

    if (r == 0)
        r = check_readable(key, error);
    if (r)
        return r;
    trial = SSL_CTX_new(TLS_server_method());
    if (!trial)
        return wrong(error, certificate, "OpenSSL has no memory for it");
    r = load(trial, certificate, key, error);
    if (r == 0)
        r = check_time(trial, certificate, error);
    SSL_CTX_free(trial);
    return r;
}

int tls_renew(SSL_CTX *for_new, const char *certificate, const char *key, char *error)
{
    int r = tls_check(certificate, key, error);

    return r ? r : load(for_new, certificate, key, error);
}
