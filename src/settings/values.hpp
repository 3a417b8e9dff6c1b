// Small values of a configuration file: what each may look like. Pure functions.
#pragma once

#include "settings/settings.hpp"

#include <string>
#include <string_view>

namespace harrier::settings {

/// `11111111-2222-3333-4444-555555555555`.
[[nodiscard]] bool is_guid(std::string_view text) noexcept;
/// `localhost`, 127.0.0.0/8 or `::1` (brackets allowed).
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;

/// Why `text` cannot be a base URL; empty when it can. https, or http on loopback; no user, query
/// or fragment.
[[nodiscard]] std::string url_problem(std::string_view text);
/// Why `text` cannot be a metadata address; empty when it can: http on loopback.
[[nodiscard]] std::string metadata_url_problem(std::string_view text);
/// Why `text` cannot be a proxy; empty when it can: `http://[user:password@]host:port`. Never
/// repeats the text.
[[nodiscard]] std::string proxy_problem(std::string_view text);
/// Why `text` cannot be an address to listen on; empty when it can: `host:port`, `[::1]:port`.
[[nodiscard]] std::string listen_problem(std::string_view text, bool loopback_only);
/// Why `text` cannot be a table's filter; empty when it can: one KQL predicate, without a pipe, a
/// statement's end or a comment.
[[nodiscard]] std::string filter_problem(std::string_view text);

/// The cloud's own base URLs; empty where it does not offer an API.
[[nodiscard]] Endpoints default_endpoints(Cloud cloud);
/// The cloud's own token scopes.
[[nodiscard]] Scopes default_scopes(Cloud cloud);

}  // namespace harrier::settings
