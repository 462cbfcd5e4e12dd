// What the code asks of the compilers, under names of its own: three attributes, which both take
// without a warning under -Wpedantic, and whether memory is watched.
#pragma once

#define cleanup_with(fn)  __attribute__((cleanup(fn)))
#define must_check        __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

// Whether AddressSanitizer is in: it watches each piece of memory by itself, and where we would
// keep pieces for the next time it would see none.
#if defined __SANITIZE_ADDRESS__
#define MEMORY_IS_WATCHED 1
#elif defined __has_feature
#define MEMORY_IS_WATCHED __has_feature(address_sanitizer)
#else
#define MEMORY_IS_WATCHED 0
#endif
