#include "test_public_header.c"
