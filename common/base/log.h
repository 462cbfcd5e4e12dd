// The log: one line an entry, to standard error, "<level> words key=value". Under journald (which
// says so in $JOURNAL_STREAM) a line begins with the syslog level in angle brackets. Outside text
// is quoted by the caller with log_quote(). Never a secret, never a whole webhook address.
#pragma once

#include "common/base/attributes.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
// The word that begins each line, such as "desk" or "courier".
void log_set_name(const char *name);

// error: an operation is lost. warning: something is wrong and work goes on. info: lifecycle.
void log_error(const char *format, ...) printf_like(1, 2);
void log_warning(const char *format, ...) printf_like(1, 2);
void log_info(const char *format, ...) printf_like(1, 2);
void log_debug(const char *format, ...) printf_like(1, 2);

// Writes outside text, quoted, on one line and cut at what buffer of size bytes holds; returns
// buffer.
const char *log_quote(const char *outside, char *buffer, unsigned size);
