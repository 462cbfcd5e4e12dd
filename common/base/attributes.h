// The three attributes that the code uses, under names of its own. Both compilers take them without
// a warning under -Wpedantic.
#pragma once

#define cleanup_with(fn)  __attribute__((cleanup(fn)))
#define must_check        __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
