#include "common/base/zone.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"

struct zone {
    GTimeZone *zone;
};

int zone_open(const char *name, struct zone **ret)
{
    GTimeZone *found = g_time_zone_new_identifier(name);
    struct zone *zone;

    if (!found) {
        return -ENOENT;
    }
    zone = xmalloc(sizeof *zone);
    zone->zone = found;
    *ret = zone;
    return 0;
}

// The list of the zones that comes with them, as its compiler reads it: "Z NAME …", "L OTHER NAME".
#define ZONE_LIST "/usr/share/zoneinfo/tzdata.zi"
enum { ZONE_LIST_BYTES = 1024 * 1024, ZONES_MOST = 2000 };

// The name in a line of the list, or NULL. Ends the name with a zero byte.
static const char *name_in(char *line)
{
    char *name = line[0] == 'Z' && line[1] == ' ' ? line + 2 : NULL;

    if (line[0] == 'L' && line[1] == ' ') {
        name = strchr(line + 2, ' ');
        name = name ? name + 1 : NULL;
    }
    if (name) {
        name[strcspn(name, " ")] = '\0';
    }
    return name;
}

char *zone_nearest(const char *typed)
{
    const char **names = xcalloc(ZONES_MOST, sizeof *names);
    const char *nearest;
    struct text list = {0};
    struct error error;
    char *line, *rest, *found = NULL;
    size_t count = 0;

    if (file_read(ZONE_LIST, ZONE_LIST_BYTES, &list, &error) == 0) {
        for (line = strtok_r(list.bytes, "\n", &rest); line && count < ZONES_MOST;
             line = strtok_r(NULL, "\n", &rest)) {
            names[count] = name_in(line);
            count += names[count] != NULL;
        }
        nearest = nearest_word(typed, names, count);
        found = nearest ? xstrdup(nearest) : NULL;
    }
    free(names);
    text_finish(&list);
    return found;
}

void zone_close(struct zone *zone)
{
    if (zone) {
        g_time_zone_unref(zone->zone);
        free(zone);
    }
}

// That minute of the day of the moment's date, so many days on.
static int64_t minute_of_date(const struct zone *zone, GDateTime *day, int days, int minute)
{
    GDateTime *date = g_date_time_add_days(day, days);
    GDateTime *moment =
        g_date_time_new(zone->zone, g_date_time_get_year(date), g_date_time_get_month(date),
                        g_date_time_get_day_of_month(date), minute / 60, minute % 60, 0);
    int64_t ms = g_date_time_to_unix(moment) * SECOND_MS;

    g_date_time_unref(moment);
    g_date_time_unref(date);
    return ms;
}

int64_t zone_next(const struct zone *zone, int minute_of_day, int64_t after_ms)
{
    GDateTime *utc = g_date_time_new_from_unix_utc(after_ms / SECOND_MS);
    GDateTime *local = g_date_time_to_timezone(utc, zone->zone);
    int64_t at_ms = after_ms;

    // from the day before: a date line or a jump may lie between
    for (int days = -1; at_ms <= after_ms; days++) {
        at_ms = minute_of_date(zone, local, days, minute_of_day);
    }
    g_date_time_unref(local);
    g_date_time_unref(utc);
    return at_ms;
}

// So many digits at *at, which moves on; negative where they are not there.
static int take_digits(const char **at, int count)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (**at < '0' || **at > '9') {
            return -EINVAL;
        }
        number = number * 10 + (*(*at)++ - '0');
    }
    return number;
}

// A number that a sign begins, between least and most; or negative.
static int take_part(const char **at, char sign, int least, int most)
{
    int number;

    if (**at != sign) {
        return -EINVAL;
    }
    (*at)++;
    number = take_digits(at, 2);
    return number < least || number > most ? -EINVAL : number;
}

int zone_moment(const struct zone *zone, const char *text, bool end, int64_t *ret_ms)
{
    const char *at = text;
    int year = take_digits(&at, 4), month = year < 1970 ? -EINVAL : take_part(&at, '-', 1, 12);
    int day = month < 0 ? -EINVAL : take_part(&at, '-', 1, 31), hour = 0, minute = 0;
    bool whole = *at == '\0';
    GDateTime *moment, *next;

    if (day >= 0 && !whole) {
        hour = take_part(&at, 'T', 0, 23);
        minute = hour < 0 ? -EINVAL : take_part(&at, ':', 0, 59);
    }
    if (day < 0 || minute < 0 || *at) {
        return -EINVAL;
    }
    moment = g_date_time_new(zone->zone, year, month, day, hour, minute, 0);
    if (!moment) {
        return -EINVAL; // a day that the month does not have
    }
    if (whole && end) {
        next = g_date_time_add_days(moment, 1);
        g_date_time_unref(moment);
        moment = next;
    }
    *ret_ms = g_date_time_to_unix(moment) * SECOND_MS;
    g_date_time_unref(moment);
    return 0;
}

int64_t zone_offset_ms(const struct zone *zone, int64_t at_ms)
{
    int64_t at = at_ms / SECOND_MS;
    int interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, at);

    return g_time_zone_get_offset(zone->zone, interval) * (int64_t)SECOND_MS;
}
