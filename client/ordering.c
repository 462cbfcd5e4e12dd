#include "client/ordering.h"

#include <stdio.h>

#include "client/receipt_words.h"
#include "client/sending.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

void ordering_open(struct text *out, const char *type, const char *subject)
{
    char uuid[UUID_BYTES], now[MOMENT_TEXT_BYTES];
    struct text words = {0};

    text_clear(out);
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", sending_uuid(uuid));
    sending_add_source(&words);
    json_put_string(out, "source", text_string(&words));
    text_clear(&words);
    text_addf(&words, "headsup.%s", type);
    json_put_string(out, "type", text_string(&words));
    if (subject) {
        json_put_string(out, "subject", subject);
    }
    json_put_string(out, "time", moment_format(clock_wall_ms(), now));
    json_open_object(out, "data");
    text_finish(&words);
}

void ordering_close(struct text *out)
{
    char person[PERSON_BYTES];

    json_put_string(out, "by", sending_person(person));
    json_close_object(out);
    json_close_object(out);
}

int ordering_connect(const struct invocation *invocation, struct connection *ret)
{
    struct headsup_options options = {.window = 1};

    if (!sending_patience(invocation, SENDING_PATIENCE_S, &options.patience_ms)) {
        return EXIT_USAGE;
    }
    return connection_open(invocation, &options, ret);
}

int ordering_publish(const struct invocation *invocation, struct connection *connection,
                     const struct text *event, struct text *receipt)
{
    int status = sending_publish(connection, event, receipt);

    if (receipt->size && invocation->json) {
        (void)printf("%s\n", text_string(receipt));
    } else if (receipt->size && status != EXIT_DONE) {
        receipt_print(stderr, receipt->bytes, receipt->size);
    }
    return status;
}

int ordering_run(const struct invocation *invocation, const struct text *event)
{
    struct connection connection = {0};
    struct text receipt = {0};
    int status = ordering_connect(invocation, &connection);

    if (status == EXIT_DONE) {
        status = ordering_publish(invocation, &connection, event, &receipt);
    }
    if (status == EXIT_DONE && !invocation->json) {
        receipt_print_answer(stdout, receipt.bytes, receipt.size);
    }
    connection_finish(&connection);
    text_finish(&receipt);
    return status;
}
