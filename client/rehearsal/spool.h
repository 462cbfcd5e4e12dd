// Files without a name, that are gone with the last who has them open: for what must be read more
// than once and can be read only once.
#pragma once

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"

// An empty one, below $TMPDIR or /var/tmp. The descriptor, or a negative errno.
must_check int spool_create(struct error *err);
must_check int spool_add(int fd, const struct text *bytes, struct error *err);
// The file at path, or standard input ("-"), as a regular file: copied where it is none.
must_check int spool_open(const char *path, struct error *err);
