// Memory for reading JSON: what jansson takes for an event it takes in some sixty small pieces, and
// gives back together a moment later.
#pragma once

// Lets jansson take its pieces from one block, beginning anew whenever all were given back; what
// does not fit comes from malloc() as before. For the desk, where one thread reads JSON.
void json_pool_use(void);
