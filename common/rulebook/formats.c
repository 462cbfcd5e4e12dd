#include "common/rulebook/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"

#define DIGITS      "0123456789"
#define LARGE       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALL       "abcdefghijklmnopqrstuvwxyz"
#define TOPIC_BYTES 64

static const char *const names[FORMAT_COUNT] = {
    [FORMAT_GENERIC] = "generic", [FORMAT_SLACK] = "slack",
    [FORMAT_TEAMS] = "teams",     [FORMAT_GOOGLE_CHAT] = "google_chat",
    [FORMAT_DISCORD] = "discord", [FORMAT_MATTERMOST] = "mattermost",
    [FORMAT_NTFY] = "ntfy",
};

const struct setting_words formats_words = {names, FORMAT_COUNT};

const char *payload_format_name(enum payload_format format)
{
    return names[format];
}

int formats_rate_per_minute(enum payload_format format)
{
    static const int rates[FORMAT_COUNT] = {
        [FORMAT_SLACK] = 60,       // one a second
        [FORMAT_TEAMS] = 240,      // four a second
        [FORMAT_GOOGLE_CHAT] = 60, // a minute and space, for all who write there
        [FORMAT_DISCORD] = 30,     // a minute and webhook
        [FORMAT_NTFY] = 12,        // one in five seconds, once the first sixty are used up
    };

    return rates[format];
}

const char *formats_mention_example(enum payload_format format)
{
    static const char *const examples[FORMAT_COUNT] = {
        [FORMAT_SLACK] = "<@U012AB3CD>",        [FORMAT_TEAMS] = "rich@example.com",
        [FORMAT_GOOGLE_CHAT] = "<users/12345>", [FORMAT_DISCORD] = "<@80351110224678912>",
        [FORMAT_MATTERMOST] = "@rich",
    };

    return examples[format];
}

int formats_mention_check(enum payload_format format, const char *mention)
{
    static const struct {
        enum payload_format format;
        const char *before, *inside, *after;
    } forms[] = {
        {FORMAT_SLACK, "<@", LARGE DIGITS, ">"},
        {FORMAT_SLACK, "<!subteam^", LARGE DIGITS, ">"},
        {FORMAT_TEAMS, "", LARGE SMALL DIGITS "@._+'-", ""},
        {FORMAT_GOOGLE_CHAT, "<users/", DIGITS, ">"},
        {FORMAT_DISCORD, "<@", DIGITS, ">"},
        {FORMAT_DISCORD, "<@&", DIGITS, ">"}, // a role
        {FORMAT_MATTERMOST, "@", SMALL DIGITS "._-", ""},
    };
    static const char *const crowds[] = {"@all", "@channel", "@here", "@everyone"};

    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        if (strcmp(mention, crowds[i]) == 0) {
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t before = strlen(forms[i].before), inside;

        if (forms[i].format == format && strncmp(mention, forms[i].before, before) == 0) {
            inside = strspn(mention + before, forms[i].inside);
            if (inside && strcmp(mention + before + inside, forms[i].after) == 0) {
                return 0;
            }
        }
    }
    return -EINVAL;
}

// The path, the query or the end: what stands behind the host.
static const char *behind_host(const char *url)
{
    const char *authority = strstr(url, "//") + 2;

    return authority + strcspn(authority, "/?#");
}

static void replace_url(struct endpoint *endpoint, const struct text *url)
{
    free(endpoint->url);
    endpoint->url = xstrdup(text_string(url));
}

static void settle_discord(struct endpoint *endpoint)
{
    cleanup_with(text_finish) struct text url = {0};
    size_t size = strcspn(endpoint->url, "#");

    text_add_bytes(&url, endpoint->url, size);
    if (strstr(url.bytes, "?wait=") || strstr(url.bytes, "&wait=")) {
        return;
    }
    text_add(&url, strchr(url.bytes, '?') ? "&wait=true" : "?wait=true");
    replace_url(endpoint, &url);
}

static const char *settle_ntfy(struct endpoint *endpoint)
{
    cleanup_with(text_finish) struct text url = {0};
    const char *path = behind_host(endpoint->url), *topic = *path == '/' ? path + 1 : path;
    size_t size = strspn(topic, LARGE SMALL DIGITS "_-");
    const char *query = topic + size + (topic[size] == '/');

    if (topic == path || size == 0 || size > TOPIC_BYTES || !strchr("?#", *query)) {
        return "must end in the topic for ntfy: https://ntfy.example.com/topic";
    }
    endpoint->topic = xstrndup(topic, size);
    text_add_bytes(&url, endpoint->url, (size_t)(path - endpoint->url));
    text_add_char(&url, '/');
    text_add_bytes(&url, query, strcspn(query, "#"));
    text_addf(&url, "#%s", endpoint->topic);
    replace_url(endpoint, &url);
    return NULL;
}

const char *formats_settle_url(struct endpoint *endpoint)
{
    switch (endpoint->format) {
    case FORMAT_DISCORD:
        settle_discord(endpoint);
        return NULL;
    case FORMAT_NTFY:
        return settle_ntfy(endpoint);
    default:
        return NULL;
    }
}
