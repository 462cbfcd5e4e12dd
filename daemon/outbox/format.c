#include "daemon/outbox/format.h"

const char *format_write(struct text *out, enum payload_format format, const struct notice *notice,
                         const char *headline, const char *body, int64_t now_ms)
{
    switch (format) {
    case FORMAT_SLACK:
        format_slack(out, notice, headline, body);
        return "application/json";
    case FORMAT_GENERIC:
        break;
    }
    format_generic(out, notice, headline, body, now_ms);
    return "application/cloudevents+json";
}
