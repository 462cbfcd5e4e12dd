#include "client/rehearsal/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/print.h"
#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"

// In pixels of the picture.
enum {
    WIDTH = 980,
    LEFT = 190,  // where the days begin
    RIGHT = 930, // and end
    TOP = 96,    // of the first row
    ROW = 56,
    BARS = 40,       // the height of the highest bar
    FOOT = 56,       // below the last row
    BINS_MOST = 104, // bars in a row
    TICKS = 8,
    NAME_LETTERS = 24
};

#define BEFORE_COLOR "#b9bfc7"
#define AFTER_COLOR  "#0b4f9e"

struct row {
    const char *name; // NULL: of the others
    int64_t *bins[SIDES];
    int64_t sums[SIDES];
};

struct picture {
    const struct report *report;
    struct text *out;
    int64_t days, bin_days;
    size_t bin_count;
    struct row rows[PICTURE_REPS + 1];
    size_t row_count, others; // reps in the last row, where it is of several
    int64_t highest;          // what the highest bar can show
};

// How many days one bar shows, and how that is called. The last does for TALLY_DAYS.
static const struct {
    int64_t days;
    const char *words;
} bin_sizes[] = {
    {1, "a day"}, {7, "a week"}, {28, "in four weeks"}, {91, "in 13 weeks"}, {364, "in 52 weeks"}};

enum { BIN_SIZES = sizeof bin_sizes / sizeof bin_sizes[0] };

// --- what is shown -------------------------------------------------------------------------------

static int64_t day_of(int64_t at_ms, const struct tally *tally)
{
    int64_t day = at_ms / DAY_MS - tally->first_day;

    return day < 0 ? 0 : day >= TALLY_DAYS ? TALLY_DAYS - 1 : day;
}

// The days that there are: to the end of the time looked at, or the last message behind it.
static int64_t count_days(const struct report *report)
{
    int64_t last = day_of(report->until_ms, report->tally);

    for (size_t i = 0; i < report->tally->rep_count; i++) {
        const struct tally_rep *rep = &report->tally->reps[i];

        for (int64_t day = rep->day_count - 1; day > last; day--) {
            if (rep->days[day][BEFORE] || rep->days[day][AFTER]) {
                last = day;
            }
        }
    }
    return last + 1;
}

static void choose_bins(struct picture *picture)
{
    size_t size = 0;

    picture->days = count_days(picture->report);
    while (size + 1 < BIN_SIZES && picture->days > BINS_MOST * bin_sizes[size].days) {
        size++;
    }
    picture->bin_days = bin_sizes[size].days;
    picture->bin_count = (size_t)((picture->days + picture->bin_days - 1) / picture->bin_days);
}

static const char *bin_words(const struct picture *picture)
{
    size_t size = 0;

    while (bin_sizes[size].days != picture->bin_days) {
        size++;
    }
    return bin_sizes[size].words;
}

static void add_rep(struct picture *picture, struct row *row, const struct tally_rep *rep)
{
    for (int side = 0; side < SIDES; side++) {
        if (!row->bins[side]) {
            row->bins[side] = xcalloc(picture->bin_count, sizeof *row->bins[side]);
        }
        row->sums[side] += rep->told[side].sent;
        for (int64_t day = 0; day < rep->day_count && day < picture->days; day++) {
            row->bins[side][day / picture->bin_days] += rep->days[day][side];
        }
    }
}

static bool is_shown(const struct tally_rep *rep)
{
    return rep->told[BEFORE].sent || rep->told[AFTER].sent;
}

static void fill_rows(struct picture *picture)
{
    const struct tally_rep **order = tally_by_change(picture->report->tally);

    for (size_t i = 0; order[i]; i++) {
        bool other = picture->row_count >= PICTURE_REPS;
        struct row *row = &picture->rows[other ? PICTURE_REPS : picture->row_count];

        if (!is_shown(order[i])) {
            continue;
        }
        if (!other) {
            picture->row_count++;
            row->name = order[i]->name;
        }
        picture->others += other;
        add_rep(picture, row, order[i]);
    }
    picture->row_count += picture->others > 0;
    free(order);
}

// A round number, never less than the value; a quarter of it is one too.
static int64_t round_up(int64_t value)
{
    static const int steps[] = {4, 8, 12, 16, 20, 24, 32};
    int64_t unit = 1;

    for (;;) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            if (unit * steps[i] >= value) {
                return unit * steps[i];
            }
        }
        unit *= 10;
    }
}

static void measure(struct picture *picture)
{
    int64_t highest = 4;

    for (size_t i = 0; i < picture->row_count; i++) {
        for (size_t bin = 0; bin < 2 * picture->bin_count; bin++) {
            int64_t count = picture->rows[i].bins[bin % 2][bin / 2];

            highest = count > highest ? count : highest;
        }
    }
    picture->highest = round_up(highest);
}

// --- words ---------------------------------------------------------------------------------------

// Text that came from outside, as XML takes it.
static void add_escaped(struct text *out, const char *words)
{
    struct text line = {0};

    text_add_line(&line, words, LIMIT_TEXT_BYTES);
    for (const char *at = text_string(&line); *at; at++) {
        switch (*at) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            // U+FFFE and U+FFFF are no characters of XML
            if (strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0) {
                text_add_char(out, '?');
                at += 2;
            } else {
                text_add_char(out, *at);
            }
        }
    }
    text_finish(&line);
}

// The beginning of a name, as far as there is room.
static void add_name(struct text *out, const char *name)
{
    struct text line = {0};
    size_t size = 0;

    text_add_line(&line, name, LIMIT_TEXT_BYTES);
    while (size < line.size && utf8_length(line.bytes, size) < NAME_LETTERS) {
        size++;
    }
    size = utf8_cut(text_string(&line), line.size, size);
    if (size < line.size) {
        line.size = size;
        line.bytes[size] = '\0';
        text_add(&line, "…");
    }
    add_escaped(out, text_string(&line));
    text_finish(&line);
}

// "29 Feb", with the year where that is asked for.
static void add_date(struct text *out, int64_t day, bool year)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char at[MOMENT_TEXT_BYTES];
    int month;

    (void)moment_format(day * DAY_MS, at); // 2016-02-29T…
    month = (at[5] - '0') * 10 + at[6] - '0';
    text_addf(out, "%d %s", (at[8] - '0') * 10 + at[9] - '0', months[(month + 11) % 12]);
    if (year) {
        text_addf(out, " %.4s", at);
    }
}

// --- the drawing ---------------------------------------------------------------------------------

static double bin_x(const struct picture *picture, size_t bin)
{
    return LEFT + (double)(RIGHT - LEFT) * (double)bin / (double)picture->bin_count;
}

// By the square root, so that a rep who hears little can be read beside one who hears much.
static double height_of(const struct picture *picture, int64_t count)
{
    return BARS * sqrt((double)count / (double)picture->highest);
}

// The bars of one side as one shape: broad ones behind, narrow ones before them.
static void draw_bars(const struct picture *picture, const struct row *row, enum side side,
                      int base)
{
    double bin = (double)(RIGHT - LEFT) / (double)picture->bin_count;
    double gap = bin > 4 ? bin * 0.1 : 0, width = side == BEFORE ? bin - 2 * gap : bin * 0.42;
    bool any = false;

    for (size_t i = 0; i < picture->bin_count; i++) {
        double height = height_of(picture, row->bins[side][i]);

        if (row->bins[side][i] == 0) {
            continue;
        }
        if (!any) {
            text_addf(picture->out, "<path fill=\"%s\" d=\"",
                      side == BEFORE ? BEFORE_COLOR : AFTER_COLOR);
            any = true;
        }
        text_addf(picture->out, "M%.1f %dv-%.1fh%.1fv%.1fz",
                  bin_x(picture, i) + (side == BEFORE ? gap : (bin - width) / 2), base, height,
                  width, height);
    }
    if (any) {
        text_add(picture->out, "\"/>\n");
    }
}

static void draw_row(const struct picture *picture, size_t number)
{
    const struct row *row = &picture->rows[number];
    int base = TOP + (int)(number + 1) * ROW - 8;
    struct text *out = picture->out;
    char before[COUNT_BYTES], after[COUNT_BYTES], top[COUNT_BYTES], half[COUNT_BYTES];

    text_addf(out, "<text x=\"12\" y=\"%d\" class=\"name\">", base - 20);
    if (row->name) {
        add_name(out, row->name);
    } else {
        text_addf(out, "%zu other%s", picture->others, picture->others == 1 ? "" : "s");
    }
    text_addf(out, "</text>\n<text x=\"12\" y=\"%d\" class=\"small\">%s before, %s after</text>\n",
              base - 4, print_count(row->sums[BEFORE], before),
              print_count(row->sums[AFTER], after));
    text_addf(out,
              "<path class=\"grid\" d=\"M%d %dH%dM%d %dH%d\"/>\n"
              "<text x=\"%d\" y=\"%d\" class=\"small\">%s</text>\n"
              "<text x=\"%d\" y=\"%d\" class=\"small\">%s</text>\n",
              LEFT, base - BARS, RIGHT, LEFT, base - BARS / 2, RIGHT, RIGHT + 6, base - BARS + 4,
              print_count(picture->highest, top), RIGHT + 6, base - BARS / 2 + 4,
              print_count(picture->highest / 4, half));
    draw_bars(picture, row, BEFORE, base);
    draw_bars(picture, row, AFTER, base);
    text_addf(out, "<path class=\"axis\" d=\"M%d %dH%d\"/>\n", LEFT, base, RIGHT);
}

// The dates below the last row, with a line up through all of them.
static void draw_dates(const struct picture *picture)
{
    int base = TOP + (int)picture->row_count * ROW;
    size_t step = (picture->bin_count + TICKS - 1) / TICKS;
    char year[5] = "";

    for (size_t bin = 0; bin < picture->bin_count; bin += step) {
        int64_t day = picture->report->tally->first_day + (int64_t)bin * picture->bin_days;
        double x = bin_x(picture, bin);
        char at[MOMENT_TEXT_BYTES];

        (void)moment_format(day * DAY_MS, at);
        text_addf(picture->out,
                  "<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n<text x=\"%.1f\" y=\"%d\" "
                  "class=\"small\">",
                  x, TOP, base, x, base + 12);
        add_date(picture->out, day, strncmp(year, at, 4) != 0);
        text_add(picture->out, "</text>\n");
        (void)snprintf(year, sizeof year, "%.4s", at);
    }
}

static void draw_head(const struct picture *picture)
{
    const struct report *report = picture->report;
    char events[COUNT_BYTES];
    struct text *out = picture->out;

    text_addf(out,
              "<text x=\"12\" y=\"26\" class=\"title\">Messages %s to each rep, before and "
              "after</text>\n<text x=\"12\" y=\"46\" class=\"small\">%s events, ",
              bin_words(picture), print_count(report->tally->sums.events, events));
    add_date(out, report->from_ms / DAY_MS, true);
    text_add(out, " to ");
    add_date(out, report->until_ms / DAY_MS, true);
    text_addf(out,
              "; days in UTC; a digest is one message. One scale for all rows, by the square "
              "root.</text>\n"
              "<path fill=\"%s\" d=\"M12 60h12v10h-12z\"/>\n<text x=\"30\" y=\"69\">before: ",
              BEFORE_COLOR);
    add_escaped(out, report->books[BEFORE]);
    text_addf(out,
              "</text>\n<path fill=\"%s\" d=\"M15 77h6v10h-6z\"/>\n<text x=\"30\" "
              "y=\"86\">after: ",
              AFTER_COLOR);
    add_escaped(out, report->books[AFTER]);
    text_add(out, "</text>\n");
}

static void draw(const struct picture *picture)
{
    int rows = picture->row_count ? (int)picture->row_count : 1;
    int height = TOP + rows * ROW + FOOT - 24;
    struct text *out = picture->out;

    text_addf(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
              "height=\"%d\" role=\"img\">\n"
              "<title>Messages %s to each rep, before and after</title>\n"
              "<style>text{font:12px sans-serif;fill:#222}.name{font-weight:bold}"
              ".title{font-size:18px;font-weight:bold}.small{font-size:11px;fill:#555}"
              ".grid{stroke:#e3e5e8;fill:none}.axis{stroke:#777;fill:none}</style>\n"
              "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
              WIDTH, height, WIDTH, height, bin_words(picture));
    draw_head(picture);
    if (picture->row_count) {
        draw_dates(picture);
    } else {
        text_addf(out, "<text x=\"12\" y=\"%d\">Nobody would have got a message.</text>\n",
                  TOP + 30);
    }
    for (size_t i = 0; i < picture->row_count; i++) {
        draw_row(picture, i);
    }
    text_add(out, "</svg>\n");
}

void picture_write(const struct report *report, enum picture_kind kind, struct text *out)
{
    struct picture picture = {.report = report, .out = out};

    choose_bins(&picture);
    fill_rows(&picture);
    measure(&picture);
    if (kind == PICTURE_HTML) {
        text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
                      "<title>A rehearsal</title>\n<style>body{margin:1em}svg{max-width:100%;"
                      "height:auto}</style></head>\n<body>\n");
    } else {
        text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }
    draw(&picture);
    if (kind == PICTURE_HTML) {
        text_add(out, "</body>\n</html>\n");
    }
    for (size_t i = 0; i < picture.row_count; i++) {
        free(picture.rows[i].bins[BEFORE]);
        free(picture.rows[i].bins[AFTER]);
    }
}

// --- the file ------------------------------------------------------------------------------------

bool picture_kind_of(const char *path, enum picture_kind *ret)
{
    const char *end = strrchr(path, '.');

    if (end && strcasecmp(end, ".svg") == 0) {
        *ret = PICTURE_SVG;
        return true;
    }
    *ret = PICTURE_HTML;
    return end && (strcasecmp(end, ".html") == 0 || strcasecmp(end, ".htm") == 0);
}

int picture_save(const char *path, bool replace, const struct text *picture, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), 0666);
    size_t done = 0;
    int failed = 0;

    if (fd < 0) {
        return error_set(err, -errno, "%s: %s%s", path, strerrordesc_np(errno),
                         errno == EEXIST ? "; --force replaces it" : "");
    }
    while (failed == 0 && done < picture->size) {
        ssize_t written = write(fd, picture->bytes + done, picture->size - done);

        failed = written < 0 && errno != EINTR ? errno : 0;
        done += written > 0 ? (size_t)written : 0;
    }
    if (close(fd) < 0 && failed == 0) {
        failed = errno;
    }
    return failed ? error_set(err, -failed, "%s: %s", path, strerrordesc_np(failed)) : 0;
}
