// A rehearsal as a picture: the messages of each day by rep, before and after, a row a rep, all on
// one scale. SVG that stands alone, or HTML around it: no script, nothing from elsewhere. Outside
// text in it is text.
#pragma once

#include "client/rehearsal/report.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"

enum picture_kind { PICTURE_SVG, PICTURE_HTML };

enum { PICTURE_REPS = 24 }; // the most changed; the others are one row together

// By the end of the file's name. False where it is neither.
must_check bool picture_kind_of(const char *path, enum picture_kind *ret);
void picture_write(const struct report *report, enum picture_kind kind, struct text *out);
// Writes the file. -EEXIST where it is there already, unless it may be replaced.
must_check int picture_save(const char *path, bool replace, const struct text *picture,
                            struct error *err);
