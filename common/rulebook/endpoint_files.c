#include "common/rulebook/endpoint_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/xalloc.h"
#include "common/rulebook/endpoint.h"
#include "common/rulebook/reader.h"

enum { SECRET_FILE_BYTES = 32 * 1024, PEM_FILE_BYTES = 1024 * 1024 };

enum privacy { MAY_BE_READ, OWNER_ALONE };

// The file that name stands for: a systemd credential of that name, or a file beside the rule book.
static char *find_secret(const char *rulebook, const char *name, bool *ret_credential)
{
    // concurrency: the environment is never written by this program
    const char *folder = getenv("CREDENTIALS_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)
    struct text path = {0};

    *ret_credential = false;
    if (folder && *folder == '/' && !strchr(name, '/') && strcmp(name, "..") != 0) {
        text_addf(&path, "%s/%s", folder, name);
        if (access(path.bytes, F_OK) == 0) {
            *ret_credential = true;
            return path.bytes;
        }
        text_finish(&path);
    }
    return source_resolve(rulebook, name);
}

static void trim(struct text *text)
{
    while (text->size && isspace((unsigned char)text->bytes[text->size - 1])) {
        text->bytes[--text->size] = '\0';
    }
}

static void wipe(struct text *text)
{
    if (text->bytes) {
        explicit_bzero(text->bytes, text->capacity);
    }
    text_finish(text);
}

// Reads the file that name stands for, without the white space at its end. NULL with the fault
// noted. What it returns and the path are to be freed. what: "secret file".
static char *read_text(struct reader *reader, struct place place, const char *name,
                       const char *what, enum privacy privacy, char **ret_path)
{
    size_t most = privacy == OWNER_ALONE ? SECRET_FILE_BYTES : PEM_FILE_BYTES;
    struct text bytes = {0};
    struct stat status;
    struct error err = {0};
    char *path, *words = NULL;
    bool credential;

    *ret_path = path = find_secret(place.file, name, &credential);
    if (stat(path, &status) < 0) {
        reader_error(reader, place, "the %s %s cannot be read: %s", what, path,
                     strerrordesc_np(errno));
        return NULL;
    }
    // systemd guards a credential's folder, and grants access by an ACL that shows as the group's
    if (privacy == OWNER_ALONE && !credential && status.st_mode & (S_IRWXG | S_IRWXO)) {
        reader_error(reader, place, "the %s %s can be read by others: do chmod 600 on it", what,
                     path);
        return NULL;
    }
    if (file_read(path, most, &bytes, &err) < 0) {
        reader_error(reader, place, "the %s cannot be read: %s", what, err.message);
    } else {
        trim(&bytes);
        // one with a NUL inside is none
        words = xstrdup(strlen(text_string(&bytes)) == bytes.size ? text_string(&bytes) : "");
    }
    wipe(&bytes);
    return words;
}

// Makes line ends as editors on Windows write them what they are elsewhere.
static void unify_line_ends(char *words)
{
    char *to = words;

    for (const char *from = words; *from; from++) {
        if (from[0] != '\r' || from[1] != '\n') {
            *to++ = *from;
        }
    }
    explicit_bzero(to, strlen(to));
}

void endpoint_file_secret(struct reader *reader, struct place place, const char *text, void *group)
{
    cleanup_with(freep) char *path = NULL;
    struct endpoint *endpoint = group;
    char *secret;

    if (!reader->with_secrets || !endpoint) {
        return;
    }
    secret = read_text(reader, place, text, "secret file", OWNER_ALONE, &path);
    if (secret) {
        unify_line_ends(secret);
    }
    if (secret && !secrets_good(secret)) {
        reader_error(reader, place,
                     "the secret file %s must hold whsec_ and the base64 of 24 to 64 bytes, or "
                     "two such lines, the new secret first",
                     path);
        explicit_bzero(secret, strlen(secret));
        free(secret);
        secret = NULL;
    }
    endpoint->secret = secret;
}

static char *read_certificates(struct reader *reader, struct place place, const char *text,
                               const char *what)
{
    cleanup_with(freep) char *path = NULL;
    char *pem = read_text(reader, place, text, what, MAY_BE_READ, &path);

    if (pem && !strstr(pem, "-----BEGIN CERTIFICATE-----")) {
        reader_error(reader, place,
                     "the %s %s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", what,
                     path);
        free(pem);
        return NULL;
    }
    return pem;
}

void endpoint_file_ca(struct reader *reader, struct place place, const char *text, void *group)
{
    struct endpoint *endpoint = group;

    if (reader->with_secrets && endpoint) {
        endpoint->ca = read_certificates(reader, place, text, "CA file");
    }
}

void endpoint_file_cert(struct reader *reader, struct place place, const char *text, void *group)
{
    struct endpoint *endpoint = group;

    if (reader->with_secrets && endpoint) {
        endpoint->client_cert = read_certificates(reader, place, text, "client certificate");
    }
}

void endpoint_file_key(struct reader *reader, struct place place, const char *text, void *group)
{
    cleanup_with(freep) char *path = NULL;
    struct endpoint *endpoint = group;
    const char *fault = NULL;
    char *key;

    if (!reader->with_secrets || !endpoint) {
        return;
    }
    key = read_text(reader, place, text, "client key", OWNER_ALONE, &path);
    if (key && !strstr(key, "PRIVATE KEY-----")) {
        fault = "holds no private key in PEM";
    } else if (key && strstr(key, "ENCRYPTED")) {
        fault = "is locked by a passphrase, for which nobody can be asked";
    }
    if (fault) {
        reader_error(reader, place, "the client key %s %s", path, fault);
        explicit_bzero(key, strlen(key));
        free(key);
        key = NULL;
    }
    endpoint->client_key = key;
}
