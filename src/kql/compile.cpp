#include "kql/compile.hpp"

#include "kql/binder.hpp"
#include "kql/optimizer.hpp"
#include "kql/parser.hpp"

namespace harrier::kql {

Result<BoundQuery> compile(std::string_view text, const model::Catalog& catalog,
                           const CompileOptions& options) {
  HARRIER_TRY(const ast::Query query, parse(text));
  HARRIER_TRY(BoundQuery bound, Binder(text, catalog, options).run(query));
  if (options.optimize) bound.root = optimize(bound.root, options);
  return bound;
}

}  // namespace harrier::kql
