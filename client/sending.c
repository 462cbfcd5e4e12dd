#include "client/sending.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/print.h"

const char *sending_uuid(char *buffer)
{
    unsigned char raw[16];
    char hex[33];

    if (sodium_init() < 0) {
        abort();
    }
    randombytes_buf(raw, sizeof raw);
    raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
    raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
    (void)sodium_bin2hex(hex, sizeof hex, raw, sizeof raw);
    (void)snprintf(buffer, UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
    return buffer;
}

const char *sending_person(char *buffer)
{
    struct passwd entry, *found = NULL;
    char strings[4096];

    if (getpwuid_r(getuid(), &entry, strings, sizeof strings, &found) != 0 || !found) {
        (void)snprintf(buffer, PERSON_BYTES, "uid-%lu", (unsigned long)getuid());
        return buffer;
    }
    (void)snprintf(buffer, PERSON_BYTES, "%s", found->pw_name);
    for (char *at = buffer; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr("._-", *at)) {
            *at = '_';
        }
    }
    return buffer;
}

void sending_add_source(struct text *out)
{
    char person[PERSON_BYTES];

    text_addf(out, "/headsup/cli/%s", sending_person(person));
}

bool sending_patience(const struct invocation *invocation, int64_t usual_s, int *ret_ms)
{
    struct number_range range = {0, INT_MAX / 1000, usual_s};
    int64_t seconds;

    if (!invocation_number(invocation, "patience", range, &seconds)) {
        return false;
    }
    *ret_ms = seconds == 0 ? -1 : (int)seconds * 1000;
    return true;
}

struct sent {
    enum headsup_status status;
    struct text *receipt;
};

static void on_reply(void *context, const struct headsup_reply *reply)
{
    struct sent *sent = context;

    sent->status = reply->status;
    if (reply->receipt) {
        text_add_bytes(sent->receipt, reply->receipt, reply->receipt_size);
    }
}

int sending_publish(struct connection *connection, const struct text *event, struct text *ret)
{
    struct sent sent = {HEADSUP_UNSENT, ret};
    int code;

    text_clear(ret);
    code = headsup_publisher_send(connection->publisher, event->bytes, event->size, NULL);
    while (code >= 0 && headsup_publisher_pending(connection->publisher)) {
        code = headsup_publisher_wait(connection->publisher, -1, on_reply, &sent);
        code = code == -EINTR ? 0 : code;
    }
    if (code < 0) {
        print_line(stderr, "headsup: cannot publish: %s", strerrordesc_np(-code));
        return EXIT_UNREACHABLE;
    }
    switch (sent.status) {
    case HEADSUP_ACCEPTED:
    case HEADSUP_DUPLICATE:
        return EXIT_DONE;
    case HEADSUP_REFUSED:
        return EXIT_WANTING;
    case HEADSUP_NO_RECEIPT:
        print_line(stderr, "headsup: what %s answers is no receipt; is that headsupd?",
                   text_string(&connection->endpoint));
        text_clear(ret);
        return EXIT_UNREACHABLE;
    case HEADSUP_UNAVAILABLE:
    case HEADSUP_UNSENT:
        break;
    }
    return connection_given_up(connection);
}
