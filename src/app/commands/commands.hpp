// The subcommands: each function adds one or a few to the parser.
#pragma once

#include "app/command_line.hpp"

namespace CLI {
class App;
}

namespace harrier::app {

void add_check(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
/// connectors, tables, schema.
void add_listings(CLI::App& app, Context& context);
/// enable, disable, apply.
void add_switches(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_query(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_backfill(CLI::App& app, Context& context);
void add_quarantine(CLI::App& app, Context& context);
/// flag, unflag, flags.
void add_flags(CLI::App& app, Context& context);
void add_timeline(CLI::App& app, Context& context);
void add_backup(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
/// `completion words TYPED...`, which the completion scripts ask: prints every word that may
/// follow. It stands beside the parser, because what was typed so far need not be right. False for
/// other arguments.
bool complete_words(const CLI::App& app, Context& context,
                    const std::vector<std::string>& arguments);

}  // namespace harrier::app
