// Any bytes as the words of a notice: each payload format is JSON within its limits, and nothing of
// the words works in it. The first byte chooses the kind of notice; lines that begin with '!' are
// the reason, the first other one is the headline, and the rest the body.
#include <stdint.h>
#include <string.h>

#include "daemon/outbox/format.h"
#include "tests/support/payload_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { LINE_BYTES = 1 << 20 };
#define NOW_MS INT64_C(1795336200000)

struct words {
    struct text headline, body, why;
    bool has_headline;
};

// Words come in valid UTF-8, whatever an event held.
static void add_line(struct words *words, const char *line)
{
    struct text *to = &words->body;

    if (*line == '!') {
        to = &words->why;
        line++;
    } else if (!words->has_headline) {
        to = &words->headline;
        words->has_headline = true;
    } else if (to->size) {
        text_add_char(to, '\n');
    }
    text_add_line(to, line, LINE_BYTES);
}

static void read_words(const char *bytes, size_t size, struct words *ret)
{
    struct text line = {0};

    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t length = end ? (size_t)(end - bytes) - at : size - at;

        text_clear(&line);
        text_add_bytes(&line, bytes + at, length);
        add_line(ret, text_string(&line));
        at += length + 1;
    }
    text_finish(&line);
}

static void write_each(const struct notice *notice, const struct words *words)
{
    static char topic[] = "topic";

    for (int format = 0; format < FORMAT_COUNT; format++) {
        struct endpoint endpoint = {.format = (enum payload_format)format,
                                    .topic = format == FORMAT_NTFY ? topic : NULL,
                                    .mention =
                                        formats_mention_example((enum payload_format)format)};
        struct text out = {0};

        (void)format_write(&out, &endpoint, notice, text_string(&words->headline),
                           text_string(&words->body), NOW_MS);
        payload_check(&out, &endpoint, notice);
        text_finish(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct words words = {0};
    struct notice notice = {.id = "hn_1", .to = "rich", .created_ms = NOW_MS};

    if (size) {
        notice.kind = bytes[0] % NOTICE_KIND_COUNT;
        notice.urgent = bytes[0] & 0x80;
        read_words((const char *)bytes + 1, size - 1, &words);
        notice.why = text_string(&words.why);
        write_each(&notice, &words);
    }
    text_finish(&words.headline);
    text_finish(&words.body);
    text_finish(&words.why);
    return 0;
}
