// Reading a whole file, with a bound.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"

// Appends the regular file at path to ret. -EFBIG above max_bytes; -EINVAL for a directory, a
// device or a pipe; otherwise what open or read gave. err says it in words.
must_check int file_read(const char *path, size_t max_bytes, struct text *ret, struct error *err);
