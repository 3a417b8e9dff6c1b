// Catch2 in whichever major version the system has (2 on Debian 12, 3 on Debian 13).
#pragma once

#ifdef HARRIER_CATCH2_V3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
