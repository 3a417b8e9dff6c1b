#include "kql/optimizer.hpp"

namespace harrier::kql {

PlanPtr optimize(const PlanPtr& plan, const CompileOptions&) {
  return plan;
}

}  // namespace harrier::kql
